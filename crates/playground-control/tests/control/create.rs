//! Who is the same container, and what a second create does to it.

use playground_control::CreateRequest;
use playground_engine::fake::{BuildScript, Op};
use playground_plugin::PluginFacts;
use playground_store::Outcome;
use playground_testkit::{Plugin, TestControl};
use playground_types::wire::OnExisting;
use playground_types::{ContainerStatus, HostPort};
use serde_json::json;

use crate::count;

fn request(facts: &PluginFacts, on_existing: OnExisting) -> CreateRequest {
    CreateRequest {
        on_existing,
        ..TestControl::request(facts)
    }
}

fn env(agent: &TestControl, container: &str, name: &str) -> Option<String> {
    let spec = agent.fake.outside().spec_of(container);
    spec.env
        .into_iter()
        .find(|(found, _)| found == name)
        .map(|(_, value)| value)
}

#[tokio::test(start_paused = true)]
async fn a_create_builds_the_image_and_ends_with_an_app_that_answers() {
    let agent = TestControl::new().await;
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let accepted = agent.create(TestControl::request(&facts)).await;
    assert!(!accepted.restarted && !accepted.recreated);
    assert_eq!(accepted.container.status, ContainerStatus::Requested);
    let row = agent.completed(&accepted).await;
    assert_eq!(row.status, ContainerStatus::Running);
    assert_eq!(row.host_port, Some(HostPort(7860)));
    assert_eq!(agent.fake.answers(HostPort(7860)), Some(200));
    assert_eq!(row.engine_id, Some(agent.container_of(&row).id));
    assert_eq!(
        agent.control.endpoint(&row, Some("box")).as_deref(),
        Some("http://box:7860")
    );
    agent.settle().await;
}

#[tokio::test(start_paused = true)]
async fn the_address_is_given_out_only_after_the_app_answered() {
    let agent = TestControl::new().await;
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let accepted = agent.create(TestControl::request(&facts)).await;
    let pk = accepted.container.pk;
    let row = agent.until(pk, |row| row.starting_since.is_some()).await;
    assert_eq!(agent.fake.answers(HostPort(7860)), None);
    assert_eq!(row.status, ContainerStatus::Starting);
    assert_eq!(agent.control.endpoint(&row, None), None);
    let row = agent.completed(&accepted).await;
    assert!(agent.control.endpoint(&row, None).is_some());
}

#[tokio::test(start_paused = true)]
async fn a_second_create_restarts_the_same_container_on_the_same_port() {
    let agent = TestControl::new().await;
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let first = agent.ready(&facts).await;
    let run = agent.container_of(&first).started_at;
    let second = agent.create(TestControl::request(&facts)).await;
    assert!(second.restarted && !second.recreated);
    let row = agent.completed(&second).await;
    assert_eq!(
        (row.pk, &row.engine_id, row.host_port),
        (first.pk, &first.engine_id, first.host_port)
    );
    assert_ne!(agent.container_of(&row).started_at, run);
    assert_eq!(count(&agent, Op::Build), 1);
    agent.settle().await;
}

#[tokio::test(start_paused = true)]
async fn reuse_looks_before_it_leaves_a_container_alone() {
    let agent = TestControl::new().await;
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let first = agent.ready(&facts).await;
    agent.settle().await;
    agent.fake.outside().drop_events(true);
    agent.fake.outside().rm(&first.name);
    let reused = agent.create(request(&facts, OnExisting::Reuse)).await;
    assert_eq!(
        (reused.launch.outcome, reused.restarted),
        (None, true),
        "the record had not noticed"
    );
    let after = agent.settle().await.remove(0);
    assert_eq!(after.status, ContainerStatus::Running);
    assert_ne!(after.engine_id, first.engine_id);
}

#[tokio::test(start_paused = true)]
async fn reuse_leaves_a_ready_container_alone_and_starts_a_stopped_one() {
    let agent = TestControl::new().await;
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let first = agent.ready(&facts).await;
    let run = agent.container_of(&first).started_at;
    let reused = agent.create(request(&facts, OnExisting::Reuse)).await;
    assert!(!reused.restarted);
    assert_eq!(reused.launch.outcome, Some(Outcome::Completed));
    agent.settle().await;
    assert_eq!(agent.container_of(&first).started_at, run);
    agent.control.want_stopped(first.pk).await.unwrap();
    agent.settle().await;
    let started = agent.create(request(&facts, OnExisting::Reuse)).await;
    let row = agent.completed(&started).await;
    assert_eq!(row.engine_id, first.engine_id);
    assert_eq!(row.host_port, first.host_port);
    agent.settle().await;
}

#[tokio::test(start_paused = true)]
async fn recreate_makes_another_container_of_the_same_record() {
    let agent = TestControl::new().await;
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let first = agent.ready(&facts).await;
    let accepted = agent.create(request(&facts, OnExisting::Recreate)).await;
    assert!(accepted.restarted && accepted.recreated);
    let row = agent.completed(&accepted).await;
    assert_ne!(row.engine_id, first.engine_id);
    assert_eq!((row.pk, row.host_port), (first.pk, first.host_port));
    assert_eq!(count(&agent, Op::Build), 1);
    agent.settle().await;
}

