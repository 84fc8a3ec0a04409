//! One task for each record: a turn, then rest until something wakes it.
//!
//! A turn takes a key and nothing else. Why it was woken does not matter: it looks at everything anyway.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use playground_engine::EngineError;
use playground_store::{ContainerRow, Desired};
use playground_types::wire::Waiting;
use playground_types::{Cause, ContainerPk, Failure};
use tokio::sync::{Notify, watch};
use tracing::Instrument as _;

use crate::container::decide::{Decision, Policy, decide, status};
use crate::container::execute::Next;
use crate::container::observe::Observed;
use crate::container::sleep::until_sleepier;
use crate::starts::StartTurn;
use crate::{Control, Replace, RestartPolicy, StepError};

/// First wait after a failed step; doubles up to [`LONGEST_RETRY`].
const FIRST_RETRY: Duration = Duration::from_millis(200);
/// Longest wait between two tries of a step: what an engine in trouble held up goes on this soon after its return.
const LONGEST_RETRY: Duration = Duration::from_secs(3);
/// The engine refused the same step so often in a row: it will not change its mind about this container. About another
/// one it may, once.
const REFUSALS: u32 = 3;
/// The same for refusals that the engine calls its own fault. With the waits between them they last 15 seconds.
const FAULTS: u32 = 8;

/// How many that wait before a record are told one by one.
const TOLD_BEFORE: usize = 20;

/// The records that have a task, and how to wake it.
#[derive(Debug, Default)]
pub(crate) struct Driver {
    tasks: Mutex<HashMap<ContainerPk, Task>>,
    sweep: Notify,
    begun: watch::Sender<bool>,
}

/// A record's task, from outside.
#[derive(Debug)]
struct Task {
    notify: Arc<Notify>,
    /// What holds it up.
    trouble: Option<String>,
}

impl Driver {
    /// Lets records have their turns: every container was compared with the records once.
    pub(crate) fn begin(&self) {
        self.begun.send_replace(true);
    }

    /// Whether records have their turns.
    pub(crate) fn has_begun(&self) -> bool {
        *self.begun.borrow()
    }

    /// Asks for a sweep. Asking twice before one begins asks once.
    pub(crate) fn want_sweep(&self) {
        self.sweep.notify_one();
    }

    /// Until a sweep is asked for.
    pub(crate) async fn sweep_wanted(&self) {
        self.sweep.notified().await;
    }

    fn has_task(&self, pk: ContainerPk) -> bool {
        self.tasks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains_key(&pk)
    }

    /// What holds a record up that is not its own doing.
    fn trouble(&self, pk: ContainerPk) -> Option<String> {
        let tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.get(&pk)?.trouble.clone()
    }

    /// True when that is news.
    fn set_trouble(&self, pk: ContainerPk, trouble: Option<String>) -> bool {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        match tasks.get_mut(&pk) {
            Some(task) if task.trouble != trouble => {
                task.trouble = trouble;
                true
            }
            _ => false,
        }
    }
}

/// Failed turns in a row.
#[derive(Debug, Default)]
struct Trouble {
    errors: u32,
    refusals: u32,
    /// The container was made anew because of them.
    replaced: bool,
}

/// Why a turn came to nothing.
struct Failed {
    error: StepError,
    /// Whether the engine had just described everything that the step depends on.
    had_seen: bool,
}

impl Failed {
    fn to_look(error: impl Into<StepError>) -> Self {
        Self {
            error: error.into(),
            had_seen: false,
        }
    }

    fn to_act(error: impl Into<StepError>) -> Self {
        Self {
            error: error.into(),
            had_seen: true,
        }
    }
}

impl Control {
    /// Wakes a record's task, beginning one when there is none.
    pub(crate) fn wake(&self, pk: ContainerPk) {
        let mut tasks = self
            .driver
            .tasks
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(task) = tasks.get(&pk) {
            task.notify.notify_one();
            return;
        }
        if self.shutdown.is_cancelled() {
            return;
        }
        let notify = Arc::new(Notify::new());
        let task = Task {
            notify: notify.clone(),
            trouble: None,
        };
        tasks.insert(pk, task);
        let control = self.clone();
        let span = tracing::info_span!("container", container.pk = %pk);
        self.tasks
            .spawn(async move { control.drive(pk, notify).await }.instrument(span));
    }

    /// Begins a record's task, unless it has one.
    pub(crate) fn attend(&self, pk: ContainerPk) {
        if !self.driver.has_task(pk) {
            self.wake(pk);
        }
    }

