//! Tells whoever waits that something changed. It says neither what nor how: the store does.

use tokio::sync::watch;

/// A counter that moves with every change.
#[derive(Debug)]
pub(crate) struct Changes(watch::Sender<u64>);

impl Default for Changes {
    fn default() -> Self {
        Self(watch::channel(0).0)
    }
}

impl Changes {
    /// Something changed.
    pub(crate) fn note(&self) {
        self.0.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Subscribe first, look second, wait third: no change is missed.
    pub(crate) fn subscribe(&self) -> watch::Receiver<u64> {
        self.0.subscribe()
    }
}

impl crate::Control {
    /// Moves with every change. Subscribe first, look second, wait third: no change is missed.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }
}
