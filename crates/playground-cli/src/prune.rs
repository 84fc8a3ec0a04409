//! `playground prune`: what is not needed any more, and what it takes.

use clap::Args;
use playground_types::wire::{Cleanup, CleanupItem, CleanupKind, CleanupReason};

use crate::connect::Session;
use crate::human::{age, or_dash, size};
use crate::output::{Output, note, print, print_json};
use crate::table::{table, text};

#[derive(Debug, Args)]
pub(crate) struct PruneArgs {
    /// Only show what would be removed, and why
    #[arg(long)]
    dry_run: bool,
}

pub(crate) async fn run(args: PruneArgs, session: Session) -> anyhow::Result<()> {
    let cleanup = session.client.clean(args.dry_run).await?;
    match session.output {
        Output::Json => print_json(&cleanup)?,
        Output::Table if cleanup.items.is_empty() => {}
        Output::Table => print(&shown(&cleanup.items))?,
    }
    note(&sum(&cleanup));
    Ok(())
}

fn shown(items: &[CleanupItem]) -> String {
    table(
        &["KIND", "NAME", "RELEASE", "SIZE", "AGE", "WHY"],
        items.iter().map(|item| {
            let why = match &item.kept {
                Some(reason) => format!("stays: {reason}"),
                None => why(item.reason).to_owned(),
            };
            vec![
                text(kind(item.kind)),
                text(&item.name),
                text(or_dash(item.plugin_release.as_deref())),
                text(size(item.bytes)),
                text(item.made_at.as_deref().map_or_else(|| "-".to_owned(), age)),
                text(why),
            ]
        }),
    )
}

fn kind(kind: CleanupKind) -> &'static str {
    match kind {
        CleanupKind::Image => "image",
        CleanupKind::Build => "build",
        CleanupKind::Source => "source",
    }
}

fn why(reason: CleanupReason) -> &'static str {
    match reason {
        CleanupReason::NotNewest => "there are enough newer ones",
        CleanupReason::TooOld => "too old",
        CleanupReason::Leftover => "left behind",
        CleanupReason::Unused => "nothing refers to it",
        CleanupReason::LowDisk => "the disk is nearly full",
    }
}

fn sum(cleanup: &Cleanup) -> String {
    let gone = cleanup.items.iter().filter(|item| item.kept.is_none());
    match (gone.count(), cleanup.dry_run) {
        (0, _) => "nothing to remove".to_owned(),
        (count, true) => format!("{count} would be removed, up to {}", size(cleanup.bytes)),
        (count, false) => format!("{count} removed, up to {}", size(cleanup.bytes)),
    }
}
