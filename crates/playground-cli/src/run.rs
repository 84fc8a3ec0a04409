//! `playground run`: from a directory or an archive to the app in the browser, and what it prints.

use std::path::{Path, PathBuf};

use clap::Args;
use playground_client::{CreateRequest, LogTail};
use playground_types::wire::{Created, Launch, OnExisting};
use tokio::time::Instant;

use crate::browser;
use crate::check::refuse_broken;
use crate::connect::Session;
use crate::create::{ready, upload};
use crate::exit::{Exit, Problem};
use crate::follow::follow;
use crate::human::seconds;
use crate::language::say;
use crate::leave::leave;
use crate::logs;
use crate::progress::Progress;
use crate::settings::SettingsArgs;

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// The plugin: its directory, or its archive
    #[arg(value_name = "DIR|ARCHIVE", default_value = ".")]
    plugin: PathBuf,
    #[command(flatten)]
    how: HowArgs,
    /// Print the address and end, without following what the app prints
    #[arg(long, short)]
    detach: bool,
}

/// How `run` and `dev` bring an app up.
#[derive(Debug, Args)]
pub(crate) struct HowArgs {
    #[command(flatten)]
    pub(crate) settings: SettingsArgs,
    /// Upload it whatever a check finds
    #[arg(long)]
    pub(crate) no_check: bool,
    /// Do not open the app in the browser
    #[arg(long)]
    pub(crate) no_open: bool,
}

pub(crate) async fn run(args: RunArgs, session: Session) -> anyhow::Result<()> {
    let request = CreateRequest {
        on_existing: Some(OnExisting::Reuse),
        ..args.how.settings.request()
    };
    if !args.how.no_check {
        refuse_broken(&args.plugin)?;
    }
    let begun = Instant::now();
    let launch = bring_up(&session, &args.plugin, &request, &Progress::new()).await?;
    let created = launched(launch)?;
    ready(&created, &seconds(begun.elapsed()))?;
    let container = created.container;
    if let Some(address) = container.endpoint.as_deref().filter(|_| !args.how.no_open) {
        browser::open(address);
    }
    if args.detach {
        return Ok(());
    }
    let tail = LogTail::default();
    let printed = session.client.follow_container_log(&container.name, &tail);
    // Cancel-safe: what is printed was printed; the stream is not used again.
    tokio::select! {
        ended = logs::follow(printed) => ended,
        _ = tokio::signal::ctrl_c() => leave(&session.client, &container.name).await,
    }
}

/// Uploads a plugin and waits until its launch has ended, showing how far it is.
pub(crate) async fn bring_up(
    session: &Session,
    plugin: &Path,
    request: &CreateRequest,
    progress: &Progress,
) -> anyhow::Result<Launch> {
    let client = &session.client;
    let created = upload(progress, plugin, async |archive, report| {
        client.create_container_from(archive, request, report).await
    })
    .await?;
    follow(client, &created, progress).await
}

/// The container of a launch that ended well; why it did not, otherwise.
pub(crate) fn launched(launch: Launch) -> Result<Created, Problem> {
    let release = &launch.plugin_release;
    match (launch.result, launch.failure) {
        (Some(created), None) => Ok(*created),
        (_, Some(failure)) => Err(Problem::of_plugin(release, &failure)),
        (None, None) => {
            let why = launch.error.unwrap_or_else(|| launch.status.to_string());
            let message = say(
                format!("{release} did not come up: {why}"),
                format!("{release} 실패: {why}"),
            );
            Err(Problem::new(Exit::PluginFailed, message))
        }
    }
}
