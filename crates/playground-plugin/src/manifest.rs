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
use crate::{ArchiveLimits, Place, PluginError, Warning};
use lax::{Actions, Loose, Requires, Spotted, filled};

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
    /// Where the file says these things.
    pub places: Places,
}

/// Where a manifest says what, or would have to say it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// The plugin's code.
    pub code: Place,
    /// The plugin's version.
    pub version: Place,
    /// The entrypoint of the action `gradio`.
    pub entrypoint: Place,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Document {
    code: Spotted,
    version: Spotted,
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
    ) -> Result<(Self, Vec<Warning>), PluginError> {
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
            warnings.push(Warning::TwoManifests {
                used: found[0].to_owned(),
                other: found[1].to_owned(),
            });
        }
        Ok((Self::parse(file, &bytes)?, warnings))
    }

    /// Reads the bytes of a manifest called `file`. Their number is the caller's to limit.
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Self, PluginError> {
        let whole = Place::file(file);
        let invalid = |place, reason| PluginError::ManifestInvalid { place, reason };
        let text = text::decode(bytes).ok_or_else(|| PluginError::ManifestNotText {
            place: whole.clone().line(text::first_bad_line(bytes)),
        })?;
        let document: Option<Document> = serde_saphyr::from_str_with_options(&text, options())
            .map_err(|error| {
                let reason = first_line(&error.without_snippet().to_string());
                let Some(at) = error.location() else {
                    return invalid(whole.clone(), reason);
                };
                // The parser ends its sentence with the place, ours begins with it.
                let reason = reason
                    .split(" at line ")
                    .next()
                    .unwrap_or_default()
                    .to_owned();
                let place = whole.clone().line(at.line()).column(at.column());
                invalid(place, reason)
            })?;
        Ok(document.unwrap_or_default().into_manifest(file))
    }

    /// The first key that is in one map twice, and where it is the second time: of the two, [`Manifest::parse`] takes the
    /// last. `None` also for bytes that it refuses.
    pub fn key_twice(file: &str, bytes: &[u8]) -> Option<(String, Place)> {
        let text = text::decode(bytes)?;
        let mut options = options();
        options.duplicate_keys = DuplicateKeyPolicy::Error;
        let read = serde_saphyr::from_str_with_options::<Option<Document>>(&text, options);
        match read.err()?.without_snippet() {
            serde_saphyr::Error::DuplicateMappingKey { key, location } => {
                let place = Place::file(file).line(location.line());
                Some((key.clone()?, place.column(location.column())))
            }
            _ => None,
        }
    }
}

impl Document {
    fn into_manifest(self, file: &str) -> Manifest {
        Manifest {
            file: file.to_owned(),
            places: Places {
                code: self.code.place(file),
                version: self.version.place(file),
                entrypoint: self.actions.entrypoint.place(file),
            },
            code: self.code.text,
            version: self.version.text,
            name: filled(self.name),
            category: self.category.0,
            description: self.description.0,
            has_gradio: self.actions.has_gradio,
            entrypoint: self.actions.entrypoint.text,
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
    // `.yml` is the other way to write it, and Windows does not tell `Config` from `config`.
    let is_manifest = |path: &&String| {
        let name = path.rsplit('/').next().unwrap_or_default();
        let name = name.to_lowercase().replace(".yml", ".yaml");
        MANIFESTS.contains(&name.as_str())
    };
    tree.files
        .keys()
        .filter(is_manifest)
        .take(MOST)
        .cloned()
        .collect()
}
