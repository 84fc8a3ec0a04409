//! Builds: a queue in the store, and so many at a time.
//!
//! A build knows nothing of containers: it turns a release's content into an image with the digest of its context on it.
//! Records that wait for it are woken when it ends and look for themselves.

pub(crate) mod classify;
pub(crate) mod log;
mod run;
mod steps;

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use playground_store::{BuildRow, StoreError};
use playground_types::{BuildId, BuildStatus, Failure, FailureKind};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use crate::{Control, ControlError};

/// Wait before the database is tried again.
const RETRY: Duration = Duration::from_secs(1);

/// The builds that run here, and how to end them.
#[derive(Debug, Default)]
pub(crate) struct Builder {
    queued: Notify,
    running: Mutex<HashMap<BuildId, CancellationToken>>,
}

impl Builder {
    /// Something was queued.
    pub(crate) fn wake(&self) {
        self.queued.notify_one();
    }

    fn begin(&self, id: BuildId) -> CancellationToken {
        let token = CancellationToken::new();
        self.running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(id, token.clone());
        token
    }

    fn end(&self, id: BuildId) {
        self.running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&id);
    }

    fn cancel(&self, id: BuildId) {
        if let Some(token) = self
            .running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&id)
        {
            token.cancel();
        }
    }
}

impl Control {
    /// Takes builds from the queue until the Agent stops. A build that is running then is begun again at the next start.
    pub(crate) fn spawn_builder(&self) {
        let control = self.clone();
        self.tasks.spawn(async move {
            let mut builds = JoinSet::new();
            loop {
                let is_read = control.begin_builds(&mut builds).await;
                // Cancel-safe: `notified` keeps its permit, `join_next` loses no result, the others hold no state.
                tokio::select! {
                    () = control.builder.queued.notified() => {}
                    Some(_) = builds.join_next() => {}
                    () = tokio::time::sleep(RETRY), if !is_read => {}
                    () = control.shutdown.cancelled() => break,
                }
            }
        });
    }

    /// Begins as many as may run. False when the queue could not be read, or not be written.
    async fn begin_builds(&self, builds: &mut JoinSet<()>) -> bool {
        while builds.len() < self.config.build.concurrent {
            let build = match self.store.begin_next_build(self.clock.now()).await {
                Ok(Some(build)) => build,
                Ok(None) => return true,
                Err(error) => {
                    tracing::error!(
                        error = &crate::error_chain(&error),
                        "the build queue could not be read"
                    );
                    return false;
                }
            };
            let control = self.clone();
            let span = tracing::info_span!("build", build.id = %build.id, release = %build.release);
            builds.spawn(
                async move {
                    let token = control.builder.begin(build.id);
                    control.heed_earlier_cancel(build.id).await;
                    control.run_build(&build, token).await;
                    control.builder.end(build.id);
                    control.wake_waiters(build.id).await;
                }
                .instrument(span),
            );
        }
        true
    }

    /// Waits before the state of a build is written again: nobody else would, and whoever waits for the build would wait for
    /// ever. False when the Agent stops; its next start finds out.
    async fn may_write_again(&self, error: &StoreError) -> bool {
        tracing::error!(
            error = &crate::error_chain(error),
            "the state of a build could not be written and is tried again"
        );
        // Cancel-safe: both only wait.
        tokio::select! {
            () = tokio::time::sleep(RETRY) => true,
            () = self.shutdown.cancelled() => false,
        }
    }

    /// Ends a live build. False when it had ended already.
    pub(crate) async fn cancel_build(&self, id: BuildId) -> Result<bool, ControlError> {
        let now = self.clock.now();
        let build = self
            .store
            .want_build_cancelled(id, &cancelled(), now)
            .await?;
        Ok(self.end_build(build).await)
    }

    /// Ends a live build that nobody needs any more.
    pub(crate) async fn cancel_unneeded_build(&self, id: BuildId) -> Result<(), ControlError> {
        let now = self.clock.now();
        let build = self
            .store
            .want_unneeded_build_cancelled(id, &cancelled(), now)
            .await?;
        self.end_build(build).await;
        Ok(())
    }

    /// Lets a build know that its cancel is wanted. False when there is none to cancel.
    async fn end_build(&self, build: Option<BuildRow>) -> bool {
        let Some(build) = build else { return false };
        self.builder.cancel(build.id);
        if build.status == BuildStatus::Cancelled {
            self.wake_waiters(build.id).await;
        }
        true
    }

    /// A cancel that was wanted before the build could be cancelled here, or before the Agent died, still counts.
    async fn heed_earlier_cancel(&self, id: BuildId) {
        let wanted = match self.store.build(id).await {
            Ok(build) => build.is_some_and(|build| build.cancel_wanted),
            Err(error) => {
                tracing::warn!(
                    error = &crate::error_chain(&error),
                    "a build could not be read again"
                );
                false
            }
        };
        if wanted {
            self.builder.cancel(id);
        }
    }

    async fn wake_waiters(&self, id: BuildId) {
        match self.store.containers_of_build(id).await {
            Ok(records) => records.into_iter().for_each(|pk| self.wake(pk)),
            Err(error) => tracing::error!(
                error = &crate::error_chain(&error),
                "records that wait for a build could not be read"
            ),
        }
        self.changes.note();
    }
}

fn cancelled() -> Failure {
    Failure::new(FailureKind::Cancelled, "the build was cancelled")
}
