//! Tells whoever waits that something changed. It says neither what nor how: the store does.
//!
//! Kinds are apart where whoever follows one must not be woken by the other: a build prints hundreds of lines a second, and
//! none of them changes a record; releases change once in a while, and reading all of them after each change would be waste.

use tokio::sync::watch;

/// Counters that move with every change of their kind.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    records: Counter,
    build_logs: Counter,
    releases: Counter,
}

/// A counter that moves with every change.
#[derive(Debug)]
struct Counter(watch::Sender<u64>);

impl Default for Counter {
    fn default() -> Self {
        Self(watch::Sender::new(0))
    }
}

impl Counter {
    fn note(&self) {
        self.0.send_modify(|count| *count = count.wrapping_add(1));
    }
}

impl Changes {
    /// A record, a launch or a build changed, or what one of them waits for.
    pub(crate) fn note(&self) {
        self.records.note();
    }

    /// A build printed something.
    pub(crate) fn note_build_log(&self) {
        self.build_logs.note();
    }

    /// A plugin release came, changed or was forgotten.
    pub(crate) fn note_releases(&self) {
        self.releases.note();
    }

    /// Subscribe first, look second, wait third: no change is missed.
    pub(crate) fn subscribe(&self) -> watch::Receiver<u64> {
        self.records.0.subscribe()
    }
}

impl crate::Control {
    /// Moves with every change of a record, a launch or a build, and of what they wait for. Subscribe first, look second,
    /// wait third: no change is missed.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Moves whenever a build printed something.
    pub fn build_log_changes(&self) -> watch::Receiver<u64> {
        self.changes.build_logs.0.subscribe()
    }

    /// Moves with every change of a plugin release.
    pub fn release_changes(&self) -> watch::Receiver<u64> {
        self.changes.releases.0.subscribe()
    }
}
