//! Request and answer bodies of the REST API.
//!
//! Two generations of clients read the same answers, so every answer is the superset of what both look for
//! (contract.md section 7). Fields are never removed; unknown ones are always safe to add.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{BuildStatus, ContainerStatus, Failure, HealthState, LaunchStatus, Limits, Visibility};

/// What a second create for the same (plugin release, model) does when nothing changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnExisting {
    /// Restart the container, as the seed says.
    #[default]
    Restart,
    /// Leave a ready container alone, start a stopped one.
    Reuse,
    /// Remove the container and make a new one.
    Recreate,
}

/// A container record, as every answer about a container shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Container {
    /// Docker's container id; null while there is no Docker container yet.
    pub id: Option<String>,
    /// The record's integer key.
    pub pk: i64,
    /// The container's name, unique on this Agent and on its engine.
    pub name: String,
    /// What the record says of itself.
    pub status: ContainerStatus,
    /// `code@version`.
    pub plugin_release: String,
    /// The platform's model, if the container belongs to one.
    pub model: Option<i64>,
    /// The image's name, as the seed writes it.
    pub image: String,
    /// Where the app answers, `http://host:port`; null until it does. Kept while it is unhealthy.
    pub endpoint: Option<String>,
    /// The address that people are given; the same as `endpoint` until a gateway fronts it.
    pub url: Option<String>,
    /// The host port that is kept for this record.
    pub host_port: Option<u16>,
    /// Labels given at create.
    pub labels: Vec<String>,
    /// Metadata given at create; values of secret-looking keys masked.
    #[schema(value_type = Object)]
    pub metadata: Value,
    /// Params given at create; values of secret-looking keys masked.
    #[schema(value_type = Object)]
    pub params: Value,
    /// Environment variables given at create; values of secret-looking names masked.
    pub envs: BTreeMap<String, String>,
    /// Resource limits in force.
    pub limits: Limits,
    /// `plugin_runtime`.
    pub kind: String,
    /// The platform backend's key of this container, if it gave one.
    pub backend_container_id: Option<i64>,
    /// Why it failed, when it did.
    pub failure: Option<Failure>,
    /// What the health checks of its running app say.
    #[serde(default)]
    pub health_state: HealthState,
    /// Health checks missed in a row.
    #[serde(default)]
    pub consecutive_failures: i64,
    /// When its app was last asked, RFC 3339.
    #[serde(default)]
    pub last_health_check_at: Option<String>,
    /// Why the last health check was missed; null when it was answered.
    #[serde(default)]
    pub last_health_error: Option<String>,
    /// Crashes since it was last healthy for long; restarts of an unhealthy app count, too.
    #[serde(default)]
    pub attempts: i64,
    /// The earliest next start after a crash, RFC 3339; null unless one is waited for.
    #[serde(default)]
    pub retry_at: Option<String>,
    /// Who may use its app through the gateway.
    #[serde(default)]
    pub visibility: Visibility,
    /// What passed through the gateway to its app; left out where there is no gateway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traffic: Option<Traffic>,
    /// What it waits for that is not its own doing; left out when it waits for nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<Waiting>,
    /// When the record was made, RFC 3339.
    pub created_at: String,
    /// When the record last changed, RFC 3339.
    pub updated_at: String,
    /// Docker's own view, secrets masked; only where one container is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Object)]
    pub attrs: Option<Value>,
}

/// What passed through the gateway to an app since the Agent began, and whether anybody is there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Traffic {
    /// Requests.
    pub requests: u64,
    /// Bytes of their bodies, and what WebSockets carried to the app.
    pub received_bytes: u64,
    /// Bytes of the answers' bodies, and what WebSockets carried to visitors.
    pub sent_bytes: u64,
    /// Requests, streams and WebSockets that are open now.
    pub open: u64,
    /// Seconds since the last of them ended; null while one is open or when there was none.
    pub idle_seconds: Option<u64>,
}

/// A link that opens one app through the gateway for whoever has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AppLink {
    /// The address.
    pub url: String,
    /// When it ceases to work, RFC 3339.
    pub expires_at: String,
}

