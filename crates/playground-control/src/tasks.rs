//! Everything that the loop has running.

#[cfg(feature = "testing")]
use std::sync::{Mutex, PoisonError};

#[cfg(feature = "testing")]
use tokio::task::AbortHandle;
use tokio_util::task::TaskTracker;

/// The tasks of one [`Control`](crate::Control).
#[derive(Debug, Default)]
pub(crate) struct Tasks {
    tracker: TaskTracker,
    #[cfg(feature = "testing")]
    handles: Mutex<Vec<AbortHandle>>,
}

impl Tasks {
    /// Runs a task.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let handle = self.tracker.spawn(task);
        #[cfg(feature = "testing")]
        self.handles
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(handle.abort_handle());
        drop(handle);
    }

    /// Waits until all have ended.
    pub(crate) async fn finish(&self) {
        self.tracker.close();
        self.tracker.wait().await;
    }

    /// Drops all of them wherever they are, as a killed process would.
    #[cfg(feature = "testing")]
    pub(crate) async fn abort(&self) {
        for handle in self
            .handles
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .drain(..)
        {
            handle.abort();
        }
        self.finish().await;
    }
}
