//! Apps that nobody looks at: how deep they sleep and when, what keeps them awake, and how they wake.

use std::time::Duration;

use playground_control::ControlConfig;
use playground_engine::RunState;
use playground_engine::fake::Op;
use playground_store::ContainerRow;
use playground_testkit::{Plugin, TestAudience, TestControl};
use playground_types::wire::OnExisting;
use playground_types::{ContainerStatus, IdleTimes, Tier};

use crate::{count, pass};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// Frozen after a minute, ended after ten, removed after thirty.
fn sleepy(config: &mut ControlConfig) {
    config.health_checks.interval = Duration::ZERO;
    config.idle = IdleTimes {
        pause_after: Some(60),
        stop_after: Some(600),
        remove_after: Some(1800),
    };
}

/// A ready app, and its audience.
async fn ready() -> (TestControl, TestAudience, ContainerRow) {
    let agent = TestControl::with(sleepy).await;
    let audience = TestAudience::of(&agent);
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let row = agent.ready(&facts).await;
    agent.settle().await;
    (agent, audience, row)
}

async fn sleeps(agent: &TestControl, row: &ContainerRow, tier: Tier) -> ContainerRow {
    agent.until(row.pk, |row| row.asleep == Some(tier)).await;
    agent.settle().await;
    agent.row(row.pk).await
}

async fn is_awake(agent: &TestControl, row: &ContainerRow) -> ContainerRow {
    let ready = |row: &ContainerRow| row.asleep.is_none() && row.status == ContainerStatus::Running;
    agent.until(row.pk, ready).await
}

#[tokio::test(start_paused = true)]
async fn an_app_that_nobody_looks_at_sinks_from_tier_to_tier_and_keeps_its_port() {
    let (agent, audience, row) = ready().await;
    let began = tokio::time::Instant::now();
    for (tier, seconds, status) in [
        (Tier::Paused, 60, ContainerStatus::Paused),
        (Tier::Stopped, 600, ContainerStatus::Stopped),
        (Tier::Removed, 1800, ContainerStatus::Stopped),
    ] {
        let sleeping = sleeps(&agent, &row, tier).await;
        assert_eq!(sleeping.status, status, "{tier}");
        assert_eq!(sleeping.host_port, row.host_port, "{tier}");
        let passed = began.elapsed().as_secs();
        assert!(
            (seconds..seconds + 10).contains(&passed),
            "{tier} after {passed} s"
        );
        assert!(audience.is_shut(row.pk), "{tier}");
    }
    assert!(agent.containers().is_empty(), "nothing is left to run");
    let woken = agent.control.view(&agent.row(row.pk).await, None);
    assert_eq!((woken.asleep, woken.endpoint), (Some(Tier::Removed), None));
}

