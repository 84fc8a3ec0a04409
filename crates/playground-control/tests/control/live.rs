//! Live containers: changed code reaches the app without an image and a container of its own.

use playground_control::ControlConfig;
use playground_engine::Profile;
use playground_engine::fake::{AppBehaviour, Op};
use playground_plugin::PluginFacts;
use playground_store::{Accepted, ContainerRow};
use playground_testkit::{Plugin, TestControl};
use std::time::Duration;

use crate::count;

fn quiet(config: &mut ControlConfig) {
    config.health_checks.interval = Duration::ZERO;
}

async fn create(agent: &TestControl, facts: &PluginFacts) -> Accepted {
    let mut request = TestControl::request(facts);
    request.live = true;
    agent.create(request).await
}

fn saying(word: &str) -> Plugin {
    Plugin::new("echo", "1.0.0").with("plugin/words.py", &format!("WORD = '{word}'\n"))
}

/// Whether this text is in the code that the app runs.
fn runs(agent: &TestControl, row: &ContainerRow, text: &str) -> bool {
    let code = agent.fake.outside().served(&row.name).unwrap_or_default();
    String::from_utf8_lossy(&code).contains(text)
}

#[tokio::test(start_paused = true)]
async fn changed_code_is_delivered_into_the_container_there_is() {
    let agent = TestControl::with(quiet).await;
    let facts = agent.upload(&saying("one")).await;
    let old = agent.completed(&create(&agent, &facts).await).await;
    assert!(runs(&agent, &old, "'one'"));
    let calls = [Op::Build, Op::Create, Op::Start].map(|op| count(&agent, op));

    let facts = agent.upload(&saying("two")).await;
    let accepted = create(&agent, &facts).await;
    assert_eq!((accepted.restarted, accepted.recreated), (true, false));
    let new = agent.completed(&accepted).await;
    assert!(runs(&agent, &new, "'two'") && !runs(&agent, &new, "'one'"));
    assert_eq!(
        (&new.engine_id, new.host_port),
        (&old.engine_id, old.host_port)
    );
    assert_eq!(
        [Op::Build, Op::Create, Op::Start].map(|op| count(&agent, op)),
        calls,
        "no build, no container, no start"
    );
    agent.settle().await;
}

#[tokio::test(start_paused = true)]
async fn changed_requirements_need_an_image_and_a_container() {
    let agent = TestControl::with(quiet).await;
    let facts = agent.upload(&saying("one")).await;
    let old = agent.completed(&create(&agent, &facts).await).await;
    let other = saying("one").with("requirements.txt", "tabulate==0.9.0\n");
    let facts = agent.upload(&other).await;
    let new = agent.completed(&create(&agent, &facts).await).await;
    assert_ne!((&new.engine_id, &new.image), (&old.engine_id, &old.image));
    assert!(runs(&agent, &new, "'one'"));
    agent.settle().await;
}

#[tokio::test(start_paused = true)]
async fn code_that_ends_its_app_fails_and_the_next_one_runs_in_the_same_container() {
    let agent = TestControl::with(quiet).await;
    let facts = agent.upload(&saying("one")).await;
    let crash = AppBehaviour::crashes(Duration::from_secs(1), 67, &["no word"]);
    agent.fake.behave_by_default(crash);
    let accepted = create(&agent, &facts).await;
    agent.failed(&accepted).await;
    let failed = agent.row(accepted.container.pk).await;

    agent.fake.behave_by_default(AppBehaviour::default());
    let facts = agent.upload(&saying("two")).await;
    let new = agent.completed(&create(&agent, &facts).await).await;
    assert_eq!(new.engine_id, failed.engine_id);
    assert!(runs(&agent, &new, "'two'"));
    agent.settle().await;
}

#[tokio::test(start_paused = true)]
async fn an_ordinary_create_makes_an_ordinary_container_of_it() {
    let agent = TestControl::with(quiet).await;
    let facts = agent.upload(&saying("one")).await;
    let old = agent.completed(&create(&agent, &facts).await).await;
    let new = agent.ready(&facts).await;
    assert!(old.spec.live && !new.spec.live);
    assert_ne!((&new.engine_id, &new.image), (&old.engine_id, &old.image));
    agent.settle().await;
}

#[tokio::test(start_paused = true)]
async fn where_nothing_can_be_written_it_is_made_anew_as_any_other() {
    let strict = |config: &mut ControlConfig| {
        quiet(config);
        config.profile = Profile::Strict;
    };
    let agent = TestControl::with(strict).await;
    let facts = agent.upload(&saying("one")).await;
    let old = agent.completed(&create(&agent, &facts).await).await;
    let facts = agent.upload(&saying("two")).await;
    let new = agent.completed(&create(&agent, &facts).await).await;
    assert!(!new.spec.live);
    assert_ne!(new.engine_id, old.engine_id);
    assert_eq!(count(&agent, Op::Unpack), 0);
    agent.settle().await;
}