/// What a container waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Waiting {
    /// `engine_unavailable` while Docker does not do its work, `start_turn` while others start.
    pub code: String,
    /// The same in a sentence.
    pub detail: String,
}

/// A container with the labels of a Playground Agent that no record of this one has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Orphan {
    /// Docker's container id.
    pub id: String,
    /// Docker's name.
    pub name: String,
    /// Docker's word for its state.
    pub status: String,
    /// The Agent that made it.
    pub agent_id: String,
    /// Whether that is this Agent. Another one may be alive, and want it.
    pub of_this_agent: bool,
    /// `code@version`, where its label can be read.
    pub plugin_release: Option<String>,
    /// The platform's model, if it belongs to one.
    pub model: Option<i64>,
    /// The key of the record that it was made for.
    pub record: Option<i64>,
    /// Its host port.
    pub host_port: Option<u16>,
    /// Why no record has it.
    pub reason: OrphanReason,
    /// The same as a sentence, with what to do.
    pub detail: String,
    /// What adopts it; null where nothing can.
    pub adopt_command: Option<String>,
    /// What removes it.
    pub remove_command: String,
}

/// Why no record has a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrphanReason {
    /// The database knows nothing of it: it is adopted, unless the policy says otherwise.
    NoRecord,
    /// A record of the same plugin release and model was asked for later, and has another container or none.
    IdentityTaken,
    /// Another record holds its host port.
    PortTaken,
    /// Its labels do not say enough to make a record from it.
    LabelsIncomplete,
    /// Its record was deleted on purpose.
    Deleted,
    /// The engine is just removing it, or could not remove all of it.
    Ending,
    /// Another Agent made it.
    OtherAgent,
}

/// The answer to a create: the container, and the launch that brings it up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Created {
    /// The container as it is now.
    #[serde(flatten)]
    pub container: Container,
    /// Present and true when an existing container was used.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub restarted: bool,
    /// Present and true when the existing container had to be replaced, because its code, params, envs or limits changed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub recreated: bool,
    /// The launch to poll at `builds/{build_id}/`.
    pub build_id: String,
    /// Live log over WebSocket.
    pub ws_url: String,
    /// Live log over server-sent events.
    pub sse_url: String,
    /// The address to poll.
    pub status_url: String,
    /// Its build's place in line, 1 for the next one; only while it waits for its turn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<u64>,
    /// About how many seconds until its turn; absent when nothing is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimate_seconds: Option<u64>,
}

/// A launch, as `builds/{build_id}/` shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Launch {
    /// The launch's key; the same as `id`.
    pub build_id: String,
    /// The launch's key.
    pub id: String,
    /// Where it stands; `completed`, `failed` and `cancelled` are final.
    pub status: LaunchStatus,
    /// `code@version`.
    pub plugin_release: String,
    /// The record it is for.
    pub container_pk: i64,
    /// The container once ready, else null.
    pub result: Option<Box<Created>>,
    /// Why it failed, in one sentence; null unless it did.
    pub error: Option<String>,
    /// The same with kind, hint and log tail.
    pub failure: Option<Failure>,
    /// The image build it waited for, when one was needed.
    pub image_build: Option<ImageBuild>,
    /// What its container waits for that is not its own doing; left out when it waits for nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<Waiting>,
    /// Its build's place in line, 1 for the next one; null unless it waits for its turn.
    #[serde(default)]
    pub position: Option<u64>,
    /// About how many seconds until its turn; null unless it waits, or when nothing is known.
    #[serde(default)]
    pub estimate_seconds: Option<u64>,
    /// When it was asked for, RFC 3339.
    pub created_at: String,
    /// When it ended, RFC 3339.
    pub finished_at: Option<String>,
}

