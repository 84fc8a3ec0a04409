//! What the loop needs to know from the operator.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Duration;

use playground_engine::{Profile, Reach};
use playground_plugin::{ArchiveLimits, RequirementPolicy};
use playground_types::{HostPort, IdleTimes, Limits, PortRange};

use crate::backend::BackendConfig;
use crate::clean::CleanConfig;

/// Settings of the loop. The Agent fills it from flags, environment and file.
#[derive(Debug, Clone)]
pub struct ControlConfig {
    /// Where releases, logs and the database live.
    pub data_dir: PathBuf,
    /// The image every plugin image is made from (seed: `GRADIO_CONTAINER_BASE_IMAGE`).
    pub base_image: String,
    /// Host ports for apps.
    pub port_range: PortRange,
    /// Ports never handed out: the Agent's own, and what the operator lists.
    pub reserved_ports: Vec<HostPort>,
    /// Who listens on the host ports of apps.
    pub publish: Publish,
    /// Whether apps reach anything beyond this host. Only where the Agent publishes: Docker publishes no port of a
    /// container that has no way out.
    pub app_egress: bool,
    /// The host address that app ports are published on.
    pub publish_address: IpAddr,
    /// Where the Agent reaches ports that Docker publishes.
    pub probe_address: IpAddr,
    /// Whether the host's own sockets can be asked for a port (not on an engine elsewhere, nor on a scripted one).
    pub probe_host_ports: bool,
    /// The host name in endpoints; the request's own host name when not set.
    pub advertise: Option<String>,
    /// The bridge all plugin containers share.
    pub network: String,
    /// Whether rules of this host keep apps from it and from private networks.
    pub host_rules: bool,
    /// What an app may write to.
    pub profile: Profile,
    /// A stronger container runtime, such as `runsc`.
    pub runtime: Option<String>,
    /// Limits of a container whose create names none.
    pub default_limits: Limits,
    /// The most a create may ask for.
    pub max_limits: Limits,
    /// How long an app may take until it answers.
    pub start_timeout: Duration,
    /// Whether an app that had been ready is started again when it ends by itself or answers no more.
    pub restart: RestartPolicy,
    /// How often an app that had been ready is started again after a crash.
    pub crash_attempts: i64,
    /// An app that was ready for this long has its crashes forgotten.
    pub healthy_after: Duration,
    /// How ready apps are asked whether they still answer.
    pub health_checks: HealthCheckConfig,
    /// Whether it is looked at what containers use. Tests that pass days of virtual time do without.
    pub samples_stats: bool,
    /// How a container is replaced whose image, params or limits changed, or that is restarted.
    pub replace: Replace,
    /// How long visitors of a replaced container may stay once its successor is ready.
    pub drain: Duration,
    /// When apps sleep that nobody looks at, unless their records say otherwise.
    pub idle: IdleTimes,
    /// Time between asking an app to end and ending it, whether it is stopped, restarted or deleted. Short: a Gradio app
    /// has nothing to save, and one that does not listen would hold up whoever waits for the answer
    /// (docs/security.md, item 31).
    pub stop_grace: Duration,
    /// Everything is looked at again this often, whatever events said.
    pub resync: Duration,
    /// Engine steps that may run at the same time. Waiting for an app, for its answer or its end, is none.
    pub concurrent_steps: usize,
    /// Apps that may be between their start and their first answer at the same time; further ones wait for their turn.
    pub concurrent_starts: usize,
    /// When told to end, the Agent waits no longer than this for the steps that it is in the middle of.
    pub shutdown_timeout: Duration,
    /// What archives may hold.
    pub archive_limits: ArchiveLimits,
    /// What `requirements.txt` may hold.
    pub requirement_policy: RequirementPolicy,
    /// How images are built.
    pub build: BuildConfig,
    /// What is kept on disk, and how full it may be.
    pub clean: CleanConfig,
    /// Where releases are looked up that were not uploaded here.
    pub backend: Option<BackendConfig>,
    /// What becomes of containers of ours without a record.
    pub orphans: OrphanPolicy,
}

/// Who listens on the host ports of apps, and carries what visitors and apps say to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Publish {
    /// Docker publishes each container's port.
    #[default]
    Docker,
    /// The Agent listens, and goes to the container's own address. Docker publishes nothing.
    Agent,
}

impl Publish {
    /// The word of the setting.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Agent => "agent",
        }
    }
}

/// What becomes of this Agent's containers that no record has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OrphanPolicy {
    /// They get a record again, where that is possible.
    #[default]
    Adopt,
    /// They are left alone and listed.
    List,
    /// They are removed.
    Remove,
}

