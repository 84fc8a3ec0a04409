//! The plugin's files as they will lie in the image: sorted, without a wrapping folder, identified by one digest.

use std::collections::{BTreeMap, HashMap};

use playground_types::Digest;
use playground_types::digest::Digester;

use crate::PluginError;
use crate::archive::{Collected, SpooledFile};
use crate::error::shown;
use crate::spool::{Spool, Stored};

/// Names of the manifest, the preferred one first.
pub(crate) const MANIFESTS: [&str; 2] = ["config.yaml", "synapse.yaml"];

/// One file of the plugin.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) executable: bool,
    pub(crate) stored: Stored,
}

/// All files of a plugin, by path.
#[derive(Debug)]
pub(crate) struct Tree {
    pub(crate) spool: Spool,
    pub(crate) files: BTreeMap<String, File>,
}

impl Tree {
    /// Strips the wrapping folder and refuses paths that are a file and a folder at once.
    pub(crate) fn new(collected: Collected) -> Result<Self, PluginError> {
        let prefix = wrapper(&collected.files);
        let strip = |file: SpooledFile| {
            let path = file.path.get(prefix..).unwrap_or_default().to_owned();
            (
                path,
                File {
                    executable: file.executable,
                    stored: file.stored,
                },
            )
        };
        let tree = Self {
            spool: collected.spool,
            files: collected.files.into_iter().map(strip).collect(),
        };
        tree.refuse_conflicts()?;
        Ok(tree)
    }

    pub(crate) fn has(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    /// Whether any file lies under this folder (given without a trailing slash).
    pub(crate) fn has_folder(&self, folder: &str) -> bool {
        let prefix = format!("{folder}/");
        self.files
            .range(prefix.clone()..)
            .next()
            .is_some_and(|(path, _)| path.starts_with(&prefix))
    }

    /// The content of a file, if it is there and no larger than `limit` bytes.
    pub(crate) fn read(&self, path: &str, limit: u64) -> Result<Content, PluginError> {
        match self.files.get(path) {
            None => Ok(Content::Missing),
            Some(file) if file.stored.len > limit => Ok(Content::TooLarge),
            Some(file) => self
                .spool
                .read(&file.stored)
                .map(Content::Bytes)
                .map_err(PluginError::Spool),
        }
    }

    /// Identifies paths, executable bits and contents, and nothing else an archive says.
    pub(crate) fn digest(&self) -> Digest {
        let start = Digester::default().part("synapse-plugin-content-1");
        let add = |digester: Digester, (path, file): (&String, &File)| {
            digester
                .part(path)
                .part([u8::from(file.executable)])
                .part(file.stored.digest.hex())
        };
        self.files.iter().fold(start, add).finish()
    }

    /// The size of all files, in bytes.
    pub(crate) fn size_bytes(&self) -> u64 {
        self.files.values().map(|file| file.stored.len).sum()
    }

    /// Paths that are one on Windows and macOS: whoever packs there gets only one of them.
    pub(crate) fn case_twins(&self) -> Vec<(&str, &str)> {
        let mut seen = HashMap::new();
        self.files
            .keys()
            .filter_map(|path| {
                seen.insert(path.to_lowercase(), path.as_str())
                    .map(|twin| (twin, path.as_str()))
            })
            .collect()
    }

    fn refuse_conflicts(&self) -> Result<(), PluginError> {
        let folder = |path: &str| {
            path.match_indices('/')
                .map(|(at, _)| at)
                .find(|&at| self.has(&path[..at]))
        };
        match self
            .files
            .keys()
            .find_map(|path| folder(path).map(|at| &path[..at]))
        {
            Some(path) => Err(PluginError::Conflict { path: shown(path) }),
            None => Ok(()),
        }
    }
}

/// What [`Tree::read`] found.
pub(crate) enum Content {
    Missing,
    TooLarge,
    Bytes(Vec<u8>),
}

/// Length of the wrapping folder with its slash; 0 where there is none or the manifest is at the top already.
fn wrapper(files: &[SpooledFile]) -> usize {
    let at_top = files
        .iter()
        .any(|file| MANIFESTS.contains(&file.path.as_str()));
    let Some((folder, _)) = files
        .first()
        .and_then(|file| file.path.split_once('/'))
        .filter(|_| !at_top)
    else {
        return 0;
    };
    let inside = |file: &SpooledFile| {
        file.path
            .strip_prefix(folder)
            .is_some_and(|rest| rest.starts_with('/'))
    };
    if files.iter().all(inside) {
        folder.len() + 1
    } else {
        0
    }
}
