//! Waits until nothing is left to do.

use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _};
use playground_client::wire::{Container, Launch};
use playground_client::{Client, ContainerFilter};
use playground_types::ContainerStatus;
use tokio::time::{Instant, sleep};

/// A crash loop is given up after half a minute of back-off, a build may be tried again, a port may be quarantined.
const DEADLINE: Duration = Duration::from_secs(150);
const LOOK: Duration = Duration::from_millis(500);
/// At rest for so many looks in a row: a crashing app looks well in between.
const LOOKS: u32 = 6;

/// Everything the Agent says of itself.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Said {
    pub(crate) containers: Vec<Container>,
    pub(crate) launches: Vec<Launch>,
}

/// What the Agent says now.
pub(crate) async fn said(client: &Client) -> anyhow::Result<Said> {
    let filter = ContainerFilter::default();
    let containers = client.all_containers(&filter).boxed().try_collect().await?;
    let launches = client.all_builds().boxed().try_collect().await?;
    Ok(Said {
        containers,
        launches,
    })
}

/// Waits until nothing changes any more; what is still unsettled after the deadline comes back as sentences.
pub(crate) async fn settle(
    client: &Client,
    is_passing: impl Fn(&Container) -> bool,
) -> anyhow::Result<(Said, Vec<String>)> {
    let deadline = Instant::now() + DEADLINE;
    let mut quiet = 0;
    loop {
        let now = said(client).await?;
        let unsettled = unsettled(&now, &is_passing);
        quiet = if unsettled.is_empty() { quiet + 1 } else { 0 };
        if quiet >= LOOKS || Instant::now() > deadline {
            return Ok((now, unsettled));
        }
        sleep(LOOK).await;
    }
}

fn unsettled(said: &Said, is_passing: impl Fn(&Container) -> bool) -> Vec<String> {
    let of_container = |container: &Container| {
        let is_at_rest = matches!(
            container.status,
            ContainerStatus::Running | ContainerStatus::Stopped | ContainerStatus::Failed
        );
        let (name, status) = (&container.name, container.status);
        (!is_at_rest || is_passing(container))
            .then(|| format!("container {} ({name}) stays {status}", container.pk))
    };
    let of_launch = |launch: &Launch| {
        (!launch.status.is_final()).then(|| format!("launch {} stays {}", launch.id, launch.status))
    };
    let containers = said.containers.iter().filter_map(of_container);
    containers
        .chain(said.launches.iter().filter_map(of_launch))
        .collect()
}
