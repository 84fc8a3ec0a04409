//! Launches, builds and releases.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Created, Waiting};
use crate::{BuildStatus, Failure, LaunchStatus, StepPurpose};

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
    /// The engine's name of the step, which for most is a line of the Dockerfile.
    pub name: String,
    /// What it is for; null for one that our Dockerfiles do not have.
    #[serde(default)]
    pub purpose: Option<StepPurpose>,
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
