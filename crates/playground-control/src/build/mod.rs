//! Builds: a queue in the store, and so many at a time.
//!
//! A build knows nothing of containers: it turns a release's content into an image with the digest of its context on it.
//! Records that wait for it are woken when it ends and look for themselves. Whose turn it is, is in `queue`.

pub(crate) mod classify;
pub(crate) mod log;
pub(crate) mod queue;
mod run;
mod steps;

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use playground_store::{BuildRow, StoreError};
use playground_types::{BuildId, BuildStatus, Cause, Failure};
use tokio::sync::{Notify, RwLock, RwLockWriteGuard};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use crate::{Control, ControlError};

/// Wait before the database is tried again.
const RETRY: Duration = Duration::from_secs(1);
/// Builds that are held up are looked at again after this.
const HELD: Duration = Duration::from_secs(5);

/// What the queue waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// A build that comes, or one that ends.
    Idle,
    /// Room on a disk, or a store that answers.
    Held,
}

/// The builds that run here, and how to end them.
#[derive(Debug, Default)]
pub(crate) struct Builder {
    queued: Notify,
    /// Shared by every build that runs.
    busy: RwLock<()>,
    running: Mutex<HashMap<BuildId, CancellationToken>>,
}

impl Builder {
    /// Something was queued.
    pub(crate) fn wake(&self) {
        self.queued.notify_one();
    }

    /// Keeps builds from beginning while this is held. None while one runs.
    pub(crate) fn quiet(&self) -> Option<RwLockWriteGuard<'_, ()>> {
        self.busy.try_write().ok()
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
    /// While a disk is nearly full they wait: what was accepted is not lost, and goes on when there is room.
    pub(crate) fn spawn_builder(&self) {
        let control = self.clone();
        self.tasks.spawn(async move {
            let mut builds = JoinSet::new();
            loop {
                let next = control.begin_builds(&mut builds).await;
                // Cancel-safe: `notified` keeps its permit, `join_next` loses no result.
                tokio::select! {
                    () = control.builder.queued.notified() => {}
                    Some(_) = builds.join_next() => {}
                    () = tokio::time::sleep(HELD), if next == Next::Held => {}
                    () = control.shutdown.cancelled() => break,
                }
            }
        });
    }

    async fn begin_builds(&self, builds: &mut JoinSet<()>) -> Next {
        while builds.len() < self.config.build.concurrent {
            let build = match self.begin_next_build().await {
                Ok(queue::Turn::Of(build)) => *build,
                Ok(queue::Turn::Nobodys) => return Next::Idle,
                Ok(queue::Turn::Held) => return Next::Held,
                Err(error) => {
                    tracing::error!(
                        error = &crate::error_chain(&error),
                        "the build queue could not be read"
                    );
                    return Next::Held;
                }
            };
            self.changes.note();
            let control = self.clone();
            let span = tracing::info_span!("build", build.id = %build.id, release = %build.release);
            builds.spawn(
                async move {
                    let token = control.builder.begin(build.id);
                    let _busy = control.builder.busy.read().await;
                    control.heed_earlier_cancel(build.id).await;
                    control.run_build(&build, token).await;
                    control.builder.end(build.id);
                    control.wake_waiters(build.id).await;
                }
                .instrument(span),
            );
        }
        Next::Idle
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
    Failure::of(&Cause::BuildCancelled)
}
