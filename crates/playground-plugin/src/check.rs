//! The flow of an intake: archive, tree, manifest, release, entrypoint, requirements.

use std::io::{Read, Seek};
use std::path::Path;

use playground_types::{PluginCode, PluginRelease, PluginVersion};

use crate::entrypoint::{DEFAULT_FILE, Resolved};
use crate::manifest::Manifest;
use crate::requirements::{self, RequirementPolicy};
use crate::tree::Tree;
use crate::{ArchiveLimits, CheckedPlugin, Entrypoint, PluginError, PluginFacts, archive};

const DEFAULT_VERSION: &str = "0.1.0";
const WHEELS: &str = "wheels";

/// What the request says about the release; the manifest fills the gaps.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Requested {
    /// The plugin's code.
    pub code: Option<PluginCode>,
    /// The plugin's version.
    pub version: Option<PluginVersion>,
    /// The entrypoint of the action the client saw first, which need not be `gradio`: a fallback only.
    pub entrypoint: Option<String>,
}

/// Checks an uploaded archive and spools its files into an anonymous file in `spool_dir`.
///
/// # Errors
///
/// [`PluginError`]: the author's mistakes, and [`PluginError::Spool`] for our own disk.
pub fn check<R: Read + Seek>(
    upload: R,
    requested: &Requested,
    limits: &ArchiveLimits,
    policy: RequirementPolicy,
    spool_dir: &Path,
) -> Result<CheckedPlugin, PluginError> {
    let tree = Tree::new(archive::collect(upload, limits, spool_dir)?)?;
    let (manifest, mut warnings) = Manifest::find(&tree, limits)?;
    let release = release(&manifest, requested)?;
    let entrypoint = entrypoint(&manifest, requested, &tree, &mut warnings)?;
    let gathered = requirements::gather(&tree, limits.requirements_bytes, policy)?;
    warnings.extend(tree.case_twins().into_iter().map(|(one, two)| {
        format!("{one:?} and {two:?} differ only in case; on Windows and macOS they are one file")
    }));
    let facts = PluginFacts {
        name: manifest.name.unwrap_or_else(|| release.code().to_string()),
        category: manifest.category,
        description: manifest.description,
        python: manifest.python,
        release,
        entrypoint,
        requirements: gathered.text,
        included_requirements: gathered.included,
        installs_from: gathered.installs_from,
        content: tree.digest(),
        files: tree.files.len() as u64,
        size_bytes: tree.size_bytes(),
        warnings,
        has_wheels: has_wheels(&tree),
    };
    Ok(CheckedPlugin { facts, tree })
}

/// Joins what the request and the manifest say; they must not contradict each other.
fn release(manifest: &Manifest, requested: &Requested) -> Result<PluginRelease, PluginError> {
    let mismatch = |what, requested: &str, found: &str| PluginError::ReleaseMismatch {
        what,
        requested: requested.to_owned(),
        found: found.to_owned(),
        file: manifest.file.clone(),
    };
    let code = match (&requested.code, &manifest.code) {
        (Some(code), Some(found)) if code.as_str() != found => {
            return Err(mismatch("code", code.as_str(), found));
        }
        (Some(code), _) => code.clone(),
        (None, Some(found)) => found.parse().map_err(PluginError::CodeInvalid)?,
        (None, None) => {
            return Err(PluginError::CodeMissing {
                file: manifest.file.clone(),
            });
        }
    };
    let version = match (&requested.version, &manifest.version) {
        (Some(version), Some(found)) if version.as_str() != found => {
            return Err(mismatch("version", version.as_str(), found));
        }
        (Some(version), _) => version.clone(),
        (None, found) => found
            .as_deref()
            .unwrap_or(DEFAULT_VERSION)
            .parse()
            .map_err(PluginError::VersionInvalid)?,
    };
    Ok(PluginRelease::new(code, version))
}

/// The manifest's gradio action first, then what the client asked for, then the file plugins keep their app in.
fn entrypoint(
    manifest: &Manifest,
    requested: &Requested,
    tree: &Tree,
    warnings: &mut Vec<String>,
) -> Result<Entrypoint, PluginError> {
    let has_default = tree.has(DEFAULT_FILE);
    let resolve = |entrypoint: Entrypoint| {
        entrypoint.resolve(|path| tree.has(path), |folder| tree.has_folder(folder))
    };
    if let Some(written) = &manifest.entrypoint {
        return match resolve(written.parse()?) {
            Resolved::Found(entrypoint) | Resolved::Foreign(entrypoint) => Ok(entrypoint),
            Resolved::Missing(entrypoint, missing) if has_default => {
                warnings.push(format!("the entrypoint {written:?} names {missing:?}, which is missing; {DEFAULT_FILE} is tried"));
                Ok(entrypoint)
            }
            Resolved::Missing(_, looked_for) => Err(PluginError::EntrypointNotFound {
                text: written.clone(),
                looked_for,
            }),
        };
    }
    // Clients send the first action's entrypoint, whatever action that is, and cut colons wrongly: it counts only when
    // it leads to a file.
    let asked = requested
        .entrypoint
        .as_deref()
        .and_then(|text| text.parse().ok())
        .map(resolve);
    match asked {
        Some(Resolved::Found(entrypoint)) => Ok(entrypoint),
        _ if has_default => Ok(Entrypoint::default_module()),
        _ => Err(PluginError::GradioActionMissing),
    }
}

fn has_wheels(tree: &Tree) -> bool {
    let prefix = format!("{WHEELS}/");
    tree.files
        .range(prefix.clone()..)
        .take_while(|(path, _)| path.starts_with(&prefix))
        .any(|(path, _)| path.ends_with(".whl"))
}
