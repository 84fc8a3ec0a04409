//! Health checks as rows, and what the platform's backend is still to be told, on a real SQLite file.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use playground_store::{ContainerRow, CreateIntent, PushRow, SourceRow, Spec, Store};
use playground_types::env::{Envs, Params};
use playground_types::wire::OnExisting;
use playground_types::{
    ContainerPk, ContainerStatus, Digest, EngineId, Failure, FailureKind, HealthState, LaunchId,
    Limits, ModelId, PortRange, Timestamp,
};

const NOW: Timestamp = Timestamp(1_000_000);
const LATER: Timestamp = Timestamp(1_030_000);

struct Db {
    store: Store,
    _dir: tempfile::TempDir,
}

impl Db {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("playground.db");
        let store = Store::open(&file).await.unwrap();
        Self { store, _dir: dir }
    }

    /// A record that the backend knows by this key, whose first run is published.
    async fn ready(&self, id: i64) -> ContainerPk {
        let release = "my-plugin@1.0.0".parse().unwrap();
        let content = Digest::of(b"content");
        let source = SourceRow {
            digest: content.clone(),
            facts: "{}".into(),
        };
        self.store
            .put_release(&release, &source, NOW)
            .await
            .unwrap();
        let intent = CreateIntent {
            release,
            model: Some(ModelId(id)),
            kind: "plugin_runtime".into(),
            backend_container_id: Some(id),
            spec: Spec {
                source: content,
                params: Params::default(),
                envs: Envs::default(),
                limits: Limits::default(),
                live: false,
            },
            labels: Vec::new(),
            metadata: serde_json::Value::Null,
            on_existing: OnExisting::Restart,
            name: "quirky_einstein".into(),
            launch: LaunchId::generate(),
        };
        let row = self
            .store
            .accept_create(&intent, NOW)
            .await
            .unwrap()
            .container;
        let range = PortRange::default();
        self.store.reserve_port(row.pk, range, NOW).await.unwrap();
        let engine_id = EngineId(format!("engine-{id}"));
        self.store
            .set_engine_id(row.pk, Some(&engine_id), NOW)
            .await
            .unwrap();
        self.store
            .set_published(row.pk, "run-1", None, row.generation, NOW)
            .await
            .unwrap();
        row.pk
    }

    async fn row(&self, pk: ContainerPk) -> ContainerRow {
        self.store.container(pk).await.unwrap().unwrap()
    }

    async fn miss(&self, pk: ContainerPk, run: &str) -> Option<i64> {
        let missed = self.store.set_check_missed(pk, run, "no answer", 3, LATER);
        missed.await.unwrap()
    }

    /// What is due, not counting what was told before.
    async fn due(&self) -> Vec<PushRow> {
        self.store.pushes_due(Timestamp(0)).await.unwrap()
    }

    async fn tell(&self) -> Vec<PushRow> {
        let due = self.due().await;
        for push in &due {
            self.store.set_pushed(push, NOW).await.unwrap();
        }
        due
    }
}

#[tokio::test]
async fn misses_in_a_row_make_a_run_unhealthy_and_one_answer_makes_up_for_them() {
    let db = Db::new().await;
    let pk = db.ready(1).await;
    for missed in 1..=3 {
        assert_eq!(db.row(pk).await.health_state, HealthState::Healthy);
        assert_eq!(db.miss(pk, "run-1").await, Some(missed));
    }
    let row = db.row(pk).await;
    assert_eq!(row.health_state, HealthState::Unhealthy);
    assert_eq!(row.last_health_error.as_deref(), Some("no answer"));
    assert_eq!(
        (row.last_health_check_at, row.ready_since),
        (Some(LATER), Some(NOW))
    );
    db.store
        .set_check_answered(pk, "run-1", LATER)
        .await
        .unwrap();
    let row = db.row(pk).await;
    assert_eq!(
        (row.health_state, row.consecutive_failures),
        (HealthState::Healthy, 0)
    );
    assert_eq!(
        (row.last_health_error, row.ready_since),
        (None, Some(LATER))
    );
}

