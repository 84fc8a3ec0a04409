//! Many starts at once, and apps that say nothing or will not end: nobody waits for them but their own record.

use std::time::Duration;

use playground_engine::RunState;
use playground_engine::fake::{AppBehaviour, Op};
use playground_engine::labels::LABEL_RELEASE;
use playground_plugin::PluginFacts;
use playground_testkit::{Plugin, TestControl};
use playground_types::ContainerStatus;
use serde_json::json;
use tokio::time::Instant;

use crate::{count, pass};

const SECOND: Duration = Duration::from_secs(1);

/// A connection is taken and never answered.
fn mute() -> AppBehaviour {
    AppBehaviour {
        hangs: true,
        ready_after: Duration::ZERO,
        ..AppBehaviour::default()
    }
}

/// It ends only when it is killed.
fn stubborn() -> AppBehaviour {
    AppBehaviour {
        stops_after: Duration::from_secs(3600),
        ..AppBehaviour::default()
    }
}

/// So many models of a release.
async fn create(agent: &TestControl, facts: &PluginFacts, models: std::ops::Range<i64>) {
    for model in models {
        let request = TestControl::request_with(facts, Some(model), json!({}));
        agent.create(request).await;
    }
}

/// Apps that were started and do not answer yet, as the engine has them: a record says so a moment later.
fn starting(agent: &TestControl) -> usize {
    let containers = agent.containers().into_iter();
    let running = containers.filter(|view| view.state == RunState::Running);
    let ports = running.filter_map(|view| view.host_port);
    ports
        .filter(|port| agent.fake.hangs(*port) || agent.fake.answers(*port).is_none())
        .count()
}

/// How long a first create takes from its request to ready, and then its delete, beside whatever else goes on.
async fn create_and_delete(agent: &TestControl) -> (Duration, Duration) {
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let begun = Instant::now();
    let row = agent.ready(&facts).await;
    let created = begun.elapsed();
    let begun = Instant::now();
    agent.control.want_absent(row.pk).await.unwrap();
    agent.gone(row.pk).await;
    (created, begun.elapsed())
}

#[tokio::test(start_paused = true)]
async fn a_start_storm_after_a_boot_is_staggered_and_everybody_gets_a_turn() {
    let mut agent = TestControl::with(|config| config.concurrent_starts = 3).await;
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    create(&agent, &facts, 0..30).await;
    agent.settle().await;
    agent.kill().await;
    for view in agent.containers() {
        agent.fake.outside().stop(&view.name);
    }
    let starts = count(&agent, Op::Start);
    agent.start_again().await;
    let begun = Instant::now();
    let (mut most, mut told) = (0, None);
    while agent
        .rows()
        .await
        .iter()
        .any(|row| row.status != ContainerStatus::Running || !row.is_published())
    {
        most = most.max(starting(&agent));
        for row in agent.rows().await {
            told = agent.control.view(&row, None).waiting.or(told);
        }
        assert!(begun.elapsed() < 60 * SECOND, "{}", agent.state().await);
        pass(Duration::from_millis(50)).await;
    }
    assert_eq!(most, 3);
    assert_eq!(count(&agent, Op::Start) - starts, 30, "each starts once");
    let turns = 10 * SECOND;
    assert!(
        (turns..turns + 3 * SECOND).contains(&begun.elapsed()),
        "{:?}",
        begun.elapsed()
    );
    let told = told.expect("whoever waits for a turn says so");
    assert_eq!(told.code, "start_turn", "{told:?}");
    agent.settle().await;
}

#[tokio::test(start_paused = true)]
async fn twenty_mute_apps_delay_no_other_start_or_delete() {
    let alone = create_and_delete(&TestControl::new().await).await;
    let agent = TestControl::new().await;
    agent.fake.behave("mute@1.0.0", mute());
    let facts = agent.upload(&Plugin::new("mute", "1.0.0")).await;
    create(&agent, &facts, 0..20).await;
    // Five turns of four, five seconds each: from then on all of them run and say nothing.
    pass(30 * SECOND).await;
    assert_eq!(starting(&agent), 20);
    let beside = create_and_delete(&agent).await;
    assert_eq!(beside, alone);
}

#[tokio::test(start_paused = true)]
async fn a_start_behind_twenty_mute_ones_waits_for_their_turns_and_not_for_their_time_out() {
    let agent = TestControl::new().await;
    agent.fake.behave("mute@1.0.0", mute());
    let facts = agent.upload(&Plugin::new("mute", "1.0.0")).await;
    create(&agent, &facts, 0..20).await;
    let (created, _) = create_and_delete(&agent).await;
    let (build_and_start, turns) = (3 * SECOND, 25 * SECOND);
    assert!(created <= build_and_start + turns, "{created:?}");
}

#[tokio::test(start_paused = true)]
async fn twenty_apps_that_will_not_end_delay_no_other_start_or_delete() {
    let alone = create_and_delete(&TestControl::new().await).await;
    let agent = TestControl::new().await;
    agent.fake.behave("stubborn@1.0.0", stubborn());
    let facts = agent.upload(&Plugin::new("stubborn", "1.0.0")).await;
    create(&agent, &facts, 0..20).await;
    let rows = agent.settle().await;
    for row in &rows {
        agent.control.want_stopped(row.pk).await.unwrap();
    }
    pass(SECOND / 10).await;
    let still_up = agent
        .containers()
        .iter()
        .filter(|view| view.state == RunState::Running)
        .count();
    assert_eq!(still_up, 20, "all are asked to end, none has");
    assert_eq!(create_and_delete(&agent).await, alone);
    agent.settle().await;
    assert!(
        agent
            .containers()
            .iter()
            .all(|view| view.labels.contains_key(LABEL_RELEASE) && view.state != RunState::Running)
    );
}
