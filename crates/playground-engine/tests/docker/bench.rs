//! A place of its own on a real engine for each test, taken away whatever becomes of the test.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::{FutureExt, StreamExt, stream};
use playground_engine::labels::{LABEL_AGENT, LABEL_MANAGED_BY, MANAGED_BY};
use playground_engine::{
    BuildEvent, BuildFailed, BuildRequest, Builder, ContainerSpec, Engine, LogOptions, Profile,
    Reach, TarStream,
};
use playground_types::{EngineId, HostPort, Limits};
use tokio::sync::mpsc;

/// How long anything may take to become true.
const DEADLINE: Duration = Duration::from_secs(20);

pub(crate) struct Bench {
    pub(crate) engine: Engine,
    pub(crate) agent: String,
    pub(crate) network: String,
    /// An image that holds nothing but the probe.
    pub(crate) base: String,
}

/// Runs a test on the engine, or says why not.
pub(crate) async fn on_docker(name: &str, test: impl AsyncFnOnce(&Bench)) {
    let engine = Engine::docker(None);
    if let Err(error) = engine.version().await {
        let skip = std::env::var("PLAYGROUND_SKIP_DOCKER").is_ok_and(|value| value == "1");
        assert!(
            skip,
            "no Docker Engine answers ({error}): start one, or set PLAYGROUND_SKIP_DOCKER=1 to leave these tests out"
        );
        println!("SKIPPED {name}: no Docker Engine answers");
        return;
    }
    let agent = format!("engine-test-{}-{name}", std::process::id());
    let bench = Bench {
        engine,
        network: agent.clone(),
        base: format!("{agent}:base"),
        agent,
    };
    let outcome = AssertUnwindSafe(async {
        bench.set_up().await;
        test(&bench).await;
    })
    .catch_unwind()
    .await;
    bench.tear_down().await;
    if let Err(panic) = outcome {
        std::panic::resume_unwind(panic);
    }
}

impl Bench {
    async fn set_up(&self) {
        let program = probe();
        let files = [("probe", program, 0o755), ("bin/cat", program, 0o755)];
        self.engine
            .import_image(tar_of(&files), &self.base)
            .await
            .expect("import");
        // Two at once, as two Agents would: one network comes of it.
        let labels = self.labels();
        let (one, two) = tokio::join!(
            self.engine
                .ensure_network(&self.network, Reach::Everywhere, &labels),
            self.engine
                .ensure_network(&self.network, Reach::Everywhere, &labels)
        );
        one.and(two).expect("network");
    }

    /// By label; the imported image has none and goes by its name, the network by the engine's own command.
    async fn tear_down(&self) {
        for view in self.engine.list(&self.agent).await.expect("list") {
            self.engine.remove(&view.id).await.expect("remove");
        }
        let label = format!("{LABEL_AGENT}={}", self.agent);
        for image in self
            .engine
            .list_images(&[label])
            .await
            .expect("list images")
        {
            // What the classic builder keeps of a failed build has an id only.
            let names = if image.tags.is_empty() {
                vec![image.id]
            } else {
                image.tags
            };
            for name in names {
                self.engine.remove_image(&name).await.expect("remove image");
            }
        }
        self.engine
            .remove_image(&self.base)
            .await
            .expect("remove image");
        let removed = Command::new("docker")
            .args(["network", "rm", &self.network])
            .output();
        assert!(
            removed.expect("docker").status.success(),
            "network {} stays",
            self.network
        );
    }

    pub(crate) fn labels(&self) -> BTreeMap<String, String> {
        BTreeMap::from([
            (LABEL_MANAGED_BY.into(), MANAGED_BY.into()),
            (LABEL_AGENT.into(), self.agent.clone()),
        ])
    }

    /// A container of this test's own image that does `what`.
    pub(crate) fn spec(&self, name: &str, what: &str) -> ContainerSpec {
        ContainerSpec {
            name: format!("{}-{name}", self.agent),
            image: self.app(),
            env: vec![("DO".into(), what.into())],
            labels: self.labels(),
            host_port: free_port(),
            publish_address: Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            network: self.network.clone(),
            limits: Limits {
                memory_bytes: 256 << 20,
                cpus: 1.0,
                ..Limits::default()
            },
            profile: Profile::Standard,
            runtime: None,
            stop_grace: Duration::from_secs(1),
        }
    }

    fn app(&self) -> String {
        format!("{}:app", self.agent)
    }

    /// A Dockerfile on the base. The label comes first, so that what the classic builder keeps of a failed build has it:
    /// the labels of a request come last.
    pub(crate) fn dockerfile(&self, steps: &str) -> String {
        format!(
            "FROM {}\nLABEL {LABEL_AGENT}={}\n{steps}",
            self.base, self.agent
        )
    }

