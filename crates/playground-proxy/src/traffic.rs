//! What passes through to an app, and whether anybody is there.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::latency::Latency;
use crate::presence::{How, Presence};

/// Counters of one app. They begin again with the Agent.
#[derive(Debug, Default)]
pub struct Traffic {
    requests: AtomicU64,
    received: AtomicU64,
    sent: AtomicU64,
    latency: Latency,
    presence: Mutex<Presence>,
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
    /// Requests, streams and WebSockets that are open now, held ones included.
    pub open: usize,
    /// How many look on: pages of Gradio with a stream of events, other streams and WebSockets; or pages that show the app,
    /// if those are more.
    pub viewers: usize,
    /// How long ago somebody was last there: no time while somebody is, none when nobody ever was.
    pub last_seen: Option<Duration>,
    /// The time within which half of all answers began, at most a quarter too much; none before the first.
    pub latency_p50: Option<Duration>,
    /// The same of 95 in a hundred.
    pub latency_p95: Option<Duration>,
}

impl Visits {
    /// How long nobody has been there; none while somebody is or when nobody ever was.
    pub fn idle(&self) -> Option<Duration> {
        self.last_seen.filter(|_| self.open == 0)
    }
}

impl Traffic {
    /// The counters now.
    pub fn visits(&self) -> Visits {
        let presence = self.presence();
        let is_there = presence.open > 0;
        Visits {
            requests: self.requests.load(Relaxed),
            received: self.received.load(Relaxed),
            sent: self.sent.load(Relaxed),
            open: presence.open,
            viewers: presence.viewers(),
            last_seen: is_there
                .then_some(Duration::ZERO)
                .or_else(|| Some(presence.left?.elapsed())),
            latency_p50: self.latency.within(50),
            latency_p95: self.latency.within(95),
        }
    }

    /// How long nobody has been there, counted from the beginning when nobody ever was; none while somebody is.
    pub fn idle_for(&self) -> Option<Duration> {
        let presence = self.presence();
        (presence.open == 0).then(|| presence.idle_since.elapsed())
    }

    /// Lets nobody in any more, unless somebody is there or was within this time. True when the door is shut.
    pub fn shut(&self, idle: Duration) -> bool {
        let mut presence = self.presence();
        presence.is_shut |= presence.open == 0 && presence.idle_since.elapsed() >= idle;
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
        self.presence().idle_since = Instant::now();
    }

    fn presence(&self) -> MutexGuard<'_, Presence> {
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
    /// One more; none when so many are there already.
    pub(crate) fn begin(traffic: &Arc<Traffic>, most: usize) -> Option<Self> {
        let mut presence = traffic.presence();
        if presence.open >= most {
            return None;
        }
        presence.open += 1;
        drop(presence);
        Some(Self {
            traffic: traffic.clone(),
            at: OnceLock::new(),
        })
    }

    /// Whether the door is open. It stays so while this lasts.
    pub(crate) fn is_let_in(&self) -> bool {
        !self.traffic.presence().is_shut
    }

    /// Lets its request in to the app at this address, unless the door is shut. In one step: nobody finds the address left
    /// while somebody is on the way to it.
    pub(crate) fn enter(&self, address: SocketAddr) -> bool {
        let mut presence = self.traffic.presence();
        if presence.is_shut || self.at.set(address).is_err() {
            return false;
        }
        presence.arrive(address);
        self.traffic.requests.fetch_add(1, Relaxed);
        true
    }

    /// Its answer began after so long.
    pub(crate) fn note_answer(&self, took: Duration) {
        self.traffic.latency.note(took);
    }

    /// Its answer is a stream of events, for this page.
    pub(crate) fn stream(&self, page: Option<String>) -> Viewer {
        Viewer::begin(&self.traffic, How::Stream(page))
    }

    /// It is a WebSocket; none when the app has so many already.
    pub(crate) fn tunnel(&self, most: usize) -> Option<Viewer> {
        let mut presence = self.traffic.presence();
        if presence.tunnels >= most {
            return None;
        }
        presence.look_on(&How::Tunnel);
        Some(Viewer {
            traffic: self.traffic.clone(),
            how: How::Tunnel,
        })
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
            let now = Instant::now();
            presence.left = Some(now);
            presence.idle_since = now;
        }
    }
}

/// Somebody looks on, until this is dropped.
#[derive(Debug)]
pub(crate) struct Viewer {
    traffic: Arc<Traffic>,
    how: How,
}

impl Viewer {
    fn begin(traffic: &Arc<Traffic>, how: How) -> Self {
        traffic.presence().look_on(&how);
        Self {
            traffic: traffic.clone(),
            how,
        }
    }
}

impl Drop for Viewer {
    fn drop(&mut self) {
        self.traffic.presence().look_away(&self.how);
    }
}

