//! What an author can do about each mistake, kept apart from the sentences that name it.

use crate::PluginError;

const ADD_GRADIO_ACTION: &str = "Add to config.yaml:\n\
actions:\n  gradio:\n    entrypoint: plugin.gradio_interface.app\n\
and put the app into plugin/gradio_interface.py.";

pub(crate) fn of(error: &PluginError) -> Option<&'static str> {
    use PluginError as E;
    Some(match error {
        E::Type => "Upload the plugin's folder as .zip, .tar.gz or .tar.",
        E::Empty => "Zip the plugin's files, with config.yaml at the top.",
        E::Truncated { .. } | E::Unreadable { .. } => "Make the archive again and upload it again.",
        E::UploadTooLarge { .. } | E::TotalTooLarge { .. } | E::TooManyEntries { .. } => {
            "Leave model weights, data sets, virtual environments and node_modules out of the archive."
        }
        E::Bomb { .. } => "Leave the file out, or have the plugin make it at its first start.",
        E::Overlap { .. } | E::Duplicate { .. } | E::Conflict { .. } => {
            "Make the archive again with an ordinary tool."
        }
        E::Encrypted { .. } => "Make the archive again without a password.",
        E::Method { .. } => "Make the archive again with the method \"deflate\".",
        E::PathTraversal { .. } => {
            "Pack the plugin's folder from inside, so that every name is relative to it."
        }
        E::SpecialFile { .. } => {
            "Replace links by the files they point to (zip does so without -y, tar with -h)."
        }
        E::NameEncoding { .. } | E::NameInvalid { .. } => {
            "Rename the file and make the archive again."
        }
        E::ManifestMissing { .. } => {
            "Put config.yaml at the top of the archive, or inside its only folder."
        }
        E::ManifestInvalid { .. } => {
            "config.yaml is a YAML map such as `code: my-plugin`, one key a line, spaces instead of tabs."
        }
        E::CodeMissing { .. } => {
            "Add `code: my-plugin` to config.yaml, or name the release in the request."
        }
        E::ReleaseMismatch { .. } => "Change one of the two, or leave it out of the request.",
        E::GradioActionMissing => ADD_GRADIO_ACTION,
        E::EntrypointInvalid { .. } => {
            "Write it as package.module:attribute, package.module or folder/file.py."
        }
        E::EntrypointNotFound { .. } => "Check the spelling, and that the file is in the archive.",
        E::RequirementsInvalid { .. } => {
            "Write one requirement a line, for example numpy>=1.26, saved as UTF-8."
        }
        E::RequirementNotAllowed { .. } => {
            "Name packages with versions only, or put the wheel under wheels/ and write ./wheels/NAME.whl."
        }
        E::ManifestTooLarge { .. }
        | E::CodeInvalid(_)
        | E::VersionInvalid(_)
        | E::RequirementsTooLarge { .. }
        | E::Spool(_) => return None,
    })
}

/// The tail of "no config.yaml at its top".
pub(crate) fn found_at(found: &[String]) -> String {
    match found {
        [] => String::new(),
        [one] => format!("; there is one at {one}"),
        [one, ..] => format!("; there are {}, the first at {one}", found.len()),
    }
}

/// `, line 3, column 7`, as far as it is known.
pub(crate) fn at_line(line: u64, column: u64) -> String {
    match (line, column) {
        (0, _) => String::new(),
        (line, 0) => format!(", line {line}"),
        (line, column) => format!(", line {line}, column {column}"),
    }
}
