//! All records, read once after each change for everybody in the Agent who follows them: the gateway's table, the apps'
//! own ports, and the streams of events.

use std::sync::Arc;
use std::time::Duration;

use playground_control::{Control, ControlError, error_chain};
use playground_proxy::Gateway;
use playground_store::ContainerRow;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::events::Feed;
use crate::gateway;

/// Changes within this time are read together.
const PAUSE: Duration = Duration::from_millis(20);
/// The same where reading takes long: a storm of changes leaves the machine to the apps, and every change is still told
/// within a tenth of a second.
const LONGEST_PAUSE: Duration = Duration::from_millis(60);
/// What could not be read is tried again after this time.
const TRY_AGAIN: Duration = Duration::from_secs(1);
/// Launches told of, beside those that are on their way.
const LAUNCHES: u64 = 100;

/// All container records, newest first, as they were read together.
pub(crate) type Containers = Arc<[Arc<ContainerRow>]>;

/// Reads all records whenever one of them changed.
#[derive(Debug)]
pub(crate) struct Records {
    control: Control,
    gateway: Gateway,
    feed: Feed,
    containers: watch::Sender<Containers>,
    changes: watch::Receiver<u64>,
    release_changes: watch::Receiver<u64>,
}

impl Records {
    /// Nothing is read yet.
    pub(crate) fn new(control: Control, gateway: Gateway, feed: Feed) -> Self {
        let (changes, mut release_changes) = (control.changes(), control.release_changes());
        release_changes.mark_changed();
        Self {
            control,
            gateway,
            feed,
            containers: watch::Sender::new(Arc::default()),
            changes,
            release_changes,
        }
    }

    /// Told whenever they were read.
    pub(crate) fn containers(&self) -> watch::Receiver<Containers> {
        self.containers.subscribe()
    }

    /// Reads after each change, until the Agent stops.
    pub(crate) async fn follow(mut self) {
        while !self.control.is_stopping() {
            let begun = Instant::now();
            let read = self.read().await;
            if let Err(error) = &read {
                tracing::warn!(
                    error = &error_chain(error),
                    "the gateway keeps its last table, and pages what they show: the records cannot be read"
                );
            }
            let took = begun.elapsed();
            tracing::trace!(
                took_ms = took.as_secs_f64() * 1000.0,
                "the records were read"
            );
            let pause = (took * 3).clamp(PAUSE, LONGEST_PAUSE);
            tokio::time::sleep(pause).await;
            // Cancel-safe: all of them only wait.
            tokio::select! {
                _ = self.changes.changed() => {}
                // Seen only once they are read.
                _ = self.release_changes.changed() => self.release_changes.mark_changed(),
                () = tokio::time::sleep(TRY_AGAIN), if read.is_err() => {}
                () = self.control.stopping() => {}
            }
        }
    }

    /// Reads everything and hands it on, visitors' part first.
    ///
    /// # Errors
    /// When something cannot be read; what comes after it stays as it was.
    pub(crate) async fn read(&mut self) -> Result<(), ControlError> {
        self.changes.borrow_and_update();
        let rows = self.control.store().all_containers().await?;
        let containers: Containers = rows.into_iter().map(Arc::new).collect();
        gateway::replace_apps(&self.control, &self.gateway, &containers);
        self.containers.send_replace(containers.clone());
        self.feed.set_containers(&self.control, &containers);
        let launches = self.control.recent_launches(LAUNCHES, &containers).await?;
        self.feed.set_launches(launches);
        if self.release_changes.has_changed().unwrap_or_default() {
            self.read_releases().await?;
        }
        Ok(())
    }

    async fn read_releases(&mut self) -> Result<(), ControlError> {
        // Before they are read: what changes meanwhile is a reason to read again.
        self.release_changes.mark_unchanged();
        let read = self.control.releases().await;
        if read.is_err() {
            self.release_changes.mark_changed();
        }
        self.feed.set_releases(read?);
        Ok(())
    }
}
