//! Killed twice: what the first kill left half-written, the second one finds.

use std::time::Duration;

use playground_engine::FakeEngine;
use playground_engine::fake::{AppBehaviour, BuildScript};
use playground_testkit::{Plugin, TestControl};
use playground_types::ContainerStatus;

/// A quick create, so that it has few polls.
fn quick() -> FakeEngine {
    let fake = FakeEngine::new();
    fake.behave_by_default(AppBehaviour {
        ready_after: Duration::from_millis(60),
        ..AppBehaviour::default()
    });
    fake.build_by_default(BuildScript {
        takes: Duration::from_millis(60),
        ..BuildScript::default()
    });
    fake
}

/// Kills after the engine's `first` call, and again after the `second` one from then on. False when there were fewer.
async fn create_killed_twice(first: usize, second: usize) -> bool {
    let fake = quick();
    let kill = fake.halt_after(first);
    let mut agent = TestControl::on(&fake, |_| {}).await;
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let accepted = agent.create(TestControl::request(&facts)).await;
    let mut kills = 0;
    tokio::select! {
        biased;
        () = kill.reached() => kills += 1,
        _ = agent.settle() => {}
    }
    agent.kill().await;
    let kill = fake.halt_after(second);
    agent.start_again().await;
    tokio::select! {
        biased;
        () = kill.reached() => kills += 1,
        _ = agent.settle() => {}
    }
    agent.crash().await;
    agent.settle().await;
    let row = agent.row(accepted.container.pk).await;
    assert_eq!(
        row.status,
        ContainerStatus::Running,
        "{}",
        agent.state().await
    );
    // Callers know a container by this id.
    assert_eq!(row.engine_id, Some(agent.container_of(&row).id));
    agent.kill().await;
    kills == 2
}

/// The second kill comes within so many calls: what the first one left half-written is found by then.
const SOON: usize = 6;

#[tokio::test(start_paused = true)]
async fn a_create_goes_on_when_the_agent_is_killed_twice_after_any_engine_call() {
    let mut cases = 0;
    for first in 0.. {
        let mut second = 0;
        while second < SOON && create_killed_twice(first, second).await {
            second += 1;
        }
        cases += second;
        if second == 0 {
            break;
        }
    }
    println!("killed twice: {cases} creates");
    assert!(cases > 60, "{cases}");
}
