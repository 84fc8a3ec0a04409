//! What passes through to an app, and whether anybody is there.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
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
#[derive(Debug)]
struct Presence {
    open: u64,
    /// When the last of them left, or when the counting began.
    left: Instant,
    /// Nobody is let in.
    is_shut: bool,
    /// How many are at each of the app's addresses: one, or two while a container gives way to its successor.
    at: Vec<(SocketAddr, u64)>,
}

impl Default for Presence {
    fn default() -> Self {
        Self {
            open: 0,
            left: Instant::now(),
            is_shut: false,
            at: Vec::new(),
        }
    }
}

impl Presence {
    fn arrive(&mut self, address: SocketAddr) {
        match self.at.iter_mut().find(|(at, _)| *at == address) {
            Some((_, count)) => *count += 1,
            None => self.at.push((address, 1)),
        }
    }

    fn leave(&mut self, address: SocketAddr) {
        self.at.retain_mut(|(at, count)| {
            *count -= u64::from(*at == address);
            *count > 0
        });
    }
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
        let requests = self.requests.load(Relaxed);
        Visits {
            requests,
            received: self.received.load(Relaxed),
            sent: self.sent.load(Relaxed),
            open: presence.open,
            idle: (presence.open == 0 && requests > 0).then(|| presence.left.elapsed()),
        }
    }

    /// How long nobody has been there, counted from the beginning when nobody ever was; none while somebody is.
    pub fn idle_for(&self) -> Option<Duration> {
        let presence = self.presence();
        (presence.open == 0).then(|| presence.left.elapsed())
    }

    /// Lets nobody in any more, unless somebody is there or was within this time. True when the door is shut.
    pub fn shut(&self, idle: Duration) -> bool {
        let mut presence = self.presence();
        presence.is_shut |= presence.open == 0 && presence.left.elapsed() >= idle;
        presence.is_shut
    }

    /// Lets visitors in again.
    pub fn open(&self) {
        self.presence().is_shut = false;
    }

    /// Whether nobody is there who came while the app was at this address.
    pub fn is_left(&self, address: SocketAddr) -> bool {
        self.presence().at.iter().all(|(at, _)| *at != address)
    }

    /// Begins to count the time anew, as if somebody had just left.
    pub fn note_visit(&self) {
        self.presence().left = Instant::now();
    }

    fn presence(&self) -> std::sync::MutexGuard<'_, Presence> {
        self.presence.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody is there, until this is dropped.
#[derive(Debug)]
pub(crate) struct Visit {
    traffic: Arc<Traffic>,
    /// Where its request went.
    at: OnceLock<SocketAddr>,
}

impl Visit {
    pub(crate) fn begin(traffic: &Arc<Traffic>) -> Self {
        traffic.presence().open += 1;
        Self {
            traffic: traffic.clone(),
            at: OnceLock::new(),
        }
    }

    /// Whether the door is open. It stays so while this lasts.
    pub(crate) fn is_let_in(&self) -> bool {
        !self.traffic.presence().is_shut
    }

    /// Its request goes to the app, at this address.
    pub(crate) fn go(&self, address: SocketAddr) {
        self.traffic.requests.fetch_add(1, Relaxed);
        if self.at.set(address).is_ok() {
            self.traffic.presence().arrive(address);
        }
    }

    /// The same visit, held by a second part of it.
    pub(crate) fn traffic(&self) -> &Arc<Traffic> {
        &self.traffic
    }

    pub(crate) fn note_received(&self, bytes: usize) {
        self.traffic.received.fetch_add(bytes as u64, Relaxed);
    }

    pub(crate) fn note_sent(&self, bytes: usize) {
        self.traffic.sent.fetch_add(bytes as u64, Relaxed);
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        let mut presence = self.traffic.presence();
        if let Some(address) = self.at.get() {
            presence.leave(*address);
        }
        presence.open -= 1;
        if presence.open == 0 {
            presence.left = Instant::now();
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
        let here = SocketAddr::from(([127, 0, 0, 1], 7860));
        first.go(here);
        assert!(!traffic.is_left(here));
        drop(first);
        assert!(traffic.is_left(here));
        tokio::time::advance(Duration::from_secs(9)).await;
        assert_eq!((traffic.visits().open, traffic.visits().idle), (1, None));
        drop(second);
        tokio::time::advance(Duration::from_secs(2)).await;
        assert_eq!(traffic.visits().idle, Some(Duration::from_secs(2)));
        let _third = Visit::begin(&traffic);
        assert_eq!((traffic.visits().open, traffic.visits().idle), (1, None));
        assert_eq!(traffic.visits().requests, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_door_is_shut_only_behind_nobody() {
        let traffic = Arc::new(Traffic::default());
        let minute = Duration::from_secs(60);
        assert!(!traffic.shut(minute), "the counting has just begun");
        tokio::time::advance(minute).await;
        let visit = Visit::begin(&traffic);
        assert!(!traffic.shut(Duration::ZERO), "somebody is there");
        assert!(visit.is_let_in());
        drop(visit);
        assert!(!traffic.shut(minute), "somebody was there");
        tokio::time::advance(minute).await;
        assert!(traffic.shut(minute));
        let late = Visit::begin(&traffic);
        assert!(!late.is_let_in());
        assert!(
            traffic.shut(minute),
            "whoever stands before it does not open it"
        );
        traffic.open();
        assert!(late.is_let_in());
    }
}
