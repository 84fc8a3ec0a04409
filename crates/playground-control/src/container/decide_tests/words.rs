//! States and decisions in words, for the table that people read. What a line says is made from what it tests.

use super::*;

pub(super) fn container(seen: &Seen) -> &'static str {
    match seen {
        Seen::Missing => "missing",
        Seen::Created { fits: true } => "created",
        Seen::Created { fits: false } => "created, from something else",
        Seen::Running { fits: true, .. } => "running",
        Seen::Running { fits: false, .. } => "running, from something else",
        Seen::Paused { fits: true } => "paused",
        Seen::Paused { fits: false } => "paused, from something else",
        Seen::Exited {
            fits: true,
            unwatched: false,
        } => "exited",
        Seen::Exited {
            fits: true,
            unwatched: true,
        } => "exited while nobody watched",
        Seen::Exited { fits: false, .. } => "exited, from something else",
        Seen::InTransit => "restarting or being removed",
        Seen::Dead => "dead",
    }
}

pub(super) fn conditions(row: &ContainerRow, seen: &Observation) -> String {
    let mut words = Vec::new();
    match &seen.image {
        Image::NotAsked => {}
        Image::Unplanned => words.push("no image planned".to_owned()),
        Image::Missing => words.push("image missing".to_owned()),
        Image::Building => words.push("image being built".to_owned()),
        Image::Failed(_) => words.push("build failed".to_owned()),
        Image::Present => words.push("image there".to_owned()),
    }
    if let Seen::Running { readiness, .. } = &seen.container {
        words.push(match readiness {
            Readiness::Published => "address is out".to_owned(),
            Readiness::Mute(misses) => format!("address is out, {misses} health checks missed"),
            Readiness::Answers => "app answers".to_owned(),
            Readiness::Silent => "app silent".to_owned(),
        });
    }
    match seen.drift {
        Some(Drift::Limits) => words.push("others changed its limits".to_owned()),
        Some(Drift::Name) => words.push("others renamed it".to_owned()),
        None => {}
    }
    match seen.previous {
        Some(Previous { is_up: false, .. }) => words.push("the one before it has ended".to_owned()),
        Some(Previous { is_left: true, .. }) => {
            words.push("everybody left the one before it".to_owned())
        }
        Some(_) => words.push("somebody is at the one before it".to_owned()),
        None => {}
    }
    if let Some(idle) = seen.idle {
        words.push(format!("left alone for {} s", idle.as_secs()));
    }
    if let (Some(tier), Some(since)) = (row.asleep, row.idle_since) {
        let seconds = NOW.millis_since(since) / 1000;
        words.push(format!("shall be {tier}, left alone for {seconds} s"));
    }
    if row.host_port.is_none() {
        words.push("no port".to_owned());
    }
    if row.current_failure().is_some() {
        words.push("this generation failed".to_owned());
    } else if row.failure.is_some() {
        words.push("an earlier generation failed".to_owned());
    }
    if row.lacks_code() {
        words.push("lacks the code that is wanted".to_owned());
    }
    if row.restart_wanted > row.restart_done {
        words.push("restart wanted".to_owned());
    }
    if let Some(since) = row.starting_since {
        let seconds = NOW.millis_since(since) / 1000;
        words.push(if seconds < 0 {
            format!("started {} s in the future", -seconds)
        } else {
            format!("started {seconds} s ago")
        });
    }
    if row.is_published() && !matches!(seen.container, Seen::Running { .. }) {
        words.push("address was out".to_owned());
    }
    if row.consecutive_failures > 0 && !matches!(seen.container, Seen::Running { .. }) {
        let misses = row.consecutive_failures;
        words.push(format!("{misses} health checks had been missed"));
    }
    if row.ready_generation == Some(row.generation) {
        words.push("was ready".to_owned());
    }
    if row.attempts > 0 {
        words.push(format!("crashed {} times before", row.attempts));
    }
    if let Some(since) = row.ready_since {
        words.push(format!("ready for {} s", NOW.millis_since(since) / 1000));
    }
    if let Some(at) = row.retry_at {
        words.push(format!("next start in {} s", at.millis_since(NOW) / 1000));
    }
    words.join(", ")
}

