//! `playground run`: from a directory or an archive to the app in the browser, and what it prints.

use std::path::PathBuf;

use clap::Args;
use playground_client::{CreateRequest, LogTail};
use playground_types::wire::{Created, OnExisting};
use tokio::time::Instant;

use crate::check::{Rigour, refuse_broken};
use crate::connect::Session;
use crate::create::ended;
use crate::exit::{Exit, Problem};
use crate::follow::{Followed, follow};
use crate::human::seconds;
use crate::language::say;
use crate::leave::leave;
use crate::output::{Output, note};
use crate::progress::Progress;
use crate::settings::SettingsArgs;
use crate::upload::{self, Source, packed};
use crate::{app_log, browser};

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
    refuse_json(&args, session.output)?;
    let request = CreateRequest {
        on_existing: Some(OnExisting::Reuse),
        ..args.how.settings.request()
    };
    let begun = Instant::now();
    let progress = Progress::new();
    let mut source = packed(&progress, &args.plugin).await;
    if !args.how.no_check {
        let (checked, warnings) = refuse_broken(&args.plugin, source, Rigour::Usual).await?;
        warn(&warnings);
        source = Ok(checked);
    }
    let followed = bring_up(&session, &source?, &request, &progress, true).await?;
    let created = ended(followed, session.output, &seconds(begun.elapsed()))?;
    let (client, container) = (&session.client, created.container);
    if let Some(address) = container.endpoint.as_deref().filter(|_| !args.how.no_open) {
        browser::open(address);
    }
    if args.detach {
        return Ok(());
    }
    // Cancel-safe: what is printed was printed; the log is not used again.
    tokio::select! {
        ended = app_log::follow(client, &container.name, LogTail::default()) => ended,
        _ = tokio::signal::ctrl_c() => leave(client, &container.name).await,
    }
}

/// A log that is followed is no JSON.
fn refuse_json(args: &RunArgs, output: Output) -> Result<(), Problem> {
    if args.detach || output == Output::Table {
        return Ok(());
    }
    let message = say(
        "`run --output json` goes with --detach: what the app prints is no JSON",
        "`run --output json`은 --detach와 함께 씁니다. 앱의 출력은 JSON이 아닙니다",
    );
    Err(Problem::new(Exit::Usage, message))
}

/// Says what is wrong with what is uploaded all the same.
pub(crate) fn warn(warnings: &str) {
    if !warnings.is_empty() {
        note(warnings);
    }
}

/// Uploads a plugin and waits until its launch has ended, showing how far it is.
pub(crate) async fn bring_up(
    session: &Session,
    source: &Source,
    request: &CreateRequest,
    progress: &Progress,
    asks: bool,
) -> anyhow::Result<Followed> {
    let client = &session.client;
    let created = upload::send(progress, source, async |archive, report| {
        client.create_container_from(archive, request, report).await
    })
    .await?;
    follow(client, &created, progress, asks).await
}

/// The container of a launch that ended well; why it did not, otherwise.
pub(crate) fn launched(followed: Followed) -> Result<Created, Problem> {
    let is_told = followed.is_told && followed.is_failed_build();
    let launch = followed.launch;
    let release = &launch.plugin_release;
    match (launch.result, launch.failure) {
        (Some(created), None) => Ok(*created),
        (_, Some(failure)) => {
            let problem = Problem::of_plugin(release, &failure);
            Err(if is_told { problem.told() } else { problem })
        }
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
