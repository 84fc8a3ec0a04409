//! The record's rules on a real SQLite file: identity, second creates, ports, builds, tokens.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::collections::HashSet;

use playground_store::{
    Accepted, ContainerFilter, CreateIntent, Desired, NewBuild, Outcome, SourceRow, Spec, Store,
    StoreError,
};
use playground_types::env::{Envs, Params};
use playground_types::wire::OnExisting;
use playground_types::{
    BuildStatus, ContainerPk, Digest, Failure, FailureKind, LaunchId, Limits, ModelId,
    PluginRelease, PortRange, Timestamp,
};
use serde_json::json;

const NOW: Timestamp = Timestamp(1_000_000);

struct Db {
    store: Store,
    _dir: tempfile::TempDir,
}

async fn db() -> Db {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("playground.db"))
        .await
        .unwrap();
    let db = Db { store, _dir: dir };
    db.put("one").await;
    db
}

fn release() -> PluginRelease {
    "my-plugin@1.0.0".parse().unwrap()
}

fn intent(content: &str, model: Option<i64>, params: serde_json::Value) -> CreateIntent {
    CreateIntent {
        release: release(),
        model: model.map(ModelId),
        kind: "plugin_runtime".into(),
        backend_container_id: None,
        spec: Spec {
            source: Digest::of(content.as_bytes()),
            params: Params::checked(params.as_object().unwrap().clone()).unwrap(),
            envs: Envs::default(),
            limits: Limits::default(),
        },
        labels: vec!["gradio".into()],
        metadata: json!({}),
        on_existing: OnExisting::Restart,
        name: "quirky_einstein".into(),
        launch: LaunchId::generate(),
    }
}

impl Db {
    async fn put_as(&self, code: &str, content: &str) {
        let source = SourceRow {
            digest: Digest::of(content.as_bytes()),
            facts: "{}".into(),
        };
        let release = format!("{code}@1.0.0").parse().unwrap();
        self.store
            .put_release(&release, &source, NOW)
            .await
            .unwrap();
    }

    async fn put(&self, content: &str) {
        let source = SourceRow {
            digest: Digest::of(content.as_bytes()),
            facts: "{}".into(),
        };
        self.store
            .put_release(&release(), &source, NOW)
            .await
            .unwrap();
    }

    async fn create(&self, intent: CreateIntent) -> Accepted {
        self.store.accept_create(&intent, NOW).await.unwrap()
    }

