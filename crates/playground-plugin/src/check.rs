//! The flow of an intake: archive, tree, manifest, release, entrypoint, requirements.

use std::io::{Read, Seek};
use std::path::Path;

use playground_types::{PluginCode, PluginRelease, PluginVersion};

use crate::entrypoint::{DEFAULT_FILE, NotAnEntrypoint, Resolved};
use crate::manifest::Manifest;
use crate::requirements::{self, RequirementPolicy};
use crate::tree::Tree;
use crate::{ArchiveLimits, CheckedPlugin, Entrypoint, Examined, PluginError, Warning, archive};

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
/// [`PluginError`], the first one: the author's mistakes, and [`PluginError::Spool`] for our own disk.
pub fn check<R: Read + Seek>(
    upload: R,
    requested: &Requested,
    limits: &ArchiveLimits,
    policy: RequirementPolicy,
    spool_dir: &Path,
) -> Result<CheckedPlugin, PluginError> {
    examine(upload, requested, limits, policy, spool_dir)?.into_checked()
}

/// The same, and a mistake keeps nothing from being looked at that does not depend on it.
///
/// # Errors
///
/// [`PluginError`] where the archive itself cannot be read: then nothing else can be.
pub fn examine<R: Read + Seek>(
    upload: R,
    requested: &Requested,
    limits: &ArchiveLimits,
    policy: RequirementPolicy,
    spool_dir: &Path,
) -> Result<Examined, PluginError> {
    let tree = Tree::new(archive::collect(upload, limits, spool_dir)?)?;
    let mut errors = Vec::new();
    let (manifest, mut warnings) = match Manifest::find(&tree, limits) {
        Ok((manifest, warnings)) => (Some(manifest), warnings),
        Err(error) => {
            errors.push(error);
            (None, Vec::new())
        }
    };
    let mut release_found = None;
    let mut entrypoint_found = None;
    if let Some(manifest) = &manifest {
        release_found = release(manifest, requested, &mut errors, &mut warnings);
        entrypoint_found = entrypoint(manifest, requested, &tree, &mut warnings)
            .map_err(|error| errors.push(error))
            .ok();
    }
    let gathered = requirements::gather(&tree, limits.requirements_bytes, policy, &mut errors);
    warnings.extend(tree.case_twins().into_iter().map(Warning::case_twins));
    Ok(Examined {
        errors,
        warnings,
        manifest,
        release: release_found,
        entrypoint: entrypoint_found,
        gathered,
        has_wheels: has_wheels(&tree),
        tree,
    })
}

/// Joins what the request and the manifest say; they must not contradict each other.
fn release(
    manifest: &Manifest,
    requested: &Requested,
    errors: &mut Vec<PluginError>,
    warnings: &mut Vec<Warning>,
) -> Option<PluginRelease> {
    let code = code(manifest, requested).map_err(|error| errors.push(error));
    let version = version(manifest, requested).map_err(|error| errors.push(error));
    if manifest.version.is_none() && requested.version.is_none() {
        warnings.push(Warning::VersionMissing {
            place: manifest.places.version.clone(),
            taken: DEFAULT_VERSION,
        });
    }
    Some(PluginRelease::new(code.ok()?, version.ok()?))
}

fn code(manifest: &Manifest, requested: &Requested) -> Result<PluginCode, PluginError> {
    let place = manifest.places.code.clone();
    match (&requested.code, &manifest.code) {
        (Some(code), Some(found)) if code.as_str() != found => Err(PluginError::ReleaseMismatch {
            place,
            what: "code",
            requested: code.to_string(),
            found: found.clone(),
        }),
        (Some(code), _) => Ok(code.clone()),
        (None, Some(found)) => found
            .parse()
            .map_err(|reason| PluginError::CodeInvalid { place, reason }),
        (None, None) => Err(PluginError::CodeMissing { place }),
    }
}

fn version(manifest: &Manifest, requested: &Requested) -> Result<PluginVersion, PluginError> {
    let place = manifest.places.version.clone();
    match (&requested.version, &manifest.version) {
        (Some(version), Some(found)) if version.as_str() != found => {
            Err(PluginError::ReleaseMismatch {
                place,
                what: "version",
                requested: version.to_string(),
                found: found.clone(),
            })
        }
        (Some(version), _) => Ok(version.clone()),
        (None, found) => found
            .as_deref()
            .unwrap_or(DEFAULT_VERSION)
            .parse()
            .map_err(|reason| PluginError::VersionInvalid { place, reason }),
    }
}

/// The manifest's gradio action first, then what the client asked for, then the file plugins keep their app in.
fn entrypoint(
    manifest: &Manifest,
    requested: &Requested,
    tree: &Tree,
    warnings: &mut Vec<Warning>,
) -> Result<Entrypoint, PluginError> {
    let resolve = |entrypoint: Entrypoint| {
        entrypoint.resolve(|path| tree.has(path), |folder| tree.has_folder(folder))
    };
    let place = || manifest.places.entrypoint.clone();
    if let Some(written) = &manifest.entrypoint {
        let text = written.clone();
        let parsed: Entrypoint = written
            .parse()
            .map_err(|error: NotAnEntrypoint| error.at(place()))?;
        return match resolve(parsed) {
            Resolved::Found(entrypoint) => Ok(entrypoint),
            Resolved::Foreign(entrypoint) => {
                warnings.push(Warning::EntrypointForeign {
                    place: place(),
                    text,
                });
                Ok(entrypoint)
            }
            Resolved::Missing(entrypoint, looked_for) if tree.has(DEFAULT_FILE) => {
                warnings.push(Warning::EntrypointMissing {
                    place: place(),
                    text,
                    looked_for,
                });
                Ok(entrypoint)
            }
            Resolved::Missing(_, looked_for) => Err(PluginError::EntrypointNotFound {
                place: place(),
                text,
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
        _ if tree.has(DEFAULT_FILE) => Ok(Entrypoint::default_module()),
        _ => Err(PluginError::GradioActionMissing { place: place() }),
    }
}

fn has_wheels(tree: &Tree) -> bool {
    let prefix = format!("{WHEELS}/");
    tree.files
        .range(prefix.clone()..)
        .take_while(|(path, _)| path.starts_with(&prefix))
        .any(|(path, _)| path.ends_with(".whl"))
}