/// How a container gives way to its successor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Replace {
    /// The old one ends before the new one begins, and the port stays: the seed's way.
    #[default]
    InPlace,
    /// The old one serves visitors of the gateway until the new one is ready. That one has another port.
    Gapless,
}

/// What follows when an app that had been ready ends by itself or answers no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RestartPolicy {
    /// It is started again, after a while and so many times.
    OnFailure,
    /// Nothing: an app that ended has failed, one that answers no more stays as it is.
    Never,
}

/// How ready apps are asked whether they still answer. Why these defaults: [`health_checks`](crate::health_checks).
#[derive(Debug, Clone, Copy)]
pub struct HealthCheckConfig {
    /// Time between two questions to one app; zero asks nobody.
    pub interval: Duration,
    /// How long an app may take for its answer.
    pub timeout: Duration,
    /// An app that missed this many in a row is unhealthy.
    pub misses: i64,
    /// An app that missed this many in a row is restarted; none: it never is.
    pub restart_misses: Option<i64>,
}

impl Default for HealthCheckConfig {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(30),
            timeout: Duration::from_secs(10),
            misses: 3,
            restart_misses: Some(20),
        }
    }
}

/// How images are built.
#[derive(Debug, Clone)]
pub struct BuildConfig {
    /// Builds at the same time.
    pub concurrent: usize,
    /// Builds that may wait; one more is refused.
    pub queue: u64,
    /// Longest build.
    pub timeout: Duration,
    /// Longest time without a line of output.
    pub silence: Duration,
    /// Whether a requirement may be built from source, in a second try with a package cache of its own.
    pub allow_source: bool,
    /// The classic builder at once, because its steps can be limited.
    pub classic: bool,
    /// Memory of a build step; only the classic builder honours it.
    pub memory_bytes: Option<u64>,
    /// CPUs of a build step; only the classic builder honours it.
    pub cpus: Option<f64>,
    /// The network of build steps: `none`, `host`, or the engine's default.
    pub network: Option<String>,
    /// A CA bundle (PEM file) that package installs trust.
    pub ca_bundle: Option<PathBuf>,
    /// Package index settings.
    pub index: playground_plugin::IndexSettings,
    /// Bytes of log kept of one build.
    pub log_bytes: u64,
}

impl Default for BuildConfig {
    fn default() -> Self {
        Self {
            concurrent: 2,
            queue: 50,
            timeout: Duration::from_secs(15 * 60),
            silence: Duration::from_secs(5 * 60),
            allow_source: true,
            classic: false,
            memory_bytes: None,
            cpus: None,
            network: None,
            ca_bundle: None,
            index: playground_plugin::IndexSettings::default(),
            log_bytes: 1024 * 1024,
        }
    }
}

impl ControlConfig {
    /// How far apps reach.
    pub fn reach(&self) -> Reach {
        match self.publish {
            Publish::Agent if !self.app_egress => Reach::Host,
            Publish::Agent | Publish::Docker => Reach::Everywhere,
        }
    }

    /// The defaults, for data in this directory.
    pub fn new(data_dir: PathBuf) -> Self {
        let everywhere = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        Self {
            data_dir,
            base_image: "synapse-gradio-base:latest".to_owned(),
            port_range: PortRange::default(),
            reserved_ports: Vec::new(),
            publish: Publish::default(),
            app_egress: true,
            publish_address: everywhere,
            probe_address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            probe_host_ports: true,
            advertise: None,
            network: "synapse-playground".to_owned(),
            host_rules: false,
            profile: Profile::Standard,
            runtime: None,
            default_limits: Limits::default(),
            max_limits: Limits {
                memory_bytes: 64 * 1024 * 1024 * 1024,
                cpus: 64.0,
                pids: 4096,
                open_files: 65_536,
                shm_bytes: 8 * 1024 * 1024 * 1024,
                disk_bytes: 64 * 1024 * 1024 * 1024,
            },
            start_timeout: Duration::from_secs(300),
            restart: RestartPolicy::OnFailure,
            crash_attempts: 5,
            healthy_after: Duration::from_secs(3600),
            health_checks: HealthCheckConfig::default(),
            samples_stats: true,
            replace: Replace::default(),
            drain: Duration::from_secs(60),
            idle: IdleTimes::default(),
            stop_grace: Duration::from_secs(1),
            resync: Duration::from_secs(30),
            concurrent_steps: 8,
            concurrent_starts: 4,
            shutdown_timeout: Duration::from_secs(10),
            archive_limits: ArchiveLimits::default(),
            requirement_policy: RequirementPolicy::Permissive,
            build: BuildConfig::default(),
            clean: CleanConfig::default(),
            backend: None,
            orphans: OrphanPolicy::default(),
        }
    }
}
