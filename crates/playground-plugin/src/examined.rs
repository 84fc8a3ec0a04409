//! A plugin whose archive could be read, with everything that is wrong with it.

use playground_types::PluginRelease;

use crate::manifest::Manifest;
use crate::requirements::{Gathered, Requirements};
use crate::tree::{Content, Tree};
use crate::{CheckedPlugin, Entrypoint, Finding, PluginError, PluginFacts, Warning};

/// What [`examine`](crate::examine) saw of a plugin.
#[derive(Debug)]
pub struct Examined {
    pub(crate) errors: Vec<PluginError>,
    pub(crate) warnings: Vec<Warning>,
    pub(crate) manifest: Option<Manifest>,
    pub(crate) release: Option<PluginRelease>,
    pub(crate) entrypoint: Option<Entrypoint>,
    pub(crate) gathered: Gathered,
    pub(crate) has_wheels: bool,
    pub(crate) tree: Tree,
}

impl Examined {
    /// Why intake refuses the plugin; empty where it does not.
    pub fn errors(&self) -> &[PluginError] {
        &self.errors
    }

    /// All errors, and what is rarely meant as it is.
    pub fn findings(&self) -> Vec<Finding> {
        let errors = self.errors.iter().map(Finding::from);
        errors
            .chain(self.warnings.iter().map(Warning::finding))
            .collect()
    }

    /// The manifest, where there is one that can be read.
    pub fn manifest(&self) -> Option<&Manifest> {
        self.manifest.as_ref()
    }

    /// Which release it is, where that can be said.
    pub fn release(&self) -> Option<&PluginRelease> {
        self.release.as_ref()
    }

    /// What the launcher would start, where that can be said.
    pub fn entrypoint(&self) -> Option<&Entrypoint> {
        self.entrypoint.as_ref()
    }

    /// `requirements.txt` and the files it includes, by path.
    pub fn requirements(&self) -> impl Iterator<Item = (&str, &Requirements)> {
        let files = self.gathered.files.iter();
        files.map(|(file, requirements)| (file.as_str(), requirements))
    }

    /// The paths of all files, sorted.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.tree.files.keys().map(String::as_str)
    }

    /// Whether there is such a file.
    pub fn has(&self, path: &str) -> bool {
        self.tree.has(path)
    }

    /// Whether there is any file under this folder (given without a trailing slash).
    pub fn has_folder(&self, folder: &str) -> bool {
        self.tree.has_folder(folder)
    }

    /// A file's content; `None` where it is not there or larger than `limit` bytes.
    ///
    /// # Errors
    ///
    /// [`PluginError::Spool`] for our own disk.
    pub fn read(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>, PluginError> {
        Ok(match self.tree.read(path, limit)? {
            Content::Bytes(bytes) => Some(bytes),
            Content::Missing | Content::TooLarge => None,
        })
    }

    /// How many files there are.
    pub fn files(&self) -> u64 {
        self.tree.files.len() as u64
    }

    /// The size of all files, in bytes.
    pub fn size_bytes(&self) -> u64 {
        self.tree.size_bytes()
    }

    /// The plugin, if nothing is refused.
    ///
    /// # Errors
    ///
    /// The first of [`Examined::errors`].
    pub fn into_checked(mut self) -> Result<CheckedPlugin, PluginError> {
        if !self.errors.is_empty() {
            return Err(self.errors.swap_remove(0));
        }
        let (Some(manifest), Some(release), Some(entrypoint)) =
            (self.manifest, self.release, self.entrypoint)
        else {
            unreachable!("what is missing left an error");
        };
        let told = self
            .warnings
            .iter()
            .filter(|warning| warning.is_told_at_intake());
        let facts = PluginFacts {
            name: manifest.name.unwrap_or_else(|| release.code().to_string()),
            category: manifest.category,
            description: manifest.description,
            python: manifest.python,
            release,
            entrypoint,
            requirements: self.gathered.text,
            included_requirements: self.gathered.included,
            installs_from: self.gathered.installs_from,
            content: self.tree.digest(),
            files: self.tree.files.len() as u64,
            size_bytes: self.tree.size_bytes(),
            warnings: told.map(Warning::to_string).collect(),
            has_wheels: self.has_wheels,
        };
        Ok(CheckedPlugin {
            facts,
            tree: self.tree,
        })
    }
}
