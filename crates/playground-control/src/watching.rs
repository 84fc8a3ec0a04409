//! Since when this Agent sees everything that the engine does.
//!
//! An engine that goes down takes its containers with it, and a machine that reboots takes all of them. What ended then
//! did not crash. Docker says when a process ended; only the Agent knows whether it was looking.

use std::sync::{Mutex, PoisonError};

use playground_store::ContainerRow;
use playground_types::Timestamp;

/// Since when, on the Agent's clock; none while the engine is away.
#[derive(Debug, Default)]
pub(crate) struct Watching(Mutex<Option<Timestamp>>);

impl Watching {
    /// Everything was compared: what ends from now on is seen.
    pub(crate) fn begin(&self, now: Timestamp) {
        self.since().get_or_insert(now);
    }

    /// The engine went away.
    pub(crate) fn end(&self) {
        *self.since() = None;
    }

    /// Whether a run of this record's container ended while nobody watched.
    ///
    /// It must have begun before, on the Agent's clock: an engine whose clock is behind forgives no more than that run.
    pub(crate) fn missed(&self, row: &ContainerRow, finished_at: Option<Timestamp>) -> bool {
        let Some(since) = *self.since() else {
            return true;
        };
        let began = row.starting_since.or(row.ready_since);
        [began, finished_at]
            .into_iter()
            .all(|at| at.is_some_and(|at| at <= since))
    }

    fn since(&self) -> std::sync::MutexGuard<'_, Option<Timestamp>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
