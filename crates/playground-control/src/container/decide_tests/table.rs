//! One case for each line of the decision table, in the order in which a container lives.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use super::*;

struct Case {
    row: ContainerRow,
    seen: Observation,
    decision: Decision,
    status: ContainerStatus,
    gapless: bool,
}

fn case(
    desired: Desired,
    container: Seen,
    image: Image,
    tweak: impl Fn(&mut ContainerRow),
    decision: Decision,
    status: ContainerStatus,
) -> Case {
    let mut row = row();
    row.desired = desired;
    tweak(&mut row);
    let seen = Observation {
        image,
        container,
        drift: None,
        previous: None,
        idle: None,
    };
    Case {
        row,
        seen,
        decision,
        status,
        gapless: false,
    }
}

fn running(fits: bool, readiness: Readiness) -> Seen {
    let run = "run".to_owned();
    Seen::Running {
        fits,
        run,
        readiness,
    }
}

/// Serving, and changed by others in a way that can be taken back meanwhile.
fn drifted(drift: Drift) -> Case {
    let mut case = case(
        Desired::Running,
        running(true, Readiness::Published),
        Image::NotAsked,
        crashed,
        Decision::Restore(drift),
        ContainerStatus::Running,
    );
    case.seen.drift = Some(drift);
    case
}

/// Serving, and left alone for so long.
fn left_alone(seconds: u64, decision: Decision) -> Case {
    let is_ready = running(true, Readiness::Published);
    let status = match decision {
        Decision::Settled => ContainerStatus::Running,
        _ => ContainerStatus::Requested,
    };
    let mut case = case(
        Desired::Running,
        is_ready,
        Image::NotAsked,
        crashed,
        decision,
        status,
    );
    case.seen.idle = Some(Duration::from_secs(seconds));
    case
}

fn same(_: &mut ContainerRow) {}

fn failed(row: &mut ContainerRow) {
    row.failure = Some(a_failure());
    row.failed_generation = Some(row.generation);
}

/// Its container has other code than the record wants.
fn live(row: &mut ContainerRow) {
    crashed(row);
    row.spec.live = true;
    row.delivered = Some(Digest::of(b"before"));
}

fn crashed(row: &mut ContainerRow) {
    row.published_run = Some("run".to_owned());
    row.ready_generation = Some(row.generation);
}

fn ended(fits: bool, unwatched: bool) -> Seen {
    Seen::Exited { fits, unwatched }
}

fn back_off(attempts: i64, seconds: i64) -> Decision {
    Decision::NoteCrash {
        attempts,
        retry_at: NOW.plus_millis(1000 * seconds),
    }
}

fn look_again(millis: u64) -> Decision {
    Decision::LookAgain(Duration::from_millis(millis))
}

/// Wanted running, until there is a container.
fn made() -> Vec<Case> {
    use ContainerStatus::{Building, Requested, Starting};
    use Decision::{AwaitBuild, Create, GiveUp, PlanImage, QueueBuild, ReservePort};
    let missing = |image, tweak: fn(&mut ContainerRow), decision, status| {
        case(
            Desired::Running,
            Seen::Missing,
            image,
            tweak,
            decision,
            status,
        )
    };
    let portless = |row: &mut ContainerRow| row.host_port = None;
    let failed_before = |row: &mut ContainerRow| {
        row.failure = Some(a_failure());
        row.failed_generation = Some(row.generation - 1);
    };
    vec![
        missing(Image::Unplanned, same, PlanImage, Building),
        missing(Image::Unplanned, failed_before, PlanImage, Building),
        missing(Image::Missing, same, QueueBuild, Building),
        missing(Image::Building, same, AwaitBuild, Building),
        missing(
            Image::Failed(a_failure()),
            same,
            GiveUp(a_failure()),
            Requested,
        ),
        missing(Image::Present, portless, ReservePort, Starting),
        missing(Image::Present, same, Create, Starting),
        missing(
            Image::Present,
            |row| row.restart_wanted = 1,
            Create,
            Starting,
        ),
    ]
}

