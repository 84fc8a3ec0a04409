//! Rows of ended builds with their logs, contents of plugins, and files that have no row.
//!
//! A file and its row cannot be written in one transaction. What makes their removal safe is an order and a lock: an
//! upload holds the lock, shared, from the moment it finds or writes the file until its row is there; whoever removes
//! holds it alone. One process has the directory to itself (`lock` in it), so a lock in memory is enough. A process that
//! dies in between leaves a file without a row, which goes when it is old.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use playground_types::wire::{CleanupItem, CleanupKind, CleanupReason};
use playground_types::{BuildId, Digest, Timestamp};

use super::Mode;
use crate::{Control, ControlError, StepError};

/// Content that was stored so recently may be what a create is about to refer to.
const FRESH_MS: i64 = 3600 * 1000;

/// A file of ours that may have no row.
struct Stray {
    path: PathBuf,
    name: String,
    made_at: Timestamp,
    bytes: u64,
}

impl Control {
    /// Removes, or tells, the ended builds that go by policy, then the content that only they kept.
    pub(super) async fn clean_files(&self, mode: Mode) -> Result<Vec<CleanupItem>, StepError> {
        let before = self.kept_since();
        let keep = self.config.clean.keep_newest;
        let spare = self.store.spare_builds(keep, before).await?;
        let mut items = Vec::new();
        let mut gone = Vec::new();
        for build in spare {
            if mode == Mode::Remove && !self.store.forget_build(build.id).await? {
                continue;
            }
            let log = self.config.build_log_file(build.id);
            items.push(CleanupItem {
                kind: CleanupKind::Build,
                name: build.id.to_string(),
                plugin_release: Some(build.release.to_string()),
                reason: if build.finished_at < before {
                    CleanupReason::TooOld
                } else {
                    CleanupReason::NotNewest
                },
                bytes: size_of(&log),
                made_at: Some(build.finished_at.to_string()),
                kept: None,
            });
            if mode == Mode::Remove {
                remove(&log);
            }
            gone.push(build.id);
        }
        items.extend(self.clean_sources(&gone, mode).await?);
        items.extend(self.clean_strays(before, mode).await?);
        Ok(items)
    }

    /// Content that nothing refers to once these builds are gone.
    async fn clean_sources(
        &self,
        without: &[BuildId],
        mode: Mode,
    ) -> Result<Vec<CleanupItem>, StepError> {
        let unused = self.store.unused_sources(without, self.not_fresh()).await?;
        let files = unused
            .iter()
            .map(|digest| self.config.source_file(digest))
            .collect::<Vec<_>>();
        let item = |digest: &Digest, file: &PathBuf| CleanupItem {
            kind: CleanupKind::Source,
            name: digest.to_string(),
            plugin_release: None,
            reason: CleanupReason::Unused,
            bytes: size_of(file),
            made_at: None,
            kept: None,
        };
        let items = unused
            .iter()
            .zip(&files)
            .map(|(digest, file)| item(digest, file));
        let items = items.collect();
        if mode == Mode::Remove {
            self.sweep_sources().await?;
        }
        Ok(items)
    }

    /// Removes content that nothing refers to: its row, then its file, and nobody files the same content in between.
    pub(crate) async fn sweep_sources(&self) -> Result<(), ControlError> {
        let _alone = self.filing.write().await;
        for digest in self.store.remove_unused_sources(self.not_fresh()).await? {
            remove(&self.config.source_file(&digest));
        }
        Ok(())
    }

    fn not_fresh(&self) -> Timestamp {
        self.clock.now().plus_millis(-FRESH_MS)
    }

    /// Old files whose row is gone, or never was: their writer died in between. They are listed before the rows are
    /// read, and the row comes first for a log, or under the lock for content: what is found has lost its row for good.
    async fn clean_strays(
        &self,
        before: Timestamp,
        mode: Mode,
    ) -> Result<Vec<CleanupItem>, StepError> {
        let _alone = self.filing.write().await;
        let mut items = Vec::new();
        for log in old_files(&self.config.builds_dir(), ".log", before) {
            let Ok(id) = log.name.parse::<BuildId>() else {
                continue;
            };
            if self.store.build(id).await?.is_none() {
                items.push(stray(&log, CleanupKind::Build, mode));
            }
        }
        for source in old_files(&self.config.sources_dir(), ".tar", before) {
            let Ok(digest) = source.name.parse::<Digest>() else {
                continue;
            };
            if self.store.source(&digest).await?.is_none() {
                items.push(stray(&source, CleanupKind::Source, mode));
            }
        }
        Ok(items)
    }
}

fn stray(file: &Stray, kind: CleanupKind, mode: Mode) -> CleanupItem {
    if mode == Mode::Remove {
        remove(&file.path);
    }
    CleanupItem {
        kind,
        name: file.name.clone(),
        plugin_release: None,
        reason: CleanupReason::Leftover,
        bytes: file.bytes,
        made_at: Some(file.made_at.to_string()),
        kept: None,
    }
}

/// The files of a folder that were last written before a time.
fn old_files(folder: &Path, ending: &str, before: Timestamp) -> Vec<Stray> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let file = |entry: std::fs::DirEntry| {
        let name = entry.file_name().to_str()?.strip_suffix(ending)?.to_owned();
        let facts = entry.metadata().ok()?;
        let since = facts
            .modified()
            .ok()?
            .duration_since(SystemTime::UNIX_EPOCH);
        Some(Stray {
            path: entry.path(),
            name,
            made_at: Timestamp(i64::try_from(since.ok()?.as_millis()).ok()?),
            bytes: facts.len(),
        })
    };
    let files = entries.flatten().filter_map(file);
    files.filter(|file| file.made_at < before).collect()
}

fn size_of(file: &Path) -> u64 {
    std::fs::metadata(file).map_or(0, |facts| facts.len())
}

fn remove(file: &Path) {
    if let Err(error) = std::fs::remove_file(file) {
        tracing::debug!(%error, file = %file.display(), "a file that is not needed was gone already");
    }
}
