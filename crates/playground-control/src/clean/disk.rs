//! The guard against a full disk: what would fill it is refused or waits while there is too little room, after images
//! that nothing uses were removed, oldest first.
//!
//! A full disk takes more than one build with it: the database, every app that writes, the engine's own state.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use playground_types::wire::DiskHealth;
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::Instant;

use crate::{Control, ControlError, StepError};

/// How long a request waits for room to be made.
const PATIENCE: Duration = Duration::from_secs(5);
/// Room is not looked for again so soon after there was none to be made.
const PAUSE: Duration = Duration::from_secs(30);

/// What the guard remembers.
#[derive(Debug, Default)]
pub(crate) struct DiskGuard {
    engine: OnceLock<PathBuf>,
    cleaning: Mutex<()>,
    in_vain: Mutex<Option<Instant>>,
}

impl DiskGuard {
    /// One clean-up at a time.
    pub(super) async fn cleaning(&self) -> MutexGuard<'_, ()> {
        self.cleaning.lock().await
    }
}

impl Control {
    /// Refuses what would write much while a disk is nearly full. Room is made first, where that is possible.
    ///
    /// # Errors
    /// [`ControlError::DiskLow`].
    pub async fn ensure_room(&self) -> Result<(), ControlError> {
        if self.low_disk().is_none() {
            return Ok(());
        }
        match tokio::time::timeout(PATIENCE, self.make_room()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(
                error = &crate::error_chain(&error),
                "no room could be made on a disk that is nearly full"
            ),
            // The sweeper goes on with it.
            Err(_) => self.sweep_soon(),
        }
        match self.low_disk() {
            None => Ok(()),
            Some(disk) => Err(ControlError::DiskLow {
                path: PathBuf::from(disk.path),
                free_bytes: disk.free_bytes,
                min_free_bytes: disk.min_free_bytes,
            }),
        }
    }

    /// Removes images that nothing uses, the oldest first, until no disk is nearly full.
    pub(crate) async fn make_room(&self) -> Result<(), StepError> {
        let mut in_vain = self.disk_guard.in_vain.lock().await;
        if in_vain.is_some_and(|at| at.elapsed() < PAUSE) || self.low_disk().is_none() {
            return Ok(());
        }
        let _alone = self.disk_guard.cleaning().await;
        let freed = self.free_images().await?;
        tracing::warn!(
            images = freed,
            "a disk is nearly full: images that nothing uses were removed"
        );
        *in_vain = self.low_disk().map(|_| Instant::now());
        Ok(())
    }

    /// The first disk with less room than it must have.
    pub(crate) fn low_disk(&self) -> Option<DiskHealth> {
        self.disks()
            .into_iter()
            .find(|disk| disk.free_bytes < disk.min_free_bytes)
    }

    /// The disks that can be measured from here.
    pub(crate) fn disks(&self) -> Vec<DiskHealth> {
        let data = ("data", self.config.data_dir.as_path());
        let engine = self.disk_guard.engine.get();
        let engine = engine.map(|path| ("engine", path.as_path()));
        std::iter::once(data)
            .chain(engine)
            .filter_map(|(name, path)| self.disk(name, path))
            .collect()
    }

    fn disk(&self, name: &str, path: &Path) -> Option<DiskHealth> {
        let space = self.config.clean.gauge.measure(path);
        let space = space.inspect_err(|error| {
            tracing::debug!(%error, path = %path.display(), "a disk could not be measured");
        });
        let space = space.ok()?;
        Some(DiskHealth {
            name: name.to_owned(),
            path: path.display().to_string(),
            free_bytes: space.free_bytes,
            total_bytes: space.total_bytes,
            min_free_bytes: self
                .config
                .clean
                .min_free_bytes
                .unwrap_or(space.usual_min_free()),
        })
    }

    /// Finds out once where the engine keeps its data. One that does not answer now is asked again later.
    pub(crate) async fn find_engine_disk(&self) {
        if self.disk_guard.engine.get().is_some() {
            return;
        }
        match self.engine.data_root().await {
            Ok(Some(path)) => drop(self.disk_guard.engine.set(path)),
            Ok(None) => {}
            Err(error) => {
                tracing::debug!(%error, "the engine did not say where it keeps its data");
            }
        }
    }
}

/// A disk that is nearly full, as a sentence.
pub(crate) fn nearly_full(path: &Path, free_bytes: u64, min_free_bytes: u64) -> String {
    format!(
        "the disk of {} is nearly full: {} MiB are free, {} MiB must be",
        path.display(),
        free_bytes >> 20,
        min_free_bytes >> 20
    )
}