/// Somebody has an app before their eyes in a page that asks it for nothing, until this is dropped. Not every app's own page
/// holds a stream: Gradio's does where the app keeps a state.
#[derive(Debug)]
pub struct Look {
    // In this order: the viewer is one of the visit's.
    _viewer: Viewer,
    _visit: Visit,
}

impl Look {
    pub(crate) fn at(traffic: &Arc<Traffic>) -> Option<Self> {
        let visit = Visit::begin(traffic, usize::MAX)?;
        Some(Self {
            _viewer: Viewer::begin(traffic, How::Look),
            _visit: visit,
        })
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

    const MANY: usize = 100;

    fn visit(traffic: &Arc<Traffic>) -> Visit {
        Visit::begin(traffic, MANY).expect("there is room")
    }

    #[tokio::test(start_paused = true)]
    async fn the_idle_clock_runs_from_when_the_last_visitor_left() {
        let traffic = Arc::new(Traffic::default());
        let open_and_idle = || (traffic.visits().open, traffic.visits().idle());
        assert_eq!(open_and_idle(), (0, None));
        assert_eq!(traffic.visits().last_seen, None);
        let (first, second) = (visit(&traffic), visit(&traffic));
        let here = SocketAddr::from(([127, 0, 0, 1], 7860));
        assert!(first.enter(here));
        assert!(!traffic.is_left(here));
        drop(first);
        assert!(traffic.is_left(here));
        tokio::time::advance(Duration::from_secs(9)).await;
        assert_eq!(open_and_idle(), (1, None));
        assert_eq!(traffic.visits().last_seen, Some(Duration::ZERO));
        drop(second);
        tokio::time::advance(Duration::from_secs(2)).await;
        assert_eq!(open_and_idle(), (0, Some(Duration::from_secs(2))));
        traffic.note_visit();
        assert_eq!(traffic.idle_for(), Some(Duration::ZERO));
        assert_eq!(
            traffic.visits().last_seen,
            Some(Duration::from_secs(2)),
            "the clock was set anew, and nobody was there"
        );
        let _third = visit(&traffic);
        assert_eq!(open_and_idle(), (1, None));
        assert_eq!(traffic.visits().requests, 1);
    }

    #[test]
    fn there_is_room_for_so_many_and_again_when_one_leaves() {
        let traffic = Arc::new(Traffic::default());
        let first = Visit::begin(&traffic, 2).expect("there is room");
        let second = Visit::begin(&traffic, 2).expect("there is room");
        assert!(Visit::begin(&traffic, 2).is_none());
        drop(first);
        assert!(Visit::begin(&traffic, 2).is_some());
        let tunnel = second.tunnel(1).expect("there is room");
        assert!(second.tunnel(1).is_none());
        let stream = second.stream(None);
        assert_eq!(traffic.visits().viewers, 2);
        drop(tunnel);
        assert!(second.tunnel(1).is_some());
        drop(stream);
        assert_eq!(traffic.visits().viewers, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_looks_without_asking_is_a_viewer_and_keeps_the_door_open() {
        let traffic = Arc::new(Traffic::default());
        let look = Look::at(&traffic).expect("there is room");
        assert_eq!((traffic.visits().viewers, traffic.visits().open), (1, 1));
        // The page that shows the app holds the app's own stream: that is one person.
        let page = visit(&traffic);
        let stream = |page: &Visit, hash: &str| page.stream(Some(hash.to_owned()));
        let (beat, result) = (stream(&page, "one"), stream(&page, "one"));
        assert_eq!(traffic.visits().viewers, 1);
        let other = stream(&page, "other");
        assert_eq!(traffic.visits().viewers, 2, "one more looks, elsewhere");
        drop(beat);
        assert_eq!(traffic.visits().viewers, 2);
        drop((result, other, page));
        tokio::time::advance(Duration::from_secs(60)).await;
        assert!(!traffic.shut(Duration::ZERO), "somebody looks");
        drop(look);
        assert_eq!((traffic.visits().viewers, traffic.visits().open), (0, 0));
        assert!(traffic.shut(Duration::ZERO));
    }

    #[tokio::test(start_paused = true)]
    async fn a_door_is_shut_only_behind_nobody() {
        let traffic = Arc::new(Traffic::default());
        let minute = Duration::from_secs(60);
        assert!(!traffic.shut(minute), "the counting has just begun");
        tokio::time::advance(minute).await;
        let visit = visit(&traffic);
        assert!(!traffic.shut(Duration::ZERO), "somebody is there");
        assert!(visit.is_let_in());
        drop(visit);
        assert!(!traffic.shut(minute), "somebody was there");
        tokio::time::advance(minute).await;
        assert!(traffic.shut(minute));
        let late = self::visit(&traffic);
        assert!(!late.is_let_in());
        assert!(
            traffic.shut(minute),
            "whoever stands before it does not open it"
        );
        traffic.open();
        assert!(late.is_let_in());
    }
}
