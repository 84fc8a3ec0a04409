//! Who looks at apps. The gateway knows it, and holds the door: an app that sleeps lets nobody in before it is awake.

use std::fmt::Debug;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use playground_types::ContainerPk;

use crate::{Control, ControlError, StepError};

/// Whoever carries visitors to apps.
///
/// Between a look at who is there and the step that puts an app to sleep a visitor may come. So the step shuts the door
/// first, which fails while somebody is inside, and whoever comes to a shut door [wakes](Control::wake_up) the app.
pub trait Audience: Debug + Send + Sync {
    /// How long nobody has been there; none while somebody is.
    fn idle_for(&self, pk: ContainerPk) -> Option<Duration>;

    /// Shuts the door, unless somebody is there or was within this time. True when it is shut.
    fn shut(&self, pk: ContainerPk, idle: Duration) -> bool;

    /// Opens the door.
    fn open(&self, pk: ContainerPk);

    /// Whether nobody is there any more who came to the app while it was at this address.
    fn is_left(&self, pk: ContainerPk, address: SocketAddr) -> bool;

    /// Begins to count the time anew: somebody was there whom only the loop saw.
    fn note_visit(&self, pk: ContainerPk);
}

/// The audience of one loop. Without one nobody knows who looks, and no app is put to sleep.
#[derive(Debug, Default)]
pub(crate) struct Watched(OnceLock<Arc<dyn Audience>>);

impl Watched {
    pub(crate) fn by(&self) -> Option<&dyn Audience> {
        self.0.get().map(Arc::as_ref)
    }
}

impl Control {
    /// Says who carries visitors to apps. Only the first to be named does.
    pub fn watched_by(&self, audience: Arc<dyn Audience>) {
        drop(self.audience.0.set(audience));
    }

    /// Somebody wants to see an app: one that sleeps is woken, for any other nothing is done.
    ///
    /// # Errors
    /// When that cannot be written down.
    pub async fn wake_up(&self, pk: ContainerPk) -> Result<(), ControlError> {
        self.end_sleep(pk).await.map_err(ControlError::from)
    }

    pub(crate) async fn end_sleep(
        &self,
        pk: ContainerPk,
    ) -> Result<(), playground_store::StoreError> {
        if self.store.wake_up(pk, self.clock.now()).await? {
            tracing::info!(container.pk = %pk, "the app is woken");
            self.wake(pk);
            self.changes.note();
        }
        Ok(())
    }

    /// Shuts an app's door. Where somebody is there, or was within this time, it is woken instead, and false returned.
    pub(crate) async fn shut_door(
        &self,
        pk: ContainerPk,
        idle: Duration,
    ) -> Result<bool, StepError> {
        let is_shut = self
            .audience
            .by()
            .is_none_or(|audience| audience.shut(pk, idle));
        if !is_shut {
            self.end_sleep(pk).await?;
        }
        Ok(is_shut)
    }

    pub(crate) fn open_door(&self, pk: ContainerPk) {
        if let Some(audience) = self.audience.by() {
            audience.open(pk);
        }
    }
}
