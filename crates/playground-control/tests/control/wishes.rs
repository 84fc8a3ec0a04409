//! Stop, start, restart, delete and cancel, wherever the container just is.

use std::time::Duration;

use playground_control::ControlError;
use playground_engine::fake::{AppBehaviour, BuildScript, Op};
use playground_engine::{FakeEngine, RunState};
use playground_store::Outcome;
use playground_testkit::{Plugin, TestControl};
use playground_types::{BuildStatus, ContainerStatus, FailureKind};
use serde_json::json;
use tokio::time::Instant;

use crate::{count, pass};

const MINUTE: Duration = Duration::from_secs(60);

async fn a_build_runs(fake: &FakeEngine) {
    fake.until(MINUTE, |fake| fake.builds_running() == 1).await;
}

#[tokio::test(start_paused = true)]
async fn stop_keeps_the_port_and_start_brings_the_same_container_back() {
    let agent = TestControl::new().await;
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let first = agent.ready(&facts).await;
    agent.control.want_stopped(first.pk).await.unwrap();
    let stopped = agent
        .until(first.pk, |row| row.status == ContainerStatus::Stopped)
        .await;
    assert_eq!(stopped.host_port, first.host_port);
    assert_eq!(agent.control.endpoint(&stopped, None), None);
    assert!(matches!(
        agent.container_of(&first).state,
        RunState::Exited { .. }
    ));
    agent.settle().await;
    agent.control.want_running(first.pk).await.unwrap();
    agent.settle().await;
    let row = agent.row(first.pk).await;
    assert_eq!(
        (row.status, row.engine_id, row.host_port),
        (ContainerStatus::Running, first.engine_id, first.host_port)
    );
}

#[tokio::test(start_paused = true)]
async fn a_container_says_stopped_only_once_it_is() {
    let agent = TestControl::with(|config| config.stop_grace = MINUTE).await;
    agent.fake.behave_by_default(AppBehaviour {
        stops_after: Duration::from_secs(5),
        ..AppBehaviour::default()
    });
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let row = agent.ready(&facts).await;
    agent.control.want_stopped(row.pk).await.unwrap();
    pass(Duration::from_secs(3)).await;
    let stopping = agent.row(row.pk).await;
    assert_ne!(stopping.status, ContainerStatus::Stopped);
    assert_eq!(agent.control.endpoint(&stopping, None), None);
    agent.settle().await;
}

