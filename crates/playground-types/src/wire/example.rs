//! Plugins to try.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A plugin that comes with the Agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Example {
    /// Its name in addresses.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// What it does.
    pub description: String,
    /// The same in Korean.
    pub description_ko: String,
    /// What it becomes when it is uploaded, `code@version`.
    pub plugin_release: String,
    /// Bytes of its archive.
    pub size_bytes: u64,
}
