//! Who is looked at, and when: every running container every ten seconds, and those that somebody looks at in particular
//! every two.
//!
//! It has a task of its own and changes nothing, so an engine that takes its time holds nobody up.

use futures_util::StreamExt as _;
use playground_store::{ContainerRow, Desired};
use playground_types::ContainerStatus;
use tokio::time::{Instant, sleep_until};

use super::{CLOSE_INTERVAL, INTERVAL};
use crate::{Control, StepError};

/// Containers that the engine is asked about at once.
const AT_ONCE: usize = 4;

impl Control {
    /// Looks until the Agent stops.
    pub(crate) fn spawn_stats(&self) {
        if !self.config.samples_stats {
            return;
        }
        let control = self.clone();
        self.tasks.spawn(async move {
            let mut next_all = Instant::now();
            while !control.shutdown.is_cancelled() {
                let begun = Instant::now();
                let is_all = next_all <= begun;
                if is_all {
                    next_all = begun + INTERVAL;
                }
                control.sample(is_all).await;
                let next_close = control.next_close(begun);
                // Cancel-safe: all of them only wait.
                tokio::select! {
                    () = sleep_until(next_close.unwrap_or(next_all).min(next_all)) => {}
                    () = control.stats.0.is_wanted.notified() => {}
                    () = control.shutdown.cancelled() => {}
                }
            }
        });
    }

    /// None while nobody looks at one in particular.
    fn next_close(&self, begun: Instant) -> Option<Instant> {
        let is_wanted = !self.stats.wanted().is_empty();
        is_wanted.then(|| begun + CLOSE_INTERVAL)
    }

    async fn sample(&self, is_all: bool) {
        let rows = if is_all {
            self.running().await
        } else {
            self.wanted_ones().await
        };
        let rows = rows.unwrap_or_else(|error| {
            tracing::debug!(
                error = &crate::error_chain(&error),
                "what containers use could not be looked at"
            );
            Vec::new()
        });
        let gpus = &self.stats.0.gpus;
        gpus.look().await;
        let is_news = futures_util::stream::iter(rows)
            .map(|row| self.sample_one(row))
            .buffer_unordered(AT_ONCE)
            .fold(false, |news, one| std::future::ready(news | one))
            .await;
        if is_all {
            let now = self.clock.now();
            self.stats.kept().retain(|_, kept| kept.forget(now));
        }
        if is_news {
            self.stats
                .0
                .sampled
                .send_modify(|count| *count = count.wrapping_add(1));
        }
    }

    /// Whether there is a new sample of it.
    async fn sample_one(&self, row: ContainerRow) -> bool {
        let Some(id) = &row.engine_id else {
            return false;
        };
        match self.engine.stats(id).await {
            Ok(stats) => {
                let gpus = self.gpus_of(id).await;
                let mut kept = self.stats.kept();
                kept.entry(row.pk).or_default().note(id, stats, gpus)
            }
            Err(error) => {
                tracing::debug!(
                    container.pk = %row.pk, error = &crate::error_chain(&error),
                    "what a container uses could not be looked at"
                );
                false
            }
        }
    }

    async fn running(&self) -> Result<Vec<ContainerRow>, StepError> {
        let mut rows = self.store.all_containers().await?;
        rows.retain(runs);
        Ok(rows)
    }

    async fn wanted_ones(&self) -> Result<Vec<ContainerRow>, StepError> {
        let wanted: Vec<_> = self.stats.wanted().keys().copied().collect();
        let mut rows = Vec::new();
        for pk in wanted {
            rows.extend(self.store.container(pk).await?.filter(runs));
        }
        Ok(rows)
    }
}

/// A frozen one uses nothing, and one that sleeps is not woken for this.
fn runs(row: &ContainerRow) -> bool {
    let runs = matches!(
        row.status,
        ContainerStatus::Running | ContainerStatus::Unhealthy | ContainerStatus::Starting
    );
    runs && row.asleep.is_none() && row.desired == Desired::Running
}
