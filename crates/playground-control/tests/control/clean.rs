//! Images, logs and contents: kept by policy, removed off-peak, and never what others use.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use playground_control::{CleanHours, ControlConfig, Mode};
use playground_engine::labels::{LABEL_AGENT, LABEL_MANAGED_BY, MANAGED_BY};
use playground_engine::{Engine, Profile};
use playground_plugin::{PluginFacts, Requested};
use playground_store::ContainerRow;
use playground_testkit::{Plugin, TestControl};
use playground_types::wire::{Cleanup, CleanupKind, CleanupReason};
use playground_types::{HostPort, ImageName};

use crate::pass;

const HOUR: Duration = Duration::from_secs(3600);

fn hours(text: &str) -> CleanHours {
    text.parse().unwrap()
}

/// Two are kept of each release, and nothing goes by itself.
fn by_hand(config: &mut ControlConfig) {
    // Nobody measures what apps wrote, or asks whether they answer: hours pass sooner.
    config.profile = Profile::Strict;
    config.health_checks.interval = Duration::ZERO;
    config.clean.keep_newest = 2;
    config.clean.hours = hours("never");
}

/// The same release with other content each time.
async fn versions(agent: &TestControl, count: usize) -> (PluginFacts, ContainerRow) {
    let mut last = None;
    for number in 0..count {
        let plugin = Plugin::new("echo", "1.0.0").with("number.txt", &number.to_string());
        let facts = agent.upload(&plugin).await;
        let row = agent.ready(&facts).await;
        last = Some((facts, row));
    }
    last.unwrap()
}

fn images(cleanup: &Cleanup) -> Vec<(&str, CleanupReason)> {
    let is_image = |item: &&playground_types::wire::CleanupItem| item.kind == CleanupKind::Image;
    let of = cleanup.items.iter().filter(is_image);
    of.map(|item| (item.name.as_str(), item.reason)).collect()
}

/// Images of plugins on the engine, by their references.
fn there(agent: &TestControl) -> Vec<Vec<String>> {
    let images = agent.fake.images().into_iter();
    images
        .filter(|image| image.labels.contains_key(LABEL_AGENT))
        .map(|image| image.tags)
        .collect()
}

#[tokio::test(start_paused = true)]
async fn what_a_dry_run_tells_is_what_goes_and_the_newest_and_the_used_stay() {
    let agent = TestControl::with(by_hand).await;
    let (_, row) = versions(&agent, 5).await;
    let dry = agent.control.clean(Mode::DryRun).await.unwrap();
    assert!(dry.dry_run);
    let told = images(&dry);
    assert_eq!(told.len(), 3, "{dry:#?}");
    assert!(
        told.iter()
            .all(|(_, reason)| *reason == CleanupReason::NotNewest)
    );
    assert_eq!(there(&agent).len(), 5);
    let clean = agent.control.clean(Mode::Remove).await.unwrap();
    assert!(!clean.dry_run);
    assert_eq!(images(&clean), told);
    let left = there(&agent);
    assert_eq!(left.len(), 2);
    let used = row.image.clone().unwrap();
    assert!(left.iter().any(|tags| tags.contains(&used)), "{left:?}");
    let again = agent.control.clean(Mode::Remove).await.unwrap();
    assert_eq!(images(&again), []);
    agent.settle().await;
}

#[tokio::test(start_paused = true)]
async fn an_unused_image_goes_when_it_is_old_and_a_stopped_records_never() {
    let agent = TestControl::with(|config| {
        by_hand(config);
        config.clean.keep_for = 2 * HOUR;
    })
    .await;
    let stopped = agent.upload(&Plugin::new("stopped", "1.0.0")).await;
    let stopped = agent.ready(&stopped).await;
    agent.control.want_stopped(stopped.pk).await.unwrap();
    let deleted = agent.upload(&Plugin::new("deleted", "1.0.0")).await;
    let deleted = agent.ready(&deleted).await;
    agent.control.want_absent(deleted.pk).await.unwrap();
    agent.gone(deleted.pk).await;
    pass(HOUR).await;
    let clean = agent.control.clean(Mode::Remove).await.unwrap();
    assert_eq!(images(&clean), []);
    pass(2 * HOUR).await;
    let clean = agent.control.clean(Mode::Remove).await.unwrap();
    let name = ImageName::for_release(&deleted.release).current();
    assert_eq!(images(&clean).len(), 1);
    assert_eq!(images(&clean)[0].1, CleanupReason::TooOld);
    let left = there(&agent);
    assert!(!left.iter().any(|tags| tags.contains(&name)), "{left:?}");
    agent.control.want_running(stopped.pk).await.unwrap();
    agent.settle().await;
}

