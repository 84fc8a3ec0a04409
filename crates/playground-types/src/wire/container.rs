//! Containers, and what belongs to one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{ContainerStatus, Failure, HealthState, IdleTimes, Limits, Tier, Visibility};

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
    /// The address that people are given. For now the same as `endpoint`; a link leads through the gateway.
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
    /// Whether its code is changed in the container, without another image and another container.
    #[serde(default)]
    pub live: bool,
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
    /// How deep it sleeps because nobody looks at it; null while it is awake. A visit through the gateway wakes it.
    #[serde(default)]
    pub asleep: Option<Tier>,
    /// When it falls asleep: its own times, and the Agent's where it has none.
    #[serde(default)]
    pub idle: IdleTimes,
    /// When somebody was last there through the gateway, RFC 3339, to within a minute; null when nobody ever was.
    #[serde(default)]
    pub last_visit_at: Option<String>,
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
    /// Requests, streams and WebSockets that are open now, those that are held for it included.
    pub open: u64,
    /// Streams of events and WebSockets among them: whoever has the app's page open has one or two.
    #[serde(default)]
    pub viewers: u64,
    /// Seconds since the last of them ended; null while one is open or when there was none.
    pub idle_seconds: Option<u64>,
    /// Milliseconds within which half of its answers began, counted from when their requests were passed to it; null before
    /// the first.
    #[serde(default)]
    pub latency_p50_ms: Option<u64>,
    /// The same of 95 in a hundred.
    #[serde(default)]
    pub latency_p95_ms: Option<u64>,
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