    /// What the driver would have written once the app answered.
    async fn make_ready(&self, accepted: &Accepted) {
        let (pk, generation) = (accepted.container.pk, accepted.container.generation);
        self.store
            .set_published(pk, "run-1", generation, NOW)
            .await
            .unwrap();
        self.store
            .finish_launches(pk, generation, Outcome::Completed, None, Some("{}"), NOW)
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn no_model_equals_no_model_and_model_zero_is_a_model() {
    let db = db().await;
    let first = db.create(intent("one", None, json!({}))).await;
    let again = db.create(intent("one", None, json!({}))).await;
    let zero = db.create(intent("one", Some(0), json!({}))).await;
    let one = db.create(intent("one", Some(1), json!({}))).await;
    assert_eq!(first.container.pk, again.container.pk);
    let keys: HashSet<ContainerPk> = [&first, &zero, &one]
        .map(|accepted| accepted.container.pk)
        .into();
    assert_eq!(keys.len(), 3);
    let names: HashSet<String> = [&first, &zero, &one]
        .map(|accepted| accepted.container.name.clone())
        .into();
    assert_eq!(names.len(), 3, "the same candidate name is made unique");
}

/// security.md 2.7, item 51.
#[tokio::test]
async fn item_51_fifty_identical_creates_share_one_record_and_one_launch() {
    let db = db().await;
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let store = db.store.clone();
            tokio::spawn(async move {
                store
                    .accept_create(&intent("one", None, json!({})), NOW)
                    .await
                    .unwrap()
            })
        })
        .collect();
    let mut launches = HashSet::new();
    for task in tasks {
        let accepted = task.await.unwrap();
        assert!(!accepted.restarted && !accepted.recreated);
        launches.insert(accepted.launch.id);
    }
    assert_eq!(launches.len(), 1);
    assert_eq!(db.store.container_keys().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_second_create_restarts_a_ready_container() {
    let db = db().await;
    let first = db.create(intent("one", None, json!({}))).await;
    db.make_ready(&first).await;
    let second = db.create(intent("one", None, json!({}))).await;
    assert!(second.restarted && !second.recreated);
    assert_eq!(second.container.restart_wanted, 1);
    assert_eq!(second.container.epoch, first.container.epoch);
    assert_ne!(second.launch.id, first.launch.id);
}

#[tokio::test]
async fn reuse_leaves_a_ready_container_alone_and_starts_a_stopped_one() {
    let db = db().await;
    let first = db.create(intent("one", None, json!({}))).await;
    db.make_ready(&first).await;
    let reuse = CreateIntent {
        on_existing: OnExisting::Reuse,
        ..intent("one", None, json!({}))
    };
    let second = db.create(reuse.clone()).await;
    assert_eq!(
        (second.restarted, second.launch.id),
        (false, first.launch.id)
    );
    db.store
        .want_stopped(first.container.pk, NOW)
        .await
        .unwrap();
    db.store
        .set_withdrawn(first.container.pk, NOW)
        .await
        .unwrap();
    let third = db
        .create(CreateIntent {
            launch: LaunchId::generate(),
            ..reuse
        })
        .await;
    assert_eq!(
        (
            third.restarted,
            third.container.desired,
            third.container.restart_wanted
        ),
        (true, Desired::Running, 0)
    );
}

#[tokio::test]
async fn changed_params_replace_the_container_and_keep_the_record_and_its_port() {
    let db = db().await;
    let first = db.create(intent("one", None, json!({"size": 1}))).await;
    let port = db
        .store
        .reserve_port(first.container.pk, PortRange::default(), NOW)
        .await
        .unwrap();
    db.make_ready(&first).await;
    let second = db.create(intent("one", None, json!({"size": 2}))).await;
    assert!(second.restarted && second.recreated);
    assert_eq!(
        (second.container.pk, second.container.host_port),
        (first.container.pk, Some(port))
    );
}

#[tokio::test]
async fn changed_content_plans_another_image() {
    let db = db().await;
    let first = db.create(intent("one", None, json!({}))).await;
    let (pk, source) = (first.container.pk, first.container.spec.source.clone());
    db.store
        .set_image_plan(pk, &source, &Digest::of(b"context"), "image:d-1")
        .await
        .unwrap();
    db.make_ready(&first).await;
    db.put("two").await;
    let second = db.create(intent("two", None, json!({}))).await;
    assert_eq!(
        (second.container.image, second.container.context),
        (None, None)
    );
    db.store
        .set_image_plan(pk, &source, &Digest::of(b"late"), "image:late")
        .await
        .unwrap();
    let row = db.store.container(pk).await.unwrap().unwrap();
    assert_eq!(row.image, None, "a plan for the old content comes too late");
}

#[tokio::test]
async fn a_create_after_a_failure_starts_from_a_fresh_container() {
    let db = db().await;
    let first = db.create(intent("one", None, json!({}))).await;
    let failure = Failure::new(FailureKind::ImportError, "the plugin raised ValueError");
    let (pk, generation) = (first.container.pk, first.container.generation);
    db.store
        .set_failed(pk, generation, &failure, NOW)
        .await
        .unwrap();
    db.store
        .finish_launches(pk, generation, Outcome::Failed, Some(&failure), None, NOW)
        .await
        .unwrap();
    let second = db.create(intent("one", None, json!({}))).await;
    assert!(second.recreated && second.container.epoch > first.container.epoch);
    assert_eq!(second.container.current_failure(), None);
    let old = db.store.launch(first.launch.id).await.unwrap().unwrap();
    assert_eq!(
        (old.outcome, old.failure),
        (Some(Outcome::Failed), Some(failure))
    );
}

#[tokio::test]
async fn a_record_that_is_wanted_back_is_not_forgotten() {
    let db = db().await;
    let first = db.create(intent("one", None, json!({}))).await;
    db.store.want_absent(first.container.pk, NOW).await.unwrap();
    let revived = db.create(intent("one", None, json!({}))).await;
    assert!(
        !db.store
            .forget_container(first.container.pk, NOW)
            .await
            .unwrap()
    );
    assert_eq!(
        (revived.restarted, revived.container.desired),
        (false, Desired::Running)
    );
    db.store.want_absent(first.container.pk, NOW).await.unwrap();
    assert!(
        db.store
            .forget_container(first.container.pk, NOW)
            .await
            .unwrap()
    );
    let launch = db.store.launch(revived.launch.id).await.unwrap();
    let launch = launch.expect("launches outlive their container");
    assert_eq!(
        launch.outcome,
        Some(Outcome::Cancelled),
        "begun after the removal was, and never looked at again"
    );
}

#[tokio::test]
async fn two_hundred_reservations_at_once_give_two_hundred_ports() {
    let db = db().await;
    let mut keys = Vec::new();
    for model in 0..200 {
        keys.push(
            db.create(intent("one", Some(model), json!({})))
                .await
                .container
                .pk,
        );
    }
    let tasks: Vec<_> = keys
        .into_iter()
        .map(|pk| {
            let store = db.store.clone();
            tokio::spawn(async move {
                store
                    .reserve_port(pk, PortRange::default(), NOW)
                    .await
                    .unwrap()
            })
        })
        .collect();
    let mut ports = HashSet::new();
    for task in tasks {
        ports.insert(task.await.unwrap());
    }
    assert_eq!(ports.len(), 200);
    assert_eq!(db.store.ports_in_use().await.unwrap(), 200);
}

#[tokio::test]
async fn barred_and_quarantined_ports_are_passed_over_until_none_is_left() {
    let db = db().await;
    let range: PortRange = "7860-7862".parse().unwrap();
    let pk = db.create(intent("one", None, json!({}))).await.container.pk;
    db.store.bar_ports(&[range.first()]).await.unwrap();
    let port = db.store.reserve_port(pk, range, NOW).await.unwrap();
    assert_eq!(port.0, 7861);
    db.store
        .quarantine_port(pk, port, NOW.plus_millis(1000))
        .await
        .unwrap();
    assert_eq!(db.store.reserve_port(pk, range, NOW).await.unwrap().0, 7862);
    let other = db
        .create(intent("one", Some(1), json!({})))
        .await
        .container
        .pk;
    let full = db.store.reserve_port(other, range, NOW).await;
    assert!(matches!(full, Err(StoreError::PortsExhausted)), "{full:?}");
    let later = db
        .store
        .reserve_port(other, range, NOW.plus_millis(1001))
        .await
        .unwrap();
    assert_eq!(later.0, 7861, "a quarantine ends");
}

/// security.md 2.7, item 53.
#[tokio::test]
async fn item_53_1001_records_have_1001_ports_and_one_more_has_none_until_one_is_given_back() {
    let db = db().await;
    let range = PortRange::default();
    let mut ports = HashSet::new();
    let mut last = ContainerPk(0);
    for model in 0..1001 {
        let created = db.create(intent("one", Some(model), json!({}))).await;
        last = created.container.pk;
        ports.insert(db.store.reserve_port(last, range, NOW).await.unwrap().0);
    }
    assert_eq!(ports, (7860..=8860).collect());
    let more = db.create(intent("one", Some(1001), json!({}))).await;
    let more = more.container.pk;
    assert!(matches!(
        db.store.reserve_port(more, range, NOW).await,
        Err(StoreError::PortsExhausted)
    ));
    assert_eq!(db.store.ports_in_use().await.unwrap(), 1001);
    let given_back = db.store.container(last).await.unwrap().unwrap().host_port;
    let given_back = given_back.unwrap();
    db.store
        .quarantine_port(last, given_back, NOW)
        .await
        .unwrap();
    let later = NOW.plus_millis(1);
    let port = db.store.reserve_port(more, range, later).await.unwrap();
    assert_eq!(port, given_back);
}

#[tokio::test]
async fn the_same_context_has_one_live_build() {
    let db = db().await;
    let new = NewBuild {
        release: release(),
        source: Digest::of(b"one"),
        context: Digest::of(b"context"),
        image: "image:d-1".into(),
    };
    let first = db
        .store
        .queue_build(ContainerPk(1), &new, NOW)
        .await
        .unwrap();
    assert_eq!(
        db.store
            .queue_build(ContainerPk(1), &new, NOW)
            .await
            .unwrap()
            .id,
        first.id
    );
    let begun = db.store.begin_build(first.id, NOW).await.unwrap().unwrap();
    assert_eq!((begun.id, begun.attempt), (first.id, 1));
    assert_eq!(
        db.store
            .queue_build(ContainerPk(1), &new, NOW)
            .await
            .unwrap()
            .id,
        first.id
    );
    assert_eq!(db.store.requeue_interrupted_builds().await.unwrap(), 1);
    assert_eq!(
        db.store
            .begin_build(first.id, NOW)
            .await
            .unwrap()
            .unwrap()
            .attempt,
        2
    );
    db.store
        .finish_build(first.id, BuildStatus::Failed, None, NOW)
        .await
        .unwrap();
    assert_ne!(
        db.store
            .queue_build(ContainerPk(1), &new, NOW)
            .await
            .unwrap()
            .id,
        first.id
    );
}

#[tokio::test]
async fn a_queued_build_is_cancelled_at_once_and_a_running_one_on_request() {
    let db = db().await;
    let mut new = NewBuild {
        release: release(),
        source: Digest::of(b"one"),
        context: Digest::of(b"a"),
        image: "image:d-1".into(),
    };
    let cancelled = Failure::new(FailureKind::Cancelled, "the build was cancelled");
    let running = db
        .store
        .queue_build(ContainerPk(1), &new, NOW)
        .await
        .unwrap();
    db.store.begin_build(running.id, NOW).await.unwrap();
    new.context = Digest::of(b"b");
    let queued = db
        .store
        .queue_build(ContainerPk(1), &new, NOW)
        .await
        .unwrap();
    let row = db
        .store
        .want_build_cancelled(queued.id, &cancelled, NOW)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (row.status, row.failure),
        (BuildStatus::Cancelled, Some(cancelled.clone()))
    );
    let row = db
        .store
        .want_build_cancelled(running.id, &cancelled, NOW)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (row.status, row.cancel_wanted),
        (BuildStatus::Building, true)
    );
}

