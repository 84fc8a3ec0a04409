//! WebSockets: once both ends agreed, bytes go both ways until one of them has enough.

use std::sync::Arc;

use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::copy_bidirectional;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::traffic::Visit;

/// All that are open.
#[derive(Debug)]
pub(crate) struct Tunnels {
    places: Arc<Semaphore>,
    tasks: TaskTracker,
    ending: CancellationToken,
}

impl Tunnels {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            places: Arc::new(Semaphore::new(most)),
            tasks: TaskTracker::new(),
            ending: CancellationToken::new(),
        }
    }

    /// A place for one more; none when all are taken.
    pub(crate) fn place(&self) -> Option<OwnedSemaphorePermit> {
        self.places.clone().try_acquire_owned().ok()
    }

    /// Carries bytes until an end closes, or until all are closed.
    pub(crate) fn carry(
        &self,
        place: OwnedSemaphorePermit,
        visitors_end: OnUpgrade,
        apps_end: OnUpgrade,
        visit: Visit,
    ) {
        let ending = self.ending.clone();
        self.tasks.spawn(async move {
            let carried = async {
                let (visitor, app) = tokio::try_join!(visitors_end, apps_end)?;
                let (mut visitor, mut app) = (TokioIo::new(visitor), TokioIo::new(app));
                let (received, sent) = copy_bidirectional(&mut visitor, &mut app)
                    .await
                    .unwrap_or_default();
                visit.note_carried(received, sent);
                Ok::<(), hyper::Error>(())
            };
            // Cancel-safe: what is dropped here is what a broken connection would drop.
            let ended = tokio::select! {
                ended = carried => ended,
                () = ending.cancelled() => Ok(()),
            };
            if let Err(error) = ended {
                tracing::debug!(%error, "a WebSocket did not come about");
            }
            drop((visit, place));
        });
    }

    pub(crate) async fn close(&self) {
        self.ending.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}