#[tokio::test(start_paused = true)]
async fn changed_params_make_another_container_on_the_same_port() {
    let agent = TestControl::new().await;
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let first = agent.ready(&facts).await;
    assert_eq!(
        env(&agent, &first.name, "PLUGIN_PARAMS").as_deref(),
        Some("{}")
    );
    let changed = TestControl::request_with(&facts, None, json!({"size": 2}));
    let accepted = agent.create(changed).await;
    assert!(accepted.restarted && accepted.recreated);
    let row = agent.completed(&accepted).await;
    assert_eq!((row.pk, row.host_port), (first.pk, first.host_port));
    assert_ne!(row.engine_id, first.engine_id);
    assert_eq!(
        env(&agent, &row.name, "PLUGIN_PARAMS").as_deref(),
        Some(r#"{"size":2}"#)
    );
    assert_eq!(count(&agent, Op::Build), 1);
    agent.settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_changed_archive_is_built_while_the_old_container_serves_on() {
    let agent = TestControl::new().await;
    let plugin = Plugin::new("echo", "1.0.0");
    let facts = agent.upload(&plugin).await;
    let first = agent.ready(&facts).await;
    let changed = plugin.with("plugin/more.py", "MORE = 1\n");
    let facts = agent.upload(&changed).await;
    let accepted = agent.create(TestControl::request(&facts)).await;
    assert!(accepted.recreated);
    agent
        .fake
        .until(std::time::Duration::from_secs(60), |fake| {
            fake.builds_running() == 1
        })
        .await;
    let port = first.host_port.unwrap();
    assert_eq!(agent.fake.answers(port), Some(200));
    assert!(agent.row(first.pk).await.is_published());
    let row = agent.completed(&accepted).await;
    assert_eq!((row.pk, row.host_port), (first.pk, first.host_port));
    assert_ne!(row.engine_id, first.engine_id);
    assert_eq!(count(&agent, Op::Build), 2);
    agent.settle().await;
}

#[tokio::test(start_paused = true)]
async fn fifty_creates_at_once_make_one_build_and_one_container() {
    let agent = TestControl::new().await;
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let creates = (0..50).map(|_| agent.create(TestControl::request(&facts)));
    let accepted = futures_util::future::join_all(creates).await;
    let launch = accepted[0].launch.id;
    assert!(accepted.iter().all(|one| one.launch.id == launch));
    for one in &accepted {
        agent.completed(one).await;
    }
    let rows = agent.settle().await;
    assert_eq!((rows.len(), agent.containers().len()), (1, 1));
    assert_eq!(count(&agent, Op::Build), 1);
    assert_eq!(count(&agent, Op::Create), 1);
    assert_eq!(count(&agent, Op::Start), 1);
}

#[tokio::test(start_paused = true)]
async fn no_model_is_one_identity_and_zero_is_a_model_like_any_other() {
    let agent = TestControl::new().await;
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    for model in [None, None, Some(0), Some(1), Some(0)] {
        let accepted = agent
            .create(TestControl::request_with(&facts, model, json!({})))
            .await;
        agent.completed(&accepted).await;
    }
    let rows = agent.settle().await;
    let models: Vec<Option<i64>> = rows
        .iter()
        .map(|row| row.model.map(|model| model.0))
        .collect();
    assert_eq!(models, [None, Some(0), Some(1)]);
    assert_eq!(agent.containers().len(), 3);
    assert_eq!(count(&agent, Op::Build), 1);
}

#[tokio::test(start_paused = true)]
async fn two_models_of_one_release_wait_for_one_build() {
    let agent = TestControl::new().await;
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let one = agent
        .create(TestControl::request_with(&facts, Some(1), json!({})))
        .await;
    let two = agent
        .create(TestControl::request_with(&facts, Some(2), json!({})))
        .await;
    let (one, two) = (agent.ended(&one).await, agent.ended(&two).await);
    assert_eq!(one.build, two.build);
    assert!(one.build.is_some());
    let rows = agent.settle().await;
    assert_ne!(rows[0].host_port, rows[1].host_port);
    assert_eq!(count(&agent, Op::Build), 1);
}

#[tokio::test(start_paused = true)]
async fn the_same_create_joins_the_launch_in_flight_and_another_one_replaces_it() {
    let agent = TestControl::new().await;
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let first = agent.create(TestControl::request(&facts)).await;
    agent
        .until(first.container.pk, |row| {
            row.status == ContainerStatus::Building
        })
        .await;
    let joined = agent.create(TestControl::request(&facts)).await;
    assert_eq!(joined.launch.id, first.launch.id);
    let changed = TestControl::request_with(&facts, None, json!({"size": 2}));
    let replaced = agent.create(changed).await;
    assert_ne!(replaced.launch.id, first.launch.id);
    let row = agent.completed(&replaced).await;
    agent.completed(&first).await;
    assert_eq!(
        env(&agent, &row.name, "PLUGIN_PARAMS").as_deref(),
        Some(r#"{"size":2}"#)
    );
    assert_eq!(count(&agent, Op::Create), 1);
    agent.settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_create_after_a_failed_build_builds_again_whatever_it_changes() {
    let agent = TestControl::new().await;
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    for params in [json!({}), json!({}), json!({"size": 2})] {
        agent
            .fake
            .build_next(BuildScript::failing("exit code: 1", &[]));
        let accepted = agent
            .create(TestControl::request_with(&facts, None, params))
            .await;
        agent.failed(&accepted).await;
    }
    assert_eq!(count(&agent, Op::Build), 3);
    let changed = TestControl::request_with(&facts, None, json!({"size": 3}));
    let accepted = agent.create(changed).await;
    agent.completed(&accepted).await;
    agent.settle().await;
}
