//! Replacing without a gap: the old container serves until the new one is ready, and goes when everybody has left it.

use std::time::Duration;

use playground_control::{ControlConfig, Replace};
use playground_engine::fake::AppBehaviour;
use playground_engine::{ContainerView, RunState};
use playground_store::{Accepted, ContainerRow};
use playground_testkit::{Plugin, TestAudience, TestControl};
use playground_types::ContainerStatus;
use serde_json::json;

use crate::pass;

const SECOND: Duration = Duration::from_secs(1);

fn gapless(config: &mut ControlConfig) {
    config.replace = Replace::Gapless;
    config.health_checks.interval = Duration::ZERO;
}

/// A ready app.
async fn ready() -> (TestControl, TestAudience, ContainerRow) {
    let agent = TestControl::with(gapless).await;
    let audience = TestAudience::of(&agent);
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let row = agent.ready(&facts).await;
    agent.settle().await;
    (agent, audience, row)
}

/// The same app with other params.
async fn change(agent: &TestControl, number: i64) -> Accepted {
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let params = json!({ "number": number });
    agent
        .create(TestControl::request_with(&facts, None, params))
        .await
}

fn running(agent: &TestControl) -> Vec<ContainerView> {
    let mut views = agent.containers();
    views.retain(|view| view.state == RunState::Running);
    views
}

#[tokio::test(start_paused = true)]
async fn the_old_container_serves_until_the_new_one_is_ready_and_everybody_left() {
    let (agent, audience, old) = ready().await;
    let slow = AppBehaviour {
        ready_after: 10 * SECOND,
        ..AppBehaviour::default()
    };
    agent.fake.behave_by_default(slow);
    audience.linger(old.pk, 1);
    let accepted = change(&agent, 1).await;
    assert!(accepted.recreated);
    let aside = agent
        .until(old.pk, |row| row.previous_engine_id.is_some())
        .await;
    assert_eq!(aside.previous_engine_id, old.engine_id);
    assert_eq!(
        agent.control.previous_address(&aside).map(|at| at.port()),
        old.host_port.map(|port| port.0)
    );
    pass(5 * SECOND).await;
    let starting = agent.row(old.pk).await;
    assert_eq!(starting.status, ContainerStatus::Starting);
    assert_eq!(
        running(&agent).len(),
        2,
        "both run while the new one is on its way"
    );

    let new = agent.completed(&accepted).await;
    assert_ne!(
        (&new.engine_id, new.host_port),
        (&old.engine_id, old.host_port)
    );
    pass(5 * SECOND).await;
    assert_eq!(running(&agent).len(), 2, "somebody is still at the old one");
    audience.linger(old.pk, 0);
    agent.settle().await;
    assert_eq!(running(&agent).len(), 1);
    assert_eq!(agent.container_of(&new).name, new.name);
}

#[tokio::test(start_paused = true)]
async fn whoever_stays_too_long_is_cut_off_at_the_deadline() {
    let (agent, audience, row) = ready().await;
    audience.linger(row.pk, 1);
    let accepted = change(&agent, 1).await;
    agent.completed(&accepted).await;
    let began = tokio::time::Instant::now();
    agent.settle().await;
    let waited = began.elapsed();
    assert!((55 * SECOND..65 * SECOND).contains(&waited), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn a_restart_has_no_gap_either() {
    let (agent, _audience, row) = ready().await;
    agent.control.want_restart(row.pk).await.unwrap();
    agent.settle().await;
    let new = agent.row(row.pk).await;
    assert_ne!(new.engine_id, row.engine_id);
    assert_eq!(new.restart_done, new.restart_wanted);
}

#[tokio::test(start_paused = true)]
async fn a_successor_that_fails_leaves_the_old_one_serving_until_one_is_ready() {
    let (agent, _audience, old) = ready().await;
    agent
        .fake
        .behave_by_default(AppBehaviour::crashes(SECOND, 1, &["no model"]));
    let accepted = change(&agent, 1).await;
    agent.failed(&accepted).await;
    pass(60 * SECOND).await;
    let failed = agent.row(old.pk).await;
    assert_eq!(failed.status, ContainerStatus::Failed);
    assert_eq!(failed.previous_engine_id, old.engine_id);
    assert_eq!(running(&agent).len(), 1, "the old one serves on");

    agent.fake.behave_by_default(AppBehaviour::default());
    let accepted = change(&agent, 2).await;
    agent.completed(&accepted).await;
    agent.settle().await;
    assert_eq!(running(&agent).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_stop_or_a_delete_takes_both() {
    for delete in [false, true] {
        let (agent, audience, row) = ready().await;
        audience.linger(row.pk, 1);
        let accepted = change(&agent, 1).await;
        agent.completed(&accepted).await;
        assert_eq!(running(&agent).len(), 2);
        if delete {
            agent.control.want_absent(row.pk).await.unwrap();
            agent.gone(row.pk).await;
            assert!(agent.containers().is_empty());
        } else {
            agent.control.want_stopped(row.pk).await.unwrap();
            agent.settle().await;
            assert!(running(&agent).is_empty());
        }
        assert_eq!(agent.settle().await.len(), usize::from(!delete));
    }
}

#[tokio::test(start_paused = true)]
async fn an_agent_killed_at_any_call_of_a_replacement_finishes_it() {
    for after in [false, true] {
        for call in 0..16 {
            let (mut agent, _audience, old) = ready().await;
            let halt = if after {
                agent.fake.halt_after(call)
            } else {
                agent.fake.halt_at(call)
            };
            let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
            let request = TestControl::request_with(&facts, None, json!({"number": 1}));
            let create = agent.control.create_container(request);
            // A create may itself be what is killed.
            tokio::select! {
                _ = async { drop(create.await); std::future::pending::<()>().await } => {}
                () = halt.reached() => {}
            }
            agent.crash().await;
            TestAudience::of(&agent);
            let accepted = change(&agent, 1).await;
            let new = agent.completed(&accepted).await;
            agent.settle().await;
            assert_eq!(new.pk, old.pk, "call {call}");
            assert_eq!(agent.containers().len(), 1, "call {call}, after: {after}");
        }
    }
}
