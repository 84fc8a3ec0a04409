//! From a record and what is seen of it to the one thing to do next.
//!
//! No clock, no log, no async: time comes in, a decision goes out. The table in docs/states.md is made from the tests
//! of this file.

use std::time::Duration;

use playground_store::{ContainerRow, Desired};
use playground_types::{Cause, ContainerStatus, Failure, IdleTimes, Tier, Timestamp};

pub use super::decision::Decision;
pub use super::observation::{Drift, Image, Observation, Previous, Readiness, Seen};

/// The first look after a start comes this soon: most apps are ready within three seconds.
const EAGER_PROBE: Duration = Duration::from_millis(50);
/// How long looks stay that close together.
const EAGER_FOR_MS: i64 = 3_000;
/// Looks after that.
const PATIENT_PROBE: Duration = Duration::from_millis(250);
/// A container that the engine is just removing or restarting is looked at again this soon.
const TRANSIT: Duration = Duration::from_millis(200);
/// Wait before the second start after a crash; doubles with every further one.
const FIRST_BACK_OFF_MS: i64 = 1_000;
/// Visitors are still led to the container before this long after its successor became ready: whoever leads them hears of it
/// a moment later.
const HANDOVER_MS: i64 = 1_000;
/// Longest wait between two starts.
const LONGEST_BACK_OFF_MS: i64 = 60_000;

/// What decisions depend on beside the record and the observation.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// How long an app may take until it answers.
    pub start_timeout: Duration,
    /// How many crashes after being ready are answered with another start.
    pub crash_attempts: i64,
    /// Crashes are forgotten after being ready for so long.
    pub healthy_after: Duration,
    /// An app that missed this many health checks in a row is unhealthy.
    pub unhealthy_misses: i64,
    /// An app that missed this many is restarted; none: it never is.
    pub restart_misses: Option<i64>,
    /// The old container serves on until the new one is ready.
    pub gapless: bool,
    /// How long visitors of the old one may stay then.
    pub drain: Duration,
    /// When apps sleep whose records say nothing of it.
    pub idle: IdleTimes,
}

/// Decides. Total: every record and observation has exactly one decision.
pub fn decide(row: &ContainerRow, seen: &Observation, now: Timestamp, policy: &Policy) -> Decision {
    if is_previous_done(row, seen, now, policy) {
        return Decision::RemovePrevious;
    }
    match row.desired {
        Desired::Running => match row.current_failure() {
            Some(_) => given_up(&seen.container),
            None => match row.asleep {
                Some(tier) => asleep(row, tier, &seen.container, now, policy),
                None => towards_running(row, seen, now, policy),
            },
        },
        Desired::Stopped => towards_stopped(&seen.container),
        Desired::Absent => towards_absent(&seen.container),
    }
}