/// Wanted running, with a container made from what is wanted.
fn started() -> Vec<Case> {
    use ContainerStatus::{Requested, Running, Starting, Unhealthy};
    use Decision::{
        AwaitAnswer, Deliver, EndMute, FallAsleep, ForgiveCrashes, GiveUpCrashing, GiveUpExited,
        GiveUpSilent, NoteEnd, NoteStart, Publish, Remove, Restart, Settled, Start, Unpause,
    };
    use Readiness::{Answers, Mute, Published, Silent};
    let one = |seen, tweak: fn(&mut ContainerRow), decision, status| {
        case(
            Desired::Running,
            seen,
            Image::NotAsked,
            tweak,
            decision,
            status,
        )
    };
    let created = || Seen::Created { fits: true };
    let exited = || ended(true, false);
    vec![
        one(created(), same, Start, Starting),
        one(
            created(),
            |row| row.retry_at = Some(NOW.plus_millis(4000)),
            look_again(4000),
            Starting,
        ),
        one(
            created(),
            |row| row.retry_at = Some(NOW.plus_millis(61_000)),
            Start,
            Starting,
        ),
        one(running(true, Silent), same, NoteStart, Starting),
        one(
            running(true, Silent),
            |row| row.starting_since = seconds_ago(2),
            look_again(50),
            Starting,
        ),
        one(
            running(true, Silent),
            |row| row.starting_since = seconds_ago(3),
            look_again(250),
            Starting,
        ),
        one(
            running(true, Silent),
            |row| row.starting_since = seconds_ago(300),
            look_again(250),
            Starting,
        ),
        one(
            running(true, Silent),
            |row| row.starting_since = seconds_ago(301),
            GiveUpSilent,
            Requested,
        ),
        one(
            running(true, Silent),
            |row| row.starting_since = seconds_ago(-60),
            NoteStart,
            Starting,
        ),
        one(
            running(true, Answers),
            |row| row.starting_since = seconds_ago(1),
            Publish,
            Starting,
        ),
        one(
            running(true, Answers),
            |row| row.starting_since = seconds_ago(301),
            Publish,
            Starting,
        ),
        one(running(true, Published), crashed, Settled, Running),
        one(
            running(true, Published),
            |row| {
                crashed(row);
                row.restart_wanted = 1;
            },
            Restart,
            Starting,
        ),
        one(
            running(true, Silent),
            |row| row.restart_wanted = 1,
            Restart,
            Starting,
        ),
        one(
            running(true, Published),
            |row| {
                crashed(row);
                row.attempts = 2;
                row.ready_since = seconds_ago(3599);
            },
            Settled,
            Running,
        ),
        one(
            running(true, Published),
            |row| {
                crashed(row);
                row.attempts = 2;
                row.ready_since = seconds_ago(3600);
            },
            ForgiveCrashes,
            Running,
        ),
        one(running(true, Mute(2)), crashed, Settled, Running),
        one(running(true, Mute(3)), crashed, AwaitAnswer, Unhealthy),
        one(running(true, Mute(19)), crashed, AwaitAnswer, Unhealthy),
        one(running(true, Mute(20)), crashed, EndMute, Unhealthy),
        one(
            running(true, Mute(3)),
            |row| {
                crashed(row);
                row.restart_wanted = 1;
            },
            Restart,
            Starting,
        ),
        one(created(), live, Deliver, Starting),
        one(running(true, Published), live, Deliver, Starting),
        one(exited(), live, Deliver, Starting),
        drifted(Drift::Limits),
        drifted(Drift::Name),
        left_alone(59, Settled),
        left_alone(60, FallAsleep(Tier::Paused)),
        left_alone(600, FallAsleep(Tier::Stopped)),
        left_alone(6000, FallAsleep(Tier::Removed)),
        one(exited(), same, Start, Starting),
        one(exited(), |row| row.restart_wanted = 1, Start, Starting),
        one(
            exited(),
            |row| row.starting_since = seconds_ago(1),
            GiveUpExited,
            Starting,
        ),
        one(
            exited(),
            |row| {
                row.starting_since = seconds_ago(1);
                row.restart_wanted = 1;
            },
            Start,
            Starting,
        ),
        one(exited(), crashed, back_off(1, 1), Starting),
        one(ended(true, true), same, Start, Starting),
        one(ended(true, true), crashed, NoteEnd, Starting),
        one(
            ended(true, true),
            |row| {
                crashed(row);
                row.attempts = 5;
            },
            NoteEnd,
            Starting,
        ),
        one(
            ended(true, true),
            |row| {
                crashed(row);
                row.consecutive_failures = 20;
            },
            back_off(1, 1),
            Starting,
        ),
        one(
            ended(true, true),
            |row| row.starting_since = seconds_ago(1),
            NoteEnd,
            Starting,
        ),
        one(
            exited(),
            |row| {
                crashed(row);
                row.attempts = 4;
            },
            back_off(5, 16),
            Starting,
        ),
        one(
            exited(),
            |row| {
                crashed(row);
                row.attempts = 5;
            },
            GiveUpCrashing,
            Starting,
        ),
        one(
            exited(),
            |row| {
                row.attempts = 2;
                row.retry_at = Some(NOW.plus_millis(2000));
            },
            look_again(2000),
            Starting,
        ),
        one(
            exited(),
            |row| {
                row.attempts = 2;
                row.retry_at = Some(NOW);
            },
            Start,
            Starting,
        ),
        one(Seen::Paused { fits: true }, crashed, Unpause, Starting),
        one(Seen::InTransit, same, look_again(200), Starting),
        one(Seen::Dead, same, Remove, Starting),
    ]
}