/// An image build.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ImageBuild {
    /// The build's key.
    pub id: String,
    /// Where it stands.
    pub status: BuildStatus,
    /// `code@version` of the release that asked first.
    pub plugin_release: String,
    /// Digest of the build context; the same context is built once.
    pub context_digest: String,
    /// The image it makes.
    pub image: String,
    /// How many builds wait before this one; null unless queued.
    pub queue_position: Option<u64>,
    /// Its place in line, 1 for the next one; null unless queued.
    #[serde(default)]
    pub position: Option<u64>,
    /// About how many seconds until it begins, from what recent builds took; null unless queued, or when nothing is known.
    #[serde(default)]
    pub estimate_seconds: Option<u64>,
    /// Build steps, in the order they started.
    pub steps: Vec<BuildStep>,
    /// Why it failed, when it did.
    pub failure: Option<Failure>,
    /// When it was asked for, RFC 3339.
    pub queued_at: String,
    /// When it started, RFC 3339.
    pub started_at: Option<String>,
    /// When it ended, RFC 3339.
    pub finished_at: Option<String>,
}

/// One step of an image build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BuildStep {
    /// The engine's name of the step.
    pub name: String,
    /// Whether its result came from the cache.
    pub cached: bool,
    /// How long it took, in milliseconds; null while it runs.
    pub duration_ms: Option<u64>,
    /// Why it failed, when it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// A plugin release that the Agent keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Release {
    /// The record's integer key.
    pub id: i64,
    /// `code@version`.
    pub plugin_release: String,
    /// The plugin's code.
    pub code: String,
    /// The plugin's code, as the platform names the field.
    pub plugin: String,
    /// The version.
    pub version: String,
    /// The plugin's display name.
    pub name: String,
    /// The plugin's category.
    pub category: Option<String>,
    /// What the plugin says of itself.
    pub description: Option<String>,
    /// Where the app is found in the archive.
    pub entrypoint: String,
    /// Digest of the checked content.
    pub checksum: String,
    /// Uncompressed bytes.
    pub size_bytes: u64,
    /// When it was first stored, RFC 3339.
    pub created_at: String,
    /// When its content last changed, RFC 3339.
    pub updated_at: String,
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    /// How many items there are in all.
    pub count: u64,
    /// The address of the next page, with every filter repeated.
    pub next: Option<String>,
    /// The address of the page before.
    pub previous: Option<String>,
    /// This page's items.
    pub results: Vec<T>,
}

/// The body of every error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ErrorBody {
    /// What is wrong, in a sentence a person can act on.
    pub detail: String,
    /// A stable word for it.
    pub code: String,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The request's id, in the Agent's log too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// What a clean-up removed, or would remove.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Cleanup {
    /// Nothing was removed: this is what would be.
    pub dry_run: bool,
    /// What all of it takes. Layers that images share are counted with each: an upper bound of what is freed.
    pub bytes: u64,
    /// One by one, in the order of removal.
    pub items: Vec<CleanupItem>,
}

/// One thing that is not needed any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CleanupItem {
    /// What it is.
    pub kind: CleanupKind,
    /// An image's reference or id, a build's key, a content's digest.
    pub name: String,
    /// `code@version` of the release it belongs to, where that is known.
    pub plugin_release: Option<String>,
    /// Why it goes.
    pub reason: CleanupReason,
    /// What it takes; of an image, what it has beyond its base image.
    pub bytes: u64,
    /// When it was made, RFC 3339.
    pub made_at: Option<String>,
    /// Why it stayed after all; null when it went.
    pub kept: Option<String>,
}

/// A kind of thing that a clean-up removes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CleanupKind {
    /// An image of a plugin, made by this Agent.
    Image,
    /// The row of an ended build, with its log.
    Build,
    /// A plugin's content.
    Source,
}

/// Why something goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CleanupReason {
    /// Its release has as many newer ones as are kept.
    NotNewest,
    /// It is older than what is kept.
    TooOld,
    /// A build left it behind.
    Leftover,
    /// Nothing refers to it.
    Unused,
    /// The disk is nearly full, and no record or container uses it.
    LowDisk,
}

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
    /// Whether plugin containers cannot reach each other.
    pub inter_container_traffic_off: bool,
    /// Whether host rules keep plugin containers from the host, link-local and private addresses.
    pub host_rules: bool,
    /// Whether the engine confines system calls with its seccomp profile.
    pub seccomp: bool,
}