/// docs/security.md, item 31.
#[tokio::test(start_paused = true)]
async fn item_31_an_app_that_does_not_end_when_asked_holds_up_nobody() {
    let agent = TestControl::new().await;
    agent.fake.behave_by_default(AppBehaviour {
        stops_after: MINUTE,
        ..AppBehaviour::default()
    });
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let pk = agent.ready(&facts).await.pk;
    let clock = Instant::now();
    let wanted = agent.control.want_restart(pk).await.unwrap();
    agent
        .until(pk, |row| row.restart_done >= wanted.restart_wanted)
        .await;
    let restart = clock.elapsed();
    agent.settle().await;
    let clock = Instant::now();
    agent.control.want_stopped(pk).await.unwrap();
    agent
        .until(pk, |row| row.status == ContainerStatus::Stopped)
        .await;
    let stop = clock.elapsed();
    agent.ready(&facts).await;
    let clock = Instant::now();
    agent.control.want_absent(pk).await.unwrap();
    agent.gone(pk).await;
    let delete = clock.elapsed();
    for took in [restart, stop, delete] {
        assert!(
            took <= Duration::from_secs(2),
            "{restart:?} {stop:?} {delete:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn restarts_that_are_asked_for_together_are_all_fulfilled() {
    let agent = TestControl::new().await;
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let first = agent.ready(&facts).await;
    let run = agent.container_of(&first).started_at;
    for _ in 0..3 {
        agent.control.want_restart(first.pk).await.unwrap();
    }
    agent.settle().await;
    let row = agent.row(first.pk).await;
    assert_eq!((row.restart_wanted, row.restart_done), (3, 3));
    assert_eq!(row.engine_id, first.engine_id);
    assert_ne!(agent.container_of(&row).started_at, run);
    assert!(count(&agent, Op::Restart) <= 3);
}

#[tokio::test(start_paused = true)]
async fn delete_leaves_nothing_and_frees_the_port_and_is_remembered() {
    let agent = TestControl::new().await;
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let first = agent.ready(&facts).await;
    agent.control.want_absent(first.pk).await.unwrap();
    agent.gone(first.pk).await;
    assert_eq!(agent.settle().await, []);
    assert_eq!(agent.fake.containers(), []);
    let store = agent.control.store();
    assert_eq!(store.ports_in_use().await.unwrap(), 0);
    assert!(store.is_forgotten(&first.name).await.unwrap());
    let again = agent.ready(&facts).await;
    assert_ne!(again.pk, first.pk);
    assert_eq!(again.host_port, first.host_port);
}

#[tokio::test(start_paused = true)]
async fn delete_while_the_image_is_built_ends_the_build_and_leaves_nothing() {
    let agent = TestControl::new().await;
    agent.fake.build_next(BuildScript {
        hangs: true,
        ..BuildScript::default()
    });
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let accepted = agent.create(TestControl::request(&facts)).await;
    a_build_runs(&agent.fake).await;
    agent
        .control
        .want_absent(accepted.container.pk)
        .await
        .unwrap();
    agent.gone(accepted.container.pk).await;
    assert_eq!(
        agent.ended(&accepted).await.outcome,
        Some(Outcome::Cancelled)
    );
    assert_eq!(agent.settle().await, []);
    assert_eq!(agent.fake.builds_cancelled(), 1);
}

#[tokio::test(start_paused = true)]
async fn delete_of_one_of_two_that_wait_for_a_build_lets_the_build_go_on() {
    let agent = TestControl::new().await;
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let one = agent
        .create(TestControl::request_with(&facts, Some(1), json!({})))
        .await;
    let two = agent
        .create(TestControl::request_with(&facts, Some(2), json!({})))
        .await;
    a_build_runs(&agent.fake).await;
    agent
        .until(two.container.pk, |row| row.build.is_some())
        .await;
    agent.control.want_absent(one.container.pk).await.unwrap();
    agent.gone(one.container.pk).await;
    agent.completed(&two).await;
    assert_eq!(agent.fake.builds_cancelled(), 0);
    agent.settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_create_right_after_a_delete_that_ends_the_build_gets_a_build_of_its_own() {
    let agent = TestControl::new().await;
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let first = agent.create(TestControl::request(&facts)).await;
    a_build_runs(&agent.fake).await;
    agent.control.want_absent(first.container.pk).await.unwrap();
    agent.gone(first.container.pk).await;
    let second = agent.create(TestControl::request(&facts)).await;
    agent.completed(&second).await;
    agent.settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_create_while_the_record_is_on_its_way_out_brings_it_back() {
    let agent = TestControl::new().await;
    agent.fake.behave_by_default(AppBehaviour {
        stops_after: Duration::from_secs(5),
        ..AppBehaviour::default()
    });
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let first = agent.ready(&facts).await;
    agent.control.want_absent(first.pk).await.unwrap();
    // It is asked to end for a second, and then ended.
    pass(Duration::from_millis(500)).await;
    let second = agent.create(TestControl::request(&facts)).await;
    assert!(!second.restarted);
    let row = agent.completed(&second).await;
    assert_eq!(row.pk, first.pk);
    assert_ne!(row.engine_id, first.engine_id);
    agent.settle().await;
}

#[tokio::test(start_paused = true)]
async fn delete_while_the_app_starts_leaves_nothing() {
    let agent = TestControl::new().await;
    agent.fake.behave_by_default(AppBehaviour::never_ready());
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let accepted = agent.create(TestControl::request(&facts)).await;
    let pk = accepted.container.pk;
    agent.until(pk, |row| row.starting_since.is_some()).await;
    agent.control.want_absent(pk).await.unwrap();
    agent.gone(pk).await;
    assert_eq!(
        agent.ended(&accepted).await.outcome,
        Some(Outcome::Cancelled)
    );
    assert_eq!(agent.settle().await, []);
    assert_eq!(agent.fake.containers(), []);
}

#[tokio::test(start_paused = true)]
async fn stop_while_the_image_is_built_cancels_the_launch() {
    let agent = TestControl::new().await;
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let accepted = agent.create(TestControl::request(&facts)).await;
    a_build_runs(&agent.fake).await;
    agent
        .control
        .want_stopped(accepted.container.pk)
        .await
        .unwrap();
    assert_eq!(
        agent.ended(&accepted).await.outcome,
        Some(Outcome::Cancelled)
    );
    agent.settle().await;
    assert_eq!(agent.fake.containers(), []);
    let second = agent.create(TestControl::request(&facts)).await;
    agent.completed(&second).await;
    agent.settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_start_after_the_build_failed_while_stopped_builds_again() {
    let agent = TestControl::new().await;
    agent
        .fake
        .build_next(BuildScript::failing("exit code: 1", &[]));
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let accepted = agent.create(TestControl::request(&facts)).await;
    a_build_runs(&agent.fake).await;
    agent
        .control
        .want_stopped(accepted.container.pk)
        .await
        .unwrap();
    agent.settle().await;
    let second = agent.create(TestControl::request(&facts)).await;
    agent.completed(&second).await;
    assert_eq!(count(&agent, Op::Build), 2);
    agent.settle().await;
}

#[tokio::test(start_paused = true)]
async fn cancel_ends_a_build_that_runs_and_the_next_create_builds_again() {
    let agent = TestControl::new().await;
    agent.fake.build_next(BuildScript {
        hangs: true,
        ..BuildScript::default()
    });
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let accepted = agent.create(TestControl::request(&facts)).await;
    a_build_runs(&agent.fake).await;
    let id = accepted.launch.id.to_string();
    agent.control.cancel(&id).await.unwrap();
    let launch = agent.ended(&accepted).await;
    assert_eq!(launch.outcome, Some(Outcome::Cancelled));
    assert_eq!(
        launch.failure.map(|failure| failure.kind),
        Some(FailureKind::Cancelled)
    );
    agent.settle().await;
    assert_eq!(agent.fake.builds_cancelled(), 1);
    assert!(matches!(
        agent.control.cancel(&id).await,
        Err(ControlError::BuildEnded(_))
    ));
    let second = agent.create(TestControl::request(&facts)).await;
    agent.completed(&second).await;
    agent.settle().await;
}

#[tokio::test(start_paused = true)]
async fn cancel_ends_a_build_that_is_queued_without_running_it() {
    let agent = TestControl::with(|config| config.build.concurrent = 1).await;
    let first = agent.upload(&Plugin::new("first", "1.0.0")).await;
    let second = agent.upload(&Plugin::new("second", "1.0.0")).await;
    let first = agent.create(TestControl::request(&first)).await;
    a_build_runs(&agent.fake).await;
    let second = agent.create(TestControl::request(&second)).await;
    let row = agent
        .until(second.container.pk, |row| row.build.is_some())
        .await;
    let build = row.build.unwrap();
    agent.control.cancel(&build.to_string()).await.unwrap();
    assert_eq!(agent.ended(&second).await.outcome, Some(Outcome::Cancelled));
    let build = agent.control.store().build(build).await.unwrap().unwrap();
    assert_eq!(build.status, BuildStatus::Cancelled);
    assert_eq!(build.attempt, 0);
    agent.completed(&first).await;
    assert_eq!(count(&agent, Op::Build), 1);
    agent.settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_build_whose_cancel_was_wanted_before_a_crash_is_not_run_again() {
    let mut agent = TestControl::new().await;
    agent.fake.build_next(BuildScript {
        hangs: true,
        ..BuildScript::default()
    });
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let accepted = agent.create(TestControl::request(&facts)).await;
    a_build_runs(&agent.fake).await;
    let build = agent.row(accepted.container.pk).await.build.unwrap();
    agent.kill().await;
    agent.control.cancel(&build.to_string()).await.unwrap();
    agent.start_again().await;
    assert_eq!(
        agent.ended(&accepted).await.outcome,
        Some(Outcome::Cancelled)
    );
    assert_eq!(count(&agent, Op::Build), 1);
    agent.settle().await;
}
