//! What is there: the engine's container of a record, whether its app answers, and the image it would need.

use std::time::Duration;

use playground_engine::labels::{LABEL_AGENT, LABEL_CONTEXT, LABEL_SPEC};
use playground_engine::{ContainerView, RunState};
use playground_store::{ContainerRow, Desired};
use playground_types::{BuildStatus, Cause, EngineId, Failure};

use super::decide::{Drift, Image, Observation, Readiness, Seen};
use super::spec::{is_made_for, is_newer, wanted_digest};
use crate::{Control, StepError};

/// An observation with the engine's own view of the container, which some steps need.
#[derive(Debug)]
pub(crate) struct Observed {
    pub(crate) observation: Observation,
    pub(crate) view: Option<ContainerView>,
}

impl Control {
    /// Looks at everything that the next decision about this record depends on.
    pub(crate) async fn observe(&self, row: &ContainerRow) -> Result<Observed, StepError> {
        let mut observed = {
            let _permit = self.steps.acquire().await;
            self.look(row).await?
        };
        // An app may take seconds for its answer: nobody waits for that but its own record.
        self.ask(row, &mut observed).await;
        let Observed { observation, view } = &mut observed;
        observation.idle = self
            .see_idle(row, view.as_ref(), &observation.container)
            .await;
        Ok(observed)
    }

    /// What the engine says.
    async fn look(&self, row: &ContainerRow) -> Result<Observed, StepError> {
        let view = self.find_container(row).await?;
        let container = match &view {
            None => Seen::Missing,
            Some(view) => self.see(row, view),
        };
        let image = if needs_image(row, &container) {
            self.see_image(row).await?
        } else {
            Image::NotAsked
        };
        let previous = self.see_previous(row).await?;
        let drift = match &view {
            Some(view) => self.see_drift(row, view).await?,
            None => None,
        };
        Ok(Observed {
            observation: Observation {
                image,
                container,
                drift,
                previous,
                idle: None,
            },
            view,
        })
    }

    /// What others changed about a container that was fine. What could not be changed back is not told again.
    pub(crate) async fn see_drift(
        &self,
        row: &ContainerRow,
        view: &ContainerView,
    ) -> Result<Option<Drift>, StepError> {
        if view.state != RunState::Running || row.published_run != view.started_at {
            return Ok(None);
        }
        let wanted = self.engine.resources(&row.spec.limits).await?;
        if view.resources != wanted && !self.is_lasting(row.pk, &view.resources) {
            return Ok(Some(Drift::Limits));
        }
        Ok((view.name != row.name).then_some(Drift::Name))
    }

    /// The record's container by its id, else by its name: the Agent may have died between creating it and writing the id
    /// down. What carries another Agent's or record's labels is not ours.
    pub(crate) async fn find_container(
        &self,
        row: &ContainerRow,
    ) -> Result<Option<ContainerView>, StepError> {
        if let Some(id) = &row.engine_id
            && let Some(view) = self.engine.inspect(id).await?
        {
            return Ok(Some(view));
        }
        let by_name = self.engine.inspect(&EngineId(row.name.clone())).await?;
        Ok(by_name.filter(|view| self.is_of_record(view, row)))
    }

    /// What a later wish was made for is left to adoption: this record does not know enough to judge it.
    fn is_of_record(&self, view: &ContainerView, row: &ContainerRow) -> bool {
        view.labels.get(LABEL_AGENT) == Some(&self.agent_id)
            && is_made_for(view, row)
            && !is_newer(view, row)
    }

    /// What the engine's view says. Whether the app of a run that is not published answers is not asked.
    pub(crate) fn see(&self, row: &ContainerRow, view: &ContainerView) -> Seen {
        let wanted = wanted_digest(row, &self.config);
        // One that was taken off its network is not reached any more, and Docker does not connect it again.
        let fits = view.networks.contains(&self.config.network)
            && wanted.is_some_and(|digest| {
                view.labels
                    .get(LABEL_SPEC)
                    .is_some_and(|label| label == digest.hex())
            });
        match &view.state {
            RunState::Created => Seen::Created { fits },
            RunState::Running => {
                let run = view.started_at.clone().unwrap_or_default();
                let is_published = row.published_run.as_deref() == Some(run.as_str());
                let readiness = match row.consecutive_failures {
                    _ if !is_published => Readiness::Silent,
                    0 => Readiness::Published,
                    misses => Readiness::Mute(misses),
                };
                Seen::Running {
                    fits,
                    run,
                    readiness,
                }
            }
            RunState::Paused => Seen::Paused { fits },
            RunState::Exited { finished_at, .. } => Seen::Exited {
                fits,
                unwatched: self.watching.missed(row, *finished_at),
            },
            RunState::Restarting | RunState::Removing => Seen::InTransit,
            RunState::Dead => Seen::Dead,
        }
    }

    /// Asks an app that is waited for whether it answers.
    async fn ask(&self, row: &ContainerRow, observed: &mut Observed) {
        let address = self.own_address(observed.view.as_ref());
        let Seen::Running {
            fits: true,
            readiness,
            ..
        } = &mut observed.observation.container
        else {
            return;
        };
        let is_waited_for = *readiness == Readiness::Silent
            && row.desired == Desired::Running
            && row.asleep.is_none()
            && row.restart_wanted <= row.restart_done;
        let waited = row
            .starting_since
            .map_or(0, |since| self.clock.now().millis_since(since));
        let waited = Duration::from_millis(u64::try_from(waited).unwrap_or(0));
        if let Some(port) = row.host_port.filter(|_| is_waited_for)
            && self.is_carried(port)
            && self.probe.answers(self.place(port, address), waited).await
        {
            *readiness = Readiness::Answers;
        }
    }

    async fn see_image(&self, row: &ContainerRow) -> Result<Image, StepError> {
        let (Some(reference), Some(context)) = (&row.image, &row.context) else {
            return Ok(Image::Unplanned);
        };
        // The label decides, not the name: a tag can be moved by anybody.
        let image = self.engine.image(reference).await?;
        if image.is_some_and(|image| {
            image
                .labels
                .get(LABEL_CONTEXT)
                .is_some_and(|label| label == context.hex())
        }) {
            return Ok(Image::Present);
        }
        let Some(build) = row.build else {
            return Ok(Image::Missing);
        };
        Ok(match self.store.build(build).await? {
            None => Image::Missing,
            Some(build) if build.context != *context => Image::Missing,
            Some(build) => match build.status {
                BuildStatus::Queued | BuildStatus::Building => Image::Building,
                // It was there once and somebody removed it.
                BuildStatus::Completed => Image::Missing,
                BuildStatus::Failed | BuildStatus::Cancelled => {
                    Image::Failed(build.failure.unwrap_or_else(unknown))
                }
            },
        })
    }
}

/// The image matters only where a container has to be made.
pub(crate) fn needs_image(row: &ContainerRow, container: &Seen) -> bool {
    let is_wanted = row.desired == Desired::Running && row.asleep.is_none();
    if !is_wanted || row.current_failure().is_some() {
        return false;
    }
    match container {
        Seen::Missing => true,
        Seen::Created { fits }
        | Seen::Running { fits, .. }
        | Seen::Paused { fits }
        | Seen::Exited { fits, .. } => !fits,
        Seen::InTransit | Seen::Dead => false,
    }
}

fn unknown() -> Failure {
    Failure::of(&Cause::ImageMissing)
}