#[tokio::test(start_paused = true)]
async fn nothing_of_others_goes_and_nothing_that_others_use() {
    let agent = TestControl::with(|config| {
        by_hand(config);
        config.clean.keep_newest = 0;
    })
    .await;
    let foreign = |agent_id: &str| {
        BTreeMap::from([
            (LABEL_MANAGED_BY.to_owned(), MANAGED_BY.to_owned()),
            (LABEL_AGENT.to_owned(), agent_id.to_owned()),
        ])
    };
    agent
        .fake
        .add_labelled_image("synapse-plugin-echo-9.9.9:latest", foreign("another"));
    agent.fake.add_image("unlabelled:1");
    // What somebody made from one of ours has its labels, too.
    let derived = foreign(agent.control.agent_id());
    agent.fake.add_labelled_image("derived:1", derived);
    let engine = Engine::Fake(agent.fake.clone());

    let (_, row) = versions(&agent, 3).await;
    let old: Vec<String> = there(&agent)
        .into_iter()
        .flatten()
        .filter(|tag| tag.starts_with("synapse-plugin-echo-1.0.0:d-"))
        .filter(|tag| row.image.as_ref() != Some(tag))
        .collect();
    assert_eq!(old.len(), 2);
    engine.tag_image(&old[0], "mine:keep").await.unwrap();
    let mut spec = agent.fake.outside().spec_of(&row.name);
    spec.name = "somebody_elses".to_owned();
    spec.labels = foreign("another");
    spec.image = old[1].clone();
    spec.host_port = HostPort(9999);
    let other = engine.create(&spec).await.unwrap();

    let before = agent.fake.images().len();
    let clean = agent.control.clean(Mode::Remove).await.unwrap();
    assert_eq!(images(&clean), []);
    assert_eq!(agent.fake.images().len(), before);
    engine.remove(&other).await.unwrap();
    let clean = agent.control.clean(Mode::Remove).await.unwrap();
    assert_eq!(
        images(&clean),
        [(old[1].as_str(), CleanupReason::NotNewest)]
    );
    assert_eq!(agent.fake.images().len(), before - 1);
    agent.settle().await;
}

#[tokio::test(start_paused = true)]
async fn an_image_that_comes_into_use_while_it_is_removed_is_built_again() {
    let agent = TestControl::with(|config| {
        by_hand(config);
        config.clean.keep_newest = 0;
    })
    .await;
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let row = agent.ready(&facts).await;
    agent.control.want_absent(row.pk).await.unwrap();
    agent.gone(row.pk).await;
    let create = agent.control.create_container(TestControl::request(&facts));
    let (clean, accepted) = tokio::join!(agent.control.clean(Mode::Remove), create);
    clean.unwrap();
    agent.completed(&accepted.unwrap()).await;
    agent.settle().await;
}

#[tokio::test(start_paused = true)]
async fn by_itself_it_cleans_in_its_hours_only() {
    // The scripted engine's clock begins at midnight.
    let agent = TestControl::with(|config| {
        config.clean.keep_newest = 0;
        config.clean.hours = hours("2-5");
        config.profile = Profile::Strict;
    })
    .await;
    versions(&agent, 2).await;
    pass(Duration::from_secs(119 * 60)).await;
    assert_eq!(there(&agent).len(), 2);
    pass(Duration::from_secs(10 * 60)).await;
    assert_eq!(there(&agent).len(), 1);
    agent.settle().await;
}

