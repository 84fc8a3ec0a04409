//! Everything that the loop has running.

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

/// The tasks of one [`Control`](crate::Control).
#[derive(Debug, Default)]
pub(crate) struct Tasks {
    tracker: TaskTracker,
    abandoned: CancellationToken,
}

impl Tasks {
    /// Runs a task.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let abandoned = self.abandoned.clone();
        drop(self.tracker.spawn(async move {
            // Cancel-safe: a killed process stops anywhere, too, and the next start goes on from the rows.
            abandoned.run_until_cancelled(task).await;
        }));
    }

    /// Counts as a task for as long as it is kept.
    pub(crate) fn token(&self) -> TaskTrackerToken {
        self.tracker.token()
    }

    /// Waits until all have ended.
    pub(crate) async fn finish(&self) {
        self.tracker.close();
        self.tracker.wait().await;
    }

    /// Drops all of them wherever they are, as a killed process would.
    pub(crate) fn abandon(&self) {
        self.abandoned.cancel();
    }
}