/// The status a record shows while this decision is carried out.
pub fn status(row: &ContainerRow, decision: &Decision) -> ContainerStatus {
    match (row.desired, decision) {
        (Desired::Absent, _) => ContainerStatus::Deleting,
        (_, Decision::PlanImage | Decision::QueueBuild | Decision::AwaitBuild) => {
            ContainerStatus::Building
        }
        (_, Decision::ForgiveCrashes | Decision::Restore(_)) => ContainerStatus::Running,
        (_, Decision::RemovePrevious) => row.status,
        (_, Decision::AwaitAnswer | Decision::EndMute) => ContainerStatus::Unhealthy,
        // The step itself writes `failed`, with the reason: nobody sees one without the other.
        (_, Decision::GiveUp(_) | Decision::GiveUpSilent) => row.status,
        // As above, but its address leads nowhere any more.
        (_, Decision::GiveUpExited | Decision::GiveUpCrashing) => ContainerStatus::Starting,
        (Desired::Stopped, Decision::Settled) => ContainerStatus::Stopped,
        // Whoever waits for the stop must not be told of it before it happened.
        (Desired::Stopped, _) => row.status,
        (Desired::Running, _) if row.current_failure().is_some() => ContainerStatus::Failed,
        // Written by the step, together with that it sleeps no more.
        (_, Decision::Unpause) if row.status == ContainerStatus::Paused => row.status,
        (_, Decision::FallAsleep(_) | Decision::Pause) => row.status,
        (Desired::Running, Decision::Settled) if row.asleep == Some(Tier::Paused) => {
            ContainerStatus::Paused
        }
        (Desired::Running, Decision::Settled) if row.asleep.is_some() => ContainerStatus::Stopped,
        (Desired::Running, _) if row.asleep.is_some() => row.status,
        (Desired::Running, Decision::Settled) => ContainerStatus::Running,
        (
            Desired::Running,
            // Publishing writes `running`, together with the address: nobody sees one without the other.
            Decision::Publish
            | Decision::ReservePort
            | Decision::Create
            | Decision::Deliver
            | Decision::Start
            | Decision::Restart
            | Decision::Unpause
            | Decision::NoteStart
            | Decision::LookAgain(_)
            | Decision::NoteCrash { .. }
            | Decision::NoteEnd
            | Decision::StepAside
            | Decision::Stop
            | Decision::Remove
            | Decision::Forget,
        ) => ContainerStatus::Starting,
    }
}

/// Whether the container that stepped aside is of no more use: nothing is wanted of the record, it serves nobody, its
/// successor does and everybody left, or that has to step aside itself.
fn is_previous_done(
    row: &ContainerRow,
    seen: &Observation,
    now: Timestamp,
    policy: &Policy,
) -> bool {
    let Some(previous) = seen.previous else {
        return false;
    };
    if row.desired != Desired::Running || row.asleep.is_some() || !previous.is_up {
        return true;
    }
    let Seen::Running {
        fits,
        readiness: Readiness::Published | Readiness::Mute(_),
        ..
    } = seen.container
    else {
        return false;
    };
    let ready_for = row.ready_since.map_or(0, |since| now.millis_since(since));
    let is_wanted_anew = !fits || row.restart_wanted > row.restart_done;
    let is_left = previous.is_left && ready_for >= HANDOVER_MS;
    is_left || is_wanted_anew || ready_for >= as_millis(policy.drain)
}

/// A failed generation keeps its stopped container, so that its logs can be read; the next create replaces it.
fn given_up(container: &Seen) -> Decision {
    match container {
        Seen::Running { .. } | Seen::Paused { .. } => Decision::Stop,
        Seen::Dead => Decision::Remove,
        Seen::InTransit => Decision::LookAgain(TRANSIT),
        Seen::Missing | Seen::Created { .. } | Seen::Exited { .. } => Decision::Settled,
    }
}

fn towards_running(
    row: &ContainerRow,
    seen: &Observation,
    now: Timestamp,
    policy: &Policy,
) -> Decision {
    match &seen.container {
        Seen::InTransit => Decision::LookAgain(TRANSIT),
        Seen::Dead => Decision::Remove,
        Seen::Missing => towards_created(row, &seen.image),
        // The old container serves on until the image of the new one is there, or until that is ready.
        Seen::Running {
            fits: false,
            readiness: Readiness::Published,
            ..
        } if policy.gapless => towards_image(&seen.image).unwrap_or(Decision::StepAside),
        Seen::Created { fits: false }
        | Seen::Running { fits: false, .. }
        | Seen::Paused { fits: false }
        | Seen::Exited { fits: false, .. } => {
            towards_image(&seen.image).unwrap_or(Decision::Remove)
        }
        Seen::Paused { fits: true } => Decision::Unpause,
        Seen::Created { fits: true }
        | Seen::Running { fits: true, .. }
        | Seen::Exited { fits: true, .. }
            if row.lacks_code() =>
        {
            Decision::Deliver
        }
        Seen::Created { fits: true } => after_back_off(row, now),
        Seen::Running {
            fits: true,
            readiness,
            ..
        } => towards_ready(row, *readiness, seen, now, policy),
        Seen::Exited {
            fits: true,
            unwatched,
        } => towards_started_again(row, *unwatched, now, policy),
    }
}

