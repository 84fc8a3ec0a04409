//! A real Agent in this process, on a real engine, behind real HTTP; and nothing left of it afterwards.

#![allow(
    dead_code,
    reason = "every test target compiles all of this and uses its part"
)]
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "tables, measured times and skips are told to whoever runs the tests"
)]

pub(crate) mod docker;
pub(crate) mod index;
pub(crate) mod plugin;
pub(crate) mod table;

use std::fmt::Debug;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use playground_agent::{AppState, Front, Links, Tokens};
use playground_control::{AGENT_ID_FILE, Control, ControlConfig, Probe};
use playground_engine::Engine;
use playground_proxy::{Gateway, GatewayConfig, ListenLimits};
use playground_store::Store;
use playground_testkit::{EngineProxy, Fault};
use playground_types::wire::{Container, Created, Launch};
use playground_types::{Failure, FailureKind, LaunchStatus, PortRange};
use reqwest::multipart::{Form, Part};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use docker::Leftovers;
use plugin::Plugin;

/// How long anything may take to become true.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(50);
/// Ports of one Agent.
const PORTS: u16 = 5;
/// With the mark that `cargo xtask test` looks for in every log.
const TOKEN: &str = "5ec2e7ca9a59-for-tests-only";
const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Each test target has ports of its own, each test in it a few of them.
fn ports() -> PortRange {
    static TAKEN: AtomicU16 = AtomicU16::new(0);
    let first = match env!("CARGO_CRATE_NAME") {
        "docker_cage" => 19_100,
        "docker_ports" => 19_200,
        "docker_builds" => 19_300,
        "docker_limits" => 19_400,
        "docker_plugins" => 19_500,
        "docker_stops" => 19_700,
        "docker_health" => 20_200,
        "docker_recovery" => 21_500,
        "docker_kinds" => 24_000,
        "docker_clean" => 21_000,
        "docker_adoption" => 23_700,
        "docker_hands" => 23_800,
        "docker_sleep" => 24_500,
        "docker_stats" => 24_900,
        "docker_live" => 25_300,
        "docker_publish" => 22_300,
        "docker_egress" => 22_400,
        _ => 19_600,
    } + TAKEN.fetch_add(PORTS, Ordering::Relaxed);
    format!("{first}-{}", first + PORTS - 1)
        .parse()
        .expect("a range")
}

/// For tests that measure times: they take turns.
pub(crate) fn in_turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The Agent under test.
#[derive(Debug)]
pub(crate) struct Agent {
    /// What is on the label of everything it makes.
    pub(crate) id: String,
    pub(crate) network: String,
    pub(crate) ports: PortRange,
    pub(crate) control: Control,
    pub(crate) data: PathBuf,
    config: ControlConfig,
    store: Store,
    url: String,
    client: Client,
    front: tokio::sync::Mutex<Option<Front>>,
}

/// Runs a test with an Agent of its own whose settings it may change, or says why not.
///
/// The Agent lives in a runtime that ends before its leftovers are removed, so that nothing is made again.
pub(crate) fn on_docker(
    name: &str,
    change: impl FnOnce(&mut ControlConfig),
    test: impl AsyncFnOnce(&Agent),
) {
    on_engine(
        name,
        change,
        || (Engine::docker(None), ()),
        async |agent, ()| {
            test(agent).await;
        },
    );
}

/// The same with a proxy between the Agent and the engine, for engine trouble that no other test notices.
pub(crate) fn through_proxy(
    name: &str,
    change: impl FnOnce(&mut ControlConfig),
    test: impl AsyncFnOnce(&Agent, &EngineProxy),
) {
    let connect = || {
        let proxy = EngineProxy::start();
        (Engine::docker(Some(&proxy.host())), proxy)
    };
    on_engine(name, change, connect, async |agent, proxy| {
        test(agent, &proxy).await;
        proxy.set(Fault::None);
    });
}

