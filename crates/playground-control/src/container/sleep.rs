//! Falling asleep and waking, step by step.
//!
//! | step | survives a death before the next line because |
//! |---|---|
//! | the record says that it sleeps | the next turn goes on from there |
//! | the [door](crate::Audience) is shut | whoever comes to it ends the sleep that is written |
//! | the container is frozen, stopped or removed | the record knows that it is meant |

use std::time::Duration;

use playground_engine::ContainerView;
use playground_store::ContainerRow;
use playground_types::{EngineId, Tier, Timestamp};

use super::decide::Policy;
use super::execute::Next;
use crate::{Control, StepError};

impl Control {
    /// A run that had answered before goes on where it was, so its address is out at once.
    pub(super) async fn unpause_container(
        &self,
        row: &ContainerRow,
        view: Option<&ContainerView>,
    ) -> Result<(), StepError> {
        let Some(view) = view else { return Ok(()) };
        self.engine.unpause(&view.id).await?;
        let run = view.started_at.as_deref().unwrap_or_default();
        if self.store.set_thawed(row.pk, run, self.clock.now()).await? {
            self.open_door(row.pk);
        }
        Ok(())
    }

    /// Written before anything is done, so that an Agent that dies in between goes on with it; the door is shut after it was
    /// written, so that whoever comes to a shut door finds a sleep to end.
    pub(super) async fn fall_asleep(
        &self,
        row: &ContainerRow,
        tier: Tier,
        idle: Option<Duration>,
    ) -> Result<(), StepError> {
        let now = self.clock.now();
        let idle_for = i64::try_from(idle.unwrap_or_default().as_millis()).unwrap_or(0);
        let since = row.idle_since.unwrap_or(now.plus_millis(-idle_for));
        if !self.store.fall_asleep(row, tier, since, now).await? {
            return Ok(());
        }
        let times = row.idle_times.or(self.config.idle);
        let alone = match row.asleep {
            None => times.until(tier).unwrap_or_default(),
            Some(_) => Duration::ZERO,
        };
        if self.shut_door(row.pk, alone).await? {
            tracing::info!(
                container.pk = %row.pk, release = %row.release,
                "nobody looks at container {}: it is {tier}", row.name
            );
        }
        Ok(())
    }

    pub(super) async fn pause_container(
        &self,
        row: &ContainerRow,
        id: Option<&EngineId>,
    ) -> Result<(), StepError> {
        let Some(id) = id else { return Ok(()) };
        if self.shut_door(row.pk, Duration::ZERO).await? {
            self.engine.pause(id).await?;
        }
        Ok(())
    }

    /// Nothing to do until somebody comes, or until it sleeps deeper. What ended in its sleep has not crashed.
    pub(super) async fn rest_asleep(
        &self,
        row: &ContainerRow,
        tier: Tier,
    ) -> Result<Next, StepError> {
        if tier > Tier::Paused {
            self.store.set_withdrawn(row.pk, self.clock.now()).await?;
        }
        Ok(Next::Rest)
    }
}

/// Between two looks at whether everybody has left a container that stepped aside.
const DRAIN_LOOK: Duration = Duration::from_millis(500);

/// How long a record can be left to itself until it may be time to sleep, to sleep deeper, or to remove what stepped aside.
pub(crate) fn until_sleepier(
    row: &ContainerRow,
    idle: Option<Duration>,
    now: Timestamp,
    policy: &Policy,
) -> Option<Duration> {
    if row.previous_engine_id.is_some() {
        return Some(DRAIN_LOOK);
    }
    let times = row.idle_times.or(policy.idle);
    let asleep_for = row.idle_since.map(|since| {
        let millis = now.millis_since(since);
        Duration::from_millis(u64::try_from(millis).unwrap_or(0))
    });
    // While somebody is there, the time begins now at the earliest.
    times.next(asleep_for.or(idle).unwrap_or_default())
}