/// A ready app that nobody looks at sleeps once its time has come.
fn sleepy(row: &ContainerRow, idle: Option<Duration>, policy: &Policy) -> Decision {
    let times = row.idle_times.or(policy.idle);
    match idle.and_then(|idle| times.due(idle)) {
        Some(tier) => Decision::FallAsleep(tier),
        None => Decision::Settled,
    }
}

/// A sleeping app sinks deeper as time goes by. It never comes up by itself: whoever wakes it writes so.
fn asleep(
    row: &ContainerRow,
    tier: Tier,
    container: &Seen,
    now: Timestamp,
    policy: &Policy,
) -> Decision {
    let idle = row.idle_since.map_or(0, |since| now.millis_since(since));
    let idle = Duration::from_millis(u64::try_from(idle).unwrap_or(0));
    let due = row.idle_times.or(policy.idle).due(idle);
    if let Some(deeper) = due.filter(|due| *due > tier) {
        return Decision::FallAsleep(deeper);
    }
    match (tier, container) {
        (_, Seen::InTransit) => Decision::LookAgain(TRANSIT),
        (_, Seen::Dead) => Decision::Remove,
        (Tier::Paused, Seen::Running { .. }) => Decision::Pause,
        (Tier::Paused, Seen::Paused { .. }) => Decision::Settled,
        // Its process ended with the machine or by other hands, so it is a deeper sleep that it wakes from.
        (Tier::Paused, Seen::Missing | Seen::Created { .. } | Seen::Exited { .. }) => {
            Decision::FallAsleep(Tier::Stopped)
        }
        (Tier::Stopped, Seen::Running { .. } | Seen::Paused { .. }) => Decision::Stop,
        (Tier::Stopped, Seen::Missing | Seen::Created { .. } | Seen::Exited { .. })
        | (Tier::Removed, Seen::Missing) => Decision::Settled,
        (Tier::Removed, _) => Decision::Remove,
    }
}

fn towards_created(row: &ContainerRow, image: &Image) -> Decision {
    match towards_image(image) {
        Some(step) => step,
        None if row.host_port.is_none() => Decision::ReservePort,
        None => Decision::Create,
    }
}

/// The step that brings the image closer; none when it is there.
fn towards_image(image: &Image) -> Option<Decision> {
    match image {
        Image::Present | Image::NotAsked => None,
        Image::Unplanned => Some(Decision::PlanImage),
        Image::Missing => Some(Decision::QueueBuild),
        Image::Building => Some(Decision::AwaitBuild),
        Image::Failed(failure) => Some(Decision::GiveUp(failure.clone())),
    }
}

fn towards_ready(
    row: &ContainerRow,
    readiness: Readiness,
    seen: &Observation,
    now: Timestamp,
    policy: &Policy,
) -> Decision {
    if row.restart_wanted > row.restart_done {
        // A live one keeps its container: its app starts anew in a moment.
        let serves_on = policy.gapless && readiness == Readiness::Published && !row.spec.live;
        return if serves_on {
            Decision::StepAside
        } else {
            Decision::Restart
        };
    }
    match (readiness, row.starting_since) {
        (Readiness::Published, _) if forgives(row, now, policy) => Decision::ForgiveCrashes,
        (Readiness::Mute(misses), _) if has_been_mute_for_long(misses, policy) => Decision::EndMute,
        (Readiness::Mute(misses), _) if misses >= policy.unhealthy_misses => Decision::AwaitAnswer,
        (Readiness::Published | Readiness::Mute(_), _) => seen
            .drift
            .map_or_else(|| sleepy(row, seen.idle, policy), Decision::Restore),
        (Readiness::Answers, _) => Decision::Publish,
        (Readiness::Silent, None) => Decision::NoteStart,
        (Readiness::Silent, Some(since)) => {
            let waited = now.millis_since(since);
            if waited < 0 {
                // Written before the clock was set back: counted from now on.
                Decision::NoteStart
            } else if waited > as_millis(policy.start_timeout) {
                Decision::GiveUpSilent
            } else if waited < EAGER_FOR_MS {
                Decision::LookAgain(EAGER_PROBE)
            } else {
                Decision::LookAgain(PATIENT_PROBE)
            }
        }
    }
}

