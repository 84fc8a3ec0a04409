//! Whether an app is left alone: nobody comes through the gateway, nobody is connected to its own port, and it does no
//! work of its own.
//!
//! The gateway's count costs nothing and is asked at every turn. The engine is asked only once an app's time has come,
//! and whatever it sees makes the time begin anew.

use std::time::Duration;

use playground_engine::ContainerView;
use playground_store::ContainerRow;

use super::decide::{Readiness, Seen};
use crate::{Control, Publish};

/// How long an app's work is watched.
const WATCH: Duration = Duration::from_secs(1);
/// An app that takes more of one CPU than this works, even if nobody waits for the answer: a prediction that was sent and
/// left. An idle Gradio takes a hundredth, the health check of a moment included.
const WORK: f64 = 0.2;

impl Control {
    /// How long nobody has looked at a ready app; none while somebody does, or where it never sleeps.
    pub(crate) async fn see_idle(
        &self,
        row: &ContainerRow,
        view: Option<&ContainerView>,
        container: &Seen,
    ) -> Option<Duration> {
        let audience = self.audience.by()?;
        let Seen::Running {
            readiness: Readiness::Published,
            ..
        } = container
        else {
            return None;
        };
        let times = row.idle_times.or(self.config.idle);
        times.next(Duration::ZERO)?;
        let ready_for = self.clock.now().millis_since(row.ready_since?);
        let ready_for = Duration::from_millis(u64::try_from(ready_for).unwrap_or(0));
        let idle = audience.idle_for(row.pk)?.min(ready_for);
        if times.due(idle).is_some() && self.is_in_use(view?).await {
            audience.note_visit(row.pk);
            return Some(Duration::ZERO);
        }
        Some(idle)
    }

    /// Whether somebody is connected to the app past the gateway. Where the Agent publishes, nobody can be.
    async fn is_connected(&self, view: &ContainerView) -> bool {
        if self.config.publish == Publish::Agent {
            return false;
        }
        match self.engine.connections(&view.id).await {
            Ok(connections) => connections > 0,
            Err(error) => {
                tracing::debug!(
                    error = &crate::error_chain(&error),
                    "nobody can tell who is connected to {}",
                    view.name
                );
                false
            }
        }
    }

    /// Whether somebody is connected to the app, or it works. An engine that cannot tell has seen nobody.
    async fn is_in_use(&self, view: &ContainerView) -> bool {
        if self.is_connected(view).await {
            return true;
        }
        let Ok(before) = self.engine.stats(&view.id).await else {
            return false;
        };
        tokio::time::sleep(WATCH).await;
        match self.engine.stats(&view.id).await {
            Ok(after) => {
                let worked = after.cpu_time.saturating_sub(before.cpu_time);
                worked.as_secs_f64() > WORK * WATCH.as_secs_f64()
            }
            Err(_) => false,
        }
    }
}