#[tokio::test]
async fn a_build_is_only_unneeded_while_no_record_waits_for_it_and_not_joined_once_it_is_being_cancelled()
 {
    let db = db().await;
    let pk = db.create(intent("one", None, json!({}))).await.container.pk;
    let new = NewBuild {
        release: release(),
        source: Digest::of(b"one"),
        context: Digest::of(b"a"),
        image: "image:d-1".into(),
    };
    let cancelled = Failure::new(FailureKind::Cancelled, "the build was cancelled");
    let build = db.store.queue_build(pk, &new, NOW).await.unwrap();
    db.store.begin_build(build.id, NOW).await.unwrap();
    let cancel = || {
        db.store
            .want_unneeded_build_cancelled(build.id, &cancelled, NOW)
    };
    assert_eq!(cancel().await.unwrap(), None);
    db.store.want_absent(pk, NOW).await.unwrap();
    assert!(cancel().await.unwrap().unwrap().cancel_wanted);
    let other = db.create(intent("one", Some(1), json!({}))).await;
    let other = other.container.pk;
    let dying = db.store.queue_build(other, &new, NOW).await.unwrap();
    assert_eq!((dying.id, dying.cancel_wanted), (build.id, true));
    let row = db.store.container(other).await.unwrap().unwrap();
    assert_eq!(row.build, None);
}

