//! What is not needed any more.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

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