pub(super) fn decision(decision: &Decision) -> String {
    match decision {
        Decision::PlanImage => "plan the image".to_owned(),
        Decision::QueueBuild => "queue a build, or join the one that runs".to_owned(),
        Decision::AwaitBuild => "wait for the build".to_owned(),
        Decision::ReservePort => "reserve a port; none: give up (`ports_exhausted`)".to_owned(),
        Decision::Create => "create".to_owned(),
        Decision::Deliver => "put the code into it, which wants a restart".to_owned(),
        Decision::Start => "start; port taken: remove, quarantine the port".to_owned(),
        Decision::Restart => "withdraw, restart".to_owned(),
        Decision::Unpause => "thaw".to_owned(),
        Decision::FallAsleep(tier) => format!("write that it shall be {tier}, shut the door"),
        Decision::Pause => "freeze".to_owned(),
        Decision::NoteStart => "note that a start is on its way".to_owned(),
        Decision::LookAgain(after) => format!("look again in {} ms", after.as_millis()),
        Decision::Publish => "publish".to_owned(),
        Decision::AwaitAnswer => "wait for an answer".to_owned(),
        Decision::EndMute => "stop, which counts as a crash".to_owned(),
        Decision::NoteEnd => "note that no crash is counted, start".to_owned(),
        Decision::NoteCrash { attempts, retry_at } => format!(
            "note crash {attempts}, back off {} s",
            retry_at.millis_since(NOW) / 1000
        ),
        Decision::StepAside => "name it away, begin anew with another".to_owned(),
        Decision::RemovePrevious => {
            "stop and remove the one before it, release its port".to_owned()
        }
        Decision::Stop => "withdraw, stop".to_owned(),
        Decision::Remove => "withdraw, stop, remove".to_owned(),
        Decision::Forget => "release the port, forget the record".to_owned(),
        Decision::GiveUp(_) => "give up with the build's failure".to_owned(),
        Decision::GiveUpExited => "give up with the reason of the exit".to_owned(),
        Decision::GiveUpSilent => "give up with where the app listens".to_owned(),
        Decision::GiveUpCrashing => "give up with the reason of the last exit".to_owned(),
        Decision::Restore(Drift::Limits) => "put its limits back, while it runs".to_owned(),
        Decision::Restore(Drift::Name) => "put its name back".to_owned(),
        Decision::ForgiveCrashes => "forget earlier crashes".to_owned(),
        Decision::Settled => "nothing".to_owned(),
    }
}

/// Every decision there is; a new one does not compile until it is listed.
pub(super) const EVERY_DECISION: [&str; 30] = [
    "PlanImage",
    "QueueBuild",
    "AwaitBuild",
    "ReservePort",
    "Create",
    "Deliver",
    "Start",
    "Restart",
    "Unpause",
    "FallAsleep",
    "Pause",
    "NoteStart",
    "LookAgain",
    "Publish",
    "AwaitAnswer",
    "EndMute",
    "NoteCrash",
    "NoteEnd",
    "StepAside",
    "RemovePrevious",
    "Stop",
    "Remove",
    "Forget",
    "GiveUp",
    "GiveUpExited",
    "GiveUpSilent",
    "GiveUpCrashing",
    "Restore",
    "ForgiveCrashes",
    "Settled",
];

pub(super) fn variant(decision: &Decision) -> &'static str {
    match decision {
        Decision::PlanImage => "PlanImage",
        Decision::QueueBuild => "QueueBuild",
        Decision::AwaitBuild => "AwaitBuild",
        Decision::ReservePort => "ReservePort",
        Decision::Create => "Create",
        Decision::Deliver => "Deliver",
        Decision::Start => "Start",
        Decision::Restart => "Restart",
        Decision::Unpause => "Unpause",
        Decision::FallAsleep(_) => "FallAsleep",
        Decision::Pause => "Pause",
        Decision::NoteStart => "NoteStart",
        Decision::LookAgain(_) => "LookAgain",
        Decision::Publish => "Publish",
        Decision::AwaitAnswer => "AwaitAnswer",
        Decision::EndMute => "EndMute",
        Decision::NoteCrash { .. } => "NoteCrash",
        Decision::NoteEnd => "NoteEnd",
        Decision::StepAside => "StepAside",
        Decision::RemovePrevious => "RemovePrevious",
        Decision::Stop => "Stop",
        Decision::Remove => "Remove",
        Decision::Forget => "Forget",
        Decision::GiveUp(_) => "GiveUp",
        Decision::GiveUpExited => "GiveUpExited",
        Decision::GiveUpSilent => "GiveUpSilent",
        Decision::GiveUpCrashing => "GiveUpCrashing",
        Decision::Restore(_) => "Restore",
        Decision::ForgiveCrashes => "ForgiveCrashes",
        Decision::Settled => "Settled",
    }
}

pub(super) fn status(status: ContainerStatus) -> &'static str {
    match status {
        ContainerStatus::Requested => "as before",
        other => other.as_str(),
    }
}
