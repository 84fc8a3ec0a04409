//! The record's rules on a real SQLite file: identity, second creates, ports, builds, tokens.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod builds;
mod creates;
mod lists;
mod ports;
mod tokens;

use playground_store::{Accepted, CreateIntent, Outcome, SourceRow, Spec, Store};
use playground_types::env::{Envs, Params};
use playground_types::wire::OnExisting;
use playground_types::{Digest, LaunchId, Limits, ModelId, PluginRelease, Timestamp};
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
            live: false,
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
            .set_published(pk, "run-1", None, generation, NOW)
            .await
            .unwrap();
        self.store
            .finish_launches(pk, generation, Outcome::Completed, None, Some("{}"), NOW)
            .await
            .unwrap();
    }
}
