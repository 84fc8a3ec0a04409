//! Ready after a start: when every record was compared with the engine, and not before.

use std::time::Duration;

use playground_control::Progress;
use playground_engine::EngineError;
use playground_engine::fake::Op;
use playground_testkit::{Plugin, TestControl};
use playground_types::ContainerStatus;
use tokio::time::timeout;

use crate::pass;

const MINUTE: Duration = Duration::from_secs(60);

/// Waits until the Agent is ready, at most so long.
async fn ready_within(agent: &TestControl, patience: Duration) -> bool {
    timeout(patience, agent.control.ready())
        .await
        .unwrap_or(false)
}

/// So many models of one release, all of them ready.
async fn records(agent: &TestControl, count: i64) {
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    for model in 0..count {
        let request = TestControl::request_with(&facts, Some(model), serde_json::json!({}));
        agent.create(request).await;
    }
    assert_eq!(agent.settle().await.len() as i64, count);
}

#[tokio::test(start_paused = true)]
async fn ready_comes_when_the_engine_returned_and_every_record_was_compared() {
    let mut agent = TestControl::new().await;
    records(&agent, 3).await;
    agent.kill().await;
    agent.fake.outside().go_down();
    agent.start_again().await;
    assert!(!ready_within(&agent, 10 * MINUTE).await);
    let health = agent.control.health().await.unwrap();
    assert_eq!(health.status, "starting");
    assert_eq!(
        (health.readiness.records, health.readiness.compared),
        (3, 0)
    );
    assert!(
        health.problems[0].starts_with("Docker does not answer"),
        "{:?}",
        health.problems
    );
    agent.fake.outside().come_back();
    assert!(ready_within(&agent, Duration::from_secs(5)).await);
    let health = agent.control.health().await.unwrap();
    assert_eq!(
        (health.readiness.ready, health.readiness.compared),
        (true, 3)
    );
    assert_eq!(health.status, "ok", "{:?}", health.problems);
    agent.settle().await;
}

#[tokio::test(start_paused = true)]
async fn an_agent_without_records_is_not_ready_before_the_engine_answered() {
    let mut agent = TestControl::new().await;
    agent.kill().await;
    agent.fake.outside().go_down();
    agent.start_again().await;
    assert!(!ready_within(&agent, MINUTE).await);
    agent.fake.outside().come_back();
    assert!(ready_within(&agent, Duration::from_secs(5)).await);
}

#[tokio::test(start_paused = true)]
async fn what_is_said_once_ready_is_true_of_what_died_meanwhile() {
    let mut agent = TestControl::new().await;
    records(&agent, 3).await;
    let rows = agent.rows().await;
    agent.kill().await;
    agent.fake.outside().kill(&rows[0].name, 1);
    // Another run of the same container: as good as a crash that nobody saw.
    agent.fake.outside().kill(&rows[1].name, 1);
    agent.fake.outside().start(&rows[1].name).unwrap();
    agent.start_again().await;
    assert!(ready_within(&agent, MINUTE).await);
    for (row, is_untouched) in rows.iter().zip([false, false, true]) {
        let row = agent.row(row.pk).await;
        let endpoint = agent.control.endpoint(&row, None);
        assert_eq!(endpoint.is_some(), is_untouched, "{row:#?}");
        assert_eq!(row.status == ContainerStatus::Running, is_untouched);
    }
    let after = agent.settle().await;
    assert!(
        after
            .iter()
            .all(|row| row.status == ContainerStatus::Running)
    );
}

#[tokio::test(start_paused = true)]
async fn records_that_one_list_shows_to_be_right_are_not_asked_for_one_by_one() {
    let mut agent = TestControl::new().await;
    records(&agent, 40).await;
    agent.kill().await;
    let before = agent.fake.call_count();
    agent.start_again().await;
    assert!(ready_within(&agent, MINUTE).await);
    let calls = agent.fake.calls().split_off(before);
    let inspected = calls.iter().filter(|op| **op == Op::Inspect).count();
    assert!(
        inspected < 10,
        "{inspected} of 40 were inspected: {calls:?}"
    );
    agent.settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_record_that_cannot_be_seen_holds_ready_back_until_it_was() {
    let mut agent = TestControl::new().await;
    records(&agent, 2).await;
    let rows = agent.rows().await;
    agent.kill().await;
    agent.fake.outside().kill(&rows[0].name, 1);
    for _ in 0..6 {
        let error = EngineError::Unintelligible("scripted".to_owned());
        agent.fake.fail_next(Op::Inspect, error);
    }
    agent.start_again().await;
    pass(Duration::from_millis(100)).await;
    let expected = Progress {
        records: 2,
        compared: 1,
        listed: true,
    };
    assert_eq!(agent.control.progress(), expected);
    assert!(ready_within(&agent, MINUTE).await);
    agent.settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_list_that_fails_is_asked_for_again() {
    let mut agent = TestControl::new().await;
    records(&agent, 2).await;
    agent.kill().await;
    for _ in 0..5 {
        agent
            .fake
            .fail_next(Op::List, EngineError::TimedOut("list containers"));
    }
    agent.start_again().await;
    pass(Duration::from_millis(500)).await;
    assert!(!agent.control.progress().is_ready());
    assert!(ready_within(&agent, MINUTE).await);
    agent.settle().await;
}
