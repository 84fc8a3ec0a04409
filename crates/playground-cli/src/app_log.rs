//! What an app prints, over all of its runs: a log ends with each of them, and goes on with the next.

use std::time::Duration;

use playground_client::{Client, ClientError, LogTail};
use playground_types::ContainerStatus;
use playground_types::wire::Container;
use tokio::time::sleep;

use crate::exit::{Exit, Problem};
use crate::language::say;
use crate::logs;
use crate::output::note;
use crate::progress::above_bars;

/// How soon a log that has ended is looked at again: before an app that crashed is started again, a second later.
const AGAIN: Duration = Duration::from_millis(500);

/// Prints it until the app is stopped. That it was given up is an error.
pub(crate) async fn follow(client: &Client, name: &str, tail: LogTail) -> anyhow::Result<()> {
    let mut log = client.container_log_reader(name, &tail);
    let mut told = None;
    loop {
        logs::follow(log.follow()).await?;
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
        let crash = last_crash(&container);
        if crash.is_some() && crash != told {
            remark(&say(
                format!("{name} ended by itself; it is started again"),
                format!("비정상 종료되어 다시 시작합니다: {name}"),
            ));
        }
        told = crash;
        sleep(AGAIN).await;
    }
    remark(&say(
        format!("{name} has stopped"),
        format!("중지되었습니다: {name}"),
    ));
    Ok(())
}

/// Something may move below what is said: `dev` brings up what was saved meanwhile.
fn remark(text: &str) {
    above_bars(|| note(text));
}

/// Which crash was the last one: how many there were is forgotten after a while, and by a create.
fn last_crash(container: &Container) -> Option<(i64, Option<String>)> {
    let crashes = container.attempts;
    (crashes > 0).then(|| (crashes, container.retry_at.clone()))
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
        Some(failure) => Problem::of_plugin(release, failure).told(),
        None => Problem::new(
            Exit::PluginFailed,
            say(format!("{release} has failed"), format!("{release} 실패")),
        ),
    }
}
