//! `playground prune`: what is not needed any more, and what it takes.

use clap::Args;
use playground_types::wire::{Cleanup, CleanupItem, CleanupKind, CleanupReason};

use crate::connect::Session;
use crate::human::{age, or_dash, size};
use crate::language::say;
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
                Some(reason) => say(format!("stays: {reason}"), format!("남김: {reason}")),
                None => why(item.reason),
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

fn kind(kind: CleanupKind) -> String {
    match kind {
        CleanupKind::Image => say("image", "이미지"),
        CleanupKind::Build => say("build", "빌드"),
        CleanupKind::Source => say("source", "소스"),
    }
}

fn why(reason: CleanupReason) -> String {
    match reason {
        CleanupReason::NotNewest => say("there are enough newer ones", "더 새로운 것이 충분함"),
        CleanupReason::TooOld => say("too old", "오래됨"),
        CleanupReason::Leftover => say("left behind", "정리되지 않고 남음"),
        CleanupReason::Unused => say("nothing refers to it", "사용하는 곳이 없음"),
        CleanupReason::LowDisk => say("the disk is nearly full", "디스크가 거의 가득 참"),
    }
}

fn sum(cleanup: &Cleanup) -> String {
    let gone = cleanup.items.iter().filter(|item| item.kept.is_none());
    let bytes = size(cleanup.bytes);
    match (gone.count(), cleanup.dry_run) {
        (0, _) => say("nothing to remove", "지울 것이 없습니다"),
        (count, true) => say(
            format!("{count} would be removed, up to {bytes}"),
            format!("지울 것 {count}개, 최대 {bytes}"),
        ),
        (count, false) => say(
            format!("{count} removed, up to {bytes}"),
            format!("지운 것 {count}개, 최대 {bytes}"),
        ),
    }
}
