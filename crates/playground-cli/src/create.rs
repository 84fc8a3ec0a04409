//! `playground create`: from a release, an archive or a directory to an address.

use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use playground_client::{Archive, ClientError, CreateRequest};
use playground_types::wire::{Created, OnExisting};
use tokio::time::Instant;

use crate::connect::Session;
use crate::follow::{Followed, follow};
use crate::human::seconds;
use crate::language::say;
use crate::output::{Output, note, print, print_json};
use crate::progress::Progress;
use crate::run::launched;
use crate::settings::SettingsArgs;
use crate::upload::{self, Report, packed, waiting};

#[derive(Debug, Args)]
pub(crate) struct CreateArgs {
    /// A release that the Agent keeps: code@version, or a bare code for its newest; may be left away beside --file
    #[arg(required_unless_present = "file")]
    release: Option<String>,
    /// The plugin's archive (zip, tar, tar.gz), or its directory
    #[arg(long, short, value_name = "ARCHIVE|DIR")]
    file: Option<PathBuf>,
    #[command(flatten)]
    settings: SettingsArgs,
    /// What to do when the container is there already and nothing changed
    #[arg(long, default_value = "reuse", value_name = "WHAT",
        value_parser = PossibleValuesParser::new(["restart", "reuse", "recreate"]).map(on_existing))]
    on_existing: OnExisting,
    /// Print the build's id and do not wait for the app
    #[arg(long)]
    no_wait: bool,
}

pub(crate) async fn run(args: CreateArgs, session: Session) -> anyhow::Result<()> {
    let begun = Instant::now();
    let progress = Progress::new();
    let request = CreateRequest {
        plugin_release: args.release.clone(),
        on_existing: Some(args.on_existing),
        ..args.settings.request()
    };
    let client = &session.client;
    let created = match &args.file {
        None => {
            let waiting = progress.waiting(waiting());
            let created = client.create_container(&request).await;
            waiting.finish_and_clear();
            created?
        }
        Some(path) => {
            upload(&progress, path, async |archive, report| {
                client
                    .create_container_from(archive, &request, report)
                    .await
            })
            .await?
        }
    };
    if args.no_wait {
        return started(&created, session.output);
    }
    let followed = follow(client, &created, &progress, true).await?;
    ended(followed, session.output, &seconds(begun.elapsed())).map(drop)
}

/// Sends an archive, or a directory as one.
pub(crate) async fn upload<T>(
    progress: &Progress,
    path: &Path,
    send: impl AsyncFnOnce(Archive, Report) -> Result<T, ClientError>,
) -> anyhow::Result<T> {
    let source = packed(progress, path).await?;
    upload::send(progress, &source, send).await
}

fn started(created: &Created, output: Output) -> anyhow::Result<()> {
    if output == Output::Json {
        return print_json(created);
    }
    let (name, status) = (&created.container.name, created.container.status);
    let build = &created.build_id;
    note(&say(
        format!("{name} is {status}: see `playground builds show {build}`"),
        format!("{name} ({status}): `playground builds show {build}` 명령으로 볼 수 있습니다"),
    ));
    Ok(print(&created.build_id)?)
}

/// Prints how a launch ended, and gives the container where that is well.
pub(crate) fn ended(followed: Followed, output: Output, took: &str) -> anyhow::Result<Created> {
    if output == Output::Json {
        match &followed.launch.result {
            Some(created) => print_json(created)?,
            None => print_json(&followed.launch)?,
        }
    }
    let created = launched(followed)?;
    if output == Output::Table {
        ready(&created, took)?;
    }
    Ok(created)
}

/// Says that an app is ready, and prints its address.
pub(crate) fn ready(created: &Created, took: &str) -> anyhow::Result<()> {
    let container = &created.container;
    let how = match (created.recreated, created.restarted) {
        (true, _) => say("made anew", "다시 만듦"),
        (false, true) => say("there before", "있던 것"),
        (false, false) => say("new", "새로 만듦"),
    };
    let (release, name) = (&container.plugin_release, &container.name);
    note(&say(
        format!("{release} is ready: {name} ({how}), {took}"),
        format!("{release} 준비됨: {name} ({how}), {took}"),
    ));
    let address = container.endpoint.as_deref().or(container.url.as_deref());
    if let Some(url) = container.url.as_deref().filter(|url| address != Some(*url)) {
        note(&say(
            format!("for people: {url}"),
            format!("사람이 볼 주소: {url}"),
        ));
    }
    Ok(print(address.unwrap_or_default())?)
}

fn on_existing(word: String) -> OnExisting {
    match word.as_str() {
        "restart" => OnExisting::Restart,
        "recreate" => OnExisting::Recreate,
        _ => OnExisting::Reuse,
    }
}
