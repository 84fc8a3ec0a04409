//! One task for each record: a turn, then rest until something wakes it.
//!
//! A turn takes a key and nothing else. Why it was woken does not matter: it looks at everything anyway.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use playground_engine::EngineError;
use playground_store::{ContainerRow, Desired};
use playground_types::{ContainerPk, Failure, FailureKind};
use tokio::sync::Notify;
use tracing::Instrument as _;

use crate::container::decide::{Policy, decide, status};
use crate::container::execute::Next;
use crate::container::observe::Observed;
use crate::{Control, ControlError, StepError};

/// First wait after a failed step; doubles up to [`LONGEST_RETRY`].
const FIRST_RETRY: Duration = Duration::from_millis(200);
/// Longest wait between two tries of a step.
const LONGEST_RETRY: Duration = Duration::from_secs(5);
/// The engine refused the same record so often in a row: it will not change its mind about this container. About another
/// one it may, once.
const REFUSALS: u32 = 3;

/// The records that have a task, and how to wake it.
#[derive(Debug, Default)]
pub(crate) struct Driver {
    tasks: Mutex<HashMap<ContainerPk, Arc<Notify>>>,
    sweep: Notify,
}

impl Driver {
    /// Asks for a sweep. Asking twice before one begins asks once.
    pub(crate) fn want_sweep(&self) {
        self.sweep.notify_one();
    }

    /// Until a sweep is asked for.
    pub(crate) async fn sweep_wanted(&self) {
        self.sweep.notified().await;
    }
}

/// Failed steps in a row.
#[derive(Debug, Default)]
struct Trouble {
    errors: u32,
    refusals: u32,
    /// The container was made anew because of them.
    replaced: bool,
}

impl Control {
    /// Wakes a record's task, beginning one when there is none.
    pub(crate) fn wake(&self, pk: ContainerPk) {
        let mut tasks = self
            .driver
            .tasks
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(notify) = tasks.get(&pk) {
            notify.notify_one();
            return;
        }
        if self.shutdown.is_cancelled() {
            return;
        }
        let notify = Arc::new(Notify::new());
        tasks.insert(pk, notify.clone());
        let control = self.clone();
        let span = tracing::info_span!("container", container.pk = %pk);
        self.tasks
            .spawn(async move { control.drive(pk, notify).await }.instrument(span));
    }

    /// Wakes every record.
    pub(crate) async fn wake_all(&self) -> Result<(), ControlError> {
        for pk in self.store.container_keys().await? {
            self.wake(pk);
        }
        Ok(())
    }

    /// Turn after turn until the record is gone or the Agent stops.
    async fn drive(&self, pk: ContainerPk, notify: Arc<Notify>) {
        let mut trouble = Trouble::default();
        while !self.shutdown.is_cancelled() {
            let next = match self.turn(pk).await {
                Ok(next) => {
                    // Steps that succeed on the way to another refusal do not earn another container.
                    trouble = Trouble {
                        replaced: trouble.replaced && next != Next::Rest,
                        ..Trouble::default()
                    };
                    next
                }
                Err(error) => self.recover(pk, &error, &mut trouble).await,
            };
            let wait = match next {
                Next::Again => continue,
                Next::Gone => break,
                Next::After(wait) => wait,
                Next::Rest => self.config.resync,
            };
            // Cancel-safe: `notified` keeps a permit that was given before it was awaited, the others hold no state.
            tokio::select! {
                () = notify.notified() => {}
                () = tokio::time::sleep(wait) => {}
                () = self.shutdown.cancelled() => {}
            }
        }
        self.driver
            .tasks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&pk);
        self.changes.note();
    }

    /// Observe, decide, execute, once.
    async fn turn(&self, pk: ContainerPk) -> Result<Next, StepError> {
        let _permit = self.steps.acquire().await;
        let Some(row) = self.store.container(pk).await? else {
            return Ok(Next::Gone);
        };
        let observed = self.observe(&row).await?;
        self.note_container(&row, &observed).await?;
        let now = self.clock.now();
        let decision = decide(&row, &observed.observation, now, &self.policy());
        let status = status(&row, &decision);
        if status != row.status {
            self.store.set_status(pk, status, now).await?;
            self.changes.note();
        }
        tracing::debug!(?decision, seen = ?observed.observation, "turn");
        let next = self.execute(&row, decision, &observed).await?;
        if next != Next::Rest || status != row.status {
            self.changes.note();
        }
        Ok(next)
    }

    /// The container was made or started, and the Agent died before its id was written.
    async fn note_container(
        &self,
        row: &ContainerRow,
        observed: &Observed,
    ) -> Result<(), StepError> {
        match &observed.view {
            Some(view) if row.engine_id.as_ref() != Some(&view.id) => Ok(self
                .store
                .set_engine_id(row.pk, Some(&view.id), self.clock.now())
                .await?),
            _ => Ok(()),
        }
    }

    /// A failed step is tried again, sooner at first. Only a record that the engine keeps refusing is given up.
    async fn recover(&self, pk: ContainerPk, error: &StepError, trouble: &mut Trouble) -> Next {
        trouble.errors += 1;
        tracing::warn!(
            error = &crate::error_chain(error),
            attempt = trouble.errors,
            "a step failed and is tried again"
        );
        if let StepError::Engine(EngineError::Refused { message, .. }) = error {
            trouble.refusals += 1;
            let may_replace = trouble.refusals == REFUSALS && !trouble.replaced;
            if may_replace && self.replace_refused(pk).await {
                trouble.replaced = true;
                return Next::Again;
            }
            if trouble.refusals >= REFUSALS {
                *trouble = Trouble::default();
                return self.give_up_refused(pk, message).await;
            }
        }
        let doublings = (trouble.errors - 1).min(8);
        Next::After((FIRST_RETRY * 2_u32.pow(doublings)).min(LONGEST_RETRY))
    }

    /// It may be this one container that the engine cannot start: one that was killed comes back with containers that it
    /// has lost track of. Another one is made from the same things. False when there is none to replace.
    async fn replace_refused(&self, pk: ContainerPk) -> bool {
        let Ok(Some(row)) = self.store.container(pk).await else {
            return false;
        };
        let Some(id) = row
            .engine_id
            .as_ref()
            .filter(|_| row.desired == Desired::Running)
        else {
            return false;
        };
        tracing::info!(container.pk = %pk, "the engine refuses container {}, which is made anew", row.name);
        let is_removed = self.engine.remove(id).await.is_ok();
        is_removed
            && self
                .store
                .set_engine_id(pk, None, self.clock.now())
                .await
                .is_ok()
    }

    async fn give_up_refused(&self, pk: ContainerPk, message: &str) -> Next {
        let failure = Failure::new(
            FailureKind::EngineError,
            format!("Docker refused: {message}"),
        );
        let Ok(Some(row)) = self.store.container(pk).await else {
            return Next::After(LONGEST_RETRY);
        };
        if let Err(error) = self.give_up(&row, &failure).await {
            tracing::warn!(
                error = &crate::error_chain(&error),
                "a failure could not be written"
            );
        }
        self.changes.note();
        Next::After(LONGEST_RETRY)
    }

    fn policy(&self) -> Policy {
        Policy {
            start_timeout: self.config.start_timeout,
            crash_attempts: self.config.crash_attempts,
            healthy_after: self.config.healthy_after,
        }
    }
}
