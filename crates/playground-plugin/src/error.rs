//! What can be wrong with a plugin, one variant per thing an author can fix.

use std::io;

use playground_types::release::ReleaseError;

use crate::hint;

/// Why an upload is no plugin. `Display` is one sentence that names the entry or line at fault.
#[derive(Debug, thiserror::Error)]
pub enum PluginError {
    /// The upload has no bytes, or its archive has no files.
    #[error("the archive is empty")]
    Empty,
    /// The first bytes are those of no archive we read.
    #[error("the upload is neither a zip nor a tar archive (plain or gzip)")]
    Type,
    /// The data ends before the archive does.
    #[error("the archive is cut short: its data ends in the middle of {at}")]
    Truncated {
        /// The place, such as an entry's name.
        at: String,
    },
    /// The archive contradicts itself.
    #[error("the archive is damaged at {at}: {reason}")]
    Unreadable {
        /// The place, such as an entry's name.
        at: String,
        /// What does not fit.
        reason: String,
    },
    /// The upload is larger than allowed.
    #[error("the archive is larger than {limit} bytes")]
    UploadTooLarge {
        /// The limit, in bytes.
        limit: u64,
    },
    /// The files together are larger than allowed.
    #[error("the archive unpacks to more than {limit} bytes, reached at {entry}")]
    TotalTooLarge {
        /// The entry that went over.
        entry: String,
        /// The limit, in bytes.
        limit: u64,
    },
    /// An entry inflates like a decompression bomb.
    #[error("{entry} inflates to more than {ratio} times its compressed size")]
    Bomb {
        /// The entry.
        entry: String,
        /// The largest ratio allowed.
        ratio: u64,
    },
    /// Too many entries.
    #[error("the archive has more than {limit} entries")]
    TooManyEntries {
        /// The limit.
        limit: u64,
    },
    /// Two entries share bytes of the archive.
    #[error("{entry} shares its bytes with another entry of the archive")]
    Overlap {
        /// One of the two.
        entry: String,
    },
    /// An entry needs a password.
    #[error("{entry} is encrypted")]
    Encrypted {
        /// The entry.
        entry: String,
    },
    /// An entry is compressed in a way we do not read.
    #[error("{entry} is compressed with {method}; only stored and deflated entries are read")]
    Method {
        /// The entry.
        entry: String,
        /// The method's name or number.
        method: String,
    },
    /// Two entries have the same path.
    #[error("{path} is in the archive twice")]
    Duplicate {
        /// The path.
        path: String,
    },
    /// A path is a file in one entry and a folder in another.
    #[error("{path} is both a file and a folder in the archive")]
    Conflict {
        /// The path.
        path: String,
    },
    /// A name points outside the plugin.
    #[error("{entry} points outside the plugin's folder")]
    PathTraversal {
        /// The entry.
        entry: String,
    },
    /// An entry is neither a file nor a folder.
    #[error("{entry} is {kind}; only files and folders are accepted")]
    SpecialFile {
        /// The entry.
        entry: String,
        /// What it is, with its article.
        kind: &'static str,
    },
    /// A name is text in no encoding we know.
    #[error("the name {entry} is neither UTF-8 nor CP949")]
    NameEncoding {
        /// The name, with replacement characters.
        entry: String,
    },
    /// A name cannot be a path inside an image.
    #[error("the name {entry} is not usable: {reason}")]
    NameInvalid {
        /// The name.
        entry: String,
        /// Which rule it breaks.
        reason: String,
    },
    /// There is no manifest where one belongs.
    #[error(
        "the archive has no config.yaml (or synapse.yaml) at its top{}",
        hint::found_at(found)
    )]
    ManifestMissing {
        /// Where a manifest was seen instead.
        found: Vec<String>,
    },
    /// The manifest is larger than allowed.
    #[error("{file} is larger than {limit} bytes")]
    ManifestTooLarge {
        /// The manifest's name.
        file: String,
        /// The limit, in bytes.
        limit: u64,
    },
    /// The manifest is no YAML, or asks too much of a parser.
    #[error("{file}{}: {reason}", hint::at_line(*line, *column))]
    ManifestInvalid {
        /// The manifest's name.
        file: String,
        /// Line, counted from 1; 0 where unknown.
        line: u64,
        /// Column, counted from 1; 0 where unknown.
        column: u64,
        /// What the parser says.
        reason: String,
    },
    /// Neither the request nor the manifest names the plugin.
    #[error("{file} names no plugin: the key `code` is missing")]
    CodeMissing {
        /// The manifest's name.
        file: String,
    },
    /// The manifest's code breaks the grammar of codes.
    #[error("{0}")]
    CodeInvalid(ReleaseError),
    /// The manifest's version breaks the grammar of versions.
    #[error("{0}")]
    VersionInvalid(ReleaseError),
    /// The request and the manifest name different releases.
    #[error("the request is for {what} {requested:?}, the archive's {file} says {found:?}")]
    ReleaseMismatch {
        /// `code` or `version`.
        what: &'static str,
        /// What the request says.
        requested: String,
        /// What the manifest says.
        found: String,
        /// The manifest's name.
        file: String,
    },
    /// Nothing says which app to start.
    #[error(
        "the plugin has no gradio action and no plugin/gradio_interface.py, so there is nothing to start"
    )]
    GradioActionMissing,
    /// The entrypoint breaks its grammar.
    #[error("the entrypoint {text:?} is not valid: {reason}")]
    EntrypointInvalid {
        /// The entrypoint as written.
        text: String,
        /// Which rule it breaks.
        reason: &'static str,
    },
    /// The entrypoint names a module the plugin does not have.
    #[error("the entrypoint {text:?} names no file of the plugin: {looked_for} is missing")]
    EntrypointNotFound {
        /// The entrypoint as written.
        text: String,
        /// The file that would have been it.
        looked_for: String,
    },
    /// The requirements are larger than allowed.
    #[error("{file} is larger than {limit} bytes, with the files it includes")]
    RequirementsTooLarge {
        /// The file that went over.
        file: String,
        /// The limit, in bytes.
        limit: u64,
    },
    /// The requirements cannot be read.
    #[error("{file}{}: {reason}", hint::at_line(*line, 0))]
    RequirementsInvalid {
        /// The file.
        file: String,
        /// Line, counted from 1; 0 for the whole file.
        line: u64,
        /// What is wrong.
        reason: String,
    },
    /// The strict policy refuses a line.
    #[error("{file}, line {line}: {text:?} is not allowed here: {reason}")]
    RequirementNotAllowed {
        /// The file.
        file: String,
        /// Line, counted from 1.
        line: u64,
        /// The line as written.
        text: String,
        /// Which rule it breaks.
        reason: &'static str,
    },
    /// Our own disk failed; nothing an author can do.
    #[error("the archive could not be read from or copied to the spool")]
    Spool(#[source] io::Error),
}

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
            Self::ManifestInvalid { .. } => "manifest_invalid",
            Self::CodeMissing { .. } => "manifest_code_missing",
            Self::CodeInvalid(_) => "code_invalid",
            Self::VersionInvalid(_) => "version_invalid",
            Self::ReleaseMismatch { .. } => "release_mismatch",
            Self::GradioActionMissing => "gradio_action_missing",
            Self::EntrypointInvalid { .. } => "entrypoint_invalid",
            Self::EntrypointNotFound { .. } => "entrypoint_not_found",
            Self::RequirementsTooLarge { .. } => "requirements_too_large",
            Self::RequirementsInvalid { .. } => "requirements_invalid",
            Self::RequirementNotAllowed { .. } => "requirement_not_allowed",
            Self::Spool(_) => "spool_failed",
        }
    }

    /// What the author can do about it, where that is not plain from the sentence.
    pub fn hint(&self) -> Option<&'static str> {
        hint::of(self)
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

    /// Sorts an error met while reading the archive: the disk's errors are ours, all others the archive's.
    pub(crate) fn reading(error: io::Error, at: &str) -> Self {
        let at = at.to_owned();
        match error.kind() {
            _ if error.raw_os_error().is_some() => Self::Spool(error),
            io::ErrorKind::UnexpectedEof => Self::Truncated { at },
            _ => Self::Unreadable {
                at,
                reason: first_line(&error.to_string()),
            },
        }
    }
}

/// The first line of a foreign message, so that ours stay one sentence.
pub(crate) fn first_line(message: &str) -> String {
    message.lines().next().unwrap_or_default().trim().to_owned()
}

/// A name from an archive, safe to show: control characters escaped, at most 120 characters, in quotes.
pub(crate) fn shown(name: &str) -> String {
    const LONGEST: usize = 120;
    let mut text: String = name.chars().take(LONGEST).collect();
    if text.len() < name.len() {
        text.push('…');
    }
    format!("{text:?}")
}
