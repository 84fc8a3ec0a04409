//! What containers use, told as it is looked at.

use std::collections::HashMap;

use playground_control::{Control, StatsInterest};
use playground_types::ContainerPk;
use playground_types::wire::{Event, StatsNews};
use tokio::sync::watch;

use super::topics::StatsTopics;

/// What one reader knows of it.
#[derive(Debug)]
pub(super) struct KnownStats {
    control: Control,
    wants_all: bool,
    /// Those that it looks at in particular are sampled more often for as long as it reads.
    interests: HashMap<ContainerPk, StatsInterest>,
    sampled: watch::Receiver<u64>,
    /// The last sample that it was told of each.
    known: HashMap<ContainerPk, u64>,
    /// Containers with samples that are not told yet.
    changed: Vec<ContainerPk>,
}

impl KnownStats {
    /// Nothing is known.
    pub(super) fn new(control: Control, topics: &StatsTopics) -> Self {
        let interest = |pk: &i64| (ContainerPk(*pk), control.want_stats(ContainerPk(*pk)));
        let interests = topics.some.iter().map(interest).collect();
        let mut sampled = control.stats_changes();
        sampled.mark_changed();
        Self {
            wants_all: topics.all,
            interests,
            sampled,
            known: HashMap::new(),
            changed: Vec::new(),
            control,
        }
    }

    /// Until there is something new. Cancel-safe.
    pub(super) async fn changed(&mut self) {
        // It lives as long as the loop does, so it only ends with that.
        drop(self.sampled.changed().await);
        self.sampled.mark_changed();
    }

    /// What is to be told; none when nothing is new.
    pub(super) fn next(&mut self) -> Option<Event> {
        if self.changed.is_empty() && self.sampled.has_changed().unwrap_or_default() {
            self.sampled.mark_unchanged();
            self.look();
        }
        let pk = self.changed.pop()?;
        let known = self.known.get(&pk).copied().unwrap_or_default();
        let (mut samples, last) = self.control.stats_since(pk, known);
        if self.known.insert(pk, last).is_none() && !self.interests.contains_key(&pk) {
            // Ten minutes of every container are megabytes, for a reader that shows a number of each.
            samples.drain(..samples.len().saturating_sub(1));
        }
        Some(Event::Stats(StatsNews { pk: pk.0, samples }))
    }

    fn look(&mut self) {
        for (pk, last) in self.control.stats_numbers() {
            let is_wanted = self.wants_all || self.interests.contains_key(&pk);
            let known = self.known.get(&pk).copied().unwrap_or_default();
            if is_wanted && last != known {
                self.changed.push(pk);
            }
        }
    }
}
