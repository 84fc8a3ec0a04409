//! What an author can do about each mistake, kept apart from the sentences that name it.

use crate::PluginError;

const ADD_GRADIO_ACTION: &str = "Add to config.yaml:\n\
actions:\n  gradio:\n    entrypoint: plugin.gradio_interface.app\n\
and put the app into plugin/gradio_interface.py.";

const SAVE_AS_UTF_8: &str = "Save the file as UTF-8 in your editor.";

pub(super) fn of(error: &PluginError) -> Option<&'static str> {
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
        E::ManifestMissing { found } if is_misnamed(found) => "Rename it to config.yaml.",
        E::ManifestMissing { .. } => {
            "Put config.yaml at the top of the archive, or inside its only folder."
        }
        E::ManifestInvalid { .. } => {
            "config.yaml is a YAML map such as `code: my-plugin`, one key a line, spaces instead of tabs."
        }
        E::ManifestNotText { .. } => SAVE_AS_UTF_8,
        E::CodeMissing { .. } => {
            "Add `code: my-plugin` to config.yaml, or name the release in the request."
        }
        E::ReleaseMismatch { .. } => "Change one of the two, or leave it out of the request.",
        E::GradioActionMissing { .. } => ADD_GRADIO_ACTION,
        E::EntrypointInvalid { .. } => {
            "Write it as package.module:attribute, package.module or folder/file.py."
        }
        E::EntrypointNotFound { .. } => "Check the spelling, and that the file is in the archive.",
        E::RequirementsInvalid { .. } => {
            "Write one requirement a line, for example numpy>=1.26, saved as UTF-8."
        }
        E::IncludeMissing { .. } => {
            "Check the spelling: the path starts at the folder of the file that names it."
        }
        E::RequirementNotAllowed { .. } => {
            "Name packages with versions only, or put the wheel under wheels/ and write ./wheels/NAME.whl."
        }
        E::CodeInvalid { .. } => "Write it like `code: my-plugin`.",
        E::VersionInvalid { .. } => "Write it like `version: 1.0.0`.",
        E::ManifestTooLarge { .. } => {
            "Keep data out of config.yaml: a manifest has a few hundred lines at most."
        }
        E::RequirementsTooLarge { .. } => {
            "Name what the plugin imports, and let the installer find what those need."
        }
        E::Spool(_) => return None,
    })
}

/// Whether what was found is at the top already.
pub(super) fn is_misnamed(found: &[String]) -> bool {
    found.iter().any(|path| !path.contains('/'))
}

impl PluginError {
    /// What the author can do about it, where that is not plain from the sentence.
    pub fn hint(&self) -> Option<&'static str> {
        of(self)
    }
}
