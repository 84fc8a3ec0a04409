//! `playground stop`, `start`, `restart` and `rm`: one step for each container, and the rest is done if one fails, or if
//! nobody reads what is printed any more.

use std::future::Future;
use std::time::Duration;

use clap::Args;
use playground_client::{Client, ClientError, Removal, WantedStatus};
use playground_types::ContainerStatus;
use playground_types::wire::Container;
use tokio::time::{sleep, timeout};

use crate::connect::Session;
use crate::exit::{Exit, Problem, report};
use crate::language::say;
use crate::outcome::{Shown, outcome};
use crate::output::{Output, print, print_json};
use crate::progress::Progress;

/// How often a container that is on its way is looked at.
const LOOK: Duration = Duration::from_millis(500);
/// Longer than an Agent gives an app before it calls that a failure, unless it was told to be very patient.
const LONGEST: Duration = Duration::from_secs(30 * 60);

#[derive(Debug, Args)]
pub(crate) struct IdsArgs {
    /// The containers: record keys, names, Docker ids or beginnings of them
    #[arg(required = true, value_parser = clap::builder::NonEmptyStringValueParser::new())]
    ids: Vec<String>,
}

pub(crate) async fn stop(args: IdsArgs, session: Session) -> anyhow::Result<()> {
    let client = &session.client;
    each(&args, session.output, async |id| {
        shown(&client.update_container(id, WantedStatus::Stopped).await?)
    })
    .await
}

pub(crate) async fn start(args: IdsArgs, session: Session) -> anyhow::Result<()> {
    let client = &session.client;
    each(&args, session.output, async |id| {
        let container = client.update_container(id, WantedStatus::Running).await?;
        up(client, container).await
    })
    .await
}

pub(crate) async fn restart(args: IdsArgs, session: Session) -> anyhow::Result<()> {
    let client = &session.client;
    each(&args, session.output, async |id| {
        up(client, client.restart_container(id).await?).await
    })
    .await
}

pub(crate) async fn remove(args: IdsArgs, session: Session) -> anyhow::Result<()> {
    let client = &session.client;
    each(&args, session.output, async |id| {
        let status = match client.delete_container(id).await? {
            Removal::Done => "deleted",
            Removal::OnItsWay => "deleting",
        };
        Ok(outcome(id, status))
    })
    .await
}

/// One after the other. The last failure is the command's own; those before it are told as they come.
async fn each<'a, F>(
    args: &'a IdsArgs,
    output: Output,
    step: impl Fn(&'a str) -> F,
) -> anyhow::Result<()>
where
    F: Future<Output = anyhow::Result<Shown>>,
{
    let mut values = Vec::new();
    let mut failure: Option<anyhow::Error> = None;
    let mut printed = Ok(());
    for id in &args.ids {
        match step(id).await {
            Ok((line, value)) => {
                if output == Output::Table {
                    printed = printed.and(print(&line));
                }
                values.push(value);
            }
            Err(error) => {
                if let Some(earlier) = failure.replace(error) {
                    report(&earlier);
                }
            }
        }
    }
    let printed = match output {
        Output::Json => print_json(&values),
        Output::Table => printed.map_err(Into::into),
    };
    failure.map_or(printed, Err)
}

/// Waits beyond the few seconds for which the Agent holds an answer. One that was to come up and failed instead is a
/// failure. One that is to be down may have failed before.
async fn up(client: &Client, container: Container) -> anyhow::Result<Shown> {
    let name = container.name.clone();
    let progress = Progress::new();
    let waiting = progress.waiting(say(
        format!("waiting for {name}"),
        format!("기다리는 중: {name}"),
    ));
    let container = timeout(LONGEST, at_rest(client, container)).await;
    waiting.finish_and_clear();
    let container = container.map_err(|_| still_starting(&name))??;
    match (&container.failure, container.status) {
        (Some(failure), _) => Err(Problem::of_plugin(&container.name, failure).into()),
        (None, ContainerStatus::Stopped | ContainerStatus::Deleting | ContainerStatus::Deleted) => {
            let status = container.status;
            let message = say(
                format!("{name} did not come up: it is {status}"),
                format!("시작되지 않았습니다: {name} ({status})"),
            );
            Err(Problem::new(Exit::Failed, message).into())
        }
        _ => shown(&container),
    }
}

/// The container once nothing is on its way any more.
async fn at_rest(client: &Client, mut container: Container) -> Result<Container, ClientError> {
    while container.failure.is_none() && is_on_its_way(container.status) {
        sleep(LOOK).await;
        container = client.container(&container.pk.to_string()).await?;
    }
    Ok(container)
}

fn is_on_its_way(status: ContainerStatus) -> bool {
    match status {
        ContainerStatus::Requested | ContainerStatus::Building | ContainerStatus::Starting => true,
        ContainerStatus::Running
        | ContainerStatus::Unhealthy
        | ContainerStatus::Paused
        | ContainerStatus::Stopped
        | ContainerStatus::Failed
        | ContainerStatus::Deleting
        | ContainerStatus::Deleted => false,
    }
}

fn still_starting(name: &str) -> Problem {
    let minutes = LONGEST.as_secs() / 60;
    let message = say(
        format!("{name} is not up after {minutes} min; it goes on"),
        format!("{minutes}분이 지나도 시작되지 않았습니다: {name}. 시작은 계속됩니다"),
    );
    let hint = say(
        format!("`playground logs {name} --follow` shows how far it is"),
        format!("진행 상황은 `playground logs {name} --follow`로 볼 수 있습니다"),
    );
    Problem::new(Exit::Failed, message).hint(hint)
}

fn shown(container: &Container) -> anyhow::Result<Shown> {
    let mut line = format!("{}  {}", container.name, container.status);
    if let Some(endpoint) = &container.endpoint {
        line.push_str("  ");
        line.push_str(endpoint);
    }
    Ok((line, serde_json::to_value(container)?))
}
