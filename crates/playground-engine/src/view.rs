//! What the engine says is there.

use std::collections::BTreeMap;
use std::net::IpAddr;

use playground_types::{EngineId, HostPort, Timestamp};

/// One container, as the engine sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerView {
    /// Docker's id.
    pub id: EngineId,
    /// The name, without Docker's leading slash.
    pub name: String,
    /// All labels, ours and the image's.
    pub labels: BTreeMap<String, String>,
    /// The id of the image it was created from, which stays when the tag moves on.
    pub image_id: String,
    /// What it does now.
    pub state: RunState,
    /// The host port it was created for, whether or not it runs.
    pub host_port: Option<HostPort>,
    /// Docker's own start time, unrounded: it identifies one run. `None` before the first start.
    pub started_at: Option<String>,
    /// How often the engine itself restarted it. Zero under our restart policy.
    pub restart_count: i64,
    /// The networks it is connected to; those it will be connected to, while it does not run.
    pub networks: Vec<String>,
    /// Its own address on each of them, while it runs. Another start may give another one.
    pub addresses: BTreeMap<String, IpAddr>,
    /// What of its limits can be changed while it runs.
    pub resources: Resources,
}

/// The limits that `docker update` changes, as the engine applies them now.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Resources {
    /// Memory, in bytes.
    pub memory: i64,
    /// Memory and swap together, in bytes.
    pub memory_swap: i64,
    /// Billionths of a CPU.
    pub nano_cpus: i64,
    /// Processes and threads.
    pub pids: i64,
    /// Whether the engine would start it again by itself; ours never are.
    pub restarts_itself: bool,
}

/// What a container does. Each variant says who acts on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunState {
    /// Made and never started, or its start failed (a taken port leaves it here). The control loop starts or removes it.
    Created,
    /// The process runs, which is not readiness. The control loop probes it; the gateway sends to it once published.
    Running,
    /// Frozen. The idle tiers froze it and thaw it on a visit; a person outside may have, too.
    Paused,
    /// The engine restarts it right now. Nobody acts: the next event or resync shows what became of it.
    Restarting,
    /// The process ended. The control loop backs off and starts it again, or gives up with the reason.
    Exited {
        /// The exit code; 137 is killed, 143 terminated.
        exit_code: i64,
        /// Whether the memory limit ended it.
        oom_killed: bool,
        /// When it ended.
        finished_at: Option<Timestamp>,
        /// Docker's words when the process could not even be started.
        error: Option<String>,
    },
    /// The engine removes it right now. Nobody acts: it is missing soon.
    Removing,
    /// The engine could not remove all of it. The control loop removes it again.
    Dead,
}

impl RunState {
    /// Docker's word for it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Restarting => "restarting",
            Self::Exited { .. } => "exited",
            Self::Removing => "removing",
            Self::Dead => "dead",
        }
    }
}

/// One image, as the engine sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageView {
    /// The content's id.
    pub id: String,
    /// The references that point at it.
    pub tags: Vec<String>,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its environment, as `NAME=VALUE`. Empty where the image was listed, not inspected.
    pub env: Vec<String>,
    /// Its command. Empty where the image was listed, not inspected.
    pub cmd: Vec<String>,
    /// Its size with all layers.
    pub size_bytes: u64,
    /// When its last layer was made; a layer from a cache is as old as it was.
    pub created_at: Option<Timestamp>,
}

/// What the engine is and what it can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineVersion {
    /// The engine's version, such as `20.10.24`.
    pub version: String,
    /// The newest API it speaks, such as `1.41`.
    pub api_version: String,
    /// What it says about its security, such as `name=seccomp,profile=default`.
    pub security_options: Vec<String>,
    /// Whether system calls are filtered.
    pub seccomp: bool,
    /// `1` or `2`.
    pub cgroup_version: Option<String>,
    /// The system it runs on.
    pub os: String,
    /// That system's kernel, such as `6.1.0-18-amd64`.
    pub kernel: String,
    /// How it keeps images, such as `overlay2`.
    pub storage_driver: String,
    /// CPUs it may give out.
    pub cpus: u32,
    /// Memory of its machine.
    pub memory_bytes: u64,
    /// Where it keeps its data.
    pub root_dir: Option<String>,
    /// The version of runc.
    pub runc: Option<String>,
    /// The runtimes that a container may ask for.
    pub runtimes: Vec<String>,
}
