//! An engine that goes away, comes back, and refuses.

use std::time::Duration;

use playground_engine::EngineError;
use playground_engine::fake::{AppBehaviour, BuildScript, Op};
use playground_store::ContainerRow;
use playground_testkit::{Plugin, TestControl};
use playground_types::{ContainerStatus, FailureKind};
use tokio::time::Instant;

use crate::{count, pass};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test(start_paused = true)]
async fn a_create_while_the_engine_is_down_is_kept_and_done_when_it_is_back() {
    let agent = TestControl::new().await;
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    agent.fake.outside().go_down();
    let accepted = agent.create(TestControl::request(&facts)).await;
    pass(5 * MINUTE).await;
    assert_eq!(
        agent.row(accepted.container.pk).await.current_failure(),
        None
    );
    agent.fake.outside().come_back();
    let back = Instant::now();
    agent.completed(&accepted).await;
    let build_and_start = 3 * SECOND;
    assert!(
        back.elapsed() <= build_and_start + 5 * SECOND,
        "{:?}",
        back.elapsed()
    );
    agent.settle().await;
}

#[tokio::test(start_paused = true)]
async fn what_died_while_the_engine_was_down_runs_again_within_seconds_of_its_return() {
    let agent = TestControl::new().await;
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let row = agent.ready(&facts).await;
    agent.settle().await;
    agent.fake.outside().go_down();
    agent.fake.outside().kill(&row.name, 1);
    pass(5 * MINUTE).await;
    agent.fake.outside().come_back();
    let back = Instant::now();
    agent.settle().await;
    let back_off_and_start = 2 * SECOND;
    assert!(
        back.elapsed() <= back_off_and_start + 5 * SECOND,
        "{:?}",
        back.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_is_restarted_again_and_again_makes_no_app_a_crashing_one() {
    let agent = TestControl::new().await;
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let mut row = agent.ready(&facts).await;
    for _ in 0..10 {
        agent.fake.outside().go_down();
        pass(SECOND).await;
        row = {
            let died = dies(&agent, &row);
            let returns = async {
                pass(2 * SECOND).await;
                agent.fake.outside().come_back();
            };
            tokio::join!(died, returns).0
        };
        assert_eq!(row.attempts, 0);
        pass(MINUTE).await;
    }
    // One that ends while the engine is there has crashed.
    let row = dies(&agent, &row).await;
    assert_eq!(row.attempts, 1);
    agent.settle().await;
}

#[tokio::test(start_paused = true)]
async fn an_app_that_ended_with_its_engine_before_it_answered_is_started_again() {
    let agent = TestControl::new().await;
    agent.fake.behave_by_default(AppBehaviour {
        ready_after: MINUTE,
        ..AppBehaviour::default()
    });
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let accepted = agent.create(TestControl::request(&facts)).await;
    let pk = accepted.container.pk;
    let row = agent.until(pk, |row| row.starting_since.is_some()).await;
    agent.fake.outside().go_down();
    agent.fake.outside().kill(&row.name, 137);
    pass(10 * SECOND).await;
    agent.fake.outside().come_back();
    agent.completed(&accepted).await;
    assert_eq!(agent.row(pk).await.attempts, 0);
    agent.settle().await;
}

/// Its process ends; the record once its app answers again.
async fn dies(agent: &TestControl, row: &ContainerRow) -> ContainerRow {
    agent.fake.outside().kill(&row.name, 1);
    let is_another =
        |now: &ContainerRow| now.is_published() && now.published_run != row.published_run;
    agent.until(row.pk, is_another).await
}

#[tokio::test(start_paused = true)]
async fn a_build_that_the_engine_took_down_with_it_is_begun_again() {
    let agent = TestControl::new().await;
    agent.fake.build_by_default(BuildScript {
        takes: MINUTE,
        ..BuildScript::default()
    });
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let accepted = agent.create(TestControl::request(&facts)).await;
    agent
        .fake
        .until(MINUTE, |fake| fake.builds_running() == 1)
        .await;
    agent.fake.outside().go_down();
    pass(10 * MINUTE).await;
    assert_eq!(
        agent.row(accepted.container.pk).await.current_failure(),
        None
    );
    agent.fake.outside().come_back();
    agent.completed(&accepted).await;
    agent.settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_build_is_begun_again_as_often_as_the_engine_does_not_answer() {
    let agent = TestControl::new().await;
    for _ in 0..20 {
        agent
            .fake
            .fail_next(Op::Build, EngineError::unreachable("scripted"));
    }
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    agent.ready(&facts).await;
    assert_eq!(count(&agent, Op::Build), 21);
    agent.settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_build_whose_stream_breaks_again_and_again_is_given_up() {
    let agent = TestControl::new().await;
    for _ in 0..20 {
        agent
            .fake
            .fail_next(Op::Build, EngineError::stream("scripted"));
    }
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let accepted = agent.create(TestControl::request(&facts)).await;
    let failure = agent.failed(&accepted).await;
    assert_eq!(failure.kind, FailureKind::EngineError);
    assert_eq!(count(&agent, Op::Build), 10);
    agent.settle().await;
}

#[tokio::test(start_paused = true)]
async fn an_agent_that_starts_while_the_engine_is_down_goes_on_when_it_is_back() {
    let mut agent = TestControl::new().await;
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let row = agent.ready(&facts).await;
    agent.kill().await;
    agent.fake.outside().go_down();
    agent.fake.outside().stop(&row.name);
    agent.start_again().await;
    pass(2 * MINUTE).await;
    agent.fake.outside().come_back();
    let row = agent.settle().await.remove(0);
    assert_eq!(row.status, ContainerStatus::Running);
}

#[tokio::test(start_paused = true)]
async fn a_record_that_the_engine_keeps_refusing_is_given_up_with_its_words() {
    let agent = TestControl::new().await;
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    for _ in 0..3 {
        agent.fake.fail_next(
            Op::Create,
            EngineError::Refused {
                status: 400,
                message: "no such runtime: runsc".to_owned(),
            },
        );
    }
    let accepted = agent.create(TestControl::request(&facts)).await;
    let failure = agent.failed(&accepted).await;
    assert_eq!(failure.kind, FailureKind::EngineError);
    assert!(
        failure.message.contains("no such runtime: runsc"),
        "{}",
        failure.message
    );
    agent.settle().await;
    assert_eq!(count(&agent, Op::Create), 3);
    agent.ready(&facts).await;
    agent.settle().await;
}

/// Docker, killed and started again: "task ...: already exists", for this container and for ever.
#[tokio::test(start_paused = true)]
async fn a_container_that_the_engine_cannot_start_any_more_is_made_anew() {
    let agent = TestControl::new().await;
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let before = agent.ready(&facts).await;
    agent.settle().await;
    for _ in 0..3 {
        agent.fake.fail_next(
            Op::Start,
            EngineError::Refused {
                status: 500,
                message: "task 1: already exists".into(),
            },
        );
    }
    agent.fake.outside().kill(&before.name, 137);
    agent.settle().await;
    let after = agent.row(before.pk).await;
    assert_eq!(after.status, ContainerStatus::Running);
    assert_ne!(after.engine_id, before.engine_id);
    assert_eq!(after.host_port, before.host_port);
}

#[tokio::test(start_paused = true)]
async fn a_start_that_the_engine_refuses_for_any_container_is_given_up() {
    let agent = TestControl::new().await;
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    for _ in 0..20 {
        agent.fake.fail_next(
            Op::Start,
            EngineError::Refused {
                status: 400,
                message: "OCI runtime create failed".into(),
            },
        );
    }
    let accepted = agent.create(TestControl::request(&facts)).await;
    let failure = agent.failed(&accepted).await;
    assert_eq!(failure.kind, FailureKind::EngineError);
    agent.settle().await;
    assert_eq!(
        (count(&agent, Op::Create), count(&agent, Op::Start)),
        (2, 6)
    );
}

#[tokio::test(start_paused = true)]
async fn a_delete_that_the_engine_refuses_is_tried_until_it_succeeds() {
    let agent = TestControl::new().await;
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let row = agent.ready(&facts).await;
    for _ in 0..20 {
        agent.fake.fail_next(
            Op::Remove,
            EngineError::Refused {
                status: 500,
                message: "device or resource busy".to_owned(),
            },
        );
    }
    agent.control.want_absent(row.pk).await.unwrap();
    agent.gone(row.pk).await;
    assert_eq!(agent.settle().await, []);
    assert_eq!(agent.fake.containers(), []);
}

/// Every call of every kind fails like this for as long as the test says.
async fn fails_for(agent: &TestControl, error: EngineError, time: Duration) {
    let begun = Instant::now();
    while begun.elapsed() < time {
        agent.fake.clear_script();
        for op in [
            Op::Inspect,
            Op::List,
            Op::Image,
            Op::Create,
            Op::Start,
            Op::Restart,
            Op::Stop,
            Op::Remove,
            Op::Build,
            Op::Events,
            Op::EnsureNetwork,
            Op::Version,
        ] {
            for _ in 0..100 {
                agent.fake.fail_next(op, error.clone());
            }
        }
        pass(SECOND).await;
    }
    agent.fake.clear_script();
}

fn refusal() -> EngineError {
    EngineError::Refused {
        status: 500,
        message: "scripted".to_owned(),
    }
}

#[tokio::test(start_paused = true)]
async fn item_55_an_engine_that_answers_500_for_minutes_costs_no_record_its_app() {
    let agent = TestControl::new().await;
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let running = agent.ready(&facts).await;
    agent.settle().await;
    agent.fake.outside().cut_streams();
    let trouble = fails_for(&agent, refusal(), 3 * MINUTE);
    let accepted = async {
        pass(MINUTE).await;
        // Something to do in the middle of it.
        let other = TestControl::request_with(&facts, Some(1), serde_json::json!({}));
        let accepted = agent.create(other).await;
        agent.control.want_restart(running.pk).await.unwrap();
        pass(MINUTE).await;
        let waiting = agent.control.waiting(accepted.container.pk).unwrap();
        assert_eq!(waiting.code, "engine_unavailable");
        assert!(waiting.detail.contains("500"), "{waiting:?}");
        assert_eq!(agent.row(accepted.container.pk).await.failure, None);
        accepted
    };
    let ((), accepted) = tokio::join!(trouble, accepted);
    let back = Instant::now();
    let row = agent.completed(&accepted).await;
    agent.settle().await;
    assert!(back.elapsed() <= 5 * SECOND, "{:?}", back.elapsed());
    assert_eq!(agent.control.waiting(row.pk), None);
    let after = agent.row(running.pk).await;
    assert_eq!(
        (after.engine_id, after.failure),
        (running.engine_id.clone(), None)
    );
}

#[tokio::test(start_paused = true)]
async fn item_55_what_waits_for_an_engine_that_is_away_says_so() {
    let agent = TestControl::new().await;
    assert!(agent.control.ready().await);
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    agent.fake.outside().go_down();
    let accepted = agent.create(TestControl::request(&facts)).await;
    pass(SECOND).await;
    let row = agent.row(accepted.container.pk).await;
    let waiting = agent.control.view(&row, None).waiting.unwrap();
    assert_eq!(waiting.code, "engine_unavailable");
    assert_eq!(
        waiting.detail,
        "Docker does not answer; this goes on by itself once it does its work again"
    );
    let health = agent.control.health().await.unwrap();
    assert_eq!(health.status, "degraded");
    agent.fake.outside().come_back();
    let row = agent.completed(&accepted).await;
    assert_eq!(agent.control.view(&row, None).waiting, None);
    agent.settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_start_that_the_engine_fails_again_and_again_is_given_up_after_a_while() {
    let agent = TestControl::new().await;
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    for _ in 0..100 {
        agent.fake.fail_next(Op::Start, refusal());
    }
    let begun = Instant::now();
    let accepted = agent.create(TestControl::request(&facts)).await;
    let failure = agent.failed(&accepted).await;
    assert_eq!(failure.kind, FailureKind::EngineError);
    // Three tries for one container, eight for the one that was made in its place.
    assert_eq!(
        (count(&agent, Op::Create), count(&agent, Op::Start)),
        (2, 11)
    );
    assert!(begun.elapsed() > 10 * SECOND, "{:?}", begun.elapsed());
    agent.fake.clear_script();
    agent.settle().await;
}

#[tokio::test(start_paused = true)]
async fn an_event_stream_that_ends_again_and_again_loses_nothing() {
    let agent = TestControl::new().await;
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let row = agent.ready(&facts).await;
    agent.settle().await;
    for _ in 0..50 {
        agent.fake.outside().cut_streams();
        pass(Duration::from_millis(150)).await;
    }
    let died = Instant::now();
    let again = dies(&agent, &row).await;
    assert!(died.elapsed() <= 3 * SECOND, "{:?}", died.elapsed());
    // It held for a while now: the next end is answered as quickly as the first.
    pass(MINUTE).await;
    agent.fake.outside().cut_streams();
    agent.fake.outside().drop_events(true);
    agent.fake.outside().kill(&row.name, 1);
    agent.fake.outside().drop_events(false);
    let died = Instant::now();
    agent
        .until(row.pk, |now| now.published_run != again.published_run)
        .await;
    assert!(died.elapsed() <= SECOND / 2, "{:?}", died.elapsed());
    agent.settle().await;
}
