//! Being told to end: steps end or are left for the next start, and apps run on.

use std::time::Duration;

use playground_engine::RunState;
use playground_engine::fake::AppBehaviour;
use playground_testkit::{Plugin, TestControl};
use playground_types::ContainerStatus;
use tokio::time::Instant;

use crate::pass;

const SECOND: Duration = Duration::from_secs(1);

/// A ready app that takes so long to end.
async fn ending_in(time: Duration) -> (TestControl, playground_store::ContainerRow) {
    let agent = TestControl::with(|config| config.stop_grace = 60 * SECOND).await;
    agent.fake.behave_by_default(AppBehaviour {
        stops_after: time,
        ..AppBehaviour::default()
    });
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let row = agent.ready(&facts).await;
    agent.settle().await;
    (agent, row)
}

#[tokio::test(start_paused = true)]
async fn a_step_in_the_middle_is_finished_before_the_agent_ends() {
    let (agent, row) = ending_in(3 * SECOND).await;
    agent.control.want_stopped(row.pk).await.unwrap();
    pass(SECOND).await;
    let begun = Instant::now();
    assert!(agent.control.stop().await);
    assert!(begun.elapsed() < 3 * SECOND, "{:?}", begun.elapsed());
    let state = agent.container_of(&row).state;
    assert!(matches!(state, RunState::Exited { .. }), "{state:?}");
}

#[tokio::test(start_paused = true)]
async fn a_step_that_takes_too_long_is_left_for_the_next_start() {
    let (mut agent, row) = ending_in(50 * SECOND).await;
    agent.control.want_stopped(row.pk).await.unwrap();
    pass(SECOND).await;
    let begun = Instant::now();
    assert!(!agent.control.stop().await);
    assert_eq!(begun.elapsed().as_secs(), 10);
    agent.start_again().await;
    let row = agent.settle().await.remove(0);
    assert_eq!(row.status, ContainerStatus::Stopped);
}

#[tokio::test(start_paused = true)]
async fn apps_run_on_when_the_agent_ends_and_are_published_still() {
    let (mut agent, row) = ending_in(SECOND).await;
    let begun = Instant::now();
    assert!(agent.control.stop().await);
    assert!(begun.elapsed() < SECOND, "nothing was to be finished");
    let left = agent.container_of(&row);
    assert_eq!(left.state, RunState::Running);
    pass(60 * SECOND).await;
    agent.start_again().await;
    assert!(agent.control.ready().await);
    let after = agent.row(row.pk).await;
    assert_eq!(after.published_run, row.published_run);
    assert_eq!(agent.container_of(&after), left);
}

#[tokio::test(start_paused = true)]
async fn starts_that_wait_for_their_turn_do_not_hold_the_end_up() {
    let mut agent = TestControl::with(|config| config.concurrent_starts = 1).await;
    agent.fake.behave_by_default(AppBehaviour {
        ready_after: 4 * SECOND,
        ..AppBehaviour::default()
    });
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    for model in 0..5 {
        let request = TestControl::request_with(&facts, Some(model), serde_json::json!({}));
        agent.create(request).await;
    }
    pass(2 * SECOND).await;
    let begun = Instant::now();
    assert!(agent.control.stop().await);
    assert!(begun.elapsed() < SECOND, "{:?}", begun.elapsed());
    agent.start_again().await;
    let rows = agent.settle().await;
    assert!(
        rows.iter()
            .all(|row| row.status == ContainerStatus::Running)
    );
}
