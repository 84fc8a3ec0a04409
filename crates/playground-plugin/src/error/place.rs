//! Where each mistake is.

use crate::PluginError;
use crate::place::Place;

impl PluginError {
    /// The file at fault, and the line where that is known. `None` where it is the archive itself.
    pub fn place(&self) -> Option<Place> {
        use PluginError as E;
        match self {
            E::ManifestInvalid { place, .. }
            | E::ManifestNotText { place }
            | E::CodeMissing { place }
            | E::CodeInvalid { place, .. }
            | E::VersionInvalid { place, .. }
            | E::ReleaseMismatch { place, .. }
            | E::GradioActionMissing { place }
            | E::EntrypointInvalid { place, .. }
            | E::EntrypointNotFound { place, .. }
            | E::RequirementsInvalid { place, .. }
            | E::IncludeMissing { place, .. }
            | E::RequirementNotAllowed { place, .. } => Some(place.clone()),
            E::ManifestTooLarge { file, .. } | E::RequirementsTooLarge { file, .. } => {
                Some(Place::file(file))
            }
            E::ManifestMissing { .. } => Some(Place::file(crate::tree::MANIFESTS[0])),
            E::TotalTooLarge { entry, .. }
            | E::Bomb { entry, .. }
            | E::Overlap { entry }
            | E::Encrypted { entry }
            | E::Method { entry, .. }
            | E::PathTraversal { entry }
            | E::SpecialFile { entry, .. }
            | E::NameEncoding { entry }
            | E::NameInvalid { entry, .. }
            | E::Duplicate { path: entry }
            | E::Conflict { path: entry } => Some(Place::file(entry.trim_matches('"'))),
            E::Empty
            | E::Type
            | E::Truncated { .. }
            | E::Unreadable { .. }
            | E::UploadTooLarge { .. }
            | E::TooManyEntries { .. }
            | E::Spool(_) => None,
        }
    }

    /// The sentence without its place, for who shows the place in a way of their own.
    pub fn message(&self) -> String {
        match self {
            Self::ManifestInvalid { reason, .. } => reason.clone(),
            Self::ManifestNotText { .. } => super::NOT_TEXT.to_string(),
            Self::RequirementsInvalid { reason, .. } => reason.to_string(),
            Self::IncludeMissing { included, .. } => {
                format!("{included:?} is not among the plugin's files")
            }
            Self::RequirementNotAllowed { text, reason, .. } => {
                format!("{text:?} is not allowed here: {reason}")
            }
            other => other.to_string(),
        }
    }
}
