//! Turns to start: after a boot hundreds of apps want to start at once, and each takes a CPU for seconds.
//!
//! So many apps at a time are between their start and their first answer; the others wait, first come, first served. A
//! turn ends when the app answers or fails, and in any case after [`TURN`]: an app that says nothing must not hold back
//! the others for as long as it may take itself.

use std::collections::BTreeMap;
use std::future::pending;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use playground_types::ContainerPk;
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::Control;

/// The longest turn.
const TURN: Duration = Duration::from_secs(5);

/// The turns, and who waits for one.
#[derive(Debug)]
pub(crate) struct Starts {
    turns: Arc<Semaphore>,
    queue: Arc<Queue>,
}

/// Waiting records by their tickets, which are given out in order.
#[derive(Debug, Default)]
struct Queue(Mutex<BTreeMap<u64, ContainerPk>>);

/// What a record's task has of a turn.
#[derive(Default)]
pub(crate) enum StartTurn {
    /// It wants none.
    #[default]
    None,
    /// Its place in the queue.
    Waiting { permit: Permit, _ticket: Ticket },
    /// Its turn has come.
    Given(OwnedSemaphorePermit),
    /// It starts; the permit goes back with the guard, or after [`TURN`].
    Taken { until: Instant, _guard: DropGuard },
}

type Permit = Pin<Box<dyn Future<Output = Result<OwnedSemaphorePermit, AcquireError>> + Send>>;

/// A place in the queue, given up when it is dropped.
pub(crate) struct Ticket {
    number: u64,
    queue: Arc<Queue>,
}

impl Starts {
    pub(crate) fn new(at_once: usize) -> Self {
        Self {
            turns: Arc::new(Semaphore::new(at_once.max(1))),
            queue: Arc::default(),
        }
    }

    /// How many records are before this one; none when it does not wait.
    pub(crate) fn before(&self, pk: ContainerPk) -> Option<usize> {
        let queue = self.queue.0.lock().unwrap_or_else(PoisonError::into_inner);
        queue.values().position(|waiting| *waiting == pk)
    }

    fn wait(&self, pk: ContainerPk) -> StartTurn {
        let mut queue = self.queue.0.lock().unwrap_or_else(PoisonError::into_inner);
        let number = queue.last_key_value().map_or(0, |(last, _)| last + 1);
        queue.insert(number, pk);
        StartTurn::Waiting {
            permit: Box::pin(Arc::clone(&self.turns).acquire_owned()),
            _ticket: Ticket {
                number,
                queue: Arc::clone(&self.queue),
            },
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.queue
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.number);
    }
}

impl StartTurn {
    /// Until the turn that is waited for has come. Cancel-safe: the place in the queue stays.
    pub(crate) async fn come(&mut self) {
        let Self::Waiting { permit, .. } = self else {
            return pending().await;
        };
        if let Ok(permit) = permit.as_mut().await {
            *self = Self::Given(permit);
        }
    }
}

impl Control {
    /// Whether a record may start now. Where it may not, it has a place in the queue from now on.
    pub(crate) fn may_start(&self, pk: ContainerPk, turn: &mut StartTurn) -> bool {
        *turn = match std::mem::take(turn) {
            StartTurn::Taken { until, _guard } if Instant::now() < until => {
                StartTurn::Taken { until, _guard }
            }
            StartTurn::Given(permit) => self.take_turn(permit),
            waiting @ StartTurn::Waiting { .. } => waiting,
            StartTurn::None | StartTurn::Taken { .. } => {
                // Whoever finds a turn free passes nobody: with somebody waiting, none is.
                match Arc::clone(&self.starts.turns).try_acquire_owned() {
                    Ok(permit) => self.take_turn(permit),
                    Err(_) => self.starts.wait(pk),
                }
            }
        };
        matches!(turn, StartTurn::Taken { .. })
    }

    fn take_turn(&self, permit: OwnedSemaphorePermit) -> StartTurn {
        let over = CancellationToken::new();
        let guard = over.clone().drop_guard();
        let shutdown = self.shutdown.clone();
        self.tasks.spawn(async move {
            // Cancel-safe: all only wait.
            tokio::select! {
                () = over.cancelled() => {}
                () = tokio::time::sleep(TURN) => {}
                () = shutdown.cancelled() => {}
            }
            drop(permit);
        });
        StartTurn::Taken {
            until: Instant::now() + TURN,
            _guard: guard,
        }
    }
}
