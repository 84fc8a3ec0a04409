//! The time, as tests can stop and push it.

use playground_types::Timestamp;
use tokio::time::Instant;

/// A wall clock that runs on tokio's time: with tokio's time paused, it stands still.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    begin: Timestamp,
    since: Instant,
}

impl Clock {
    /// A clock that shows this machine's time now.
    pub(crate) fn start() -> Self {
        Self {
            begin: Timestamp::now(),
            since: Instant::now(),
        }
    }

    /// The time.
    pub(crate) fn now(&self) -> Timestamp {
        let elapsed = i64::try_from(self.since.elapsed().as_millis()).unwrap_or(i64::MAX);
        self.begin.plus_millis(elapsed)
    }
}
