//! The Agent's health, looked at while somebody listens: once for all streams.

use std::sync::Arc;
use std::time::Duration;

use playground_control::{Control, error_chain};
use playground_types::wire::{DiskHealth, Health};
use tokio::sync::{Notify, watch};
use tokio::time::sleep;

/// Between two looks, whatever changes: each asks the engine.
const PAUSE: Duration = Duration::from_secs(2);
/// Between two looks while nothing changes.
const TURN: Duration = Duration::from_secs(10);
/// Free space on a disk moves all the time: less than this is no news.
const DISK_STEP: u64 = 64 << 20;

/// The health as it was seen last. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct HealthWatch {
    seen: watch::Sender<Option<Arc<Health>>>,
    listened: Arc<Notify>,
}

impl HealthWatch {
    /// Nothing was seen yet.
    pub(crate) fn new() -> Self {
        Self {
            seen: watch::Sender::new(None),
            listened: Arc::default(),
        }
    }

    /// Told at first, and whenever it changed.
    pub(super) fn listen(&self) -> watch::Receiver<Option<Arc<Health>>> {
        let mut health = self.seen.subscribe();
        health.mark_changed();
        self.listened.notify_one();
        health
    }

    /// Looks while somebody listens, until the Agent stops.
    pub(crate) async fn follow(self, control: Control) {
        let mut changes = control.changes();
        while !control.is_stopping() {
            if self.seen.receiver_count() == 0 {
                // Whoever listens next is not told what was true long ago.
                self.seen.send_replace(None);
                // Cancel-safe: a permit that was given is kept.
                tokio::select! {
                    () = self.listened.notified() => {}
                    () = control.stopping() => {}
                }
                continue;
            }
            changes.borrow_and_update();
            self.look(&control).await;
            // Cancel-safe: both only wait.
            tokio::select! {
                () = sleep(PAUSE) => {}
                () = control.stopping() => {}
            }
            // Cancel-safe: all of them only wait.
            tokio::select! {
                _ = changes.changed() => {}
                () = self.listened.notified() => {}
                () = sleep(TURN.saturating_sub(PAUSE)) => {}
                () = control.stopping() => {}
            }
        }
    }

    async fn look(&self, control: &Control) {
        match control.health().await {
            Ok(health) => {
                self.seen.send_if_modified(|seen| {
                    let is_news = seen
                        .as_deref()
                        .is_none_or(|seen| rough(seen) != rough(&health));
                    if is_news {
                        *seen = Some(Arc::new(health));
                    }
                    is_news
                });
            }
            Err(error) => tracing::debug!(
                error = &error_chain(&error),
                "the health could not be looked at"
            ),
        }
    }
}

/// Without what moves all the time.
fn rough(health: &Health) -> Health {
    let rough_disk = |disk: &DiskHealth| DiskHealth {
        free_bytes: disk.free_bytes / DISK_STEP,
        ..disk.clone()
    };
    Health {
        tasks: 0,
        disks: health.disks.iter().map(rough_disk).collect(),
        ..health.clone()
    }
}
