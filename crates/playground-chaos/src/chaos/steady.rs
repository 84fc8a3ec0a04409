//! One app that nobody touches: it must answer at its own address throughout, whoever else is away.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use playground_client::{Archive, CreateRequest};
use playground_testkit::{Mimic, Plugin};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::clients::Shared;
use crate::agent;

/// The release of the app that is left alone.
pub(crate) const RELEASE: &str = "chaos-steady@1.0.0";
/// The name of its archive's content.
pub(crate) const CONTENT: char = 'x';
const LOOK: Duration = Duration::from_millis(100);
const PATIENCE: Duration = Duration::from_secs(2);

/// Its archive.
pub(crate) fn archive() -> Archive {
    let plugin = Plugin::mimic("chaos-steady", "1.0.0", &CONTENT.to_string());
    Archive::from_bytes("plugin.zip", plugin.zip())
}

/// Brings it up and returns its address.
pub(crate) async fn begin() -> anyhow::Result<String> {
    let request = CreateRequest {
        params: Some(Mimic::new().params()),
        ..CreateRequest::of(RELEASE)
    };
    let client = agent::client()?;
    let created = client
        .create_container_from(archive(), &request, |_| ())
        .await?;
    let launch = client
        .wait_for_build(&created.build_id, Duration::from_secs(120))
        .await?;
    let ready = launch
        .result
        .with_context(|| format!("{:?}", launch.failure))?;
    ready.container.endpoint.context("it has no endpoint")
}

/// Whether it answers now.
pub(crate) async fn answers(http: &reqwest::Client, endpoint: &str) -> bool {
    let answer = http.get(endpoint).send().await;
    answer.is_ok_and(|answer| answer.status().is_success())
}

/// A client that makes a connection for each call.
pub(crate) fn http() -> anyhow::Result<reqwest::Client> {
    Ok(reqwest::Client::builder()
        .no_proxy()
        .timeout(PATIENCE)
        .pool_max_idle_per_host(0)
        .build()?)
}

/// Calls it until the time is over. `engine_is_there` says when a miss counts.
pub(crate) async fn watch(
    endpoint: String,
    shared: Arc<Shared>,
    engine_is_there: watch::Receiver<bool>,
    until: Instant,
) -> anyhow::Result<()> {
    let http = http()?;
    let (mut calls, mut missed) = (0_u64, 0_u64);
    while Instant::now() < until {
        let was_there = *engine_is_there.borrow();
        let answered = answers(&http, &endpoint).await;
        if was_there && *engine_is_there.borrow() {
            calls += 1;
            if !answered {
                missed += 1;
            }
        }
        sleep(LOOK).await;
    }
    let mut report = shared.report();
    report.line(format!(
        "an app that nobody touched was called {calls} times while the engine was there, {missed} calls were missed"
    ));
    report.check(missed == 0, || {
        format!(
            "{missed} of {calls} calls of {RELEASE} were missed while only the Agent was killed"
        )
    });
    Ok(())
}
