//! The loop on a scripted engine: made, killed, started again, and asked whether it came to rest.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use playground_control::{
    Control, ControlConfig, ControlError, CreateRequest, LABEL_BASE_PACKAGES, Probe,
};
use playground_engine::labels::{LABEL_AGENT, LABEL_RECORD};
use playground_engine::{ContainerView, Engine, FakeEngine, RunState};
use playground_plugin::{PluginFacts, Requested};
use playground_store::{Accepted, ContainerRow, Desired, LaunchRow, Outcome, Store};
use playground_types::env::{Envs, Params};
use playground_types::wire::OnExisting;
use playground_types::{ContainerPk, ContainerStatus, EngineId, Failure, ModelId, Tier};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::{Instant, timeout};

use crate::Plugin;

/// The base image that every scripted engine has.
pub const BASE_IMAGE: &str = "synapse-gradio-base:latest";
/// Longer than anything the loop waits for, build time-outs included.
const PATIENCE: Duration = Duration::from_secs(3600);

/// One Agent's control side with its database, on an engine that others may share.
#[derive(Debug)]
pub struct TestControl {
    /// The engine, for scripting and for other hands.
    pub fake: FakeEngine,
    /// The loop that runs now.
    pub control: Control,
    pub(crate) config: ControlConfig,
    pub(crate) store: Store,
    pub(crate) dir: TempDir,
}

impl TestControl {
    /// A running loop on an engine of its own.
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// The same with other settings.
    pub async fn with(adjust: impl FnOnce(&mut ControlConfig)) -> Self {
        Self::on(&FakeEngine::new(), adjust).await
    }

    /// Another Agent on an engine that exists.
    pub async fn on(fake: &FakeEngine, adjust: impl FnOnce(&mut ControlConfig)) -> Self {
        let gradio = BTreeMap::from([(
            LABEL_BASE_PACKAGES.to_owned(),
            json!({"gradio": "6.0.0"}).to_string(),
        )]);
        fake.add_labelled_image(BASE_IMAGE, gradio);
        let dir = memory_dir();
        let mut config = ControlConfig::new(dir.path().to_owned());
        config.base_image = BASE_IMAGE.to_owned();
        config.probe_host_ports = false;
        config.samples_stats = false;
        adjust(&mut config);
        let store = open(dir.path()).await;
        let control = begin(&store, fake, &config).await;
        Self {
            fake: fake.clone(),
            control,
            config,
            store,
            dir,
        }
    }

    /// Uploads a plugin.
    pub async fn upload(&self, plugin: &Plugin) -> PluginFacts {
        self.control
            .take_in(plugin.upload(), Requested::default())
            .await
            .expect("the plugin is well-formed")
    }

    /// A create of an uploaded plugin, to be changed before it is sent.
    pub fn request(facts: &PluginFacts) -> CreateRequest {
        CreateRequest {
            facts: facts.clone(),
            model: None,
            params: Params::default(),
            envs: Envs::default(),
            limits: None,
            labels: Vec::new(),
            metadata: Value::Null,
            kind: "plugin".to_owned(),
            backend_container_id: None,
            on_existing: OnExisting::Restart,
            live: false,
        }
    }

    /// The same with a model and params.
    pub fn request_with(facts: &PluginFacts, model: Option<i64>, params: Value) -> CreateRequest {
        let Value::Object(params) = params else {
            panic!("params are an object, not {params}");
        };
        CreateRequest {
            model: model.map(ModelId),
            params: Params::checked(params).expect("the params are small"),
            ..Self::request(facts)
        }
    }

    /// Sends a create.
    pub async fn create(&self, request: CreateRequest) -> Accepted {
        self.control
            .create_container(request)
            .await
            .expect("the create is accepted")
    }

    /// Sends a create without model and params, and waits until its app answers.
    pub async fn ready(&self, facts: &PluginFacts) -> ContainerRow {
        let accepted = self.create(Self::request(facts)).await;
        self.completed(&accepted).await
    }

    /// The record of a create whose launch completes.
    pub async fn completed(&self, accepted: &Accepted) -> ContainerRow {
        let launch = self.ended(accepted).await;
        assert_eq!(
            launch.outcome,
            Some(Outcome::Completed),
            "{launch:#?}\n{}",
            self.state().await
        );
        self.row(accepted.container.pk).await
    }

    /// Why a create's launch fails.
    pub async fn failed(&self, accepted: &Accepted) -> Failure {
        let launch = self.ended(accepted).await;
        assert_eq!(
            launch.outcome,
            Some(Outcome::Failed),
            "{launch:#?}\n{}",
            self.state().await
        );
        launch.failure.expect("a failed launch says why")
    }

