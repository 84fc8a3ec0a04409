//! What a killed Agent leaves behind beside containers: uploads, content, launches, builds and their logs.

use std::time::Duration;

use playground_engine::FakeEngine;
use playground_engine::fake::{AppBehaviour, BuildScript};
use playground_store::Outcome;
use playground_testkit::{Plugin, TestControl};

#[tokio::test(start_paused = true)]
async fn item_54_what_a_killed_upload_left_is_gone_after_the_next_start() {
    let mut agent = TestControl::new().await;
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    agent.ready(&facts).await;
    let data = agent.control.config().data_dir.clone();
    let files = |folder: &str| {
        let folder = std::fs::read_dir(data.join(folder)).unwrap();
        let mut names: Vec<_> = folder.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let known = files("sources");
    assert_eq!(known.len(), 1);
    agent.kill().await;
    std::fs::write(data.join("spool/.tmpAbCdEf"), "half an archive").unwrap();
    agent.start_again().await;
    assert_eq!(files("sources"), known);
    assert_eq!(files("spool").len(), 0);
    agent.settle().await;
}

#[tokio::test(start_paused = true)]
async fn item_54_a_launch_and_its_log_are_known_wherever_its_create_was_killed() {
    let calls = {
        let fake = FakeEngine::new();
        launch_killed_at(&fake, usize::MAX).await;
        fake.call_count()
    };
    for n in 0..calls {
        launch_killed_at(&FakeEngine::new(), n).await;
    }
    println!("creates killed: {calls}");
}

/// A create that is killed at an engine call, counted from its request on.
async fn launch_killed_at(fake: &FakeEngine, call: usize) {
    fake.behave_by_default(AppBehaviour {
        ready_after: Duration::from_millis(60),
        ..AppBehaviour::default()
    });
    fake.build_by_default(BuildScript {
        takes: Duration::from_millis(60),
        ..BuildScript::default()
    });
    let mut agent = TestControl::on(fake, |_| {}).await;
    assert!(agent.control.ready().await);
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let halt = fake.halt_at(call.min(usize::MAX / 2));
    let accepted = agent.create(TestControl::request(&facts)).await;
    tokio::select! {
        () = halt.reached() => {}
        _ = agent.ended(&accepted) => {}
    }
    agent.crash().await;
    let launch = agent.ended(&accepted).await;
    assert_eq!(
        (&launch.id, launch.outcome),
        (&accepted.launch.id, Some(Outcome::Completed)),
        "killed at call {call}"
    );
    let build = launch.build.expect("the build it waited for");
    let log = agent.control.build_log(build, 0).read().await.unwrap();
    assert!(!log.is_empty(), "killed at call {call}");
    agent.settle().await;
    agent.kill().await;
}
