//! Leftovers: launches nobody polls any more, content nobody refers to. Containers without a record have rules of their
//! own in `orphan`; images, logs and room on the disk in `clean`.

use std::collections::BTreeMap;
use std::time::Duration;

use playground_engine::labels::{LABEL_AGENT, LABEL_MANAGED_BY, MANAGED_BY};

use crate::{Control, StepError};

/// Leftovers are looked for this often.
const PERIOD: Duration = Duration::from_secs(300);
/// Clients may ask about what ended for so long.
const KEPT_MS: i64 = 7 * 24 * 3600 * 1000;

impl Control {
    /// Sweeps now and then until the Agent stops.
    pub(crate) fn spawn_sweeper(&self) {
        let control = self.clone();
        self.tasks.spawn(async move {
            while !control.shutdown.is_cancelled() {
                // Cancel-safe: `notified` keeps its permit, the others hold no state.
                tokio::select! {
                    () = control.driver.sweep_wanted() => {}
                    () = tokio::time::sleep(PERIOD) => {}
                    () = control.shutdown.cancelled() => break,
                }
                if let Err(error) = control.sweep().await {
                    tracing::warn!(
                        error = &crate::error_chain(&error),
                        "sweeping failed and is tried again later"
                    );
                }
            }
        });
    }

    /// Sweeps as soon as the sweeper is free.
    pub(crate) fn sweep_soon(&self) {
        self.driver.want_sweep();
    }

    /// Looks after what has lost its record. Only what carries this Agent's own label is ever looked at.
    async fn sweep(&self) -> Result<(), StepError> {
        self.look_after_orphans().await?;
        let long_ago = self.clock.now().plus_millis(-KEPT_MS);
        if self.store.forget_launches(long_ago).await? > 0 {
            self.changes.note();
        }
        self.store.clear_forgotten(long_ago).await?;
        if self.config.backend.is_none() {
            self.store.forget_pushes().await?;
        }
        self.sweep_sources().await?;
        self.clean_now_and_then().await
    }

    /// The bridge that all plugin containers share.
    pub(crate) async fn ensure_network(&self) -> Result<(), StepError> {
        let labels = BTreeMap::from([
            (LABEL_MANAGED_BY.to_owned(), MANAGED_BY.to_owned()),
            (LABEL_AGENT.to_owned(), self.agent_id.clone()),
        ]);
        self.engine
            .ensure_network(&self.config.network, self.config.reach(), &labels)
            .await?;
        self.apply_host_rules().await;
        Ok(())
    }
}
