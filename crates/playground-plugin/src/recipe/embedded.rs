//! The files of `images/` that this binary carries.

use super::{BUILD_FOLDER, GeneratedFile};

static EMBEDDED: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// The launcher, for `/opt/synapse`.
pub(crate) fn image_files() -> Vec<GeneratedFile> {
    under("launcher/", ".synapse/image/")
}

/// The install step's own programs.
pub(crate) fn build_files() -> Vec<GeneratedFile> {
    under("plugin/", BUILD_FOLDER)
}

fn under(folder: &str, target: &str) -> Vec<GeneratedFile> {
    EMBEDDED
        .iter()
        .filter_map(|(path, bytes)| {
            Some(GeneratedFile::new(
                format!("{target}{}", path.strip_prefix(folder)?),
                *bytes,
            ))
        })
        .collect()
}
