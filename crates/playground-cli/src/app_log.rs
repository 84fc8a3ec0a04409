//! What an app prints, over all of its runs: a log ends with each of them, and goes on with the next.

use std::time::Duration;

use playground_client::{Client, ClientError, LogTail};
use playground_types::wire::Container;
use playground_types::{ContainerStatus, Timestamp};
use tokio::time::sleep;

use crate::exit::{Exit, Problem};
use crate::language::say;
use crate::logs;
use crate::output::note;

/// How soon a log that has ended is looked at again: before an app that crashed is started again, a second later.
const AGAIN: Duration = Duration::from_millis(500);

/// Prints it until the app is stopped. That it was given up is an error.
pub(crate) async fn follow(client: &Client, name: &str) -> anyhow::Result<()> {
    let mut tail = LogTail::default();
    let mut crashes = 0;
    loop {
        logs::follow(client.follow_container_log(name, &tail)).await?;
        tail.since = Some(Timestamp::now());
        let container = match client.container(name).await {
            Ok(container) => container,
            Err(ClientError::Api { status: 404, .. }) => break,
            Err(error) => return Err(error.into()),
        };
        if container.status == ContainerStatus::Failed {
            return Err(given_up(&container).into());
        }
        if is_over(&container) {
            break;
        }
        if container.attempts > crashes {
            note(&say(
                format!("{name} ended by itself; it is started again"),
                format!("비정상 종료되어 다시 시작합니다: {name}"),
            ));
            // When the crash was written down, by the clock that the lines have.
            tail.since = Timestamp::parse(&container.updated_at).or(tail.since);
        }
        crashes = container.attempts;
        sleep(AGAIN).await;
    }
    note(&say(
        format!("{name} has stopped"),
        format!("멈췄습니다: {name}"),
    ));
    Ok(())
}

/// Whether nothing more will be printed unless somebody starts it. One that sleeps wakes by itself.
fn is_over(container: &Container) -> bool {
    use ContainerStatus::{Deleted, Deleting, Stopped};
    let is_stopped = matches!(container.status, Stopped | Deleting | Deleted);
    is_stopped && container.asleep.is_none()
}

/// What it printed last was told as it came.
fn given_up(container: &Container) -> Problem {
    let release = &container.plugin_release;
    match &container.failure {
        Some(failure) => Problem {
            before: Vec::new(),
            ..Problem::of_plugin(release, failure)
        },
        None => Problem::new(
            Exit::PluginFailed,
            say(format!("{release} has failed"), format!("{release} 실패")),
        ),
    }
}