/// Wanted running, with a container made from something else.
fn replaced() -> Vec<Case> {
    use ContainerStatus::{Building, Requested, Starting};
    let old = || running(false, Readiness::Published);
    let one =
        |seen, image, decision, status| case(Desired::Running, seen, image, same, decision, status);
    vec![
        one(old(), Image::Unplanned, Decision::PlanImage, Building),
        one(old(), Image::Missing, Decision::QueueBuild, Building),
        one(old(), Image::Building, Decision::AwaitBuild, Building),
        one(
            old(),
            Image::Failed(a_failure()),
            Decision::GiveUp(a_failure()),
            Requested,
        ),
        one(old(), Image::Present, Decision::Remove, Starting),
        one(
            Seen::Created { fits: false },
            Image::Present,
            Decision::Remove,
            Starting,
        ),
        one(
            Seen::Paused { fits: false },
            Image::Present,
            Decision::Remove,
            Starting,
        ),
        one(
            ended(false, false),
            Image::Present,
            Decision::Remove,
            Starting,
        ),
    ]
}

/// Wanted running, and asleep because nobody looked.
fn asleep() -> Vec<Case> {
    use ContainerStatus::{Paused, Requested, Stopped};
    use Decision::{FallAsleep, Pause, Remove, Settled, Stop};
    let one = |tier, seconds, seen, decision, status| {
        let sleeps = |row: &mut ContainerRow| {
            row.asleep = Some(tier);
            row.idle_since = seconds_ago(seconds);
        };
        case(
            Desired::Running,
            seen,
            Image::NotAsked,
            sleeps,
            decision,
            status,
        )
    };
    let up = || running(true, Readiness::Published);
    let frozen = || Seen::Paused { fits: true };
    let made = || Seen::Created { fits: true };
    let exited = || ended(true, false);
    vec![
        one(Tier::Paused, 60, up(), Pause, Requested),
        one(Tier::Paused, 60, frozen(), Settled, Paused),
        one(Tier::Paused, 599, frozen(), Settled, Paused),
        one(
            Tier::Paused,
            600,
            frozen(),
            FallAsleep(Tier::Stopped),
            Requested,
        ),
        one(
            Tier::Paused,
            99,
            exited(),
            FallAsleep(Tier::Stopped),
            Requested,
        ),
        one(
            Tier::Paused,
            99,
            Seen::Missing,
            FallAsleep(Tier::Stopped),
            Requested,
        ),
        one(Tier::Stopped, 600, frozen(), Stop, Requested),
        one(Tier::Stopped, 600, up(), Stop, Requested),
        one(Tier::Stopped, 600, exited(), Settled, Stopped),
        one(Tier::Stopped, 600, made(), Settled, Stopped),
        one(Tier::Stopped, 600, Seen::Missing, Settled, Stopped),
        one(
            Tier::Stopped,
            6000,
            exited(),
            FallAsleep(Tier::Removed),
            Requested,
        ),
        one(Tier::Removed, 6000, exited(), Remove, Requested),
        one(Tier::Removed, 6000, frozen(), Remove, Requested),
        one(Tier::Removed, 6000, Seen::Missing, Settled, Stopped),
        one(Tier::Stopped, 600, Seen::Dead, Remove, Requested),
        one(
            Tier::Stopped,
            600,
            Seen::InTransit,
            look_again(200),
            Requested,
        ),
    ]
}

