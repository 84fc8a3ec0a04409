//! What an upload is, by its first bytes; its file name and content type are what a client made of them.

use std::io::{self, Read, Seek, SeekFrom};

use flate2::read::GzDecoder;

use crate::PluginError;

/// The archives we read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Zip,
    Tar,
    TarGz,
}

/// The magic of POSIX and GNU tar stands at this offset of the first header.
const USTAR_AT: usize = 257;
const HEAD_LEN: u64 = 512;

impl Kind {
    /// Reads the head of the upload and rewinds it.
    pub(crate) fn recognise<R: Read + Seek>(upload: &mut R) -> Result<Self, PluginError> {
        let head = head(upload).map_err(PluginError::Spool)?;
        if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
            return Ok(Self::Zip);
        }
        if is_tar(&head) {
            return Ok(Self::Tar);
        }
        if !head.starts_with(b"\x1f\x8b") {
            return Err(PluginError::Type);
        }
        let inner = inflated_head(upload)?;
        upload.rewind().map_err(PluginError::Spool)?;
        if is_tar(&inner) {
            Ok(Self::TarGz)
        } else {
            Err(PluginError::Type)
        }
    }
}

fn head<R: Read + Seek>(upload: &mut R) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    upload.seek(SeekFrom::Start(0))?;
    upload.take(HEAD_LEN).read_to_end(&mut head)?;
    upload.rewind()?;
    Ok(head)
}

fn inflated_head<R: Read>(upload: &mut R) -> Result<Vec<u8>, PluginError> {
    let mut head = Vec::new();
    GzDecoder::new(upload)
        .take(HEAD_LEN)
        .read_to_end(&mut head)
        .map_err(|error| PluginError::reading(error, "its gzip header"))?;
    Ok(head)
}

fn is_tar(head: &[u8]) -> bool {
    head.get(USTAR_AT..)
        .is_some_and(|rest| rest.starts_with(b"ustar"))
}
