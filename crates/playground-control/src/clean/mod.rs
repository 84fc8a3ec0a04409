//! Keeping the disk clean: what is ours and not needed any more goes, by policy, off-peak.
//!
//! ```text
//!  images (label, Agent id) ─┐
//!  rows (builds, sources)   ─┼─▶ policy: what may go, and why ─▶ removed one by one, never by force
//!  files (logs, contents)   ─┘
//! ```
//!
//! * A record keeps its image for as long as it lives; of everything else a release keeps its newest few, for a while.
//! * Only images with this Agent's own label are looked at, and only their own names are taken away. Somebody else's name
//!   on one, or any container made from it, keeps it.
//! * BuildKit's cache is the engine's: what of it is ours cannot be told apart, so it is left to Docker's own collector.

mod disk;
mod files;
mod gauge;
mod hours;
mod images;
mod policy;

use std::time::Duration;

use playground_types::Timestamp;
use playground_types::wire::{Cleanup, CleanupItem};

use crate::{Control, StepError};

pub use gauge::{DiskGauge, DiskSpace};
pub use hours::{CleanHours, CleanHoursError};

pub(crate) use disk::{DiskGuard, nearly_full};

/// What is kept, and when the rest goes.
#[derive(Debug, Clone)]
pub struct CleanConfig {
    /// Images and ended builds of each release that are kept though nothing uses them.
    pub keep_newest: u64,
    /// How long they are kept.
    pub keep_for: Duration,
    /// When they are removed.
    pub hours: CleanHours,
    /// Bytes that stay free on each disk; a twentieth of the disk, 2 GiB at most, when not set.
    pub min_free_bytes: Option<u64>,
    /// How free space is measured.
    pub gauge: DiskGauge,
}

impl Default for CleanConfig {
    fn default() -> Self {
        Self {
            keep_newest: 3,
            keep_for: Duration::from_secs(14 * 24 * 3600),
            hours: CleanHours::default(),
            min_free_bytes: None,
            gauge: DiskGauge::default(),
        }
    }
}

/// Whether something is removed, or only told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// It goes.
    Remove,
    /// It stays.
    DryRun,
}

impl Control {
    /// Removes what the policy lets go, now. One at a time: who comes second finds what the first left.
    ///
    /// # Errors
    /// When the engine or the store does not answer. What could not be removed alone says so in its item.
    pub async fn clean(&self, mode: Mode) -> Result<Cleanup, StepError> {
        let _alone = self.disk_guard.cleaning().await;
        let mut items = self.clean_images(mode).await?;
        items.extend(self.clean_files(mode).await?);
        let gone = |item: &&CleanupItem| item.kept.is_none();
        let cleanup = Cleanup {
            dry_run: mode == Mode::DryRun,
            bytes: items.iter().filter(gone).map(|item| item.bytes).sum(),
            items,
        };
        if mode == Mode::Remove && !cleanup.items.is_empty() {
            self.changes.note();
            tracing::info!(
                items = cleanup.items.len(),
                freed.bytes = cleanup.bytes,
                "cleaned up"
            );
        }
        Ok(cleanup)
    }

    /// What the sweeper does about the disk: the policy in its hours, and room whenever there is too little.
    pub(crate) async fn clean_now_and_then(&self) -> Result<(), StepError> {
        self.find_engine_disk().await;
        if self.config.clean.hours.contains(self.clock.now()) {
            self.clean(Mode::Remove).await?;
        }
        if self.low_disk().is_some() {
            self.make_room().await?;
        }
        Ok(())
    }

    /// What was made before this is too old to be kept.
    fn kept_since(&self) -> Timestamp {
        let millis = i64::try_from(self.config.clean.keep_for.as_millis()).unwrap_or(i64::MAX);
        self.clock.now().plus_millis(-millis)
    }
}