/// Wanted running, and the old container serves until the new one is ready.
fn without_a_gap() -> Vec<Case> {
    use ContainerStatus::{Building, Requested, Starting};
    let one = |seen, image, tweak: fn(&mut ContainerRow), previous, decision, status| {
        let mut case = case(Desired::Running, seen, image, tweak, decision, status);
        case.seen.previous = previous;
        case.gapless = true;
        case
    };
    let old = || running(false, Readiness::Published);
    let new = || running(true, Readiness::Published);
    let serves = |is_left| {
        let is_up = true;
        Some(Previous { is_up, is_left })
    };
    let ended = Some(Previous {
        is_up: false,
        is_left: true,
    });
    let (aside, gone) = (Decision::StepAside, Decision::RemovePrevious);
    let restart = |row: &mut ContainerRow| row.restart_wanted = 1;
    let ready_for_a_second = |row: &mut ContainerRow| row.ready_since = seconds_ago(1);
    let ready_for_a_minute = |row: &mut ContainerRow| row.ready_since = seconds_ago(60);
    let (asked, there) = (Image::NotAsked, Image::Present);
    let (missing, silent) = (Seen::Missing, || running(false, Readiness::Silent));
    vec![
        one(
            old(),
            Image::Building,
            same,
            None,
            Decision::AwaitBuild,
            Building,
        ),
        one(old(), there.clone(), same, None, aside.clone(), Starting),
        one(
            silent(),
            there.clone(),
            same,
            None,
            Decision::Remove,
            Starting,
        ),
        one(new(), asked.clone(), restart, None, aside, Starting),
        one(
            missing.clone(),
            there.clone(),
            same,
            serves(true),
            Decision::Create,
            Starting,
        ),
        one(missing, there.clone(), same, ended, gone.clone(), Requested),
        one(
            new(),
            asked.clone(),
            same,
            serves(false),
            Decision::Settled,
            ContainerStatus::Running,
        ),
        one(
            new(),
            asked.clone(),
            same,
            serves(true),
            Decision::Settled,
            ContainerStatus::Running,
        ),
        one(
            new(),
            asked.clone(),
            ready_for_a_second,
            serves(true),
            gone.clone(),
            Requested,
        ),
        one(
            new(),
            asked.clone(),
            ready_for_a_minute,
            serves(false),
            gone.clone(),
            Requested,
        ),
        one(
            new(),
            asked,
            restart,
            serves(false),
            gone.clone(),
            Requested,
        ),
        one(old(), there, same, serves(false), gone, Requested),
    ]
}

/// Wanted running, and given up.
fn given_up() -> Vec<Case> {
    use ContainerStatus::Failed;
    let one = |seen, decision, status| {
        case(
            Desired::Running,
            seen,
            Image::NotAsked,
            failed,
            decision,
            status,
        )
    };
    vec![
        one(Seen::Missing, Decision::Settled, Failed),
        one(Seen::Created { fits: true }, Decision::Settled, Failed),
        one(running(true, Readiness::Silent), Decision::Stop, Failed),
        one(Seen::Paused { fits: true }, Decision::Stop, Failed),
        one(ended(true, false), Decision::Settled, Failed),
        one(Seen::InTransit, look_again(200), Failed),
        one(Seen::Dead, Decision::Remove, Failed),
    ]
}

fn stopped() -> Vec<Case> {
    use ContainerStatus::{Requested, Stopped};
    let one = |seen, decision, status| {
        case(
            Desired::Stopped,
            seen,
            Image::NotAsked,
            same,
            decision,
            status,
        )
    };
    vec![
        one(Seen::Missing, Decision::Settled, Stopped),
        one(Seen::Created { fits: true }, Decision::Settled, Stopped),
        one(
            running(true, Readiness::Published),
            Decision::Stop,
            Requested,
        ),
        one(running(false, Readiness::Silent), Decision::Stop, Requested),
        one(Seen::Paused { fits: true }, Decision::Stop, Requested),
        one(ended(true, false), Decision::Settled, Stopped),
        one(Seen::InTransit, look_again(200), Requested),
        one(Seen::Dead, Decision::Remove, Requested),
    ]
}

fn absent() -> Vec<Case> {
    let one = |seen, decision| {
        case(
            Desired::Absent,
            seen,
            Image::NotAsked,
            same,
            decision,
            ContainerStatus::Deleting,
        )
    };
    vec![
        one(Seen::Created { fits: true }, Decision::Remove),
        one(running(true, Readiness::Published), Decision::Remove),
        one(running(false, Readiness::Silent), Decision::Remove),
        one(Seen::Paused { fits: true }, Decision::Remove),
        one(ended(true, false), Decision::Remove),
        one(Seen::InTransit, look_again(200)),
        one(Seen::Dead, Decision::Remove),
        one(Seen::Missing, Decision::Forget),
    ]
}

