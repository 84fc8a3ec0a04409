//! The writable layers of running containers, watched against their limit.
//!
//! Docker has no quota that works on every file system, so a container that fills the disk is found by looking, and
//! stopped with a reason before the host suffers. The strict profile needs none of this: its places are sized.

use std::time::Duration;

use playground_engine::Profile;
use playground_store::{ContainerFilter, ContainerRow};
use playground_types::{ContainerStatus, Failure, FailureKind};

use crate::{Control, StepError};

/// Layers are measured this often; it costs the engine a walk over what was written.
const PERIOD: Duration = Duration::from_secs(10);
/// Records looked at in one go.
const ALL: u64 = 100_000;

impl Control {
    /// Measures until the Agent stops.
    pub(crate) fn spawn_watch(&self) {
        if self.config.profile == Profile::Strict {
            return;
        }
        let control = self.clone();
        self.tasks.spawn(async move {
            while !control.shutdown.is_cancelled() {
                // Cancel-safe: both only wait.
                tokio::select! {
                    () = tokio::time::sleep(PERIOD) => {}
                    () = control.shutdown.cancelled() => break,
                }
                if let Err(error) = control.measure_layers().await {
                    tracing::debug!(
                        error = &crate::error_chain(&error),
                        "writable layers could not be measured"
                    );
                }
            }
        });
    }

    async fn measure_layers(&self) -> Result<(), StepError> {
        let running = ContainerFilter {
            statuses: vec![ContainerStatus::Running, ContainerStatus::Starting],
            limit: ALL,
            ..ContainerFilter::default()
        };
        for row in self.store.containers(&running).await?.0 {
            if let Some(written) = self.written_over_limit(&row).await? {
                self.give_up(&row, &over_limit(&row, written)).await?;
                self.wake(row.pk);
                self.changes.note();
            }
        }
        Ok(())
    }

    async fn written_over_limit(&self, row: &ContainerRow) -> Result<Option<u64>, StepError> {
        let Some(id) = &row.engine_id else {
            return Ok(None);
        };
        let written = self.engine.writable_bytes(id).await?;
        Ok(written.filter(|written| *written > row.spec.limits.disk_bytes))
    }
}

fn over_limit(row: &ContainerRow, written: u64) -> Failure {
    let message = format!(
        "the app wrote {written} bytes beside its code, its limit is {}",
        row.spec.limits.disk_bytes
    );
    Failure::new(FailureKind::DiskLimit, message)
}
