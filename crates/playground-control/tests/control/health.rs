//! Ready apps that stop answering: what is said of them, and when they are restarted.

use std::collections::BTreeMap;
use std::time::Duration;

use playground_control::{ControlConfig, RestartPolicy};
use playground_engine::fake::{AppBehaviour, BuildScript, Op};
use playground_store::ContainerRow;
use playground_testkit::{Plugin, TestControl};
use playground_types::{ContainerStatus, FailureKind, HealthState};
use serde_json::json;
use tokio::time::Instant;

use crate::{count, pass};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// A ready app.
async fn ready(adjust: impl FnOnce(&mut ControlConfig)) -> (TestControl, ContainerRow) {
    let agent = TestControl::with(adjust).await;
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let row = agent.ready(&facts).await;
    agent.settle().await;
    (agent, row)
}

async fn becomes(agent: &TestControl, row: &ContainerRow, status: ContainerStatus) -> ContainerRow {
    agent.until(row.pk, |row| row.status == status).await
}

fn hang(agent: &TestControl, row: &ContainerRow, hangs: bool) {
    agent.fake.outside().hang(&row.name, hangs);
}

#[tokio::test(start_paused = true)]
async fn an_app_that_goes_mute_is_unhealthy_after_three_misses_and_keeps_its_address() {
    let (agent, row) = ready(|_| {}).await;
    assert_eq!(row.health_state, HealthState::Healthy, "it just answered");
    let began = Instant::now();
    hang(&agent, &row, true);
    let missed = agent
        .until(row.pk, |row| row.consecutive_failures == 2)
        .await;
    assert_eq!(
        (missed.status, missed.health_state),
        (ContainerStatus::Running, HealthState::Healthy)
    );
    let mute = becomes(&agent, &row, ContainerStatus::Unhealthy).await;
    // Three checks, 30 s from one to the next, the first within 30 s, the last with its time-out of 10 s.
    let waited = began.elapsed();
    assert!((70 * SECOND..101 * SECOND).contains(&waited), "{waited:?}");
    assert_eq!(mute.health_state, HealthState::Unhealthy);
    assert_eq!(mute.consecutive_failures, 3);
    assert_eq!(
        mute.last_health_error.as_deref(),
        Some("no answer within 10 s")
    );
    let shown = agent.control.view(&mute, Some("host"));
    assert_eq!(shown.endpoint.as_deref(), Some("http://host:7860"));
    assert!(shown.last_health_check_at > agent.control.view(&row, None).last_health_check_at);
    assert_eq!(count(&agent, Op::Stop) + count(&agent, Op::Restart), 0);
}

