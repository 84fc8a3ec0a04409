//! Builds: what they fail of, how long they may take, and who builds.

use std::time::Duration;

use playground_engine::fake::{BuildScript, Op};
use playground_store::Accepted;
use playground_testkit::{Plugin, TestControl};
use playground_types::{BuildStatus, FailureKind};
use tokio::time::Instant;

use crate::count;

const SECOND: Duration = Duration::from_secs(1);
const NEEDS_SOURCE: &str = r#"SYNAPSE {"event":"install_error","kind":"needs_source_build","message":"old-package has no wheel"}"#;

async fn created(agent: &TestControl) -> Accepted {
    let plugin = Plugin::new("echo", "1.0.0").with("requirements.txt", "old-package==1.0\n");
    let facts = agent.upload(&plugin).await;
    agent.create(TestControl::request(&facts)).await
}

async fn log_of(agent: &TestControl, accepted: &Accepted) -> String {
    let launch = agent.ended(accepted).await;
    let mut log = agent.control.build_log(launch.build.unwrap(), 0);
    let lines = log.read().await.unwrap();
    let lines: Vec<String> = lines.into_iter().map(|line| line.text).collect();
    lines.join("\n")
}

#[tokio::test(start_paused = true)]
async fn a_failed_build_says_what_the_install_step_said() {
    let agent = TestControl::new().await;
    let words = r#"SYNAPSE {"event":"install_error","kind":"no_such_package","message":"m","requirement":"old-package==1","package":"old-package"}"#;
    agent.fake.build_next(BuildScript::failing(
        "process did not complete successfully: exit code: 1",
        &["Collecting old-package", words],
    ));
    let accepted = created(&agent).await;
    let failure = agent.failed(&accepted).await;
    assert_eq!(failure.kind, FailureKind::NoSuchPackage);
    assert_eq!(
        failure.message,
        "the package index has no package named old-package"
    );
    assert_eq!(
        failure.ko.message,
        "패키지 인덱스에 없는 패키지입니다: old-package"
    );
    assert!(
        failure
            .log_tail
            .contains(&"Collecting old-package".to_owned())
    );
    agent.settle().await;
    assert_eq!(agent.fake.containers(), []);
}

#[tokio::test(start_paused = true)]
async fn a_requirement_without_a_wheel_gets_a_second_try_from_source() {
    let agent = TestControl::new().await;
    agent
        .fake
        .build_next(BuildScript::failing("exit code: 1", &[NEEDS_SOURCE]));
    let accepted = created(&agent).await;
    agent.completed(&accepted).await;
    assert_eq!(count(&agent, Op::Build), 2);
    assert!(
        log_of(&agent, &accepted)
            .await
            .contains("trying again with source builds")
    );
    agent.settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_requirement_without_a_wheel_fails_where_the_operator_allows_wheels_only() {
    let agent = TestControl::with(|config| config.build.allow_source = false).await;
    agent
        .fake
        .build_next(BuildScript::failing("exit code: 1", &[NEEDS_SOURCE]));
    let accepted = created(&agent).await;
    assert_eq!(
        agent.failed(&accepted).await.kind,
        FailureKind::NeedsSourceBuild
    );
    assert_eq!(count(&agent, Op::Build), 1);
    agent.settle().await;
}

#[tokio::test(start_paused = true)]
async fn an_engine_without_buildkit_builds_with_the_classic_builder() {
    let agent = TestControl::new().await;
    agent.fake.without_buildkit();
    let accepted = created(&agent).await;
    agent.completed(&accepted).await;
    assert_eq!(count(&agent, Op::Build), 2);
    assert!(log_of(&agent, &accepted).await.contains("classic builder"));
    agent.settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_build_that_prints_nothing_for_too_long_is_ended() {
    let agent = TestControl::new().await;
    agent.fake.build_next(BuildScript {
        hangs: true,
        ..BuildScript::default()
    });
    let began = Instant::now();
    let accepted = created(&agent).await;
    assert_eq!(agent.failed(&accepted).await.kind, FailureKind::BuildSilent);
    let took = began.elapsed();
    assert!((300 * SECOND..305 * SECOND).contains(&took), "{took:?}");
    agent.settle().await;
    assert_eq!(agent.fake.builds_cancelled(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_build_that_goes_on_for_too_long_is_ended_however_much_it_prints() {
    let agent = TestControl::new().await;
    agent.fake.build_next(BuildScript {
        takes: 3600 * SECOND,
        steps: (0..3600).map(|step| format!("step {step}")).collect(),
        ..BuildScript::default()
    });
    let began = Instant::now();
    let accepted = created(&agent).await;
    assert_eq!(
        agent.failed(&accepted).await.kind,
        FailureKind::BuildTimeout
    );
    let took = began.elapsed();
    assert!((900 * SECOND..905 * SECOND).contains(&took), "{took:?}");
    agent.settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_base_image_that_is_missing_is_named() {
    let agent = TestControl::with(|config| config.base_image = "nobody/base:1".to_owned()).await;
    let accepted = created(&agent).await;
    let failure = agent.failed(&accepted).await;
    assert_eq!(failure.kind, FailureKind::BaseImageMissing);
    assert!(failure.message.contains("nobody/base:1"));
    agent.settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_build_that_was_running_when_the_agent_died_is_begun_again() {
    let mut agent = TestControl::new().await;
    let accepted = created(&agent).await;
    agent
        .fake
        .until(60 * SECOND, |fake| fake.builds_running() == 1)
        .await;
    agent.crash().await;
    agent.completed(&accepted).await;
    let build = agent.ended(&accepted).await.build.unwrap();
    let build = agent.control.store().build(build).await.unwrap().unwrap();
    assert_eq!((build.status, build.attempt), (BuildStatus::Completed, 2));
    agent.settle().await;
}

#[tokio::test(start_paused = true)]
async fn no_more_builds_run_at_a_time_than_the_operator_allows() {
    let agent = TestControl::new().await;
    let mut launches = Vec::new();
    for number in 0..5 {
        let facts = agent
            .upload(&Plugin::new(&format!("p{number}"), "1.0.0"))
            .await;
        launches.push(agent.create(TestControl::request(&facts)).await);
    }
    let mut most = 0;
    let began = Instant::now();
    agent
        .fake
        .until(60 * SECOND, |fake| {
            most = most.max(fake.builds_running());
            fake.containers().len() == 5
        })
        .await;
    assert_eq!(most, 2);
    assert!(began.elapsed() >= 6 * SECOND, "{:?}", began.elapsed());
    for launch in &launches {
        agent.completed(launch).await;
    }
    agent.settle().await;
}