fn chapters() -> Vec<(&'static str, Vec<Case>)> {
    vec![
        ("Wanted running, no container yet", made()),
        ("Wanted running, with a container", started()),
        (
            "Wanted running, with a container made from something else",
            replaced(),
        ),
        (
            "Wanted running, to be replaced without a gap",
            without_a_gap(),
        ),
        ("Wanted running, asleep", asleep()),
        ("Wanted running, given up", given_up()),
        ("Wanted stopped", stopped()),
        ("Wanted absent", absent()),
    ]
}

#[test]
fn every_line_of_the_table_is_decided_as_written() {
    for (chapter, cases) in chapters() {
        for case in cases {
            let line = format!(
                "{chapter}: {:?} with {:?}",
                case.seen,
                words::conditions(&case.row, &case.seen)
            );
            let gapless = case.gapless;
            let policy = Policy { gapless, ..POLICY };
            let decision = decide(&case.row, &case.seen, NOW, &policy);
            assert_eq!(decision, case.decision, "{line}");
            assert_eq!(status(&case.row, &decision), case.status, "{line}");
        }
    }
}

#[test]
fn a_mute_app_is_left_alone_where_it_is_not_to_be_restarted() {
    let mut row = row();
    crashed(&mut row);
    let seen = Observation {
        image: Image::NotAsked,
        container: running(true, Readiness::Mute(10_000)),
        drift: None,
        previous: None,
        idle: None,
    };
    let policy = Policy {
        restart_misses: None,
        ..POLICY
    };
    assert_eq!(decide(&row, &seen, NOW, &policy), Decision::AwaitAnswer);
}

#[test]
fn the_table_has_every_decision_and_every_container_state_of_every_wish() {
    let cases: Vec<Case> = chapters()
        .into_iter()
        .flat_map(|(_, cases)| cases)
        .collect();
    let decided: BTreeSet<&str> = cases
        .iter()
        .map(|case| words::variant(&case.decision))
        .collect();
    assert_eq!(decided, BTreeSet::from(words::EVERY_DECISION));
    let kind = |seen: &Seen| words::container(seen).split(',').next().unwrap_or_default();
    for desired in [Desired::Running, Desired::Stopped, Desired::Absent] {
        let seen: BTreeSet<&str> = cases
            .iter()
            .filter(|case| case.row.desired == desired)
            .map(|case| kind(&case.seen.container))
            .collect();
        let kinds = if desired == Desired::Running { 8 } else { 7 };
        assert_eq!(seen.len(), kinds, "{desired}: {seen:?}");
    }
}

/// `UPDATE_DOCS=1 cargo test -p playground-control` writes the file anew.
#[test]
fn the_committed_table_is_the_one_that_is_tested() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/states.md");
    let text = document();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&file, &text).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        committed == text,
        "docs/states.md is not what the tests say: run them with UPDATE_DOCS=1 and look at the difference"
    );
}

fn document() -> String {
    let mut text = INTRODUCTION.to_owned();
    for (chapter, cases) in chapters() {
        write!(
            text,
            "\n## {chapter}\n\n| container | and | does | says |\n|---|---|---|---|\n"
        )
        .unwrap();
        for case in cases {
            writeln!(
                text,
                "| {} | {} | {} | {} |",
                words::container(&case.seen.container),
                words::conditions(&case.row, &case.seen),
                words::decision(&case.decision),
                words::status(case.status),
            )
            .unwrap();
        }
    }
    text
}

const INTRODUCTION: &str = "\
# What happens in which state

Each container record has a wish (running, stopped, absent). The loop compares it with what the engine shows and does one
step; then it looks again, until nothing is left to do. This is the whole table: the first column is what the engine shows,
the last one the status that the record shows meanwhile. It is made by the tests of `decide`
(`crates/playground-control/src/container/decide_tests`), which check every line; do not edit it by hand.

An app may take 300 s until it answers; one that was ready is started again after up to 5 crashes, which are forgotten
after an hour of health: the defaults of `start_timeout`, `crash_attempts` and `healthy_after`. Health checks are asked
every 30 s; 3 missed in a row make an app unhealthy, 20 end it: the defaults of `health_interval`, `health_misses` and
`health_restart_misses`.
";
