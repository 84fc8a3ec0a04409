//! Files on their way into the spool: counted, measured, and each path only once.

use std::collections::HashSet;
use std::io::Read;
use std::path::Path;

use super::path::{self, Checked};
use crate::error::shown;
use crate::spool::{Spool, SpoolWriter, Stored};
use crate::{ArchiveLimits, PluginError};

/// One file of the archive, its content in the spool.
#[derive(Debug, Clone)]
pub(crate) struct SpooledFile {
    pub(crate) path: String,
    pub(crate) executable: bool,
    pub(crate) stored: Stored,
}

/// All files of an archive.
#[derive(Debug)]
pub(crate) struct Collected {
    pub(crate) spool: Spool,
    pub(crate) files: Vec<SpooledFile>,
}

/// Takes the files of an archive one by one.
pub(crate) struct Collector<'a> {
    pub(crate) limits: &'a ArchiveLimits,
    spool: SpoolWriter,
    entries: u64,
    total: u64,
    paths: HashSet<String>,
    files: Vec<SpooledFile>,
}

impl<'a> Collector<'a> {
    pub(crate) fn new(limits: &'a ArchiveLimits, spool_dir: &Path) -> Result<Self, PluginError> {
        let spool = SpoolWriter::create(spool_dir).map_err(PluginError::Spool)?;
        Ok(Self {
            limits,
            spool,
            entries: 0,
            total: 0,
            paths: HashSet::new(),
            files: Vec::new(),
        })
    }

    /// Counts one entry, of whatever type.
    pub(crate) fn count_entry(&mut self) -> Result<(), PluginError> {
        self.entries += 1;
        if self.entries > self.limits.entries {
            return Err(PluginError::TooManyEntries {
                limit: self.limits.entries,
            });
        }
        Ok(())
    }

    /// Checks a name; `None` for an entry to read past. A path is admitted only once.
    pub(crate) fn admit(
        &mut self,
        name: &str,
        windows: bool,
    ) -> Result<Option<String>, PluginError> {
        if let Some((cut, _)) = name.split_once('\0') {
            self.refuse_cut_duplicate(cut, windows)?;
        }
        match path::check(name, windows, self.limits)? {
            Checked::Ignored => Ok(None),
            Checked::File(path) if self.paths.contains(&path) => {
                Err(PluginError::Duplicate { path: shown(&path) })
            }
            Checked::File(path) => {
                self.paths.insert(path.clone());
                Ok(Some(path))
            }
        }
    }

    /// Readers that end a name at NUL see the part before it: say so when that is another file's path.
    fn refuse_cut_duplicate(&self, cut: &str, windows: bool) -> Result<(), PluginError> {
        match path::check(cut, windows, self.limits) {
            Ok(Checked::File(path)) if self.paths.contains(&path) => {
                Err(PluginError::Duplicate { path: shown(&path) })
            }
            _ => Ok(()),
        }
    }

    /// Copies one file's content into the spool, counting what really comes out of `content`.
    ///
    /// `compressed` is the number of bytes of the archive the content is made from, where it is known per entry.
    pub(crate) fn store(
        &mut self,
        path: String,
        executable: bool,
        mut content: impl Read,
        compressed: Option<u64>,
    ) -> Result<&SpooledFile, PluginError> {
        let mut buffer = [0; 64 * 1024];
        let mut storing = self.spool.begin();
        loop {
            let got = match content.read(&mut buffer) {
                Ok(0) => break,
                Ok(got) => got,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(PluginError::reading(error, &shown(&path))),
            };
            let len = storing.len() + got as u64;
            if self.total + len > self.limits.total_bytes {
                return Err(PluginError::TotalTooLarge {
                    entry: shown(&path),
                    limit: self.limits.total_bytes,
                });
            }
            if compressed.is_some_and(|compressed| self.limits.is_bomb(len, compressed)) {
                return Err(PluginError::Bomb {
                    entry: shown(&path),
                    ratio: self.limits.ratio,
                });
            }
            storing.write(&buffer[..got]).map_err(PluginError::Spool)?;
        }
        let stored = storing.finish();
        self.total += stored.len;
        self.files.push(SpooledFile {
            path,
            executable,
            stored,
        });
        Ok(&self.files[self.files.len() - 1])
    }

    pub(crate) fn finish(self) -> Result<Collected, PluginError> {
        if self.files.is_empty() {
            return Err(PluginError::Empty);
        }
        let spool = self.spool.finish().map_err(PluginError::Spool)?;
        Ok(Collected {
            spool,
            files: self.files,
        })
    }
}