#[tokio::test]
async fn lists_filter_by_status_release_model_label_and_text() {
    let db = db().await;
    let first = db.create(intent("one", Some(7), json!({}))).await;
    db.create(intent("one", None, json!({}))).await;
    db.make_ready(&first).await;
    let count = async |filter: ContainerFilter| {
        let (rows, count) = db
            .store
            .containers(&ContainerFilter {
                limit: 10,
                ..filter
            })
            .await
            .unwrap();
        assert_eq!(rows.len() as u64, count);
        count
    };
    assert_eq!(count(ContainerFilter::default()).await, 2);
    let running = playground_types::ContainerStatus::matching("running").unwrap();
    assert_eq!(
        count(ContainerFilter {
            statuses: running,
            ..Default::default()
        })
        .await,
        1
    );
    assert_eq!(
        count(ContainerFilter {
            release: Some("my-plugin".into()),
            ..Default::default()
        })
        .await,
        2
    );
    assert_eq!(
        count(ContainerFilter {
            release: Some("my-plugin@2".into()),
            ..Default::default()
        })
        .await,
        0
    );
    assert_eq!(
        count(ContainerFilter {
            model: Some(ModelId(7)),
            ..Default::default()
        })
        .await,
        1
    );
    assert_eq!(
        count(ContainerFilter {
            labels: vec!["gradio".into()],
            ..Default::default()
        })
        .await,
        2
    );
    assert_eq!(
        count(ContainerFilter {
            labels: vec!["gradio".into(), "x".into()],
            ..Default::default()
        })
        .await,
        0
    );
    assert_eq!(
        count(ContainerFilter {
            search: Some("EINSTEIN".into()),
            ..Default::default()
        })
        .await,
        2
    );
}

