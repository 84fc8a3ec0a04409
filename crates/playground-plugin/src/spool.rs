//! One anonymous temporary file that holds the content of every accepted file.
//!
//! No path is ever made from a name in the archive, and the file has no name itself: it is gone when the process is,
//! however that ends.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

use playground_types::Digest;
use sha2::{Digest as _, Sha256};

/// Where in the spool one file's content lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) offset: u64,
    pub(crate) len: u64,
    pub(crate) digest: Digest,
}

/// The spool while it is filled.
pub(crate) struct SpoolWriter {
    file: BufWriter<File>,
    written: u64,
}

/// The spool once it is full; readable at any place at the same time.
#[derive(Debug)]
pub(crate) struct Spool {
    file: File,
}

/// Reads one stored file.
pub(crate) struct StoredReader<'a> {
    spool: &'a Spool,
    offset: u64,
    left: u64,
}

impl SpoolWriter {
    pub(crate) fn create(dir: &Path) -> io::Result<Self> {
        let file = BufWriter::with_capacity(128 * 1024, tempfile::tempfile_in(dir)?);
        Ok(Self { file, written: 0 })
    }

    /// Starts one file; what is written to the answer belongs to it.
    pub(crate) fn begin(&mut self) -> Storing<'_> {
        Storing {
            offset: self.written,
            hash: Sha256::new(),
            spool: self,
        }
    }

    pub(crate) fn finish(self) -> io::Result<Spool> {
        let file = self
            .file
            .into_inner()
            .map_err(io::IntoInnerError::into_error)?;
        Ok(Spool { file })
    }
}

/// One file on its way into the spool.
pub(crate) struct Storing<'a> {
    spool: &'a mut SpoolWriter,
    offset: u64,
    hash: Sha256,
}

impl Storing<'_> {
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.spool.file.write_all(bytes)?;
        self.spool.written += bytes.len() as u64;
        self.hash.update(bytes);
        Ok(())
    }

    pub(crate) fn len(&self) -> u64 {
        self.spool.written - self.offset
    }

    pub(crate) fn finish(self) -> Stored {
        let digest = Digest::from_hash(self.hash.finalize().as_slice());
        Stored {
            offset: self.offset,
            len: self.spool.written - self.offset,
            digest,
        }
    }
}

impl Spool {
    pub(crate) fn open(&self, stored: &Stored) -> StoredReader<'_> {
        StoredReader {
            spool: self,
            offset: stored.offset,
            left: stored.len,
        }
    }

    /// The whole content of a file whose size the caller has checked.
    pub(crate) fn read(&self, stored: &Stored) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.open(stored).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

impl Read for StoredReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = usize::try_from(self.left)
            .unwrap_or(usize::MAX)
            .min(buffer.len());
        let got = self
            .spool
            .file
            .read_at(&mut buffer[..wanted], self.offset)?;
        self.offset += got as u64;
        self.left -= got as u64;
        Ok(got)
    }
}
