//! Starts that fail, crashes, and what is said about them.

use std::time::Duration;

use playground_engine::RunState;
use playground_engine::fake::{AppBehaviour, Op};
use playground_store::Accepted;
use playground_testkit::{Plugin, TestControl};
use playground_types::{ContainerStatus, FailureKind};
use tokio::time::Instant;

use crate::{count, pass};

const SECOND: Duration = Duration::from_secs(1);

/// A created plugin whose app behaves like this.
async fn created(behaviour: AppBehaviour) -> (TestControl, Accepted) {
    let agent = TestControl::new().await;
    agent.fake.behave_by_default(behaviour);
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let accepted = agent.create(TestControl::request(&facts)).await;
    (agent, accepted)
}

/// The kind of failure that an app like this gets.
async fn kind_of(behaviour: AppBehaviour) -> FailureKind {
    let (agent, accepted) = created(behaviour).await;
    let failure = agent.failed(&accepted).await;
    let rows = agent.settle().await;
    assert_eq!(rows[0].status, ContainerStatus::Failed);
    assert_eq!(agent.control.endpoint(&rows[0], None), None);
    failure.kind
}

#[tokio::test(start_paused = true)]
async fn a_plugin_that_raises_at_import_fails_when_it_exits_and_not_at_the_deadline() {
    let words = r#"SYNAPSE {"event":"error","reason":"missing_dependency","message":"m","type":"ModuleNotFoundError","module":"torch","package":"torch"}"#;
    let behaviour = AppBehaviour::crashes(SECOND, 67, &["Traceback", words]);
    let (agent, accepted) = created(behaviour).await;
    let began = Instant::now();
    let failure = agent.failed(&accepted).await;
    let build_and_exit = 3 * SECOND;
    assert!(
        began.elapsed() < build_and_exit + SECOND,
        "{:?}",
        began.elapsed()
    );
    assert_eq!(failure.kind, FailureKind::MissingModule);
    assert_eq!(
        failure.message,
        "the plugin imports torch, which is not installed"
    );
    assert_eq!(
        (failure.exit_code, failure.log_tail),
        (Some(67), vec!["Traceback".to_owned()])
    );
    agent.settle().await;
    assert_eq!(count(&agent, Op::Start), 1);
}

