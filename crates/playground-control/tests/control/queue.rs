//! The build queue: bounded, fair, in view, and in nobody's way.

use std::time::Duration;

use playground_control::{ControlError, Place};
use playground_engine::fake::BuildScript;
use playground_plugin::PluginFacts;
use playground_store::{Accepted, ContainerFilter, Outcome};
use playground_testkit::{Plugin, TestControl};
use playground_types::{BuildId, ContainerStatus};
use tokio::time::Instant;

const SECOND: Duration = Duration::from_secs(1);

/// One build at a time, and so many that may wait.
async fn agent(places: u64) -> TestControl {
    TestControl::with(|config| {
        config.build.concurrent = 1;
        config.build.queue = places;
    })
    .await
}

fn lasts(seconds: u32) -> BuildScript {
    BuildScript {
        takes: seconds * SECOND,
        ..BuildScript::default()
    }
}

fn hanging() -> BuildScript {
    BuildScript {
        hangs: true,
        ..BuildScript::default()
    }
}

async fn upload(agent: &TestControl, code: &str, version: &str) -> PluginFacts {
    // The version is in the manifest: other content, so another build.
    agent.upload(&Plugin::new(code, version)).await
}

async fn create(agent: &TestControl, code: &str, version: &str) -> Accepted {
    let facts = upload(agent, code, version).await;
    agent.create(TestControl::request(&facts)).await
}

/// The build that a create waits for, once it is queued or runs.
async fn build_of(agent: &TestControl, accepted: &Accepted) -> BuildId {
    let row = agent
        .until(accepted.container.pk, |row| row.build.is_some())
        .await;
    row.build.unwrap()
}

async fn place(agent: &TestControl, build: BuildId) -> Option<Place> {
    let store = agent.control.store();
    let build = store.build(build).await.unwrap().unwrap();
    agent.control.place_of(&build).await.unwrap()
}

async fn positions(agent: &TestControl, builds: &[BuildId]) -> Vec<Option<u64>> {
    let mut positions = Vec::new();
    for build in builds {
        positions.push(place(agent, *build).await.map(|place| place.position));
    }
    positions
}

/// docs/security.md, item 52.
#[tokio::test(start_paused = true)]
async fn item_52_one_more_than_may_wait_is_refused_until_there_is_a_place() {
    let agent = agent(3).await;
    agent.fake.build_next(hanging());
    let running = create(&agent, "running", "1.0.0").await;
    agent
        .fake
        .until(60 * SECOND, |fake| fake.builds_running() == 1)
        .await;
    let mut waiting = Vec::new();
    for number in 0..3 {
        waiting.push(create(&agent, &format!("p{number}"), "1.0.0").await);
    }
    let facts = upload(&agent, "late", "1.0.0").await;
    let refused = agent.control.create_container(TestControl::request(&facts));
    let Err(ControlError::QueueFull {
        waiting: 3,
        retry_after,
    }) = refused.await
    else {
        panic!("{}", agent.state().await)
    };
    assert!(
        (SECOND..=60 * SECOND).contains(&retry_after),
        "{retry_after:?}"
    );
    assert_eq!(
        agent.rows().await.len(),
        4,
        "a refused create leaves nothing"
    );

    // Who joins a build takes no place.
    let joined = upload(&agent, "p1", "1.0.0").await;
    let joined = TestControl::request_with(&joined, Some(7), serde_json::json!({}));
    agent.create(joined).await;

    let first = build_of(&agent, &waiting[0]).await;
    agent.control.cancel(&first.to_string()).await.unwrap();
    let late = agent.create(TestControl::request(&facts)).await;
    let hung = build_of(&agent, &running).await;
    agent.control.cancel(&hung.to_string()).await.unwrap();
    agent.completed(&late).await;
    agent.settle().await;
}

/// docs/security.md, item 52: fifty at a time are no more than fifty one after the other.
#[tokio::test(start_paused = true)]
async fn item_52_creates_at_the_same_moment_do_not_pass_the_bound_together() {
    let agent = agent(5).await;
    agent.fake.build_by_default(hanging());
    let mut requests = Vec::new();
    for number in 0..50 {
        let facts = upload(&agent, &format!("p{number}"), "1.0.0").await;
        requests.push(TestControl::request(&facts));
    }
    let creates = requests
        .into_iter()
        .map(|request| agent.control.create_container(request));
    let answers = futures_util::future::join_all(creates).await;
    let accepted = answers.iter().filter(|answer| answer.is_ok()).count();
    let full = |answer: &&Result<_, _>| matches!(answer, Err(ControlError::QueueFull { .. }));
    assert_eq!(answers.iter().filter(full).count(), 50 - accepted);
    // The one that runs leaves its place to another.
    assert!((5..=6).contains(&accepted), "{accepted}");
    agent.kill().await;
}

