//! WebSockets: once both ends agreed, bytes go both ways until one of them has enough.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, split};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::traffic::{Viewer, Visit};

/// How long the other end may take to say its last once one end has closed. A WebSocket says farewell before it closes, so
/// whoever keeps quiet after that would only hold the place.
const FAREWELL: Duration = Duration::from_secs(2);
/// What is carried at once.
const PIECE: usize = 16 * 1024;

/// All that are open.
#[derive(Debug)]
pub(crate) struct Tunnels {
    places: Arc<Semaphore>,
    most_of_app: usize,
    tasks: TaskTracker,
    ending: CancellationToken,
}

/// A place among all, and among those of its app.
#[derive(Debug)]
pub(crate) struct Place {
    _of_all: OwnedSemaphorePermit,
    _of_app: Viewer,
}

impl Tunnels {
    pub(crate) fn new(most: usize, most_of_app: usize) -> Self {
        Self {
            // More are no limit either.
            places: Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS))),
            most_of_app,
            tasks: TaskTracker::new(),
            ending: CancellationToken::new(),
        }
    }

    /// A place for one more; none when all are taken, or all of this app.
    pub(crate) fn place(&self, visit: &Visit) -> Option<Place> {
        Some(Place {
            _of_all: self.places.clone().try_acquire_owned().ok()?,
            _of_app: visit.tunnel(self.most_of_app)?,
        })
    }

    /// Carries bytes until an end closes, or until all are closed.
    pub(crate) fn carry(
        &self,
        place: Place,
        visitors_end: OnUpgrade,
        apps_end: OnUpgrade,
        visit: Visit,
    ) {
        let ending = self.ending.clone();
        self.tasks.spawn(async move {
            let carried = async {
                let (visitor, app) = tokio::try_join!(visitors_end, apps_end)?;
                let (from_visitor, to_visitor) = split(TokioIo::new(visitor));
                let (from_app, to_app) = split(TokioIo::new(app));
                let upward = copy(from_visitor, to_app, |bytes| visit.note_received(bytes));
                let downward = copy(from_app, to_visitor, |bytes| visit.note_sent(bytes));
                until_either_ends(upward, downward).await;
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
            drop((place, visit));
        });
    }

    pub(crate) async fn close(&self) {
        self.ending.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// Carries bytes one way, each piece counted when it was delivered, and passes on the end.
async fn copy(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    note: impl Fn(usize),
) -> io::Result<()> {
    let mut piece = vec![0; PIECE];
    loop {
        let length = from.read(&mut piece).await?;
        if length == 0 {
            return to.shutdown().await;
        }
        to.write_all(&piece[..length]).await?;
        to.flush().await?;
        note(length);
    }
}

/// Waits for one way to end, and then a little for the other. An end that broke takes the other with it.
async fn until_either_ends(
    one: impl Future<Output = io::Result<()>>,
    other: impl Future<Output = io::Result<()>>,
) {
    tokio::pin!(one, other);
    // Cancel-safe: the way that did not end is polled on below, or given up with its connection.
    let last = tokio::select! {
        ended = &mut one => ended.is_ok().then_some(Last::Other),
        ended = &mut other => ended.is_ok().then_some(Last::One),
    };
    let farewell = async {
        match last {
            Some(Last::One) => one.await,
            Some(Last::Other) => other.await,
            None => Ok(()),
        }
    };
    if !matches!(tokio::time::timeout(FAREWELL, farewell).await, Ok(Ok(()))) {
        tracing::debug!("a WebSocket was cut");
    }
}

/// The way that did not end first.
enum Last {
    One,
    Other,
}
