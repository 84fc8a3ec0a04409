//! Kills the Agent every few seconds and starts it again; and takes the Docker Engine away twice.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use playground_client::{Client, ContainerFilter};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::clients::Shared;
use super::steady;
use crate::agent::{self, Agent};
use crate::dockerd::Dockerd;
use crate::random::Random;

/// Between two kills, in milliseconds: often too short for anything to end, sometimes long enough for most of it.
const SHORT: (u64, u64) = (300, 3_000);
const LONG: (u64, u64) = (4_000, 9_000);
/// Until it is started again.
const DEAD: u64 = 400;
/// A look at the phases must not delay the kill.
const LOOK: Duration = Duration::from_millis(300);
/// How long the engine stays away when it was killed.
const AWAY: Duration = Duration::from_secs(4);
/// After its engine came back an app must answer within this, although the Agent is killed meanwhile.
const BACK: Duration = Duration::from_secs(30);

/// Kills the Agent until the time is over, and leaves it running.
pub(crate) async fn kill_agent(
    agent: &mut Agent,
    mut random: Random,
    shared: Arc<Shared>,
    until: Instant,
) -> anyhow::Result<()> {
    let client = agent::client()?;
    loop {
        let (least, most) = random.weighted(&[(1, SHORT), (1, LONG)]);
        let alive = Duration::from_millis(least + random.below(most - least));
        if Instant::now() + alive > until {
            return Ok(());
        }
        sleep(alive).await;
        let phases = phases(&client, &shared).await;
        // Anywhere between two looks at the records, not always right after one.
        sleep(Duration::from_millis(random.below(150))).await;
        match agent.kill().await {
            Ok(()) => shared.report().killed(phases),
            Err(error) => shared.report().differs(error.to_string()),
        }
        sleep(Duration::from_millis(random.below(DEAD))).await;
        agent.start_again().await?;
        shared.report().ready_again(agent.took);
    }
}

/// What the kill is about to interrupt.
async fn phases(client: &Client, shared: &Shared) -> Vec<String> {
    let mut phases: BTreeSet<String> = BTreeSet::new();
    if shared.uploads.load(Ordering::Relaxed) > 0 {
        phases.insert("uploads".to_owned());
    }
    let filter = ContainerFilter::default();
    let look = client.containers(&filter, 1, 100);
    if let Ok(Ok(page)) = timeout(LOOK, look).await {
        for container in page.results {
            phases.insert(container.status.to_string());
        }
    }
    phases.into_iter().collect()
}

/// Kills the engine at a third of the time and restarts it cleanly at two thirds.
pub(crate) async fn take_engine_away(
    dockerd: &mut Dockerd,
    shared: Arc<Shared>,
    engine_is_there: &watch::Sender<bool>,
    endpoint: &str,
    time: Range<Instant>,
) -> anyhow::Result<()> {
    let length = time.end - time.start;
    for (part, how) in [(1, "killed with SIGKILL"), (2, "restarted with SIGTERM")] {
        sleep_until(time.start + length * part / 3).await;
        engine_is_there.send_replace(false);
        let gone = Instant::now();
        if part == 1 {
            dockerd.kill().await?;
            sleep(AWAY).await;
        } else {
            dockerd.stop().await?;
        }
        let forgotten = dockerd.start_again().await?;
        let (away, back) = (gone.elapsed(), Instant::now());
        let answered = answers_again(endpoint).await?;
        let took = back.elapsed();
        engine_is_there.send_replace(true);
        let mut report = shared.report();
        report.engine(format!(
            "dockerd was {how} and away for {away:.1?}; an app that nobody touched answered {took:.1?} later"
        ));
        if forgotten > 0 {
            report.engine(format!(
                "  it came back without knowing of {forgotten} containers whose processes lived; they were ended by hand"
            ));
        }
        report.check(answered, || {
            format!("after dockerd was {how}, {endpoint} did not answer within {took:.1?}")
        });
    }
    Ok(())
}

async fn answers_again(endpoint: &str) -> anyhow::Result<bool> {
    let (http, deadline) = (steady::http()?, Instant::now() + BACK);
    while !steady::answers(&http, endpoint).await {
        if Instant::now() > deadline {
            return Ok(false);
        }
        sleep(LOOK).await;
    }
    Ok(true)
}