#[tokio::test(start_paused = true)]
async fn the_create_after_a_failed_start_makes_a_fresh_container() {
    let (agent, accepted) = created(AppBehaviour::crashes(SECOND, 1, &[])).await;
    agent.failed(&accepted).await;
    let failed = agent.settle().await.remove(0);
    agent.fake.behave_by_default(AppBehaviour::default());
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let row = agent.ready(&facts).await;
    assert_eq!((row.pk, row.host_port), (failed.pk, failed.host_port));
    assert_ne!(row.engine_id, failed.engine_id);
    assert_eq!(row.current_failure(), None);
    agent.settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_start_by_hand_after_a_failed_one_makes_a_fresh_container() {
    let (agent, accepted) = created(AppBehaviour::crashes(SECOND, 1, &[])).await;
    agent.failed(&accepted).await;
    let failed = agent.settle().await.remove(0);
    agent.fake.behave_by_default(AppBehaviour::default());
    agent.control.want_running(failed.pk).await.unwrap();
    let row = agent.settle().await.remove(0);
    assert_eq!(row.status, ContainerStatus::Running);
    assert_ne!(row.engine_id, failed.engine_id);
}

#[tokio::test(start_paused = true)]
async fn an_app_that_never_listens_is_given_up_at_the_deadline_and_stopped() {
    let (agent, accepted) = created(AppBehaviour::never_ready()).await;
    let began = Instant::now();
    let failure = agent.failed(&accepted).await;
    assert_eq!(failure.kind, FailureKind::NotListening);
    let waited = began.elapsed();
    assert!((300 * SECOND..310 * SECOND).contains(&waited), "{waited:?}");
    agent.settle().await;
    let state = agent.containers().remove(0).state;
    assert!(matches!(state, RunState::Exited { .. }), "{state:?}");
}

#[tokio::test(start_paused = true)]
async fn an_app_on_loopback_or_on_another_port_is_told_apart() {
    let loopback = AppBehaviour {
        loopback_only: true,
        ..AppBehaviour::default()
    };
    assert_eq!(kind_of(loopback).await, FailureKind::LoopbackOnly);
    let elsewhere = AppBehaviour {
        port: 8080,
        ..AppBehaviour::default()
    };
    assert_eq!(kind_of(elsewhere).await, FailureKind::WrongPort);
}

#[tokio::test(start_paused = true)]
async fn an_app_that_only_says_not_yet_is_not_answering() {
    let loading = AppBehaviour {
        status: 503,
        ..AppBehaviour::default()
    };
    assert_eq!(kind_of(loading).await, FailureKind::NotAnswering);
}

#[tokio::test(start_paused = true)]
async fn an_app_that_asks_for_a_login_is_ready() {
    let (agent, accepted) = created(AppBehaviour {
        status: 401,
        ..AppBehaviour::default()
    })
    .await;
    agent.completed(&accepted).await;
    agent.settle().await;
}

#[tokio::test(start_paused = true)]
async fn an_app_that_is_out_of_memory_while_it_starts_says_so() {
    let (agent, accepted) = created(AppBehaviour::never_ready()).await;
    let pk = accepted.container.pk;
    let row = agent.until(pk, |row| row.starting_since.is_some()).await;
    agent.fake.outside().oom(&row.name);
    assert_eq!(agent.failed(&accepted).await.kind, FailureKind::OutOfMemory);
    agent.settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_crash_is_answered_with_another_start_after_a_back_off() {
    let (agent, accepted) = created(AppBehaviour::default()).await;
    let first = agent.completed(&accepted).await;
    agent.fake.outside().kill(&first.name, 1);
    let crashed = agent.until(first.pk, |row| row.attempts == 1).await;
    assert_eq!(agent.control.endpoint(&crashed, None), None);
    let row = agent.settle().await.remove(0);
    assert_eq!(
        (row.engine_id, row.host_port),
        (first.engine_id, first.host_port)
    );
    let waited = row.ready_since.unwrap().millis_since(crashed.updated_at);
    assert!(
        (2000..2500).contains(&waited),
        "a second of back-off, a second of start: {waited}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_crash_loop_backs_off_longer_each_time_and_is_given_up() {
    let (agent, accepted) = created(AppBehaviour {
        exits_after: Some((2 * SECOND, 3)),
        ..AppBehaviour::default()
    })
    .await;
    let began = Instant::now();
    let row = agent.completed(&accepted).await;
    let row = agent
        .until(row.pk, |row| row.current_failure().is_some())
        .await;
    let failure = row.current_failure().unwrap();
    assert_eq!(failure.kind, FailureKind::CrashLoop);
    assert_eq!(failure.exit_code, Some(3));
    assert!(failure.message.contains("6 times"), "{}", failure.message);
    assert_eq!(count(&agent, Op::Start), 6);
    // The build, six runs of two seconds each, and 1 + 2 + 4 + 8 + 16 seconds between them.
    let (least, most) = (45 * SECOND, 47 * SECOND);
    assert!(
        (least..most).contains(&began.elapsed()),
        "{:?}",
        began.elapsed()
    );
    agent.settle().await;
    pass(600 * SECOND).await;
    assert_eq!(count(&agent, Op::Start), 6);
}

#[tokio::test(start_paused = true)]
async fn a_start_by_hand_after_a_crash_loop_has_all_attempts_again() {
    let (agent, accepted) = created(AppBehaviour {
        exits_after: Some((2 * SECOND, 3)),
        ..AppBehaviour::default()
    })
    .await;
    let row = agent.completed(&accepted).await;
    agent
        .until(row.pk, |row| row.current_failure().is_some())
        .await;
    agent.control.want_running(row.pk).await.unwrap();
    agent.until(row.pk, |row| row.is_published()).await;
    let crashed = agent.until(row.pk, |row| !row.is_published()).await;
    assert_eq!((crashed.current_failure(), crashed.attempts), (None, 1));
}

#[tokio::test(start_paused = true)]
async fn crashes_are_forgiven_after_a_healthy_hour_and_the_timer_goes_on_until_then() {
    let (agent, accepted) = created(AppBehaviour::default()).await;
    let first = agent.completed(&accepted).await;
    agent.fake.outside().kill(&first.name, 1);
    agent.until(first.pk, |row| row.attempts == 1).await;
    agent.settle().await;
    agent.fake.outside().drop_events(true);
    agent.fake.outside().stop(&first.name);
    pass(60 * SECOND).await;
    assert_eq!(agent.row(first.pk).await.attempts, 2);
    agent.settle().await;
    pass(3700 * SECOND).await;
    assert_eq!(agent.row(first.pk).await.attempts, 0);
    agent.settle().await;
}

#[tokio::test(start_paused = true)]
async fn item_27_an_app_that_writes_over_its_disk_limit_is_stopped_with_a_kind_of_its_own() {
    let (agent, accepted) = created(AppBehaviour::default()).await;
    let row = agent.completed(&accepted).await;
    agent
        .fake
        .outside()
        .write(&row.name, row.spec.limits.disk_bytes + 1);
    let row = agent
        .until(row.pk, |row| row.current_failure().is_some())
        .await;
    assert_eq!(row.current_failure().unwrap().kind, FailureKind::DiskLimit);
    agent.settle().await;
}