fn on_engine<T>(
    name: &str,
    change: impl FnOnce(&mut ControlConfig),
    connect: impl FnOnce() -> (Engine, T),
    test: impl AsyncFnOnce(&Agent, T),
) {
    // The Agent's own log among the test's output, for whoever asks with RUST_LOG.
    if std::env::var_os("RUST_LOG").is_some() {
        let log = tracing_subscriber::fmt()
            .with_env_filter(playground_agent::log_filter())
            .with_ansi(false)
            .with_test_writer();
        // Another test of this process may have begun it.
        drop(log.try_init());
    }
    let runtime = || tokio::runtime::Runtime::new().expect("a runtime");
    let engine = Engine::docker(None);
    if let Err(error) = runtime().block_on(engine.version()) {
        let skip = std::env::var("PLAYGROUND_SKIP_DOCKER").is_ok_and(|value| value == "1");
        assert!(
            skip,
            "no Docker Engine answers ({error}): start one, or set PLAYGROUND_SKIP_DOCKER=1 to leave these tests out"
        );
        println!("SKIPPED {name}: no Docker Engine answers");
        return;
    }
    let id = format!("agent-test-{}-{name}", std::process::id());
    // Dropped in the reverse of this order, panic or not.
    let leftovers = Leftovers {
        network: id.clone(),
        agent_id: id,
    };
    let data = tempfile::tempdir().expect("a data directory");
    let runtime = runtime();
    let mut config = ControlConfig::new(data.path().to_owned());
    config.network.clone_from(&leftovers.network);
    config.port_range = ports();
    config.publish_address = LOOPBACK;
    change(&mut config);
    runtime.block_on(async {
        // Engines that were met in another runtime keep its connections.
        let (engine, with) = connect();
        let agent = Agent::start(engine, &leftovers.agent_id, data.path(), config).await;
        test(&agent, with).await;
        agent.control.stop().await;
    });
}

impl Agent {
    /// Composed as `serve` does, on a free port.
    async fn start(engine: Engine, id: &str, data: &Path, config: ControlConfig) -> Self {
        let store = Store::open(&data.join("playground.db"))
            .await
            .expect("a database");
        // Known from the first moment on, so that whatever is made can be found again.
        if !data.join(AGENT_ID_FILE).exists() {
            store.setting_or("agent_id", id).await.expect("a setting");
        }
        let tokens = Tokens::new(store.clone(), true);
        tokens
            .ensure(Some(&TOKEN.into()), data)
            .await
            .expect("a token");
        let probe = Probe::http().expect("a probe");
        let (network, ports) = (config.network.clone(), config.port_range);
        let control = Control::new(store.clone(), engine, probe, config.clone())
            .await
            .expect("a loop");
        assert_eq!(control.agent_id(), id);
        let listener = tokio::net::TcpListener::bind((LOOPBACK, 0))
            .await
            .expect("a port");
        let address = listener.local_addr().expect("an address");
        control.start().await.expect("the loop starts");
        assert!(control.ready().await);
        let state = AppState::new(
            control.clone(),
            tokens,
            Links::open(&config.data_dir).expect("a key"),
            Gateway::new(GatewayConfig::default()),
            playground_agent::http::Hold(Duration::from_secs(8)),
        );
        let front = Front::open(listener, state, ListenLimits::default(), Vec::new())
            .await
            .expect("the records can be read");
        Self {
            id: id.to_owned(),
            network,
            ports,
            control,
            data: data.to_owned(),
            config,
            store,
            url: format!("http://{address}/"),
            client: Client::builder().no_proxy().build().expect("a client"),
            front: tokio::sync::Mutex::new(Some(front)),
        }
    }

    /// Stops this Agent, does something to its data directory, and starts it again.
    pub(crate) async fn again(&self, meanwhile: impl FnOnce(&Path)) -> Self {
        self.end().await;
        meanwhile(&self.data);
        let engine = self.control.engine().clone();
        Self::start(engine, &self.id, &self.data, self.config.clone()).await
    }

    /// Stops this Agent, and starts it again with other settings.
    pub(crate) async fn again_with(&self, change: impl FnOnce(&mut ControlConfig)) -> Self {
        self.end().await;
        let mut config = self.config.clone();
        change(&mut config);
        let engine = self.control.engine().clone();
        Self::start(engine, &self.id, &self.data, config).await
    }

    async fn end(&self) {
        self.control.stop().await;
        if let Some(front) = self.front.lock().await.take() {
            front.close().await;
        }
        self.store.close().await;
    }