    /// A launch once it ended, however.
    pub async fn ended(&self, accepted: &Accepted) -> LaunchRow {
        let launch = self
            .control
            .await_launch(accepted.launch.id, PATIENCE)
            .await
            .expect("the launch is there");
        assert!(
            launch.outcome.is_some(),
            "a launch did not end within {PATIENCE:?}: {launch:#?}\n{}",
            self.state().await
        );
        launch
    }

    /// A record that is there.
    pub async fn row(&self, pk: ContainerPk) -> ContainerRow {
        let row = self.control.store().container(pk).await;
        row.expect("the database answers")
            .unwrap_or_else(|| panic!("there is no record {pk}"))
    }

    /// All records.
    pub async fn rows(&self) -> Vec<ContainerRow> {
        let keys = self.control.store().container_keys().await;
        let mut rows = Vec::new();
        for pk in keys.expect("the database answers") {
            let row = self.control.store().container(pk).await;
            rows.extend(row.expect("the database answers"));
        }
        rows
    }

    /// A record once it satisfies a condition.
    pub async fn until(
        &self,
        pk: ContainerPk,
        condition: impl Fn(&ContainerRow) -> bool,
    ) -> ContainerRow {
        let row = self
            .control
            .await_container(pk, PATIENCE, &condition)
            .await
            .expect("the database answers");
        match row {
            Some(row) if condition(&row) => row,
            last => panic!(
                "not within {PATIENCE:?}; last: {last:#?}\n{}",
                self.state().await
            ),
        }
    }

    /// Waits until a record is gone.
    pub async fn gone(&self, pk: ContainerPk) {
        let row = self
            .control
            .await_container(pk, PATIENCE, |_| false)
            .await
            .expect("the database answers");
        assert_eq!(
            row,
            None,
            "not gone within {PATIENCE:?}\n{}",
            self.state().await
        );
    }

    /// Waits until nothing is left to do, and checks that nothing was left behind.
    pub async fn settle(&self) -> Vec<ContainerRow> {
        let deadline = Instant::now() + PATIENCE;
        let mut changes = self.control.changes();
        while let Some(reason) = self.unsettled().await {
            assert!(
                Instant::now() < deadline,
                "not settled within {PATIENCE:?}: {reason}\n{}",
                self.state().await
            );
            // What the engine does by itself is no change of ours, so time is a reason to look again, too.
            drop(timeout(Duration::from_secs(1), changes.changed()).await);
        }
        let rows = self.rows().await;
        self.assert_no_leaks(&rows).await;
        rows
    }

    /// Takes the control side away in the middle of whatever it does, as `kill -9` would.
    pub async fn kill(&self) {
        self.control.kill().await;
    }

    /// A new control side on the same database and engine, after the old one was killed or stopped.
    pub async fn start_again(&mut self) {
        self.fake.resume();
        self.control = begin(&self.store, &self.fake, &self.config).await;
    }

    /// Why no new control side can be made on the same database.
    pub async fn cannot_start(&self) -> ControlError {
        let parts = (
            Engine::Fake(self.fake.clone()),
            Probe::Fake(self.fake.clone()),
        );
        let made = Control::new(self.store.clone(), parts.0, parts.1, self.config.clone()).await;
        made.expect_err("the Agent is not to start")
    }

    /// Killed and started again.
    pub async fn crash(&mut self) {
        self.kill().await;
        self.start_again().await;
    }

    /// Killed, and started again with other settings.
    pub async fn change(&mut self, adjust: impl FnOnce(&mut ControlConfig)) {
        self.kill().await;
        adjust(&mut self.config);
        self.start_again().await;
    }

    /// This Agent's containers on the engine.
    pub fn containers(&self) -> Vec<ContainerView> {
        let is_ours = |view: &ContainerView| {
            view.labels.get(LABEL_AGENT).map(String::as_str) == Some(self.control.agent_id())
        };
        self.fake.containers().into_iter().filter(is_ours).collect()
    }

    /// The one container of a record on the engine.
    pub fn container_of(&self, row: &ContainerRow) -> ContainerView {
        let record = row.pk.to_string();
        let mut found: Vec<ContainerView> = self
            .containers()
            .into_iter()
            .filter(|view| view.labels.get(LABEL_RECORD) == Some(&record))
            .collect();
        assert_eq!(found.len(), 1, "containers of record {record}: {found:#?}");
        found.remove(0)
    }

    /// Records, launches and containers, for a panic's message.
    pub async fn state(&self) -> String {
        let launches = self.control.store().launches(0, 20).await.ok();
        format!(
            "records: {:#?}\nlaunches: {launches:#?}\ncontainers: {:#?}\nlast calls: {:?}",
            self.rows().await,
            self.fake.containers(),
            self.fake.calls().iter().rev().take(20).collect::<Vec<_>>(),
        )
    }

