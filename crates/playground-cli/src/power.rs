//! `playground stop`, `start`, `restart` and `rm`: one step for each container, and the rest is done if one fails.

use std::future::Future;

use clap::Args;
use playground_client::{Removal, WantedStatus};
use playground_types::wire::Container;
use serde_json::{Value, json};

use crate::connect::Session;
use crate::exit::{Problem, report};
use crate::output::{Output, print, print_json};

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
        up(&client.update_container(id, WantedStatus::Running).await?)
    })
    .await
}

pub(crate) async fn restart(args: IdsArgs, session: Session) -> anyhow::Result<()> {
    let client = &session.client;
    each(&args, session.output, async |id| {
        up(&client.restart_container(id).await?)
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
        Ok((
            format!("{id}  {status}"),
            json!({"id": id, "status": status}),
        ))
    })
    .await
}

/// A line for people and a value for programs.
type Shown = (String, Value);

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
    for id in &args.ids {
        match step(id).await {
            Ok((line, value)) => {
                if output == Output::Table {
                    print(&line)?;
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
    if output == Output::Json {
        print_json(&values)?;
    }
    failure.map_or(Ok(()), Err)
}

/// One that was to come up and failed instead is a failure. One that is to be down may have failed before.
fn up(container: &Container) -> anyhow::Result<Shown> {
    match &container.failure {
        Some(failure) => Err(Problem::of_plugin(&container.name, failure).into()),
        None => shown(container),
    }
}

fn shown(container: &Container) -> anyhow::Result<Shown> {
    let mut line = format!("{}  {}", container.name, container.status);
    if let Some(endpoint) = &container.endpoint {
        line.push_str("  ");
        line.push_str(endpoint);
    }
    Ok((line, serde_json::to_value(container)?))
}
