//! Docker's events as hints: whatever they say, the record they name is looked at again.
//!
//! Subscribe first, then list, then follow. A stream that ends is subscribed again from a little before its last event,
//! and everything is compared, because events may have been lost.

use std::time::Duration;

use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use playground_engine::labels::LABEL_RECORD;
use playground_engine::{Action, EngineError, EngineEvent, EventOptions};
use playground_types::{ContainerPk, Timestamp};
use tokio::time::Instant;

use crate::{Control, StepError, error_chain};

/// Events of this time before the last one seen are asked for again.
const OVERLAP_MS: i64 = 2_000;
/// First wait before subscribing again; doubles up to [`LONGEST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_millis(200);
/// Longest wait before subscribing again: an engine that returns is noticed within it.
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// A connection that held for so long makes the next wait the first one again.
const STEADY: Duration = Duration::from_secs(5);

/// What is carried from one subscription to the next.
struct Following {
    since: Option<Timestamp>,
    wait: Duration,
    /// When this subscription was made, and the records compared.
    connected: Option<Instant>,
    /// Since when the engine does not answer, as far as it was told.
    away: Option<Instant>,
}

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
            let mut following = Following {
                since: None,
                wait: FIRST_WAIT,
                connected: None,
                away: None,
            };
            while !control.shutdown.is_cancelled() {
                // Cancel-safe: everything a dropped follow would have done is done by the next comparison.
                let ended = tokio::select! {
                    ended = control.follow_events(&mut following) => ended,
                    () = control.shutdown.cancelled() => break,
                };
                following.note_end(&ended);
                tokio::select! {
                    () = tokio::time::sleep(following.wait) => {}
                    () = control.shutdown.cancelled() => {}
                }
                following.wait = (following.wait * 2).min(LONGEST_WAIT);
            }
        });
    }

    /// Ends with the error that ended the stream.
    async fn follow_events(&self, following: &mut Following) -> StepError {
        let subscribed = self.subscribe(following.since).await;
        if let Err(error) = self.first_look().await {
            if matches!(error, StepError::Engine(_)) {
                return error;
            }
            tracing::warn!(
                error = &error_chain(&error),
                "containers without a record could not be looked for"
            );
        }
        // Also where events are refused: then this is the only look there is.
        let compared = match self.compare_all().await {
            Ok(compared) => compared,
            Err(error) => {
                self.watching.end();
                return error;
            }
        };
        self.watching.begin(self.clock.now());
        // Before anything is started: its rules keep apps from this host.
        if let Err(error) = self.ensure_network().await {
            tracing::warn!(
                error = &error_chain(&error),
                "the plugin network is not there"
            );
        }
        self.driver.begin();
        self.changes.note();
        compared.rest.into_iter().for_each(|pk| self.wake(pk));
        compared.settled.into_iter().for_each(|pk| self.attend(pk));
        self.sweep_soon();
        let mut hints = match subscribed {
            Ok(hints) => hints,
            Err(error) => return error.into(),
        };
        following.note_connection();
        let error = self.heed_all(&mut hints, following).await;
        self.watching.end();
        error.into()
    }

    /// Ends with the error that ended the stream.
    async fn heed_all(
        &self,
        hints: &mut BoxStream<'static, Result<Hint, EngineError>>,
        following: &mut Following,
    ) -> EngineError {
        while let Some(hint) = hints.next().await {
            match hint {
                Ok(hint) => {
                    following.since = Some(hint.event().at.plus_millis(-OVERLAP_MS));
                    self.heed(hint).await;
                }
                Err(error) => return error,
            }
        }
        EngineError::EventsEnded
    }

    /// What happens to our containers and to their network.
    async fn subscribe(
        &self,
        since: Option<Timestamp>,
    ) -> Result<BoxStream<'static, Result<Hint, EngineError>>, EngineError> {
        let options = EventOptions { since };
        let containers = self.engine.events(&self.agent_id, options).await?;
        let network = &self.config.network;
        let networks = self.engine.network_events(network, options).await?;
        let hints = stream::select(
            containers.map_ok(Hint::Container),
            networks.map_ok(Hint::Network),
        );
        Ok(hints.boxed())
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
                    error = &error_chain(&error),
                    "an event could not be followed"
                );
            }
        }
        if let Hint::Network(event) = &hint
            && event.action == Action::Destroy
            && let Err(error) = self.ensure_network().await
        {
            tracing::warn!(
                error = &error_chain(&error),
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

impl Following {
    fn note_connection(&mut self) {
        self.connected = Some(Instant::now());
        if let Some(since) = self.away.take() {
            tracing::info!(
                away_s = since.elapsed().as_secs(),
                "Docker answers again, and all records were compared with it"
            );
        }
    }

    /// Says once that the engine is away, however often it is asked.
    fn note_end(&mut self, ended: &StepError) {
        let held = self.connected.take().map(|since| since.elapsed());
        if held.is_some_and(|held| held >= STEADY) {
            self.wait = FIRST_WAIT;
        }
        if held.is_none() && self.away.is_none() {
            self.away = Some(Instant::now());
            tracing::warn!(
                error = &error_chain(ended),
                "Docker does not answer as it should; it is asked until it does, and records are kept"
            );
        } else {
            tracing::debug!(error = &error_chain(ended), "the event stream ended");
        }
    }
}
