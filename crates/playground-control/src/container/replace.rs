//! Replacing without a gap: the old container serves visitors of the gateway until the new one is ready, and then goes once
//! the last of them has left, or when their time is over.

use std::net::SocketAddr;

use playground_engine::{EngineError, RunState};
use playground_store::ContainerRow;
use playground_types::EngineId;
use playground_types::port::APP_PORT;

use super::decide::Previous;
use crate::{Control, StepError};

impl Control {
    /// What is seen of the container that stepped aside, if one did.
    pub(crate) async fn see_previous(
        &self,
        row: &ContainerRow,
    ) -> Result<Option<Previous>, StepError> {
        let Some(id) = &row.previous_engine_id else {
            return Ok(None);
        };
        let view = self.engine.inspect(id).await?;
        let is_up = view.is_some_and(|view| view.state == RunState::Running);
        let is_left = match (self.audience.by(), self.previous_address(row)) {
            (Some(audience), Some(address)) => audience.is_left(row.pk, address),
            _ => true,
        };
        Ok(Some(Previous { is_up, is_left }))
    }

    /// Where the gateway reaches the container that stepped aside.
    pub fn previous_address(&self, row: &ContainerRow) -> Option<SocketAddr> {
        let own = row
            .previous_address
            .map(|own| SocketAddr::new(own, APP_PORT));
        own.or_else(|| {
            let port = row.previous_port?;
            Some(SocketAddr::new(self.config.probe_address, port.0))
        })
    }

    /// Named away first: its successor is found by the record's name.
    pub(super) async fn step_aside(
        &self,
        row: &ContainerRow,
        id: Option<&EngineId>,
    ) -> Result<(), StepError> {
        let Some(id) = id else { return Ok(()) };
        let aside = format!("{}-{}", row.name, id.short());
        match self.engine.rename(id, &aside).await {
            Ok(()) | Err(EngineError::NoSuchContainer) => {}
            // It has this name already: an Agent died between the two steps.
            Err(EngineError::NameTaken(_) | EngineError::Conflict { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        if self.store.step_aside(row, self.clock.now()).await? {
            tracing::info!(
                container.pk = %row.pk, release = %row.release,
                "container {} serves on as {aside} until its successor is ready", row.name
            );
        }
        Ok(())
    }

    pub(super) async fn remove_previous(&self, row: &ContainerRow) -> Result<(), StepError> {
        if let Some(id) = &row.previous_engine_id {
            let stopped = self.engine.stop(id, self.config.stop_grace).await;
            match stopped {
                Ok(()) | Err(EngineError::NoSuchContainer | EngineError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
            self.engine.remove(id).await?;
        }
        self.store.clear_previous(row.pk, self.clock.now()).await?;
        // A port is free again.
        self.retry_without_port().await
    }
}
