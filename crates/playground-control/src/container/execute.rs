//! One step: what a decision says, done at the engine and written to the store. No step decides anything.

use std::time::Duration;

use playground_engine::{ContainerView, EngineError, RunState};
use playground_store::{ContainerRow, NewBuild, Outcome};
use playground_types::{Cause, EngineId, Failure, FailureKind};

use super::decide::{Decision, Seen, has_been_mute_for_long};
use super::observe::Observed;
use super::spec::container_spec;
use crate::{Control, StepError, diagnose};

/// How long a port that was found taken is left alone.
const QUARANTINE_MS: i64 = 60_000;
/// A build that is being cancelled is gone this soon.
const ENDING: Duration = Duration::from_millis(200);
/// Log lines kept with a failure.
const LOG_TAIL: u32 = 60;

/// When the record's next turn is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// At once: something was done.
    Again,
    /// After so long, or when something happens.
    After(Duration),
    /// When something happens.
    Rest,
    /// The same, but after so long at the latest: an app may be left alone for long enough then.
    RestAtMost(Duration),
    /// Never: the record is gone.
    Gone,
}

impl Next {
    /// Whether nothing was left to do.
    pub(crate) fn rests(self) -> bool {
        matches!(self, Self::Rest | Self::RestAtMost(_))
    }
}

impl Control {
    /// Carries a decision out.
    pub(crate) async fn execute(
        &self,
        row: &ContainerRow,
        decision: Decision,
        observed: &Observed,
    ) -> Result<Next, StepError> {
        let now = self.clock.now();
        let id = observed.view.as_ref().map(|view| &view.id);
        // An app may take its whole grace to end: nobody waits for that but its own record.
        let _permit = match decision {
            Decision::Stop | Decision::Remove | Decision::RemovePrevious | Decision::Restart => {
                None
            }
            _ => Some(self.steps.acquire().await),
        };
        match decision {
            Decision::PlanImage => self.plan_image(row).await?,
            Decision::QueueBuild => return self.queue_build(row).await,
            Decision::AwaitBuild => return Ok(Next::Rest),
            Decision::ReservePort => return self.reserve_port(row).await,
            Decision::Create => self.make_container(row).await?,
            Decision::Deliver => self.deliver(row, id).await?,
            Decision::Start => self.start_container(row, id).await?,
            Decision::Restart if row.spec.live => self.reload(row, observed).await?,
            Decision::Restart => self.restart_container(row, id).await?,
            Decision::Unpause => self.unpause_container(row, observed.view.as_ref()).await?,
            Decision::FallAsleep(tier) => {
                self.fall_asleep(row, tier, observed.observation.idle)
                    .await?
            }
            Decision::Pause => self.pause_container(row, id).await?,
            Decision::NoteStart => {
                self.store
                    .set_started(row.pk, row.restart_done, now)
                    .await?
            }
            Decision::StepAside => self.step_aside(row, id).await?,
            Decision::RemovePrevious => self.remove_previous(row).await?,
            Decision::LookAgain(after) => return Ok(Next::After(after)),
            Decision::Publish => self.publish(row, observed).await?,
            Decision::NoteCrash { attempts, retry_at } => {
                self.store
                    .set_crashed(row.pk, attempts, retry_at, now)
                    .await?;
            }
            Decision::NoteEnd => {
                self.store
                    .set_crashed(row.pk, row.attempts, now, now)
                    .await?;
            }
            // An app that sleeps may have been called in this moment.
            Decision::Stop | Decision::Remove
                if row.asleep.is_some() && !self.shut_door(row.pk, Duration::ZERO).await? => {}
            Decision::Stop => self.stop_container(row, id).await?,
            Decision::Remove => self.remove_container(row, id).await?,
            Decision::Forget => return self.forget(row).await,
            Decision::GiveUp(failure) => self.give_up(row, &failure).await?,
            Decision::GiveUpExited => {
                let failure = self.explain_exit(observed.view.as_ref()).await;
                self.give_up(row, &failure).await?;
            }
            Decision::GiveUpCrashing => {
                let failure = self.explain_crash(row, observed.view.as_ref()).await;
                self.give_up(row, &failure).await?;
            }
            Decision::EndMute => self.end_mute(row, id).await?,
            Decision::GiveUpSilent => {
                let failure = self.explain_silence(id).await;
                self.give_up(row, &failure).await?;
            }
            Decision::Restore(drift) => self.restore(row, drift, observed.view.as_ref()).await?,
            Decision::ForgiveCrashes => self.store.clear_attempts(row.pk).await?,
            // Its address stays out, so whoever waited for it has it.
            Decision::AwaitAnswer | Decision::Settled => return self.settle(row, observed).await,
        }
        Ok(Next::Again)
    }

