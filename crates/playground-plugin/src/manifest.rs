//! `config.yaml`: what the platform's own tools write, read without pedantry.
//!
//! Unknown keys are ignored, and scalars of any type are taken as the text they are written with, for the platform's own reader does the same.
//! Only what makes the file unreadable, or asks a parser for too much work, is an error.

mod lax;

use serde::Deserialize;
use serde_saphyr::{Budget, DuplicateKeyPolicy, Options};

use crate::error::first_line;
use crate::text;
use crate::tree::{Content, MANIFESTS, Tree};
use crate::{ArchiveLimits, PluginError};
use lax::{Actions, Loose, Requires, filled};

/// The parts of a manifest we use.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    /// Name of the file it was read from.
    pub file: String,
    /// The plugin's code.
    pub code: Option<String>,
    /// The plugin's version, as written: `1.10` stays `1.10`.
    pub version: Option<String>,
    /// A name for people.
    pub name: Option<String>,
    /// What sort of plugin it is.
    pub category: Option<String>,
    /// What it does.
    pub description: Option<String>,
    /// Whether there is an action called `gradio`.
    pub has_gradio: bool,
    /// The entrypoint of the action `gradio`.
    pub entrypoint: Option<String>,
    /// Which Python it needs, a version specifier (`requires.python`).
    pub python: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Document {
    code: Option<String>,
    version: Option<String>,
    name: Option<String>,
    category: Loose,
    description: Loose,
    requires: Requires,
    actions: Actions,
}

impl Manifest {
    /// Finds and reads the plugin's manifest, and says what its author should know about it.
    pub(crate) fn find(
        tree: &Tree,
        limits: &ArchiveLimits,
    ) -> Result<(Self, Vec<String>), PluginError> {
        let limit = limits.manifest_bytes;
        let found: Vec<&str> = MANIFESTS
            .into_iter()
            .filter(|name| tree.has(name))
            .collect();
        let Some(file) = found.first() else {
            return Err(PluginError::ManifestMissing {
                found: elsewhere(tree),
            });
        };
        let bytes = match tree.read(file, limit)? {
            Content::Bytes(bytes) => bytes,
            _ => {
                return Err(PluginError::ManifestTooLarge {
                    file: (*file).to_owned(),
                    limit,
                });
            }
        };
        let mut warnings = Vec::new();
        if found.len() == 2
            && tree.files[found[0]].stored.digest != tree.files[found[1]].stored.digest
        {
            warnings.push(format!(
                "{} and {} differ; {} is used",
                found[0], found[1], found[0]
            ));
        }
        Ok((Self::parse(file, &bytes)?, warnings))
    }

    /// Reads the bytes of a manifest called `file`. Their number is the caller's to limit.
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Self, PluginError> {
        let invalid = |line, column, reason: String| PluginError::ManifestInvalid {
            file: file.to_owned(),
            line,
            column,
            reason,
        };
        let text =
            text::decode(bytes).ok_or_else(|| invalid(0, 0, "it is not UTF-8 text".to_owned()))?;
        let document: Option<Document> = serde_saphyr::from_str_with_options(&text, options())
            .map_err(|error| {
                let reason = first_line(&error.without_snippet().to_string());
                let Some(at) = error.location() else {
                    return invalid(0, 0, reason);
                };
                // The parser ends its sentence with the place, ours begins with it.
                let reason = reason
                    .split(" at line ")
                    .next()
                    .unwrap_or_default()
                    .to_owned();
                invalid(at.line(), at.column(), reason)
            })?;
        Ok(document.unwrap_or_default().into_manifest(file))
    }
}

impl Document {
    fn into_manifest(self, file: &str) -> Manifest {
        Manifest {
            file: file.to_owned(),
            code: filled(self.code),
            version: filled(self.version),
            name: filled(self.name),
            category: self.category.0,
            description: self.description.0,
            has_gradio: self.actions.has_gradio,
            entrypoint: self.actions.entrypoint,
            python: self.requires.python,
        }
    }
}

/// A manifest has a few hundred nodes; anchors are rare in it and bombs are made of them.
fn options() -> Options {
    let mut budget = Budget::default();
    budget.max_depth = 32;
    budget.flow_nesting_limit = 32;
    budget.max_events = 40_000;
    budget.max_nodes = 20_000;
    budget.max_aliases = 200;
    budget.max_anchors = 200;
    budget.max_recorded_anchor_events = 20_000;
    budget.max_recorded_anchor_bytes = 1024 * 1024;
    budget.max_merge_keys = 100;
    budget.max_total_scalar_bytes = 1024 * 1024;
    budget.max_documents = 2;
    let mut options = Options::default();
    options.budget = Some(budget);
    options.alias_limits.max_total_replayed_events = 20_000;
    options.alias_limits.max_replay_stack_depth = 8;
    options.alias_limits.max_alias_expansions_per_anchor = 200;
    // As the platform's own reader has it.
    options.duplicate_keys = DuplicateKeyPolicy::LastWins;
    options.with_snippet = false;
    options
}

fn elsewhere(tree: &Tree) -> Vec<String> {
    const MOST: usize = 10;
    let is_manifest = |path: &&String| {
        path.rsplit('/')
            .next()
            .is_some_and(|name| MANIFESTS.contains(&name))
    };
    tree.files
        .keys()
        .filter(is_manifest)
        .take(MOST)
        .cloned()
        .collect()
}