#[tokio::test(start_paused = true)]
async fn a_visit_wakes_an_app_from_every_tier_at_the_same_address() {
    for tier in Tier::ALL {
        let (agent, audience, row) = ready().await;
        sleeps(&agent, &row, tier).await;
        audience.come(&agent, row.pk).await;
        let awake = is_awake(&agent, &row).await;
        assert_eq!(awake.host_port, row.host_port, "{tier}");
        assert_eq!(awake.attempts, 0, "{tier}: sleeping is no crash");
        let same_run = awake.published_run == row.published_run;
        assert_eq!(same_run, tier == Tier::Paused, "{tier}");
        assert!(!audience.is_shut(row.pk), "{tier}");
        pass(2 * MINUTE).await;
        assert_eq!(
            agent.row(row.pk).await.asleep,
            None,
            "{tier}: somebody is there"
        );
        audience.leave(row.pk);
        let begun = tokio::time::Instant::now();
        sleeps(&agent, &row, Tier::Paused).await;
        let passed = begun.elapsed();
        assert!(
            (MINUTE..MINUTE + 10 * SECOND).contains(&passed),
            "{tier}: {passed:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_sleeps_unless_somebody_says_so() {
    let agent = TestControl::with(|config| config.health_checks.interval = Duration::ZERO).await;
    let audience = TestAudience::of(&agent);
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let row = agent.ready(&facts).await;
    pass(24 * 60 * MINUTE).await;
    assert_eq!(agent.row(row.pk).await.asleep, None);
    let times = IdleTimes {
        stop_after: Some(30),
        ..IdleTimes::default()
    };
    agent.control.set_idle_times(row.pk, times).await.unwrap();
    sleeps(&agent, &row, Tier::Stopped).await;
    assert!(audience.is_shut(row.pk));
    let never = IdleTimes {
        stop_after: Some(0),
        ..IdleTimes::default()
    };
    agent.control.set_idle_times(row.pk, never).await.unwrap();
    agent.control.wake_up(row.pk).await.unwrap();
    is_awake(&agent, &row).await;
    pass(10 * MINUTE).await;
    assert_eq!(agent.row(row.pk).await.asleep, None);
}

#[tokio::test(start_paused = true)]
async fn whoever_is_connected_to_its_own_port_keeps_an_app_awake() {
    let (agent, _audience, row) = ready().await;
    agent.fake.outside().connect(&row.name, 1);
    pass(10 * MINUTE).await;
    assert_eq!(agent.row(row.pk).await.asleep, None);
    assert!(
        count(&agent, Op::Connections) < 15,
        "asked once its time has come"
    );
    agent.fake.outside().connect(&row.name, 0);
    sleeps(&agent, &row, Tier::Paused).await;
}

#[tokio::test(start_paused = true)]
async fn an_app_that_works_for_nobody_is_left_to_its_work() {
    let (agent, _audience, row) = ready().await;
    agent.fake.outside().work(&row.name, true);
    pass(10 * MINUTE).await;
    assert_eq!(agent.row(row.pk).await.asleep, None);
    agent.fake.outside().work(&row.name, false);
    sleeps(&agent, &row, Tier::Paused).await;
}

#[tokio::test(start_paused = true)]
async fn an_agent_that_is_killed_while_an_app_falls_asleep_goes_on_with_it() {
    // Two turns: one that says so, and one that does it. Each looks, and the first asks whether it is in use.
    for call in 0..8 {
        for visited in [false, true] {
            let (mut agent, _audience, row) = ready().await;
            pass(50 * SECOND).await;
            agent.fake.halt_at(call).reached().await;
            agent.crash().await;
            let audience = TestAudience::of(&agent);
            if visited {
                audience.come(&agent, row.pk).await;
                let awake = is_awake(&agent, &row).await;
                assert_eq!(awake.published_run, row.published_run, "call {call}");
                agent.settle().await;
                let state = agent.container_of(&row).state;
                assert_eq!(state, RunState::Running, "call {call}");
            } else {
                let sleeping = sleeps(&agent, &row, Tier::Paused).await;
                assert_eq!(sleeping.attempts, 0, "call {call}");
            }
            assert_eq!(audience.is_shut(row.pk), !visited, "call {call}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_agent_that_is_killed_lets_sleepers_sleep() {
    for tier in Tier::ALL {
        let (mut agent, _audience, row) = ready().await;
        sleeps(&agent, &row, tier).await;
        let before = agent.containers();
        agent.crash().await;
        let audience = TestAudience::of(&agent);
        pass(20 * SECOND).await;
        agent.settle().await;
        assert_eq!(agent.row(row.pk).await.asleep, Some(tier));
        assert_eq!(agent.containers(), before, "{tier}: nothing was touched");
        audience.come(&agent, row.pk).await;
        is_awake(&agent, &row).await;
    }
}

#[tokio::test(start_paused = true)]
async fn whatever_is_wanted_of_a_sleeper_wakes_it_first() {
    for tier in Tier::ALL {
        let (agent, _audience, row) = ready().await;
        sleeps(&agent, &row, tier).await;
        agent.control.want_running(row.pk).await.unwrap();
        is_awake(&agent, &row).await;
        sleeps(&agent, &row, tier).await;
        agent.control.want_restart(row.pk).await.unwrap();
        let restarted = is_awake(&agent, &row).await;
        assert_ne!(restarted.published_run, row.published_run, "{tier}");
        sleeps(&agent, &row, tier).await;
        agent.control.want_stopped(row.pk).await.unwrap();
        let stopped =
            |row: &ContainerRow| row.status == ContainerStatus::Stopped && row.asleep.is_none();
        agent.until(row.pk, stopped).await;
        agent.control.wake_up(row.pk).await.unwrap();
        agent.settle().await;
        let status = agent.row(row.pk).await.status;
        assert_eq!(
            status,
            ContainerStatus::Stopped,
            "{tier}: no visit starts what was stopped"
        );
        agent.control.want_absent(row.pk).await.unwrap();
        agent.gone(row.pk).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_same_create_wakes_a_sleeper() {
    for on_existing in [OnExisting::Reuse, OnExisting::Restart, OnExisting::Recreate] {
        let (agent, _audience, row) = ready().await;
        sleeps(&agent, &row, Tier::Paused).await;
        let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
        let mut request = TestControl::request(&facts);
        request.on_existing = on_existing;
        let accepted = agent.create(request).await;
        let woken = agent.completed(&accepted).await;
        assert_eq!((woken.pk, woken.asleep), (row.pk, None), "{on_existing:?}");
        assert!(accepted.restarted, "{on_existing:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_sleeper_whose_machine_went_down_has_not_crashed() {
    let (agent, audience, row) = ready().await;
    sleeps(&agent, &row, Tier::Paused).await;
    agent.fake.outside().kill(&row.name, 137);
    let deeper = sleeps(&agent, &row, Tier::Stopped).await;
    assert_eq!(deeper.attempts, 0);
    audience.come(&agent, row.pk).await;
    let awake = is_awake(&agent, &row).await;
    assert_eq!((awake.attempts, awake.host_port), (0, row.host_port));
}