    async fn queue_build(&self, row: &ContainerRow) -> Result<Next, StepError> {
        if self.gave_up_without_content(row).await? {
            return Ok(Next::Again);
        }
        let (Some(context), Some(image)) = (row.context.clone(), row.image.clone()) else {
            return Ok(Next::Again);
        };
        let new = NewBuild {
            release: row.release.clone(),
            source: row.spec.source.clone(),
            context,
            image,
        };
        let build = self
            .store
            .queue_build(row.pk, &new, self.clock.now())
            .await?;
        if build.cancel_wanted {
            // It is just being ended for somebody else. A new one can be queued once it is gone.
            return Ok(Next::After(ENDING));
        }
        self.builder.wake();
        Ok(Next::Again)
    }

    async fn make_container(&self, row: &ContainerRow) -> Result<(), StepError> {
        let facts = self.facts(&row.spec.source).await?;
        let Some(spec) = container_spec(row, &facts.entrypoint, &self.config, &self.agent_id)
        else {
            return Ok(());
        };
        match self.engine.create(&spec).await {
            Ok(id) => {
                self.store
                    .set_engine_id(row.pk, Some(&id), self.clock.now())
                    .await?
            }
            // Somebody else's container has the name: observe would have found it if it were ours.
            Err(EngineError::NameTaken(_)) => {
                self.store
                    .set_name(row.pk, &crate::names::fresh(), self.clock.now())
                    .await?;
            }
            Err(EngineError::NoSuchNetwork(_)) => self.ensure_network().await?,
            // It was there a moment ago: the next turn sees that it is missing.
            Err(EngineError::NoSuchImage(_)) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    async fn start_container(
        &self,
        row: &ContainerRow,
        id: Option<&EngineId>,
    ) -> Result<(), StepError> {
        let Some(id) = id else { return Ok(()) };
        match self.engine.start(id).await {
            Ok(()) => {
                let now = self.clock.now();
                self.store.set_engine_id(row.pk, Some(id), now).await?;
                self.store
                    .set_started(row.pk, row.restart_wanted, now)
                    .await?;
                Ok(())
            }
            // Docker binds the port at start and fixes it at create: another port needs another container.
            Err(EngineError::PortTaken(_)) => self.change_port(row, id).await,
            Err(EngineError::NoSuchNetwork(_)) => self.leave_network(row, id).await,
            Err(EngineError::NoSuchContainer) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    async fn restart_container(
        &self,
        row: &ContainerRow,
        id: Option<&EngineId>,
    ) -> Result<(), StepError> {
        let Some(id) = id else { return Ok(()) };
        self.store.set_withdrawn(row.pk, self.clock.now()).await?;
        match self.engine.restart(id, self.config.stop_grace).await {
            // Written after it was done: an Agent that dies in between restarts twice, which is better than not at all.
            Ok(()) => Ok(self
                .store
                .set_started(row.pk, row.restart_wanted, self.clock.now())
                .await?),
            Err(EngineError::PortTaken(_)) => self.change_port(row, id).await,
            Err(EngineError::NoSuchNetwork(_)) => self.leave_network(row, id).await,
            Err(EngineError::NoSuchContainer) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Its network was removed. Docker ties a container to a network's id for good, so that one made again under the
    /// same name is of no use to it: it is made anew, too.
    async fn leave_network(&self, row: &ContainerRow, id: &EngineId) -> Result<(), StepError> {
        self.ensure_network().await?;
        self.engine.remove(id).await?;
        Ok(self
            .store
            .set_engine_id(row.pk, None, self.clock.now())
            .await?)
    }

    async fn change_port(&self, row: &ContainerRow, id: &EngineId) -> Result<(), StepError> {
        let now = self.clock.now();
        if let Some(port) = row.host_port {
            tracing::info!(container.pk = %row.pk, port = %port, "host port {port} is taken, another one is reserved");
            self.store
                .quarantine_port(row.pk, port, now.plus_millis(QUARANTINE_MS))
                .await?;
        }
        self.engine.remove(id).await?;
        Ok(self.store.set_engine_id(row.pk, None, now).await?)
    }

    async fn publish(&self, row: &ContainerRow, observed: &Observed) -> Result<(), StepError> {
        let Seen::Running { run, .. } = &observed.observation.container else {
            return Ok(());
        };
        let address = self.own_address(observed.view.as_ref());
        self.store
            .set_published(row.pk, run, address, row.generation, self.clock.now())
            .await?;
        self.open_door(row.pk);
        tracing::info!(container.pk = %row.pk, release = %row.release, "container {} is ready", row.name);
        Ok(())
    }

    async fn stop_container(
        &self,
        row: &ContainerRow,
        id: Option<&EngineId>,
    ) -> Result<(), StepError> {
        let Some(id) = id else { return Ok(()) };
        self.store.set_withdrawn(row.pk, self.clock.now()).await?;
        // A frozen process cannot end itself.
        self.engine.unpause(id).await.or_else(ignore_conflict)?;
        Ok(self.engine.stop(id, self.config.stop_grace).await?)
    }

    /// Its address stays out until the process has ended: what ends with its address out counts as a crash, however often
    /// the Agent is killed in between.
    async fn end_mute(&self, row: &ContainerRow, id: Option<&EngineId>) -> Result<(), StepError> {
        let Some(id) = id else { return Ok(()) };
        tracing::warn!(
            container.pk = %row.pk, release = %row.release, misses = row.consecutive_failures,
            "container {} does not answer any more and is restarted", row.name
        );
        Ok(self.engine.stop(id, self.config.stop_grace).await?)
    }

    async fn remove_container(
        &self,
        row: &ContainerRow,
        id: Option<&EngineId>,
    ) -> Result<(), StepError> {
        let Some(id) = id else { return Ok(()) };
        self.stop_container(row, Some(id))
            .await
            .or_else(ignore_conflict_step)?;
        let _permit = self.steps.acquire().await;
        self.engine.remove(id).await?;
        Ok(self
            .store
            .set_engine_id(row.pk, None, self.clock.now())
            .await?)
    }

    async fn forget(&self, row: &ContainerRow) -> Result<Next, StepError> {
        let now = self.clock.now();
        if let Some(build) = row.build {
            self.cancel_unneeded_build(build).await?;
        }
        self.store
            .finish_launches(row.pk, row.generation, Outcome::Cancelled, None, None, now)
            .await?;
        if !self.store.forget_container(row.pk, now).await? {
            return Ok(Next::Again);
        }
        if row.host_port.is_some() {
            self.retry_without_port().await?;
        }
        Ok(Next::Gone)
    }

    /// A port is free again: whoever was given up for want of one gets another turn.
    pub(super) async fn retry_without_port(&self) -> Result<(), StepError> {
        for pk in self
            .store
            .retry_failed_for(FailureKind::PortsExhausted, self.clock.now())
            .await?
        {
            self.wake(pk);
        }
        Ok(())
    }

    /// The generation ends here; its launches end with it.
    pub(crate) async fn give_up(
        &self,
        row: &ContainerRow,
        failure: &Failure,
    ) -> Result<(), StepError> {
        let now = self.clock.now();
        self.store
            .set_failed(row.pk, row.generation, failure, now)
            .await?;
        let (pk, generation, outcome) = (row.pk, row.generation, outcome_of(failure));
        self.store
            .finish_launches(pk, generation, outcome, Some(failure), None, now)
            .await?;
        tracing::info!(
            container.pk = %row.pk, release = %row.release, failure.kind = failure.kind.as_str(),
            "container {} failed: {}", row.name, failure.message
        );
        Ok(())
    }

    /// Nothing to do but to make sure that whoever waited knows.
    async fn settle(&self, row: &ContainerRow, observed: &Observed) -> Result<Next, StepError> {
        let now = self.clock.now();
        if let Some(tier) = row.asleep {
            return self.rest_asleep(row, tier).await;
        }
        let is_ready =
            matches!(observed.observation.container, Seen::Running { .. }) && row.is_published();
        let ended = if is_ready {
            self.open_door(row.pk);
            let result = serde_json::to_string(&self.view(row, None)).ok();
            let (pk, generation) = (row.pk, row.generation);
            self.store
                .finish_launches(
                    pk,
                    generation,
                    Outcome::Completed,
                    None,
                    result.as_deref(),
                    now,
                )
                .await?
        } else {
            self.store.set_withdrawn(row.pk, now).await?;
            let failure = row.current_failure();
            let outcome = failure.map_or(Outcome::Cancelled, outcome_of);
            self.store
                .finish_launches(row.pk, row.generation, outcome, failure, None, now)
                .await?
        };
        if ended > 0 {
            self.changes.note();
        }
        Ok(Next::Rest)
    }

    async fn explain_exit(&self, view: Option<&ContainerView>) -> Failure {
        let Some(ContainerView {
            id,
            state:
                RunState::Exited {
                    exit_code,
                    oom_killed,
                    error,
                    ..
                },
            ..
        }) = view
        else {
            return Failure::of(&Cause::Gone);
        };
        let log = self.log_tail(id, LOG_TAIL).await;
        diagnose::exit(*exit_code, *oom_killed, error.as_deref(), &log)
    }

    /// Why an app that had been ready is not started again.
    async fn explain_crash(&self, row: &ContainerRow, view: Option<&ContainerView>) -> Failure {
        let last = self.explain_exit(view).await;
        let was_ended_by_us = has_been_mute_for_long(row.consecutive_failures, &self.policy());
        if was_ended_by_us && last.kind != FailureKind::OutOfMemory {
            return diagnose::unresponsive(row.consecutive_failures, row.attempts, last);
        }
        diagnose::crash_loop(last, row.attempts)
    }

    async fn explain_silence(&self, id: Option<&EngineId>) -> Failure {
        let Some(id) = id else {
            return Failure::of(&Cause::Gone);
        };
        let listening = self.engine.listening(id).await.unwrap_or_default();
        let log = self.log_tail(id, LOG_TAIL).await;
        diagnose::silence(&listening, self.config.start_timeout, &log)
    }
}

/// How the launches of a failed generation end.
fn outcome_of(failure: &Failure) -> Outcome {
    if failure.kind == FailureKind::Cancelled {
        Outcome::Cancelled
    } else {
        Outcome::Failed
    }
}

pub(super) fn ignore_conflict(error: EngineError) -> Result<(), EngineError> {
    match error {
        EngineError::Conflict { .. } | EngineError::NoSuchContainer => Ok(()),
        EngineError::Refused { .. } => Ok(()),
        other => Err(other),
    }
}

fn ignore_conflict_step(error: StepError) -> Result<(), StepError> {
    match error {
        StepError::Engine(error) => ignore_conflict(error).map_err(StepError::Engine),
        other => Err(other),
    }
}