#[tokio::test]
async fn content_is_removed_when_nothing_refers_to_it_and_it_is_not_new() {
    let db = db().await;
    db.put("two").await;
    assert_eq!(db.store.remove_unused_sources(NOW).await.unwrap(), []);
    let later = NOW.plus_millis(1);
    assert_eq!(
        db.store.unused_sources(&[], later).await.unwrap(),
        [Digest::of(b"one")]
    );
    assert_eq!(
        db.store.remove_unused_sources(later).await.unwrap(),
        [Digest::of(b"one")]
    );
    let newest = db.store.newest_release("my-plugin").await.unwrap().unwrap();
    assert_eq!(newest.source.digest, Digest::of(b"two"));
}

#[tokio::test]
async fn ended_builds_go_by_number_and_age_unless_somebody_needs_them() {
    let db = db().await;
    let pk = db.create(intent("one", None, json!({}))).await.container.pk;
    let mut ids = Vec::new();
    for number in 0..5_i64 {
        let new = NewBuild {
            release: release(),
            source: Digest::of(b"one"),
            context: Digest::of(&[number as u8]),
            image: "image:d-1".into(),
        };
        // Of a record that is not there: only the last one is waited for.
        let waits = if number == 4 { pk } else { ContainerPk(99) };
        let build = db.store.queue_build(waits, &new, NOW).await.unwrap();
        let at = NOW.plus_millis(number);
        db.store.begin_build(build.id, NOW).await.unwrap();
        db.store
            .finish_build(build.id, BuildStatus::Completed, None, at)
            .await
            .unwrap();
        ids.push(build.id);
    }
    let spare = async |keep, before| {
        let spare = db.store.spare_builds(keep, before).await.unwrap();
        spare.into_iter().map(|build| build.id).collect::<Vec<_>>()
    };
    assert_eq!(spare(3, NOW).await, ids[..2]);
    assert_eq!(spare(5, NOW.plus_millis(1)).await, ids[..1]);
    assert_eq!(spare(0, NOW).await, ids[..4], "the record needs the last");
    assert!(!db.store.forget_build(ids[4]).await.unwrap());
    for id in &ids[..4] {
        assert!(db.store.forget_build(*id).await.unwrap());
    }
    assert_eq!(spare(0, NOW.plus_millis(99)).await, []);
    assert_eq!(
        db.store.needed_contexts().await.unwrap(),
        [Digest::of(&[4]).hex().to_owned()].into()
    );
    let (delete, later) = (release(), NOW.plus_millis(99));
    db.store.delete_release(&delete).await.unwrap();
    assert_eq!(db.store.remove_unused_sources(later).await.unwrap(), []);
}