#[tokio::test(start_paused = true)]
async fn rows_logs_and_contents_of_builds_go_once_nobody_can_ask_for_them() {
    let agent = TestControl::with(|config| {
        config.clean.keep_newest = 0;
        config.clean.hours = hours("0-24");
        config.profile = Profile::Strict;
        config.resync = 24 * HOUR;
        config.health_checks.interval = Duration::ZERO;
    })
    .await;
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let row = agent.ready(&facts).await;
    let data = agent.control.config().data_dir.clone();
    let files = |folder: &str| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(data.join(folder)).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    };
    assert_eq!((files("builds").len(), files("sources").len()), (1, 1));
    agent.control.want_absent(row.pk).await.unwrap();
    agent.gone(row.pk).await;
    let store = agent.control.store();
    store.delete_release(&facts.release).await.unwrap();
    pass(6 * 24 * HOUR).await;
    assert_eq!(
        (files("builds").len(), files("sources").len()),
        (1, 1),
        "who polls late is still told"
    );
    let dry = agent.control.clean(Mode::DryRun).await.unwrap();
    assert_eq!(dry.items, []);
    pass(25 * HOUR).await;
    assert_eq!((files("builds").len(), files("sources").len()), (0, 0));
    assert_eq!(store.releases(0, 10).await.unwrap().1, 0);
    // It is as if it had never been here.
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    agent.ready(&facts).await;
    agent.settle().await;
}

/// An upload finds the file of its content and writes no other, while the sweep, which saw the row unused, removes it.
#[tokio::test(start_paused = true)]
async fn content_that_is_uploaded_while_it_is_removed_is_there_afterwards() {
    let agent = TestControl::with(by_hand).await;
    let (one, two) = (
        Plugin::new("echo", "1.0.0").with("which.txt", "one"),
        Plugin::new("echo", "1.0.0").with("which.txt", "two"),
    );
    let sources = agent.control.config().data_dir.join("sources");
    let mut removed = 0;
    for round in 0..40_u32 {
        let facts = agent.upload(&one).await;
        agent.upload(&two).await;
        pass(HOUR + Duration::from_secs(1)).await;
        let upload = async {
            // Each round meets the removal elsewhere.
            for _ in 0..round % 20 {
                tokio::task::yield_now().await;
            }
            agent
                .control
                .take_in(one.upload(), Requested::default())
                .await
        };
        let (clean, again) = tokio::join!(agent.control.clean(Mode::Remove), upload);
        removed += clean.unwrap().items.len();
        let again = again.unwrap();
        assert_eq!(again.content, facts.content);
        let file = sources.join(format!("{}.tar", again.content));
        assert!(file.exists(), "round {round}");
    }
    assert!(removed > 0);
}

/// A process that died between a file and its row leaves a file, which goes when it is old.
#[tokio::test(start_paused = true)]
async fn files_without_a_row_go_when_they_are_old() {
    let agent = TestControl::with(by_hand).await;
    let data = agent.control.config().data_dir.clone();
    let log = data.join(format!(
        "builds/{}.log",
        playground_types::BuildId::generate()
    ));
    let source = data.join(format!(
        "sources/{}.tar",
        playground_types::Digest::of(b"x")
    ));
    let foreign = data.join("builds/notes.txt");
    let long_ago = std::time::SystemTime::UNIX_EPOCH + 1_700_000_000 * Duration::from_secs(1);
    for (file, old) in [(&log, true), (&source, true), (&foreign, true)] {
        let made = std::fs::File::create(file).unwrap();
        if old {
            made.set_modified(long_ago).unwrap();
        }
    }
    let fresh = data.join(format!(
        "builds/{}.log",
        playground_types::BuildId::generate()
    ));
    std::fs::write(&fresh, "line").unwrap();
    let clean = agent.control.clean(Mode::Remove).await.unwrap();
    assert_eq!(clean.items.len(), 2, "{clean:#?}");
    assert!(
        clean
            .items
            .iter()
            .all(|item| item.reason == CleanupReason::Leftover)
    );
    let left = [&log, &source, &foreign, &fresh].map(|file| file.exists());
    assert_eq!(left, [false, false, true, true]);
}
