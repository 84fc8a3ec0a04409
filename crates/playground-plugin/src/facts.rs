//! What later stages need to know about a plugin without opening its archive again.

use std::collections::BTreeMap;

use playground_types::{Digest, PluginRelease};
use serde::{Deserialize, Serialize};

use crate::Entrypoint;

/// A checked plugin, in words. Stored as JSON; fields that are added later get a default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PluginFacts {
    /// Which release it is.
    pub release: PluginRelease,
    /// Its name for people; the code where the manifest has none.
    pub name: String,
    /// Its category, where the manifest names one.
    #[serde(default)]
    pub category: Option<String>,
    /// What it does, where the manifest says so.
    #[serde(default)]
    pub description: Option<String>,
    /// What the launcher is to start.
    pub entrypoint: Entrypoint,
    /// `requirements.txt` as text; empty where there is none.
    pub requirements: String,
    /// The files `requirements.txt` includes with `-r` or `-c`, by path, as text.
    #[serde(default)]
    pub included_requirements: BTreeMap<String, String>,
    /// Files and folders of the plugin that an installation reads, such as `wheels` or `wheels/x.whl`.
    #[serde(default)]
    pub installs_from: Vec<String>,
    /// Identifies the files: paths, executable bits and contents, independent of how they were packed.
    pub content: Digest,
    /// How many files there are.
    pub files: u64,
    /// The size of all files, in bytes.
    pub size_bytes: u64,
    /// What the author should know and nothing fails for; one sentence each.
    pub warnings: Vec<String>,
    /// Whether there are wheels under `wheels/`.
    pub has_wheels: bool,
    /// Which Python it says it needs, a version specifier.
    #[serde(default)]
    pub python: Option<String>,
}
