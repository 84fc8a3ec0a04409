//! Health checks: ready apps are asked now and then whether they still answer. Whoever misses some in a row is unhealthy,
//! whoever misses many is restarted; one answer makes up for all of them.
//!
//! **The question** is the one that made the app ready: `GET /` where the Agent reaches it, and any answer below 500 will do. A
//! connection alone proves nothing (readiness.rs). A list of the process's threads or its use of the processor would
//! need the engine every time, and could not tell a long prediction from an endless loop either.
//!
//! **A busy app must not be killed hastily.** Gradio runs plain functions beside its event loop and goes on answering, but
//! an `async` function that computes, or a library that keeps Python's lock, blocks the loop, and then an app at work
//! looks like a dead one. Only time tells them apart. So the word comes early and the deed late: `unhealthy` is said after
//! 3 misses (a minute and a half), which costs nobody anything, as the address stays out and the first answer takes it
//! back; a restart, which loses the work, follows after 20 misses in a row, ten minutes without a single answer. By then
//! browsers and clients have long given up waiting.
//!
//! **Only an app can miss.** Before a miss is counted the engine must show the container running, in the same run. An
//! engine that is down, a container that is paused, restarting or gone: none of these is the app's fault, and the
//! driver deals with them.
//!
//! **It costs little.** Each record has its own second of the interval, by its key, so the questions are spread out for
//! ever, whenever the Agent was started. At most [`CONCURRENT`] are open, one for each app; an answer costs one small
//! write, the engine is asked after a miss only. Answers and misses are rows; the driver is woken when they mean something
//! to it, and none of its turns waits for a question.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use playground_engine::RunState;
use playground_store::Checkable;
use playground_types::ContainerPk;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use crate::readiness::Miss;
use crate::{Control, StepError};

/// Open questions. Where many apps are mute, each waiting for its time-out, checks come later; misses never come faster.
const CONCURRENT: usize = 32;
/// Most slots that an interval is divided into.
const MOST_SLOTS: u64 = 60;

impl Control {
    /// Checks until the Agent stops.
    pub(crate) fn spawn_health_checks(&self) {
        if !self.config.health_checks.interval.is_zero() {
            let control = self.clone();
            self.tasks
                .spawn(async move { control.check_health().await });
        }
    }

    async fn check_health(&self) {
        let every = self.config.health_checks.interval;
        let slots = slots(every);
        let mut slot = 0;
        let mut ticks = interval(every / slots);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let permits = Arc::new(Semaphore::new(CONCURRENT));
        let mut busy = HashSet::new();
        let mut checks = JoinSet::new();
        // What still runs at the end is dropped with `checks`.
        loop {
            // Cancel-safe: a tick or an end that was not taken is there the next time.
            tokio::select! {
                _ = ticks.tick() => {
                    for app in self.checkable(slots, slot).await {
                        if busy.insert(app.pk) {
                            checks.spawn(self.clone().check(app, permits.clone()));
                        }
                    }
                    slot = (slot + 1) % slots;
                }
                Some(ended) = checks.join_next() => match ended {
                    Ok(pk) => _ = busy.remove(&pk),
                    Err(_) => busy.clear(),
                },
                () = self.shutdown.cancelled() => break,
            }
        }
    }

    async fn checkable(&self, slots: u32, slot: u32) -> Vec<Checkable> {
        self.store
            .checkable(slots, slot)
            .await
            .unwrap_or_else(|error| {
                tracing::warn!(
                    error = &crate::error_chain(&error),
                    "apps could not be listed for their health checks"
                );
                Vec::new()
            })
    }

    async fn check(self, app: Checkable, permits: Arc<Semaphore>) -> ContainerPk {
        let _permit = permits.acquire().await;
        let asked = self
            .probe
            .ask(
                self.place(app.port, app.address),
                self.config.health_checks.timeout,
            )
            .await;
        let noted = match asked {
            Ok(()) => self.note_answer(&app).await,
            Err(miss) => self.note_miss(&app, miss).await,
        };
        if let Err(error) = noted {
            tracing::debug!(
                container.pk = %app.pk, error = &crate::error_chain(&error),
                "a health check could not be noted"
            );
        }
        app.pk
    }

    async fn note_answer(&self, app: &Checkable) -> Result<(), StepError> {
        self.store
            .set_check_answered(app.pk, &app.run, self.clock.now())
            .await?;
        if app.missed > 0 {
            tracing::info!(container.pk = %app.pk, "container {} answers again", app.name);
            self.wake(app.pk);
            self.changes.note();
        }
        Ok(())
    }

    async fn note_miss(&self, app: &Checkable, miss: Miss) -> Result<(), StepError> {
        if !self.is_seen_running(app).await? {
            return Ok(());
        }
        let enough = self.config.health_checks.misses;
        let (reason, now) = (miss.to_string(), self.clock.now());
        let missed = self
            .store
            .set_check_missed(app.pk, &app.run, &reason, enough, now)
            .await?;
        let Some(missed) = missed else { return Ok(()) };
        if missed == enough {
            tracing::warn!(
                container.pk = %app.pk, misses = missed,
                "container {} is unhealthy: {reason}", app.name
            );
        }
        if missed >= enough {
            self.wake(app.pk);
        }
        self.changes.note();
        Ok(())
    }

    /// Whether the run that was asked is there to answer.
    async fn is_seen_running(&self, app: &Checkable) -> Result<bool, StepError> {
        let view = self.engine.inspect(&app.engine_id).await?;
        Ok(view.is_some_and(|view| {
            view.state == RunState::Running && view.started_at.as_ref() == Some(&app.run)
        }))
    }
}

/// One slot a second, where the interval is that long.
fn slots(interval: Duration) -> u32 {
    u32::try_from(interval.as_secs().clamp(1, MOST_SLOTS)).unwrap_or(1)
}