    /// A second Agent beside this one, with an id, a directory and ports of its own, on the same network.
    pub(crate) async fn beside(&self, id: &str, data: &Path) -> Self {
        let mut config = self.config.clone();
        data.clone_into(&mut config.data_dir);
        config.port_range = ports();
        let engine = self.control.engine().clone();
        Self::start(engine, id, data, config).await
    }

    /// A request to the API, with the token.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client
            .request(method, format!("{}{path}", self.url))
            .header("Authorization", TOKEN)
    }

    /// Sends one; its status and its body.
    pub(crate) async fn send(&self, request: RequestBuilder) -> (StatusCode, Value) {
        let answer = request.send().await.expect("the Agent answers");
        let status = answer.status();
        let text = answer.text().await.expect("a body");
        let body = if text.is_empty() {
            Value::Null
        } else {
            serde_json::from_str(&text).unwrap_or(Value::String(text))
        };
        (status, body)
    }

    /// Asks for what a create wants; whatever the answer is.
    pub(crate) async fn ask(&self, create: &Create) -> (StatusCode, Value) {
        let mut form = Form::new();
        for (name, value) in &create.fields {
            form = form.text(name.clone(), value.clone());
        }
        if let Some(archive) = &create.archive {
            form = form.part("file", Part::bytes(archive.clone()).file_name("plugin.zip"));
        }
        self.send(self.request(Method::POST, "containers/").multipart(form))
            .await
    }

    /// The same, accepted.
    pub(crate) async fn create(&self, create: &Create) -> Created {
        let (status, body) = self.ask(create).await;
        assert!(status.is_success(), "{status} {body:#}");
        serde_json::from_value(body).expect("a created container")
    }

    /// Creates and waits until the app is ready.
    pub(crate) async fn ready(&self, create: &Create) -> Container {
        let created = self.create(create).await;
        self.ready_launch(&created.build_id).await
    }

    /// Waits until this launch's app is ready.
    pub(crate) async fn ready_launch(&self, id: &str) -> Container {
        let launch = self.settled(id).await;
        assert_eq!(launch.status, LaunchStatus::Completed, "{launch:#?}");
        self.show(launch.container_pk).await
    }

    /// Creates what cannot become ready, and waits until it is told why.
    pub(crate) async fn failed(&self, create: &Create) -> (Container, Failure) {
        let created = self.create(create).await;
        let launch = self.settled(&created.build_id).await;
        assert_eq!(launch.status, LaunchStatus::Failed, "{launch:#?}");
        let container = self.show(created.container.pk).await;
        assert_eq!(container.endpoint, None, "{container:#?}");
        (container, launch.failure.expect("a reason"))
    }

    /// A launch as it is now.
    pub(crate) async fn launch(&self, id: &str) -> Launch {
        let (status, body) = self
            .send(self.request(Method::GET, &format!("builds/{id}/")))
            .await;
        assert_eq!(status, StatusCode::OK, "{body:#}");
        serde_json::from_value(body).expect("a launch")
    }

    /// A launch that has ended.
    pub(crate) async fn settled(&self, id: &str) -> Launch {
        eventually("the launch ends", async || {
            let launch = self.launch(id).await;
            if launch.status.is_final() {
                Ok(launch)
            } else {
                Err(launch)
            }
        })
        .await
    }

    /// A record as it is now, with Docker's attributes.
    pub(crate) async fn show(&self, pk: i64) -> Container {
        let (status, body) = self
            .send(self.request(Method::GET, &format!("containers/{pk}")))
            .await;
        assert_eq!(status, StatusCode::OK, "{body:#}");
        serde_json::from_value(body).expect("a container")
    }

    /// Stops or starts a container by its `status`; it once that is so, which the answer does not wait for without end.
    pub(crate) async fn set_status(&self, pk: i64, status: &str) -> Container {
        let request = self.request(Method::PATCH, &format!("containers/{pk}"));
        let (code, body) = self.send(request.json(&json!({ "status": status }))).await;
        assert_eq!(code, StatusCode::OK, "{body:#}");
        eventually(&format!("it is {status}"), async || {
            let now = self.show(pk).await;
            if now.status.as_str() == status {
                Ok(now)
            } else {
                Err(now)
            }
        })
        .await
    }

    /// Deletes a container, and waits until it is gone.
    pub(crate) async fn delete(&self, pk: i64) {
        eventually("it is gone", async || {
            let request = self.request(Method::DELETE, &format!("containers/{pk}"));
            match self.send(request).await {
                (StatusCode::NO_CONTENT, _) => Ok(()),
                (StatusCode::ACCEPTED, body) => Err(body),
                (status, body) => panic!("{status} {body:#}"),
            }
        })
        .await;
    }

    /// What an app answers to a path, at the address that the Agent gave out for it.
    pub(crate) async fn call(&self, container: &Container, path: &str) -> Vec<u8> {
        let url = format!("{}{path}", container.endpoint.as_deref().expect("ready"));
        let answer = self.client.get(&url).send().await;
        let answer = answer.unwrap_or_else(|error| panic!("{url}: {error:?}"));
        assert!(answer.status().is_success(), "{url}: {}", answer.status());
        answer.bytes().await.expect("a body").to_vec()
    }

    /// The same, as text.
    pub(crate) async fn say(&self, container: &Container, path: &str) -> String {
        String::from_utf8(self.call(container, path).await).expect("text")
    }

    /// Whether something answers HTTP at this address.
    pub(crate) async fn answers(&self, url: &str) -> bool {
        let request = self.client.get(url).timeout(Duration::from_secs(5));
        request.send().await.is_ok()
    }
}