    /// Builds the image that [`spec`](Self::spec) names.
    pub(crate) async fn with_app(&self) -> &Self {
        let dockerfile = self.dockerfile("ENV PATH=/bin\nCMD [\"/probe\"]\n");
        let (outcome, events) = self.build(Builder::Classic, "app", &dockerfile, &[]).await;
        outcome.unwrap_or_else(|error| panic!("{error} {events:?}"));
        self
    }

    pub(crate) async fn started(&self, spec: &ContainerSpec) -> EngineId {
        let id = self.engine.create(spec).await.expect("create");
        self.engine.start(&id).await.expect("start");
        id
    }

    pub(crate) fn request(&self, builder: Builder, tag: &str) -> BuildRequest {
        BuildRequest {
            tags: vec![format!("{}:{tag}", self.agent)],
            labels: self.labels(),
            dockerfile: "Dockerfile".into(),
            builder,
            memory_bytes: None,
            cpus: None,
            network: None,
            build_args: BTreeMap::new(),
        }
    }

    pub(crate) async fn build(
        &self,
        builder: Builder,
        tag: &str,
        dockerfile: &str,
        files: &[(&str, &[u8], u32)],
    ) -> (Result<(), BuildFailed>, Vec<BuildEvent>) {
        let mut context = vec![("Dockerfile", dockerfile.as_bytes(), 0o644)];
        context.extend_from_slice(files);
        let (sender, mut receiver) = mpsc::channel(1000);
        let request = self.request(builder, tag);
        let outcome = tokio::time::timeout(
            3 * DEADLINE,
            self.engine.build(&request, tar_of(&context), sender),
        )
        .await
        .expect("the build ends");
        let mut events = Vec::new();
        while let Some(event) = receiver.recv().await {
            events.push(event);
        }
        (outcome, events)
    }

    /// Everything a container printed so far, both streams.
    pub(crate) async fn printed(&self, id: &EngineId) -> Vec<String> {
        let lines = self
            .engine
            .logs(id, LogOptions::default())
            .await
            .expect("logs");
        lines.map(|line| line.expect("a line").text).collect().await
    }

    /// Waits until a container printed a line that starts so.
    pub(crate) async fn until_printed(&self, id: &EngineId, start: &str) -> Vec<String> {
        let began = Instant::now();
        loop {
            let lines = self.printed(id).await;
            if lines.iter().any(|line| line.starts_with(start)) {
                return lines;
            }
            assert!(
                began.elapsed() < DEADLINE,
                "no line starts with {start:?}: {lines:?}"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// Waits until something holds.
pub(crate) async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !holds().await {
        assert!(began.elapsed() < DEADLINE, "still not: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The next one of this process that nobody has: none of those that the system gives to connections, which begin at 32768.
fn free_port() -> HostPort {
    static GIVEN: AtomicU32 = AtomicU32::new(0);
    let own = 28_000 + std::process::id() % 40 * 100;
    let next = || own + GIVEN.fetch_add(1, Ordering::Relaxed) % 100;
    std::iter::repeat_with(next)
        .take(100)
        .filter_map(|port| u16::try_from(port).ok())
        .find(|&port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok())
        .map(HostPort)
        .expect("a free port")
}

pub(crate) fn tar_of(files: &[(&str, &[u8], u32)]) -> TarStream {
    let mut tar = tar::Builder::new(Vec::new());
    for (path, content, mode) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(*mode);
        tar.append_data(&mut header, path, *content)
            .expect("in memory");
    }
    let bytes = Bytes::from(tar.into_inner().expect("in memory"));
    // In parts, as a real context comes.
    let parts: Vec<_> = bytes
        .chunks(64 * 1024)
        .map(|part| Ok(Bytes::copy_from_slice(part)))
        .collect();
    stream::iter(parts).boxed()
}

/// The probe as a static program, compiled once.
fn probe() -> &'static [u8] {
    static PROBE: OnceLock<Vec<u8>> = OnceLock::new();
    PROBE.get_or_init(|| {
        let program = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("probe-{}", std::process::id()));
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/docker/probe.rs");
        let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
        let compiled = Command::new(rustc)
            .args([
                "--edition=2024",
                "-O",
                "-Cstrip=symbols",
                "-Ctarget-feature=+crt-static",
                "-o",
            ])
            .arg(&program)
            .arg(source)
            .status();
        assert!(
            compiled.expect("rustc").success(),
            "the probe does not compile"
        );
        let bytes = std::fs::read(&program).expect("the probe was compiled");
        std::fs::remove_file(&program).expect("it is ours");
        bytes
    })
}
