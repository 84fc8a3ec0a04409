//! Docker's events as hints: whatever they say, the record they name is looked at again.
//!
//! Subscribe first, then list, then follow. A stream that ends is subscribed again from a little before its last event,
//! and everything is looked at, because events may have been lost.

use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use playground_engine::labels::LABEL_RECORD;
use playground_engine::{Action, EngineError, EngineEvent, EventOptions};
use playground_types::{ContainerPk, Timestamp};

use crate::{Control, StepError};

/// Events of this time before the last one seen are asked for again.
const OVERLAP_MS: i64 = 2_000;
/// First wait before subscribing again; doubles up to [`LONGEST_WAIT`] and resets with the first event.
const FIRST_WAIT: Duration = Duration::from_millis(200);
/// Longest wait before subscribing again.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Something may have happened.
#[derive(Debug)]
enum Hint {
    Container(EngineEvent),
    Network(EngineEvent),
}

impl Hint {
    fn event(&self) -> &EngineEvent {
        match self {
            Self::Container(event) | Self::Network(event) => event,
        }
    }
}

impl Control {
    /// Follows events until the Agent stops.
    pub(crate) fn spawn_events(&self) {
        let control = self.clone();
        self.tasks.spawn(async move {
            let mut wait = FIRST_WAIT;
            let mut since = None;
            while !control.shutdown.is_cancelled() {
                // Cancel-safe: everything a dropped follow would have done is done by the next look at all records.
                let ended = tokio::select! {
                    ended = control.follow_events(&mut since, &mut wait) => ended,
                    () = control.shutdown.cancelled() => break,
                };
                tracing::debug!(
                    error = &crate::error_chain(&ended),
                    "the event stream ended"
                );
                tokio::select! {
                    () = tokio::time::sleep(wait) => {}
                    () = control.shutdown.cancelled() => {}
                }
                wait = (wait * 2).min(LONGEST_WAIT);
            }
        });
    }

    /// Ends with the error that ended the stream.
    async fn follow_events(
        &self,
        since: &mut Option<Timestamp>,
        wait: &mut Duration,
    ) -> EngineError {
        let options = EventOptions { since: *since };
        let containers = match self.engine.events(&self.agent_id, options).await {
            Ok(events) => events.map_ok(Hint::Container),
            Err(error) => return error,
        };
        let network = &self.config.network;
        let networks = match self.engine.network_events(network, options).await {
            Ok(events) => events.map_ok(Hint::Network),
            Err(error) => return error,
        };
        if let Err(error) = self.ensure_network().await {
            tracing::warn!(
                error = &crate::error_chain(&error),
                "the plugin network is not there"
            );
        }
        match self.first_look().await {
            Ok(()) => {}
            Err(StepError::Engine(error)) => return error,
            Err(error) => tracing::warn!(
                error = &crate::error_chain(&error),
                "containers without a record could not be looked for"
            ),
        }
        self.driver.begin();
        if let Err(error) = self.wake_all().await {
            tracing::warn!(
                error = &crate::error_chain(&error),
                "records could not be listed"
            );
        }
        self.sweep_soon();
        let mut hints = stream::select(containers, networks);
        while let Some(hint) = hints.next().await {
            match hint {
                Ok(hint) => {
                    *wait = FIRST_WAIT;
                    *since = Some(hint.event().at.plus_millis(-OVERLAP_MS));
                    self.heed(hint).await;
                }
                Err(error) => return error,
            }
        }
        EngineError::EventsEnded
    }

    /// Before any record has a turn, every container of ours has its record: one that does not know its container would
    /// make another.
    async fn first_look(&self) -> Result<(), StepError> {
        if self.driver.has_begun() {
            return Ok(());
        }
        if self.database_is_new {
            self.take_in_contents().await?;
        }
        self.look_after_orphans().await
    }

    async fn heed(&self, hint: Hint) {
        let event = hint.event();
        self.wake_for(event);
        // Its label may name a record of a database that is gone, and events of a network have no labels.
        match self.store.container_of_engine(&event.id).await {
            Ok(Some(pk)) => self.wake(pk),
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(
                    error = &crate::error_chain(&error),
                    "an event could not be followed"
                );
            }
        }
        if let Hint::Network(event) = &hint
            && event.action == Action::Destroy
            && let Err(error) = self.ensure_network().await
        {
            tracing::warn!(
                error = &crate::error_chain(&error),
                "the plugin network was removed and could not be made again"
            );
        }
    }

    fn wake_for(&self, event: &EngineEvent) {
        let record = event
            .labels
            .get(LABEL_RECORD)
            .and_then(|label| label.parse().ok());
        if let Some(pk) = record {
            tracing::debug!(container.pk = pk, action = ?event.action, "engine event");
            self.wake(ContainerPk(pk));
        }
    }
}