/// docs/security.md, item 52.
#[tokio::test(start_paused = true)]
async fn item_52_a_hung_build_blocks_neither_list_nor_stop_nor_delete_nor_restart() {
    let agent = agent(50).await;
    let facts = upload(&agent, "ready", "1.0.0").await;
    let ready = agent.ready(&facts).await;
    agent.fake.build_next(hanging());
    let hung = create(&agent, "hung", "1.0.0").await;
    agent
        .fake
        .until(60 * SECOND, |fake| fake.builds_running() == 1)
        .await;
    let behind = create(&agent, "behind", "1.0.0").await;
    let began = Instant::now();
    let (rows, count) = agent
        .control
        .store()
        .containers(&ContainerFilter {
            limit: 10,
            ..ContainerFilter::default()
        })
        .await
        .unwrap();
    assert_eq!((rows.len(), count), (3, 3));
    let again = agent.create(TestControl::request(&facts)).await;
    assert!(again.restarted);
    agent.completed(&again).await;
    agent.control.want_stopped(ready.pk).await.unwrap();
    agent
        .until(ready.pk, |row| row.status == ContainerStatus::Stopped)
        .await;
    agent.control.want_absent(ready.pk).await.unwrap();
    agent.gone(ready.pk).await;
    agent.control.want_absent(hung.container.pk).await.unwrap();
    agent.gone(hung.container.pk).await;
    agent.completed(&behind).await;
    let took = began.elapsed();
    assert!(took < 30 * SECOND, "{took:?}");
    agent.settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_plugin_with_many_versions_waiting_lets_another_have_its_turn() {
    let agent = agent(50).await;
    agent.fake.build_by_default(lasts(10));
    let mut heavy = Vec::new();
    for number in 0..6 {
        heavy.push(create(&agent, "heavy", &format!("1.0.{number}")).await);
    }
    let mut builds = Vec::new();
    for accepted in &heavy {
        builds.push(build_of(&agent, accepted).await);
    }
    let light = create(&agent, "light", "1.0.0").await;
    let light = build_of(&agent, &light).await;
    assert_eq!(place(&agent, light).await.unwrap().position, 2);
    agent.settle().await;
    let store = agent.control.store();
    let began = async |id| store.build(id).await.unwrap().unwrap().started_at.unwrap();
    let light = began(light).await;
    let mut before = 0;
    for build in builds {
        before += u32::from(began(build).await < light);
    }
    assert_eq!(before, 2, "the one that ran when it came, and the next");
}

#[tokio::test(start_paused = true)]
async fn places_and_estimates_are_told_and_the_same_after_a_crash() {
    let mut agent = agent(50).await;
    agent.fake.build_by_default(lasts(10));
    let mut builds = Vec::new();
    for code in ["a", "b", "c", "d"] {
        let accepted = create(&agent, code, "1.0.0").await;
        builds.push(build_of(&agent, &accepted).await);
    }
    agent
        .fake
        .until(60 * SECOND, |fake| fake.builds_running() == 1)
        .await;
    let told = positions(&agent, &builds).await;
    assert_eq!(told, [None, Some(1), Some(2), Some(3)]);
    let unknown = place(&agent, builds[1]).await.unwrap();
    assert_eq!(unknown.estimate_seconds, None, "no build has ended yet");

    // The first one's time tells how long the others may take.
    while positions(&agent, &builds[1..2]).await[0].is_some() {
        crate::pass(SECOND).await;
    }
    let third = place(&agent, builds[2]).await.unwrap();
    let fourth = place(&agent, builds[3]).await.unwrap();
    assert_eq!((third.position, fourth.position), (1, 2));
    let (third, fourth) = (
        third.estimate_seconds.unwrap(),
        fourth.estimate_seconds.unwrap(),
    );
    assert!((8..=10).contains(&third), "{third}");
    assert_eq!(fourth, third + 10);

    agent.crash().await;
    agent
        .fake
        .until(60 * SECOND, |fake| fake.builds_running() == 1)
        .await;
    let told = positions(&agent, &builds).await;
    assert_eq!(told, [None, None, Some(1), Some(2)]);
    agent.settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_build_is_cancelled_anywhere_in_the_queue_and_the_others_move_up() {
    for cancelled in 0..4_usize {
        let agent = agent(50).await;
        agent.fake.build_by_default(lasts(10));
        let (mut creates, mut builds) = (Vec::new(), Vec::new());
        for code in ["a", "b", "c", "d"] {
            let accepted = create(&agent, code, "1.0.0").await;
            builds.push(build_of(&agent, &accepted).await);
            creates.push(accepted);
        }
        agent
            .fake
            .until(60 * SECOND, |fake| fake.builds_running() == 1)
            .await;
        let launch = creates[cancelled].launch.id.to_string();
        agent.control.cancel(&launch).await.unwrap();
        if cancelled > 0 {
            let mut left = builds.clone();
            left.remove(cancelled);
            let told = positions(&agent, &left).await;
            assert_eq!(told, [None, Some(1), Some(2)], "without {cancelled}");
        }
        agent.settle().await;
        for (index, accepted) in creates.iter().enumerate() {
            let launch = agent.ended(accepted).await;
            let expected = if index == cancelled {
                // A launch whose build was cancelled says so, or failed with that for a reason.
                assert_ne!(launch.outcome, Some(Outcome::Completed), "{index}");
                continue;
            } else {
                Outcome::Completed
            };
            assert_eq!(
                launch.outcome,
                Some(expected),
                "{index} without {cancelled}"
            );
        }
        let built = agent.fake.builds_cancelled();
        assert_eq!(built, usize::from(cancelled == 0));
    }
}
