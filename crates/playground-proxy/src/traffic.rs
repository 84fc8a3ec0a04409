//! What passes through to an app, and whether anybody is there.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Counters of one app. They begin again with the Agent.
#[derive(Debug, Default)]
pub struct Traffic {
    requests: AtomicU64,
    received: AtomicU64,
    sent: AtomicU64,
    presence: Mutex<Presence>,
}

/// Who is there.
#[derive(Debug, Default)]
struct Presence {
    open: u64,
    left: Option<Instant>,
}

/// A look at the counters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Visits {
    /// Requests since the Agent began.
    pub requests: u64,
    /// Bytes of their bodies.
    pub received: u64,
    /// Bytes of the answers' bodies.
    pub sent: u64,
    /// Requests, streams and WebSockets that are open now.
    pub open: u64,
    /// How long ago the last of them ended; none while one is open or when there was none.
    pub idle: Option<Duration>,
}

impl Traffic {
    /// The counters now.
    pub fn visits(&self) -> Visits {
        let presence = self.presence();
        Visits {
            requests: self.requests.load(Relaxed),
            received: self.received.load(Relaxed),
            sent: self.sent.load(Relaxed),
            open: presence.open,
            idle: presence.left.map(|left| left.elapsed()),
        }
    }

    fn presence(&self) -> std::sync::MutexGuard<'_, Presence> {
        self.presence.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody is there, until this is dropped.
#[derive(Debug)]
pub(crate) struct Visit(Arc<Traffic>);

impl Visit {
    pub(crate) fn begin(traffic: &Arc<Traffic>) -> Self {
        traffic.requests.fetch_add(1, Relaxed);
        let mut presence = traffic.presence();
        presence.open += 1;
        presence.left = None;
        drop(presence);
        Self(traffic.clone())
    }

    /// The same visit, held by a second part of it.
    pub(crate) fn traffic(&self) -> &Arc<Traffic> {
        &self.0
    }

    pub(crate) fn note_received(&self, bytes: usize) {
        self.0.received.fetch_add(bytes as u64, Relaxed);
    }

    pub(crate) fn note_sent(&self, bytes: usize) {
        self.0.sent.fetch_add(bytes as u64, Relaxed);
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        let mut presence = self.0.presence();
        presence.open -= 1;
        if presence.open == 0 {
            presence.left = Some(Instant::now());
        }
    }
}

/// Counts what a visitor sends.
#[derive(Debug, Clone)]
pub(crate) struct Received(Arc<Traffic>);

impl Received {
    pub(crate) fn by(visit: &Visit) -> Self {
        Self(visit.traffic().clone())
    }

    pub(crate) fn note(&self, bytes: usize) {
        self.0.received.fetch_add(bytes as u64, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_idle_clock_runs_from_when_the_last_visitor_left() {
        let traffic = Arc::new(Traffic::default());
        assert_eq!((traffic.visits().open, traffic.visits().idle), (0, None));
        let (first, second) = (Visit::begin(&traffic), Visit::begin(&traffic));
        drop(first);
        tokio::time::advance(Duration::from_secs(9)).await;
        assert_eq!((traffic.visits().open, traffic.visits().idle), (1, None));
        drop(second);
        tokio::time::advance(Duration::from_secs(2)).await;
        assert_eq!(traffic.visits().idle, Some(Duration::from_secs(2)));
        let _third = Visit::begin(&traffic);
        assert_eq!((traffic.visits().open, traffic.visits().idle), (1, None));
        assert_eq!(traffic.visits().requests, 3);
    }
}
