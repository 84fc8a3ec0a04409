//! The time, as tests can stop and push it.

use playground_engine::Engine;
use playground_types::Timestamp;
use tokio::time::Instant;

/// A wall clock that runs on tokio's time: with tokio's time paused, it stands still.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    begin: Timestamp,
    since: Instant,
}

impl Clock {
    /// A clock that shows this machine's time now; with a scripted engine, that engine's, which outlives the Agent and
    /// does not jump back when a test starts the Agent again.
    pub(crate) fn of(engine: &Engine) -> Self {
        let begin = match engine {
            Engine::Docker(_) => Timestamp::now(),
            #[cfg(feature = "testing")]
            Engine::Fake(fake) => fake.now(),
        };
        Self {
            begin,
            since: Instant::now(),
        }
    }

    /// The time.
    pub(crate) fn now(&self) -> Timestamp {
        let elapsed = i64::try_from(self.since.elapsed().as_millis()).unwrap_or(i64::MAX);
        self.begin.plus_millis(elapsed)
    }
}
