//! Agents that stop and start, and two of them on one engine.

use std::time::Duration;

use playground_engine::fake::Op;
use playground_testkit::{Plugin, TestControl};
use playground_types::HostPort;
use serde_json::json;

use crate::{count, pass};

#[tokio::test(start_paused = true)]
async fn two_agents_on_one_engine_never_touch_each_others_containers() {
    let one = TestControl::new().await;
    let two = TestControl::on(&one.fake, |_| {}).await;
    assert_ne!(one.control.agent_id(), two.control.agent_id());
    let facts = one.upload(&Plugin::new("echo", "1.0.0")).await;
    two.upload(&Plugin::new("echo", "1.0.0")).await;
    let mut of_one = one.ready(&facts).await;
    let of_two = two.ready(&facts).await;
    assert_eq!(of_one.host_port, Some(HostPort(7860)));
    assert_eq!(of_two.host_port, Some(HostPort(7861)));
    assert_eq!(of_one.pk, of_two.pk);
    let of_two_before = two.container_of(&of_two);
    // Longer than both the timer and the sweeper's period.
    pass(Duration::from_secs(700)).await;
    one.control.want_restart(of_one.pk).await.unwrap();
    of_one = one.settle().await.remove(0);
    one.control.want_absent(of_one.pk).await.unwrap();
    one.gone(of_one.pk).await;
    one.settle().await;
    pass(Duration::from_secs(700)).await;
    assert_eq!(two.container_of(&of_two), of_two_before);
    assert_eq!(two.settle().await.remove(0).engine_id, of_two.engine_id);
    assert_eq!(one.containers(), []);
}

#[tokio::test(start_paused = true)]
async fn published_containers_stay_published_over_a_stop_and_a_start_of_the_agent() {
    let mut agent = TestControl::new().await;
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let mut before = Vec::new();
    for model in [1, 2, 3] {
        let accepted = agent
            .create(TestControl::request_with(&facts, Some(model), json!({})))
            .await;
        before.push(agent.completed(&accepted).await);
    }
    agent.settle().await;
    agent.control.stop().await;
    pass(Duration::from_secs(3600)).await;
    for row in &before {
        assert_eq!(agent.fake.answers(row.host_port.unwrap()), Some(200));
    }
    agent.start_again().await;
    pass(Duration::from_secs(60)).await;
    let after = agent.settle().await;
    let runs = |rows: &[playground_store::ContainerRow]| -> Vec<_> {
        rows.iter().map(|row| row.published_run.clone()).collect()
    };
    assert_eq!(runs(&before), runs(&after));
    assert_eq!(count(&agent, Op::Start), 3);
    assert_eq!(count(&agent, Op::Restart), 0);
}

#[tokio::test(start_paused = true)]
async fn a_container_whose_record_was_deleted_is_removed_and_not_adopted() {
    let agent = TestControl::new().await;
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let row = agent.ready(&facts).await;
    agent.settle().await;
    // Its record goes while the engine cannot be asked to remove it.
    agent.kill().await;
    let store = agent.control.store();
    let now = agent.fake.now();
    store.want_absent(row.pk, now).await.unwrap();
    assert!(store.forget_container(row.pk, now).await.unwrap());
    let mut agent = agent;
    agent.start_again().await;
    agent
        .fake
        .until(Duration::from_secs(60), |fake| fake.containers().is_empty())
        .await;
    agent.settle().await;
}
