//! `playground releases`: the plugin releases that the Agent keeps.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use playground_types::wire::Release;

use crate::connect::Session;
use crate::create::upload;
use crate::human::{age, or_dash, size};
use crate::language::say;
use crate::list::{Shape, list};
use crate::outcome::tell;
use crate::output::{Output, print, print_json};
use crate::progress::Progress;
use crate::table::{pairs, table, text};

/// Releases shown unless all are wanted.
const NEWEST: u64 = 50;

#[derive(Debug, Args)]
pub(crate) struct ReleasesArgs {
    #[command(subcommand)]
    command: Option<ReleasesCommand>,
}

#[derive(Debug, Subcommand)]
enum ReleasesCommand {
    /// List the releases [default]
    Ls {
        /// Every release, not only the newest 50
        #[arg(long, short)]
        all: bool,
    },
    /// Show one release
    Show(ReleaseArgs),
    /// Forget a release that no container uses
    Rm(ReleaseArgs),
    /// Upload a release without running it
    Add {
        /// The plugin's archive (zip, tar, tar.gz), or its directory
        file: PathBuf,
    },
}

#[derive(Debug, Args)]
struct ReleaseArgs {
    /// The release: code@version, or its record key
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    release: String,
}

pub(crate) async fn run(args: ReleasesArgs, session: Session) -> anyhow::Result<()> {
    let client = &session.client;
    match args.command.unwrap_or(ReleasesCommand::Ls { all: false }) {
        ReleasesCommand::Ls { all } => ls(all, &session).await,
        ReleasesCommand::Show(args) => show(&client.release(&args.release).await?, session.output),
        ReleasesCommand::Rm(args) => {
            client.delete_release(&args.release).await?;
            tell(&args.release, "deleted", session.output)
        }
        ReleasesCommand::Add { file } => {
            let progress = Progress::new();
            let release = upload(&progress, &file, |archive, report| {
                client.upload_release(archive, report)
            })
            .await?;
            show(&release, session.output)
        }
    }
}

async fn ls(all: bool, session: &Session) -> anyhow::Result<()> {
    let client = &session.client;
    let shape = Shape {
        output: session.output,
        none: say("no releases", "릴리스가 없습니다"),
        table: listed,
    };
    list(
        all,
        client.all_releases(),
        client.releases(1, NEWEST),
        shape,
    )
    .await
}

fn listed(releases: &[Release]) -> String {
    table(
        &["RELEASE", "NAME", "CATEGORY", "SIZE", "AGE"],
        releases.iter().map(|release| {
            vec![
                text(&release.plugin_release),
                text(&release.name),
                text(or_dash(release.category.as_deref())),
                text(size(release.size_bytes)),
                text(age(&release.updated_at)),
            ]
        }),
    )
}

fn show(release: &Release, output: Output) -> anyhow::Result<()> {
    if output == Output::Json {
        return print_json(release);
    }
    Ok(print(&pairs([
        ("release", text(&release.plugin_release)),
        ("name", text(&release.name)),
        ("category", text(or_dash(release.category.as_deref()))),
        ("description", text(or_dash(release.description.as_deref()))),
        ("entrypoint", text(&release.entrypoint)),
        ("size", text(size(release.size_bytes))),
        ("checksum", text(&release.checksum)),
        ("created", text(&release.created_at)),
        ("updated", text(&release.updated_at)),
    ]))?)
}
