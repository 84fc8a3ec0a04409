//! Docker's events as hints: whatever they say, the record they name is looked at again.
//!
//! Subscribe first, then list, then follow. A stream that ends is subscribed again from a little before its last event,
//! and everything is looked at, because events may have been lost.

use std::time::Duration;

use futures_util::StreamExt as _;
use playground_engine::labels::LABEL_RECORD;
use playground_engine::{EngineError, EngineEvent, EventOptions};
use playground_types::{ContainerPk, Timestamp};

use crate::Control;

/// Events of this time before the last one seen are asked for again.
const OVERLAP_MS: i64 = 2_000;
/// First wait before subscribing again; doubles up to [`LONGEST_WAIT`] and resets with the first event.
const FIRST_WAIT: Duration = Duration::from_millis(200);
/// Longest wait before subscribing again.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

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
        let mut events = match self
            .engine
            .events(&self.agent_id, EventOptions { since: *since })
            .await
        {
            Ok(events) => events,
            Err(error) => return error,
        };
        if let Err(error) = self.ensure_network().await {
            tracing::warn!(
                error = &crate::error_chain(&error),
                "the plugin network is not there"
            );
        }
        if let Err(error) = self.wake_all().await {
            tracing::warn!(
                error = &crate::error_chain(&error),
                "records could not be listed"
            );
        }
        self.sweep_soon();
        while let Some(event) = events.next().await {
            match event {
                Ok(event) => {
                    *wait = FIRST_WAIT;
                    *since = Some(event.at.plus_millis(-OVERLAP_MS));
                    self.wake_for(&event);
                }
                Err(error) => return error,
            }
        }
        EngineError::EventsEnded
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