/// security.md 2.7, item 52.
#[tokio::test]
async fn item_52_creates_that_need_a_build_are_refused_when_as_many_wait_as_may() {
    let db = db().await;
    for content in ["a", "b", "c"] {
        db.put_as(content, content).await;
    }
    let of = |content: &str, model| CreateIntent {
        release: format!("{content}@1.0.0").parse().unwrap(),
        ..intent(content, model, json!({}))
    };
    let store = &db.store;
    let accept =
        |intent: CreateIntent| async move { store.accept_create_within(&intent, 2, NOW).await };
    let first = accept(of("a", None)).await.unwrap().container;
    accept(of("b", None)).await.unwrap();
    assert!(matches!(
        accept(of("c", None)).await,
        Err(StoreError::QueueFull(2))
    ));
    assert_eq!(store.waiting_builds().await.unwrap(), 2);
    let (_, count) = store.containers(&ContainerFilter::default()).await.unwrap();
    assert_eq!(count, 2, "a refused one leaves nothing");
    // The same content again needs no build of its own.
    accept(of("a", Some(1))).await.unwrap();
    let new = NewBuild {
        release: first.release.clone(),
        source: first.spec.source.clone(),
        context: Digest::of(b"context"),
        image: "image:d-1".into(),
    };
    let build = store.queue_build(first.pk, &new, NOW).await.unwrap();
    assert_eq!(store.waiting_builds().await.unwrap(), 2);
    store.begin_build(build.id, NOW).await.unwrap();
    accept(of("c", None)).await.unwrap();
}

/// security.md 2.7, item 49.
#[tokio::test]
async fn item_49_a_revoked_token_is_no_longer_valid_and_only_digests_are_stored() {
    let db = db().await;
    db.store
        .add_token("old", &Digest::of(b"t1"), NOW)
        .await
        .unwrap();
    db.store
        .add_token("new", &Digest::of(b"t2"), NOW)
        .await
        .unwrap();
    assert_eq!(db.store.valid_tokens(NOW).await.unwrap().len(), 2);
    db.store.revoke_tokens("old", NOW).await.unwrap();
    let valid = db.store.valid_tokens(NOW).await.unwrap();
    assert_eq!(
        valid
            .iter()
            .map(|token| token.hash.as_str())
            .collect::<Vec<_>>(),
        [Digest::of(b"t2").hex()]
    );
}

#[tokio::test]
async fn a_token_that_is_set_again_is_valid_again() {
    let db = db().await;
    let hash = Digest::of(b"t1");
    for _ in 0..2 {
        db.store.revoke_tokens("agent", NOW).await.unwrap();
        db.store.add_token("agent", &hash, NOW).await.unwrap();
        assert_eq!(db.store.valid_tokens(NOW).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn the_schema_is_the_committed_one() {
    let db = db().await;
    insta::assert_snapshot!("schema", db.store.schema().await.unwrap());
}
