//! Checked plugin -> how its image is built.
//!
//! A recipe is a Dockerfile of fixed text and the generated files beside it. What a plugin says reaches an image as the
//! content of files and as variables of the container, never as text of the Dockerfile.
//!
//! The context's layout keeps the plugin apart: its files lie under `app/`, so neither a `Dockerfile` nor a
//! `.dockerignore` of its own means anything.
//!
//! ```text
//! .synapse/Dockerfile
//! .synapse/build/    what the install step reads: only mounted, never in the image
//! .synapse/image/    the launcher, /opt/synapse in the image
//! app/               the plugin, /app in the image
//! ```

mod base;
mod build_files;
mod context;
mod dockerfile;
mod embedded;
mod options;
mod purpose;

use playground_types::Digest;
use playground_types::digest::Digester;

use crate::PluginFacts;

pub use base::BaseImage;
pub use context::write_context;
pub use options::{Builder, IndexSettings, Install, RecipeOptions};
pub use purpose::purpose_of;

/// Where the Dockerfile lies in the build context; the engine must be told.
pub const DOCKERFILE_PATH: &str = ".synapse/Dockerfile";
/// The folder the install step reads, with its slash.
pub(crate) const BUILD_FOLDER: &str = ".synapse/build/";
/// The folder of the plugin's own files, with its slash.
pub(crate) const APP_FOLDER: &str = "app/";

/// How one plugin's image is built on one base image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipe {
    /// The Dockerfile's text.
    pub dockerfile: String,
    /// The other generated files.
    pub files: Vec<GeneratedFile>,
    /// Identifies the image that comes out: equal digests need no second build.
    pub digest: Digest,
    /// Whether requirements are installed, or the base satisfies them.
    pub installs: bool,
    /// Whether the image has the plugin's code. That of a live container is put into the container, so that a change of it
    /// needs no build; but an install step that reads files of the plugin has all of them.
    pub has_code: bool,
    /// Files and folders of the plugin that the install step reads; the context has them under [`BUILD_FOLDER`] too.
    pub(crate) installs_from: Vec<String>,
}

/// A file of the build context that we make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GeneratedFile {
    /// Its path in the context.
    pub path: String,
    /// Its content.
    pub bytes: Vec<u8>,
    /// Whether it may be executed.
    pub executable: bool,
}

impl GeneratedFile {
    pub(crate) fn new(path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            path: path.into(),
            bytes: bytes.into(),
            executable: false,
        }
    }
}

impl Recipe {
    /// Works out the recipe. Pure: equal arguments give an equal recipe.
    pub fn new(facts: &PluginFacts, base: &BaseImage, options: &RecipeOptions) -> Self {
        let installs = !base.satisfies(facts);
        let mut files = embedded::image_files();
        let mut installs_from = Vec::new();
        if installs {
            files.extend(build_files::all(facts, base, options));
            installs_from = build_files::linked(facts);
        }
        let has_code = !options.live || !installs_from.is_empty();
        let dockerfile = dockerfile::text(base, options, installs, has_code);
        let code = if has_code { facts.content.hex() } else { "" };
        let digest = digest(&dockerfile, &files, base, code);
        Self {
            dockerfile,
            files,
            digest,
            installs,
            has_code,
            installs_from,
        }
    }
}

/// Covers all that shapes the image. The CA bundle does not: it only decides whether a download succeeds.
fn digest(dockerfile: &str, files: &[GeneratedFile], base: &BaseImage, code: &str) -> Digest {
    let start = Digester::default()
        .part("synapse-recipe-1")
        .part(dockerfile)
        .part(&base.id)
        .part(code);
    files
        .iter()
        .filter(|file| file.path != build_files::CA_BUNDLE)
        .fold(start, |digester, file| {
            digester
                .part(&file.path)
                .part(&file.bytes)
                .part([u8::from(file.executable)])
        })
        .finish()
}

#[cfg(test)]
mod tests;