#[tokio::test]
async fn a_late_answer_of_an_earlier_run_says_nothing_about_this_one() {
    let db = Db::new().await;
    let pk = db.ready(1).await;
    db.store
        .set_published(pk, "run-2", None, 1, NOW)
        .await
        .unwrap();
    assert_eq!(db.miss(pk, "run-1").await, None);
    assert_eq!(db.miss(pk, "run-2").await, Some(1));
    db.store
        .set_check_answered(pk, "run-1", LATER)
        .await
        .unwrap();
    assert_eq!(db.row(pk).await.consecutive_failures, 1);
}

#[tokio::test]
async fn whatever_withdraws_a_run_leaves_no_health_behind() {
    let db = Db::new().await;
    let pk = db.ready(1).await;
    let failure = Failure::new(FailureKind::Killed, "killed");
    for end in 0..4 {
        db.store
            .set_published(pk, "run", None, 1, NOW)
            .await
            .unwrap();
        db.miss(pk, "run").await;
        match end {
            0 => db.store.set_withdrawn(pk, NOW).await.unwrap(),
            1 => db.store.set_started(pk, 0, NOW).await.unwrap(),
            2 => db.store.set_crashed(pk, 1, LATER, NOW).await.unwrap(),
            _ => db.store.set_failed(pk, 1, &failure, NOW).await.unwrap(),
        }
        let row = db.row(pk).await;
        assert_eq!(
            (
                row.health_state,
                row.consecutive_failures,
                row.is_published()
            ),
            (HealthState::Unknown, 0, false),
            "{end}"
        );
        assert!(db.store.checkable(1, 0).await.unwrap().is_empty(), "{end}");
    }
}

#[tokio::test]
async fn all_slots_together_are_every_published_run_once() {
    let db = Db::new().await;
    let mut keys = Vec::new();
    for id in 1..=20 {
        keys.push(db.ready(id).await);
    }
    let mut found = Vec::new();
    for slot in 0..7 {
        let apps = db.store.checkable(7, slot).await.unwrap();
        assert!((2..=3).contains(&apps.len()), "{apps:?}");
        found.extend(apps.into_iter().map(|app| app.pk));
    }
    found.sort_by_key(|pk| pk.0);
    assert_eq!(found, keys);
}

#[tokio::test]
async fn what_differs_from_what_was_told_is_due_and_only_its_newest_state() {
    let db = Db::new().await;
    let (one, two) = (db.ready(1).await, db.ready(2).await);
    let told = db.tell().await;
    assert_eq!(told.len(), 2);
    assert_eq!(
        (
            told[0].container,
            told[0].backend_container_id,
            told[0].status
        ),
        (one, 1, ContainerStatus::Running)
    );
    assert_eq!(db.due().await, []);
    db.miss(two, "run-1").await;
    db.miss(two, "run-1").await;
    let due = db.due().await;
    assert_eq!(due.len(), 1);
    assert_eq!((due[0].container, due[0].consecutive_failures), (two, 2));
    // Told long ago: a ready app is told of again.
    assert_eq!(db.store.pushes_due(LATER).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_deletion_is_due_until_it_was_told_whether_the_rest_was_told_or_not() {
    let db = Db::new().await;
    let one = db.ready(1).await;
    db.tell().await;
    let two = db.ready(2).await;
    for pk in [one, two] {
        db.store.want_absent(pk, NOW).await.unwrap();
        assert!(db.store.forget_container(pk, NOW).await.unwrap());
    }
    let told = db.tell().await;
    let seen: Vec<_> = told
        .iter()
        .map(|push| (push.backend_container_id, push.status))
        .collect();
    assert_eq!(
        seen,
        [(1, ContainerStatus::Deleted), (2, ContainerStatus::Deleted)]
    );
    assert_eq!(db.due().await, []);
}