    /// What is still to be done, if anything.
    async fn unsettled(&self) -> Option<String> {
        for row in self.rows().await {
            let pk = row.pk;
            if let Some(reason) = self.unsettled_record(&row) {
                return Some(format!("record {pk}: {reason}"));
            }
        }
        let rows = self.rows().await;
        let is_known = |view: &ContainerView| {
            rows.iter().any(|row| {
                [&row.engine_id, &row.previous_engine_id].contains(&&Some(view.id.clone()))
            })
        };
        if let Some(view) = self.containers().into_iter().find(|view| !is_known(view)) {
            return Some(format!("container {} has no record", view.id));
        }
        let (launches, _) = self
            .control
            .store()
            .launches(0, 10_000)
            .await
            .expect("the database answers");
        if let Some(open) = launches.iter().find(|launch| launch.outcome.is_none()) {
            return Some(format!("launch {} is open", open.id));
        }
        let queued = self.control.store().queued_builds().await;
        if self.fake.builds_running() > 0 || queued.expect("the database answers") > 0 {
            return Some("builds are on their way".to_owned());
        }
        None
    }

    fn unsettled_record(&self, row: &ContainerRow) -> Option<String> {
        if row.previous_engine_id.is_some() && row.current_failure().is_none() {
            return Some("a container stepped aside and is still there".to_owned());
        }
        let view = self
            .containers()
            .into_iter()
            .find(|view| Some(&view.id) == row.engine_id.as_ref());
        let is_up = view
            .as_ref()
            .is_some_and(|view| matches!(view.state, RunState::Running | RunState::Paused));
        let status = match row.desired {
            Desired::Absent => return Some("it is on its way out".to_owned()),
            Desired::Stopped => ContainerStatus::Stopped,
            Desired::Running if row.current_failure().is_some() => ContainerStatus::Failed,
            Desired::Running => match row.asleep {
                None => ContainerStatus::Running,
                Some(Tier::Paused) => ContainerStatus::Paused,
                Some(_) => ContainerStatus::Stopped,
            },
        };
        if row.status != status {
            return Some(format!("it says {} and not {status}", row.status));
        }
        if row.asleep == Some(Tier::Removed) && view.is_some() {
            return Some("its container is still there".to_owned());
        }
        if status != ContainerStatus::Running {
            let may_be_up = status == ContainerStatus::Paused;
            return (is_up && !may_be_up).then(|| "its container still runs".to_owned());
        }
        if row.restart_done < row.restart_wanted {
            return Some("a restart is wanted".to_owned());
        }
        if view.as_ref().is_some_and(|view| view.name != row.name) {
            return Some("its container has another name".to_owned());
        }
        let run = view
            .filter(|view| view.state == RunState::Running && !view.networks.is_empty())
            .and_then(|view| view.started_at);
        (run.is_none() || run != row.published_run)
            .then(|| format!("run {run:?} is not the published one"))
    }

    async fn assert_no_leaks(&self, rows: &[ContainerRow]) {
        let there: Vec<EngineId> = self.containers().into_iter().map(|view| view.id).collect();
        let expected: Vec<EngineId> = rows
            .iter()
            .flat_map(|row| [row.engine_id.clone(), row.previous_engine_id.clone()])
            .flatten()
            .filter(|id| there.contains(id))
            .collect();
        self.fake
            .assert_no_leaks(self.control.agent_id(), &expected);
        let ports = rows
            .iter()
            .flat_map(|row| [row.host_port, row.previous_port]);
        let ports = ports.flatten().count();
        let in_use = self.control.store().ports_in_use().await;
        assert_eq!(in_use.expect("the database answers"), ports as u64);
    }
}

/// In memory where that is possible: hundreds of databases need no disk to sync.
fn memory_dir() -> TempDir {
    let shm = Path::new("/dev/shm");
    let made = if shm.is_dir() {
        tempfile::tempdir_in(shm)
    } else {
        tempfile::tempdir()
    };
    made.expect("there is room for a temporary directory")
}

/// The database of a data directory.
pub(crate) async fn open(dir: &Path) -> Store {
    Store::open(&dir.join("playground.db"))
        .await
        .expect("the database opens")
}

async fn begin(store: &Store, fake: &FakeEngine, config: &ControlConfig) -> Control {
    let control = Control::new(
        store.clone(),
        Engine::Fake(fake.clone()),
        Probe::Fake(fake.clone()),
        config.clone(),
    )
    .await
    .expect("the parts fit together");
    control.start().await.expect("the database answers");
    control
}