    /// Turn after turn until the record is gone or the Agent stops.
    async fn drive(&self, pk: ContainerPk, notify: Arc<Notify>) {
        let mut begun = self.driver.begun.subscribe();
        // Cancel-safe: both only wait.
        tokio::select! {
            _ = begun.wait_for(|begun| *begun) => {}
            () = self.shutdown.cancelled() => {}
        }
        let mut trouble = Trouble::default();
        let mut start = StartTurn::default();
        while !self.shutdown.is_cancelled() {
            let next = match self.turn(pk, &mut start).await {
                Ok(next) => {
                    // Steps that succeed on the way to another refusal do not earn another container.
                    trouble = Trouble {
                        replaced: trouble.replaced && !next.rests(),
                        ..Trouble::default()
                    };
                    next
                }
                Err(failed) => self.recover(pk, &failed, &mut trouble).await,
            };
            let wait = match next {
                Next::Again => continue,
                Next::Gone => break,
                Next::After(wait) => wait,
                Next::Rest => self.config.resync,
                Next::RestAtMost(wait) => wait.min(self.config.resync),
            };
            // Cancel-safe: `notified` keeps a permit that was given before it was awaited, the others hold no state.
            tokio::select! {
                () = notify.notified() => {}
                () = start.come() => {}
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
    async fn turn(&self, pk: ContainerPk, start: &mut StartTurn) -> Result<Next, Failed> {
        let Some(row) = self.store.container(pk).await.map_err(Failed::to_look)? else {
            self.comparison.note(pk);
            return Ok(Next::Gone);
        };
        let observed = self.observe(&row).await.map_err(Failed::to_look)?;
        self.note_container(&row, &observed)
            .await
            .map_err(Failed::to_act)?;
        let now = self.clock.now();
        let policy = self.policy();
        let decision = decide(&row, &observed.observation, now, &policy);
        let status = status(&row, &decision);
        if status != row.status {
            self.store
                .set_status(pk, status, now)
                .await
                .map_err(Failed::to_act)?;
            self.changes.note();
        }
        self.comparison.note(pk);
        if self.driver.set_trouble(pk, None) {
            self.changes.note();
        }
        tracing::debug!(?decision, seen = ?observed.observation, "turn");
        if !self.is_its_turn(pk, &decision, start) {
            self.changes.note();
            return Ok(Next::Rest);
        }
        let next = self
            .execute(&row, decision, &observed)
            .await
            .map_err(Failed::to_act)?;
        if !next.rests() || status != row.status {
            self.changes.note();
        }
        let sleepier = until_sleepier(&row, observed.observation.idle, now, &policy);
        Ok(match (next, sleepier) {
            (Next::Rest, Some(wait)) => Next::RestAtMost(wait),
            (next, _) => next,
        })
    }

    /// Starts wait for their turn and keep it until the app answers. Nothing else needs one.
    fn is_its_turn(&self, pk: ContainerPk, decision: &Decision, start: &mut StartTurn) -> bool {
        match decision {
            Decision::Start | Decision::Restart => self.may_start(pk, start),
            Decision::LookAgain(_) | Decision::NoteStart => true,
            _ => {
                *start = StartTurn::None;
                true
            }
        }
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

    /// A failed turn is tried again, sooner at first. Only a record that the engine keeps refusing is given up.
    async fn recover(&self, pk: ContainerPk, failed: &Failed, trouble: &mut Trouble) -> Next {
        trouble.errors += 1;
        let error = crate::error_chain(&failed.error);
        // The whole engine being away is told once, where events are followed, and not once for each record.
        let is_away = is_away(&failed.error);
        if trouble.errors.is_power_of_two() && !is_away {
            tracing::warn!(
                error,
                attempt = trouble.errors,
                "a step failed and is tried again"
            );
        } else {
            tracing::debug!(
                error,
                attempt = trouble.errors,
                "a step failed and is tried again"
            );
        }
        if self.driver.set_trouble(pk, told(&failed.error)) {
            self.changes.note();
        }
        if let StepError::Engine(EngineError::Refused { status, message }) = &failed.error
            // An engine that cannot even describe what it has is in trouble itself: nothing is the record's fault.
            && failed.had_seen
        {
            trouble.refusals += 1;
            let may_replace = trouble.refusals == REFUSALS && !trouble.replaced;
            if may_replace && self.replace_refused(pk).await {
                trouble.replaced = true;
                return Next::Again;
            }
            let most = if *status >= 500 { FAULTS } else { REFUSALS };
            if trouble.refusals >= most {
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
        let failure = Failure::of(&Cause::of_refusal(message));
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

    /// What a record waits for that is not its own doing.
    pub fn waiting(&self, pk: ContainerPk) -> Option<Waiting> {
        if let Some(detail) = self.driver.trouble(pk) {
            return Some(Waiting {
                code: "engine_unavailable".to_owned(),
                detail,
            });
        }
        if !self.driver.has_begun() {
            return Some(Waiting {
                code: "engine_unavailable".to_owned(),
                detail: "the Agent has just begun and waits for Docker's first answer".to_owned(),
            });
        }
        let before = self.starts.before(pk)?;
        // Told roughly where many wait: each start would else be news of every one of them.
        let before = match before {
            ..=TOLD_BEFORE => before.to_string(),
            _ => format!("more than {TOLD_BEFORE}"),
        };
        Some(Waiting {
            code: "start_turn".to_owned(),
            detail: format!(
                "it waits for its turn to start: {} start at a time, and {before} wait before it",
                self.config.concurrent_starts
            ),
        })
    }

    pub(crate) fn policy(&self) -> Policy {
        let config = &self.config;
        let restarts = config.restart == RestartPolicy::OnFailure;
        Policy {
            start_timeout: config.start_timeout,
            crash_attempts: if restarts { config.crash_attempts } else { 0 },
            healthy_after: config.healthy_after,
            unhealthy_misses: config.health_checks.misses,
            restart_misses: config.health_checks.restart_misses.filter(|_| restarts),
            gapless: config.replace == Replace::Gapless,
            drain: config.drain,
            idle: config.idle,
        }
    }
}

/// Whether nothing answers at the engine's address.
fn is_away(error: &StepError) -> bool {
    matches!(error, StepError::Engine(EngineError::Unreachable { .. }))
}

/// What whoever waits is told of an engine in trouble.
fn told(error: &StepError) -> Option<String> {
    let StepError::Engine(error) = error else {
        return None;
    };
    let what = match error {
        EngineError::Unreachable { .. } | EngineError::Stream { .. } => {
            "Docker does not answer".to_owned()
        }
        EngineError::TimedOut(call) => format!("Docker does not finish in time: {call}"),
        EngineError::Refused { status, message } if *status >= 500 => {
            format!("Docker fails with status {status}: {message}")
        }
        _ => return None,
    };
    Some(format!(
        "{what}; this goes on by itself once it does its work again"
    ))
}
