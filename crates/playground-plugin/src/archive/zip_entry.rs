//! What one zip entry may be: neither encrypted, nor exotic, nor anything but a file or a folder.

use super::special;
use super::zip_directory::Listed;
use crate::PluginError;

const ENCRYPTED: u16 = 1;
const STRONGLY_ENCRYPTED: u16 = 1 << 6;
const MASKED: u16 = 1 << 13;
const UTF8: u16 = 1 << 11;

const AES: u16 = 99;
pub(crate) const STORED: u16 = 0;
pub(crate) const DEFLATED: u16 = 8;

impl Listed {
    /// Whether the entry claims a UTF-8 name.
    pub(crate) fn says_utf8(&self) -> bool {
        self.flags & UTF8 != 0
    }

    /// Whether any class of users may execute it; only Unix tools say so.
    pub(crate) fn is_executable(&self) -> bool {
        self.unix_mode().is_some_and(|mode| mode & 0o111 != 0)
    }

    fn unix_mode(&self) -> Option<u32> {
        self.made_on_unix.then_some(self.attributes >> 16)
    }

    pub(crate) fn refuse_encrypted(&self, entry: &str) -> Result<(), PluginError> {
        if self.flags & (ENCRYPTED | STRONGLY_ENCRYPTED | MASKED) != 0 || self.method == AES {
            return Err(PluginError::Encrypted {
                entry: entry.to_owned(),
            });
        }
        Ok(())
    }

    pub(crate) fn refuse_method(&self, entry: &str) -> Result<(), PluginError> {
        let method = match self.method {
            STORED | DEFLATED => return Ok(()),
            9 => "deflate64".to_owned(),
            12 => "bzip2".to_owned(),
            14 => "lzma".to_owned(),
            93 => "zstd".to_owned(),
            95 => "xz".to_owned(),
            other => format!("method {other}"),
        };
        Err(PluginError::Method {
            entry: entry.to_owned(),
            method,
        })
    }

    /// The file type is in the mode's upper bits, whatever system the entry claims to be made on: other readers look
    /// there too.
    pub(crate) fn refuse_special(&self, entry: &str) -> Result<(), PluginError> {
        let kind = match (self.attributes >> 16) & 0o170_000 {
            0o120_000 => special::SYMBOLIC_LINK,
            0o020_000 => special::CHARACTER_DEVICE,
            0o060_000 => special::BLOCK_DEVICE,
            0o010_000 => special::NAMED_PIPE,
            0o140_000 => special::SOCKET,
            _ => return Ok(()),
        };
        Err(PluginError::SpecialFile {
            entry: entry.to_owned(),
            kind,
        })
    }
}