/// An ended process: was it stopped on purpose, did it end together with the engine, did its start fail, or did it crash
/// after it had been ready?
fn towards_started_again(
    row: &ContainerRow,
    unwatched: bool,
    now: Timestamp,
    policy: &Policy,
) -> Decision {
    if row.restart_wanted > row.restart_done {
        return Decision::Start;
    }
    let was_running = row.starting_since.is_some() || row.is_published();
    if !was_running {
        return after_back_off(row, now);
    }
    // One that this Agent ended because it was mute has crashed, whoever watched.
    if unwatched && !has_been_mute_for_long(row.consecutive_failures, policy) {
        return Decision::NoteEnd;
    }
    if row.ready_generation != Some(row.generation) {
        return Decision::GiveUpExited;
    }
    let attempts = row.attempts.saturating_add(1);
    if attempts > policy.crash_attempts {
        return Decision::GiveUpCrashing;
    }
    Decision::NoteCrash {
        attempts,
        retry_at: now.plus_millis(back_off_ms(attempts)),
    }
}

fn after_back_off(row: &ContainerRow, now: Timestamp) -> Decision {
    match row.retry_at.map(|at| at.millis_since(now)) {
        // More than the longest wait is left only where the clock was set back.
        Some(left) if (1..=LONGEST_BACK_OFF_MS).contains(&left) => {
            Decision::LookAgain(Duration::from_millis(left.unsigned_abs()))
        }
        _ => Decision::Start,
    }
}

fn towards_stopped(container: &Seen) -> Decision {
    match container {
        Seen::Running { .. } | Seen::Paused { .. } => Decision::Stop,
        Seen::InTransit => Decision::LookAgain(TRANSIT),
        Seen::Dead => Decision::Remove,
        Seen::Missing | Seen::Created { .. } | Seen::Exited { .. } => Decision::Settled,
    }
}

fn towards_absent(container: &Seen) -> Decision {
    match container {
        Seen::Missing => Decision::Forget,
        Seen::InTransit => Decision::LookAgain(TRANSIT),
        Seen::Created { .. }
        | Seen::Running { .. }
        | Seen::Paused { .. }
        | Seen::Exited { .. }
        | Seen::Dead => Decision::Remove,
    }
}

fn forgives(row: &ContainerRow, now: Timestamp, policy: &Policy) -> bool {
    let ready_for = row.ready_since.map_or(0, |since| now.millis_since(since));
    row.attempts > 0 && ready_for >= as_millis(policy.healthy_after)
}

pub(crate) fn has_been_mute_for_long(misses: i64, policy: &Policy) -> bool {
    policy
        .restart_misses
        .is_some_and(|enough| misses >= enough.max(policy.unhealthy_misses))
}

fn back_off_ms(attempts: i64) -> i64 {
    let doublings = u32::try_from(attempts.saturating_sub(1))
        .unwrap_or(0)
        .min(16);
    FIRST_BACK_OFF_MS
        .saturating_mul(1 << doublings)
        .min(LONGEST_BACK_OFF_MS)
}

fn as_millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// What a record that found no port says.
pub(crate) fn ports_exhausted(range: playground_types::PortRange) -> Failure {
    Failure::of(&Cause::PortsExhausted {
        range: range.to_string(),
    })
}

#[cfg(test)]
#[path = "decide_tests.rs"]
mod tests;