#[tokio::test(start_paused = true)]
async fn a_busy_app_that_answers_again_runs_on_without_a_restart() {
    let (agent, row) = ready(|_| {}).await;
    hang(&agent, &row, true);
    becomes(&agent, &row, ContainerStatus::Unhealthy).await;
    pass(7 * MINUTE).await;
    hang(&agent, &row, false);
    let began = Instant::now();
    let after = becomes(&agent, &row, ContainerStatus::Running).await;
    assert!(began.elapsed() <= 31 * SECOND, "at its next check");
    assert_eq!(after.published_run, row.published_run);
    assert_eq!((after.attempts, after.consecutive_failures), (0, 0));
    assert_eq!(after.health_state, HealthState::Healthy);
    assert_eq!(after.last_health_error, None);
    agent.settle().await;
    assert_eq!((count(&agent, Op::Start), count(&agent, Op::Stop)), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn an_app_that_is_mute_for_ten_minutes_is_restarted_as_after_a_crash() {
    let (agent, row) = ready(|_| {}).await;
    hang(&agent, &row, true);
    let began = Instant::now();
    let crashed = agent.until(row.pk, |row| row.attempts == 1).await;
    let waited = began.elapsed();
    assert!((9 * MINUTE..11 * MINUTE).contains(&waited), "{waited:?}");
    assert_eq!(crashed.status, ContainerStatus::Starting);
    assert_eq!(
        crashed.retry_at.unwrap().millis_since(crashed.updated_at),
        1000
    );
    assert_eq!(agent.control.endpoint(&crashed, None), None);
    let shown = agent.control.view(&crashed, None);
    assert_eq!((shown.attempts, shown.retry_at.is_some()), (1, true));
    let after = agent.settle().await.remove(0);
    assert_eq!(after.engine_id, row.engine_id);
    assert_ne!(after.published_run, row.published_run);
    assert_eq!(
        (after.health_state, after.consecutive_failures),
        (HealthState::Healthy, 0)
    );
    assert_eq!((after.retry_at, after.last_health_error), (None, None));
}

#[tokio::test(start_paused = true)]
async fn an_app_that_goes_mute_after_every_restart_is_given_up_with_the_reason() {
    let (agent, row) = ready(|config| config.crash_attempts = 2).await;
    for attempts in 0..3 {
        let ready = agent
            .until(row.pk, |row| row.attempts == attempts && row.is_published())
            .await;
        hang(&agent, &ready, true);
    }
    let row = agent
        .until(row.pk, |row| row.current_failure().is_some())
        .await;
    let failure = row.current_failure().unwrap();
    assert_eq!(failure.kind, FailureKind::Unresponsive);
    assert_eq!(
        failure.message,
        "the app stopped answering: it missed 20 health checks in a row, and was restarted 2 times before"
    );
    agent.settle().await;
    pass(60 * MINUTE).await;
    assert_eq!(count(&agent, Op::Start), 3);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_restarted_where_the_policy_is_never() {
    let (agent, row) = ready(|config| config.restart = RestartPolicy::Never).await;
    hang(&agent, &row, true);
    becomes(&agent, &row, ContainerStatus::Unhealthy).await;
    pass(60 * MINUTE).await;
    let mute = agent.row(row.pk).await;
    assert_eq!(mute.status, ContainerStatus::Unhealthy);
    assert_eq!(mute.published_run, row.published_run);
    hang(&agent, &row, false);
    becomes(&agent, &row, ContainerStatus::Running).await;
    agent.fake.outside().kill(&row.name, 3);
    let failed = becomes(&agent, &row, ContainerStatus::Failed).await;
    let failure = failed.current_failure().unwrap();
    assert_eq!(failure.kind, FailureKind::ExitedEarly, "not a loop");
    assert_eq!(failure.exit_code, Some(3));
    agent.settle().await;
    assert_eq!(count(&agent, Op::Start), 1);
}

#[tokio::test(start_paused = true)]
async fn a_mute_app_is_never_restarted_where_that_is_turned_off_and_a_crash_still_is() {
    let (agent, row) = ready(|config| config.health_checks.restart_misses = None).await;
    hang(&agent, &row, true);
    pass(60 * MINUTE).await;
    let mute = agent.row(row.pk).await;
    assert_eq!(mute.status, ContainerStatus::Unhealthy);
    assert_eq!(count(&agent, Op::Stop), 0);
    agent.fake.outside().kill(&row.name, 3);
    let after = agent.settle().await.remove(0);
    assert_eq!(
        (after.status, after.attempts),
        (ContainerStatus::Running, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn nobody_is_asked_where_health_checks_are_turned_off() {
    let (agent, row) = ready(|config| config.health_checks.interval = Duration::ZERO).await;
    hang(&agent, &row, true);
    pass(60 * MINUTE).await;
    let after = agent.row(row.pk).await;
    assert_eq!(
        (after.status, after.consecutive_failures),
        (ContainerStatus::Running, 0)
    );
    assert_eq!(after.last_health_check_at, row.last_health_check_at);
}

#[tokio::test(start_paused = true)]
async fn the_hour_of_health_that_forgives_crashes_begins_anew_after_being_unhealthy() {
    let (agent, row) = ready(|_| {}).await;
    agent.fake.outside().kill(&row.name, 1);
    agent.until(row.pk, |row| row.attempts == 1).await;
    agent.settle().await;
    pass(50 * MINUTE).await;
    hang(&agent, &row, true);
    becomes(&agent, &row, ContainerStatus::Unhealthy).await;
    hang(&agent, &row, false);
    becomes(&agent, &row, ContainerStatus::Running).await;
    pass(55 * MINUTE).await;
    assert_eq!(agent.row(row.pk).await.attempts, 1);
    pass(6 * MINUTE).await;
    assert_eq!(agent.row(row.pk).await.attempts, 0);
    agent.settle().await;
}

#[tokio::test(start_paused = true)]
async fn an_app_misses_nothing_while_its_engine_is_away() {
    let (agent, row) = ready(|_| {}).await;
    // The engine's own proxy died with it, so the port answers nothing.
    hang(&agent, &row, true);
    agent.fake.outside().go_down();
    pass(30 * MINUTE).await;
    let after = agent.row(row.pk).await;
    assert_eq!(
        (after.status, after.consecutive_failures),
        (ContainerStatus::Running, 0)
    );
    hang(&agent, &row, false);
    agent.fake.outside().come_back();
    let after = agent.settle().await.remove(0);
    assert_eq!(after.published_run, row.published_run);
    assert_eq!(count(&agent, Op::Stop), 0);
}

#[tokio::test(start_paused = true)]
async fn an_app_that_is_started_by_hand_while_unhealthy_is_left_alone_and_may_still_crash() {
    let (agent, row) = ready(|_| {}).await;
    hang(&agent, &row, true);
    let mute = becomes(&agent, &row, ContainerStatus::Unhealthy).await;
    let wanted = agent.control.want_running(row.pk).await.unwrap();
    assert_eq!(wanted.generation, mute.generation);
    pass(SECOND).await;
    assert_eq!(count(&agent, Op::Start), 1);
    // A crash now is a crash of a ready app, not a failed start.
    agent.fake.outside().kill(&row.name, 3);
    let after = agent.settle().await.remove(0);
    assert_eq!(
        (after.status, after.attempts),
        (ContainerStatus::Running, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn a_mute_app_is_restarted_once_wherever_the_agent_is_killed_on_the_way() {
    const CALLS: usize = 25;
    for n in 0..CALLS {
        let (mut agent, row) = ready(|_| {}).await;
        hang(&agent, &row, true);
        agent
            .until(row.pk, |row| row.consecutive_failures == 19)
            .await;
        let halt = if n % 2 == 0 {
            agent.fake.halt_at(n / 2)
        } else {
            agent.fake.halt_after(n / 2)
        };
        halt.reached().await;
        agent.crash().await;
        let after = agent.settle().await.remove(0);
        let seen = (after.status, after.attempts);
        assert_eq!(seen, (ContainerStatus::Running, 1), "killed at {n}");
        assert_ne!(after.published_run, row.published_run, "killed at {n}");
    }
    println!("killed on the way of a restart: {CALLS} times");
}

/// Records with a ready app each, one for each model.
async fn many(records: i64) -> TestControl {
    let agent = TestControl::new().await;
    agent.fake.build_by_default(BuildScript {
        takes: Duration::from_millis(50),
        ..BuildScript::default()
    });
    agent.fake.behave_by_default(AppBehaviour {
        ready_after: Duration::from_millis(50),
        ..AppBehaviour::default()
    });
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let mut accepted = Vec::new();
    for model in 0..records {
        let request = TestControl::request_with(&facts, Some(model), json!({}));
        accepted.push(agent.create(request).await);
    }
    for accepted in &accepted {
        agent.completed(accepted).await;
    }
    agent
}

#[tokio::test(start_paused = true)]
async fn checks_of_300_apps_are_spread_over_the_interval_and_ask_the_engine_nothing() {
    let agent = many(300).await;
    agent.settle().await;
    pass(MINUTE).await;
    let calls = count(&agent, Op::Inspect);
    let began = agent.fake.now();
    pass(30 * SECOND).await;
    let mut by_second = BTreeMap::<i64, usize>::new();
    for row in agent.rows().await {
        let ago = row.last_health_check_at.unwrap().millis_since(began);
        assert!((0..=30_000).contains(&ago), "each once in 30 s: {ago}");
        *by_second.entry(ago / 1000).or_default() += 1;
    }
    println!("checks in each second: {by_second:?}");
    assert!(
        by_second.values().all(|checks| *checks <= 11),
        "{by_second:?}"
    );
    assert!(by_second.len() >= 29, "{by_second:?}");
    // What the driver's own timer asks in the meantime, and nothing beside it.
    let asked = count(&agent, Op::Inspect) - calls;
    assert!(asked <= 2 * 300, "{asked}");
}

#[tokio::test(start_paused = true)]
async fn a_hundred_mute_apps_hold_up_nobodys_start() {
    let agent = many(100).await;
    for row in agent.rows().await {
        hang(&agent, &row, true);
    }
    pass(2 * MINUTE).await;
    let facts = agent.upload(&Plugin::new("other", "1.0.0")).await;
    let began = Instant::now();
    let row = agent.ready(&facts).await;
    let took = began.elapsed();
    assert!(took < SECOND, "{took:?}");
    assert_eq!(row.status, ContainerStatus::Running);
    let rows = agent.rows().await;
    let mute = rows.iter().filter(|row| row.consecutive_failures > 0);
    assert_eq!(mute.count(), 100);
}
