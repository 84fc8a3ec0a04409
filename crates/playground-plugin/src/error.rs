//! What can be wrong with a plugin, one variant per thing an author can fix.

mod code;
mod hint;
mod korean;
mod place;

use std::io;

use playground_types::release::ReleaseError;

use crate::place::Place;
use crate::reason::{NameFault, Said};

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
        kind: Said,
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
        reason: NameFault,
    },
    /// There is no manifest where one belongs.
    #[error(
        "the archive has no config.yaml (or synapse.yaml) at its top{}",
        found_at(found)
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
    #[error("{place}: {reason}")]
    ManifestInvalid {
        /// Where the parser stopped.
        place: Place,
        /// What the parser says.
        reason: String,
    },
    /// The manifest is in no encoding we read.
    #[error("{place}: {NOT_TEXT}")]
    ManifestNotText {
        /// The first line that is not text.
        place: Place,
    },
    /// Neither the request nor the manifest names the plugin.
    #[error("{} names no plugin: the key `code` is missing", place.file)]
    CodeMissing {
        /// The manifest.
        place: Place,
    },
    /// The manifest's code breaks the grammar of codes.
    #[error("{reason}")]
    CodeInvalid {
        /// The code's place.
        place: Place,
        /// Which rule it breaks.
        reason: ReleaseError,
    },
    /// The manifest's version breaks the grammar of versions.
    #[error("{reason}")]
    VersionInvalid {
        /// The version's place.
        place: Place,
        /// Which rule it breaks.
        reason: ReleaseError,
    },
    /// The request and the manifest name different releases.
    #[error("the request is for {what} {requested:?}, the archive's {} says {found:?}", place.file)]
    ReleaseMismatch {
        /// Where the manifest says so.
        place: Place,
        /// `code` or `version`.
        what: &'static str,
        /// What the request says.
        requested: String,
        /// What the manifest says.
        found: String,
    },
    /// Nothing says which app to start.
    #[error(
        "the plugin has no gradio action and no plugin/gradio_interface.py, so there is nothing to start"
    )]
    GradioActionMissing {
        /// The manifest.
        place: Place,
    },
    /// The entrypoint breaks its grammar.
    #[error("the entrypoint {text:?} is not valid: {reason}")]
    EntrypointInvalid {
        /// Where it is written.
        place: Place,
        /// The entrypoint as written.
        text: String,
        /// Which rule it breaks.
        reason: Said,
    },
    /// The entrypoint names a module the plugin does not have.
    #[error("the entrypoint {text:?} names no file of the plugin: {looked_for} is missing")]
    EntrypointNotFound {
        /// Where it is written.
        place: Place,
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
    #[error("{place}: {reason}")]
    RequirementsInvalid {
        /// The first line that cannot.
        place: Place,
        /// What is wrong.
        reason: Said,
    },
    /// A line includes a file that the plugin does not have.
    #[error("{place}: {included:?} is not among the plugin's files")]
    IncludeMissing {
        /// The line.
        place: Place,
        /// The file it names.
        included: String,
    },
    /// The strict policy refuses a line.
    #[error("{place}: {text:?} is not allowed here: {reason}")]
    RequirementNotAllowed {
        /// The line.
        place: Place,
        /// The line as written.
        text: String,
        /// Which rule it breaks.
        reason: Said,
    },
    /// Our own disk failed; nothing an author can do.
    #[error("the archive could not be read from or copied to the spool")]
    Spool(#[source] io::Error),
}

impl PluginError {
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

/// Why the bytes of a file are no text.
pub(crate) const NOT_TEXT: Said = Said {
    en: "it is not UTF-8 text",
    ko: "UTF-8 텍스트가 아닙니다",
};

/// The tail of "no config.yaml at its top".
fn found_at(found: &[String]) -> String {
    match found {
        [] => String::new(),
        [one] => format!("; there is one at {one}"),
        [one, ..] => format!("; there are {}, the first at {one}", found.len()),
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
