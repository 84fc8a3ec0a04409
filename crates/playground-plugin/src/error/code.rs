//! The stable words of the API, and who is to act on each.

use crate::PluginError;

impl PluginError {
    /// The stable word of the API's `code` field.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "archive_empty",
            Self::Type => "archive_type",
            Self::Truncated { .. } => "archive_truncated",
            Self::Unreadable { .. } => "archive_unreadable",
            Self::UploadTooLarge { .. } | Self::TotalTooLarge { .. } | Self::Bomb { .. } => {
                "archive_too_large"
            }
            Self::TooManyEntries { .. } => "archive_too_many_entries",
            Self::Overlap { .. } => "archive_overlap",
            Self::Encrypted { .. } => "archive_encrypted",
            Self::Method { .. } => "archive_method",
            Self::Duplicate { .. } => "archive_duplicate",
            Self::Conflict { .. } => "archive_conflict",
            Self::PathTraversal { .. } => "archive_path_traversal",
            Self::SpecialFile { .. } => "archive_special_file",
            Self::NameEncoding { .. } => "archive_name_encoding",
            Self::NameInvalid { .. } => "archive_name_invalid",
            Self::ManifestMissing { .. } => "manifest_missing",
            Self::ManifestTooLarge { .. } => "manifest_too_large",
            Self::ManifestInvalid { .. } | Self::ManifestNotText { .. } => "manifest_invalid",
            Self::CodeMissing { .. } => "manifest_code_missing",
            Self::CodeInvalid { .. } => "code_invalid",
            Self::VersionInvalid { .. } => "version_invalid",
            Self::ReleaseMismatch { .. } => "release_mismatch",
            Self::GradioActionMissing { .. } => "gradio_action_missing",
            Self::EntrypointInvalid { .. } => "entrypoint_invalid",
            Self::EntrypointNotFound { .. } => "entrypoint_not_found",
            Self::RequirementsTooLarge { .. } => "requirements_too_large",
            Self::RequirementsInvalid { .. } | Self::IncludeMissing { .. } => {
                "requirements_invalid"
            }
            Self::RequirementNotAllowed { .. } => "requirement_not_allowed",
            Self::Spool(_) => "spool_failed",
        }
    }

    /// Whether the answer is 413 (the archive asks too much) and not 400.
    pub fn is_too_large(&self) -> bool {
        matches!(
            self.code(),
            "archive_too_large" | "archive_too_many_entries"
        )
    }

    /// Whether it is our own fault (the answer is 500 or 507), not the author's.
    pub fn is_ours(&self) -> bool {
        matches!(self, Self::Spool(_))
    }
}
