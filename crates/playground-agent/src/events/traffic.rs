//! What passes through to apps, told once a second at most.

use std::collections::HashMap;
use std::time::Duration;

use playground_proxy::{Gateway, Visits};
use playground_types::Timestamp;
use playground_types::wire::{Event, TrafficNews};
use tokio::time::Instant;

use crate::gateway::last_visit;
use crate::http::containers::traffic;

/// Between two looks.
const TURN: Duration = Duration::from_secs(1);
/// A page that asks for another topic is here twice, until it is known that its old stream has gone.
const SETTLES: Duration = Duration::from_millis(250);

/// What one reader knows of it.
#[derive(Debug)]
pub(super) struct KnownTraffic {
    gateway: Gateway,
    known: HashMap<i64, Visits>,
    /// Records whose traffic had changed at the last look, and is not told yet.
    changed: Vec<i64>,
    next_look: Instant,
}

impl KnownTraffic {
    /// Nothing is known.
    pub(super) fn new(gateway: Gateway) -> Self {
        Self {
            gateway,
            known: HashMap::new(),
            changed: Vec::new(),
            next_look: Instant::now() + SETTLES,
        }
    }

    /// When there may be something to tell again.
    pub(super) fn next_look(&self) -> Instant {
        self.next_look
    }

    /// It is told with its record.
    pub(super) fn note(&mut self, pk: i64) {
        if let Some(visits) = self.visits(pk) {
            self.known.insert(pk, visits);
        }
    }

    /// What is to be told; none when nothing changed, or the time has not come.
    pub(super) fn next(&mut self) -> Option<Event> {
        if self.changed.is_empty() && self.next_look <= Instant::now() {
            self.look();
        }
        let (pk, visits) = self.next_changed()?;
        self.known.insert(pk, visits);
        let last_visit_at = last_visit(&visits, Timestamp::now());
        Some(Event::Traffic(TrafficNews {
            pk,
            traffic: traffic(&visits),
            last_visit_at: last_visit_at.map(|time| time.to_string()),
        }))
    }

    /// An app that has gone since the look holds no other back.
    fn next_changed(&mut self) -> Option<(i64, Visits)> {
        loop {
            let pk = self.changed.pop()?;
            if let Some(visits) = self.visits(pk) {
                return Some((pk, visits));
            }
        }
    }

    fn look(&mut self) {
        self.next_look = Instant::now() + TURN;
        let visits = self.gateway.apps().visits();
        let is_there = |pk: &i64| visits.iter().any(|(there, _)| there == pk);
        if self.known.len() > visits.len() {
            self.known.retain(|pk, _| is_there(pk));
        }
        for (pk, visits) in visits {
            let known = self.known.get(&pk).copied().unwrap_or_default();
            if counted(visits) != counted(known) {
                self.changed.push(pk);
            }
        }
    }

    fn visits(&self, pk: i64) -> Option<Visits> {
        let app = self.gateway.apps().of_record(pk)?;
        Some(app.traffic.visits())
    }
}

/// That time passes is no news.
fn counted(visits: Visits) -> Visits {
    Visits {
        last_seen: None,
        ..visits
    }
}
