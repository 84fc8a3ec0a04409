//! The health of the Agent and of what it stands on.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The health of the Agent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Health {
    /// `ok`, `degraded` when something in `problems` needs the operator, or `starting` until every record was compared
    /// with Docker once.
    pub status: String,
    /// How far that comparison has come.
    #[serde(default)]
    pub readiness: Readiness,
    /// The Agent's version.
    pub version: String,
    /// The Agent's id: the label on everything it made.
    pub agent_id: String,
    /// The Docker Engine.
    pub docker: EngineHealth,
    /// The base image.
    pub base_image: BaseImageHealth,
    /// Host ports.
    pub ports: PortHealth,
    /// Records by status.
    pub containers: BTreeMap<String, u64>,
    /// What the cage of plugin containers enforces on this machine.
    pub isolation: Isolation,
    /// What the platform's backend was told; only where one is configured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backend: Option<BackendHealth>,
    /// The disks that the Agent and its engine fill, as far as they can be measured.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disks: Vec<DiskHealth>,
    /// What needs the operator, a sentence each.
    pub problems: Vec<String>,
    /// The same in Korean, in the same order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems_ko: Vec<String>,
    /// What the Agent's process has under way, in tasks of its runtime: connections, records, streams.
    #[serde(default)]
    pub tasks: u64,
}

/// How far the platform's backend knows what became of its containers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BackendHealth {
    /// Containers whose newest state it was not told yet.
    pub waiting: u64,
    /// States that it refused for good, since the Agent began.
    pub refused: u64,
    /// Why it is not told just now.
    pub error: Option<String>,
}

/// How far the first comparison of all records with Docker has come. Until then an answer about a record is what the Agent
/// remembers of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Readiness {
    /// Whether it is done.
    pub ready: bool,
    /// Records there were when the Agent started.
    pub records: u64,
    /// How many of them were compared.
    pub compared: u64,
}

/// A disk's health.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DiskHealth {
    /// What is on it: `data` (the Agent's) or `engine` (images and containers, where the engine is on this machine).
    pub name: String,
    /// The directory that was asked for.
    pub path: String,
    /// Bytes free.
    pub free_bytes: u64,
    /// Bytes in all.
    pub total_bytes: u64,
    /// With less free than this, no build begins and no upload is taken.
    pub min_free_bytes: u64,
}

/// The Docker Engine's health.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EngineHealth {
    /// Whether it answers.
    pub available: bool,
    /// Its version.
    pub version: Option<String>,
    /// Its API version.
    pub api_version: Option<String>,
    /// Why it does not answer.
    pub error: Option<String>,
}

/// The base image's health.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BaseImageHealth {
    /// Its reference, as configured.
    pub reference: String,
    /// Whether the engine has it.
    pub available: bool,
    /// Its Gradio version, where it says so.
    pub gradio: Option<String>,
}

/// Use of the host port range.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PortHealth {
    /// The range, both ends included.
    pub range: String,
    /// Ports that records hold.
    pub used: u64,
    /// Ports in the range.
    pub total: u64,
}

/// What the cage enforces on this machine.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Isolation {
    /// `standard` or `strict`.
    pub profile: String,
    /// Who listens on the host ports of apps: `docker` or `agent`.
    #[serde(default)]
    pub publish: String,
    /// Whether plugin containers reach neither the internet nor any other machine.
    #[serde(default)]
    pub no_way_out: bool,
    /// Whether plugin containers cannot reach each other.
    pub inter_container_traffic_off: bool,
    /// Whether host rules keep plugin containers from the host, link-local and private addresses.
    pub host_rules: bool,
    /// Whether the engine confines system calls with its seccomp profile.
    pub seccomp: bool,
}