/// What a create sends.
#[derive(Debug, Clone, Default)]
pub(crate) struct Create {
    fields: Vec<(String, String)>,
    archive: Option<Vec<u8>>,
}

impl Create {
    /// Uploads a plugin.
    pub(crate) fn of(plugin: &Plugin) -> Self {
        Self {
            fields: vec![("plugin_release".to_owned(), plugin.release())],
            archive: Some(plugin.zip()),
        }
    }

    /// Names a release that was uploaded before.
    pub(crate) fn again(plugin: &Plugin) -> Self {
        Self {
            archive: None,
            ..Self::of(plugin)
        }
    }

    pub(crate) fn field(mut self, name: &str, value: impl Into<String>) -> Self {
        self.fields.push((name.to_owned(), value.into()));
        self
    }

    pub(crate) fn params(self, params: &Value) -> Self {
        self.field("params", params.to_string())
    }

    pub(crate) fn limits(self, limits: &Value) -> Self {
        self.field("limits", limits.to_string())
    }
}

/// Looks again and again until there is what is waited for; tells the last state when there never is.
pub(crate) async fn eventually<T, S: Debug>(
    what: &str,
    look: impl AsyncFnMut() -> Result<T, S>,
) -> T {
    within(DEADLINE, what, look).await
}

/// The same with another deadline.
pub(crate) async fn within<T, S: Debug>(
    deadline: Duration,
    what: &str,
    mut look: impl AsyncFnMut() -> Result<T, S>,
) -> T {
    let began = Instant::now();
    loop {
        match look().await {
            Ok(found) => return found,
            Err(state) => assert!(
                began.elapsed() < deadline,
                "still not, after {deadline:?}: {what}; the last state was {state:#?}"
            ),
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// A container that ended for want of memory is told so, and how to help it.
pub(crate) fn assert_out_of_memory(container: &Container) {
    let failure = container.failure.as_ref().expect("a reason");
    let docker_knows = &container.attrs.as_ref().expect("Docker's view")["State"]["OOMKilled"];
    if *docker_knows == true {
        assert_eq!(failure.kind, FailureKind::OutOfMemory, "{failure:#?}");
    } else {
        // A busy engine now and then misses why a process ended.
        println!("the engine did not notice that it was for want of memory");
        let unseen = [FailureKind::Killed, FailureKind::CrashLoop];
        assert!(unseen.contains(&failure.kind), "{failure:#?}");
    }
    assert_eq!(failure.exit_code, Some(137), "{failure:#?}");
    let hint = failure.hint.as_deref().expect("a hint");
    assert!(hint.contains("limits.memory_bytes"), "{failure:#?}");
}

/// The middle one.
pub(crate) fn median(times: &[Duration]) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort();
    sorted[sorted.len() / 2]
}
