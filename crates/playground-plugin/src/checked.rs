//! A plugin that passed every check, with its files.

use std::io::{self, Write};

use tar::{Builder, EntryType, Header};

use crate::PluginFacts;
use crate::tree::Tree;

/// A plugin whose archive was read completely and whose files wait in the spool.
#[derive(Debug)]
pub struct CheckedPlugin {
    /// What is known about it.
    pub facts: PluginFacts,
    pub(crate) tree: Tree,
}

impl CheckedPlugin {
    /// Writes the canonical source: a tar of regular files, sorted by path, owner 0, time 0, mode 0644 or 0755.
    ///
    /// Equal contents give equal bytes, so the tar itself may be kept and compared.
    ///
    /// # Errors
    ///
    /// What `out` or the spool's disk reports.
    pub fn write_source(&self, out: impl Write) -> io::Result<()> {
        let mut tar = Builder::new(out);
        for (path, file) in &self.tree.files {
            let mut header = canonical_header(file.stored.len, file.executable);
            tar.append_data(
                &mut header,
                path,
                Exact {
                    inner: self.tree.spool.open(&file.stored),
                    left: file.stored.len,
                },
            )?;
        }
        tar.into_inner()?.flush()
    }
}

/// The header of a regular file of which nothing is left to chance.
pub(crate) fn canonical_header(size: u64, executable: bool) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(EntryType::Regular);
    header.set_size(size);
    header.set_mode(if executable { 0o755 } else { 0o644 });
    header.set_mtime(0);
    header.set_uid(0);
    header.set_gid(0);
    header
}

/// Fails where a spool cut short would make a tar whose headers lie.
struct Exact<R> {
    inner: R,
    left: u64,
}

impl<R: io::Read> io::Read for Exact<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let got = self.inner.read(buffer)?;
        self.left -= got as u64;
        if got == 0 && self.left > 0 && !buffer.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(got)
    }
}
