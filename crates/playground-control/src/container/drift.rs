//! Changing back what others changed about a container while its app serves on.
//!
//! Limits are part of the cage, so nobody's `docker update` moves them: whoever wants others says so in a create. A
//! change that the engine will not take back is told once and then left alone, or the two would be at it for ever.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use playground_engine::{ContainerView, EngineError, Resources};
use playground_store::ContainerRow;
use playground_types::ContainerPk;

use super::decide::Drift;
use crate::{Control, StepError};

/// What could not be changed back.
#[derive(Debug, Default)]
pub(crate) struct Lasting(Mutex<HashMap<ContainerPk, Resources>>);

impl Control {
    /// Whether these limits of a container were found to be there to stay.
    pub(crate) fn is_lasting(&self, pk: ContainerPk, resources: &Resources) -> bool {
        let lasting = self
            .lasting
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        lasting.get(&pk) == Some(resources)
    }

    /// Changes back what others changed.
    pub(crate) async fn restore(
        &self,
        row: &ContainerRow,
        drift: Drift,
        view: Option<&ContainerView>,
    ) -> Result<(), StepError> {
        let Some(view) = view else { return Ok(()) };
        match drift {
            Drift::Limits => self.restore_limits(row, view).await,
            Drift::Name => self.restore_name(row, view).await,
        }
    }

    async fn restore_limits(
        &self,
        row: &ContainerRow,
        view: &ContainerView,
    ) -> Result<(), StepError> {
        tracing::info!(container.pk = %row.pk, "the limits of container {} were changed by others and are put back", row.name);
        let refused = match self.engine.limit(&view.id, &row.spec.limits).await {
            Ok(()) => None,
            Err(EngineError::NoSuchContainer) => return Ok(()),
            Err(
                error @ (EngineError::Refused { .. }
                | EngineError::Conflict { .. }
                | EngineError::Unintelligible(_)),
            ) => Some(error),
            Err(error) => return Err(error.into()),
        };
        let Some(now) = self.engine.inspect(&view.id).await? else {
            return Ok(());
        };
        if now.resources != self.engine.resources(&row.spec.limits).await? {
            let error = refused.map(|error| crate::error_chain(&error));
            tracing::warn!(container.pk = %row.pk, error, "container {} keeps limits that others gave it", row.name);
            self.lasting
                .0
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(row.pk, now.resources);
        }
        Ok(())
    }

    async fn restore_name(
        &self,
        row: &ContainerRow,
        view: &ContainerView,
    ) -> Result<(), StepError> {
        match self.engine.rename(&view.id, &row.name).await {
            Ok(()) | Err(EngineError::NoSuchContainer) => Ok(()),
            // Somebody else's container has the name now: ours keeps the one it was given.
            Err(EngineError::NameTaken(_)) => Ok(self
                .store
                .set_name(row.pk, &view.name, self.clock.now())
                .await?),
            Err(error) => Err(error.into()),
        }
    }
}
