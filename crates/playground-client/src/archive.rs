//! A plugin's archive on its way to the Agent.

use std::path::Path;

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use tokio::fs::File;
use tokio_util::io::ReaderStream;

use crate::ClientError;

/// Bytes in one part of an upload.
const PART: usize = 64 * 1024;

/// A plugin's archive: zip, tar or tar.gz.
pub struct Archive {
    pub(crate) name: String,
    pub(crate) size: u64,
    pub(crate) parts: BoxStream<'static, std::io::Result<Bytes>>,
}

impl Archive {
    /// An archive on disk. It is read while it is sent, not before.
    ///
    /// # Errors
    /// [`ClientError::File`] when it is no file that can be read.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, ClientError> {
        let path = path.as_ref();
        let failed = |source| ClientError::File {
            path: path.to_owned(),
            source,
        };
        let file = File::open(path).await.map_err(failed)?;
        let metadata = file.metadata().await.map_err(failed)?;
        if !metadata.is_file() {
            return Err(failed(std::io::Error::other("it is not a file")));
        }
        Ok(Self {
            name: file_name(path),
            size: metadata.len(),
            parts: ReaderStream::with_capacity(file, PART).boxed(),
        })
    }

    /// An archive in memory. The name only shows in logs; what kind of archive it is, its bytes say.
    pub fn from_bytes(name: impl Into<String>, bytes: impl Into<Bytes>) -> Self {
        let mut rest: Bytes = bytes.into();
        let size = rest.len() as u64;
        let parts = std::iter::from_fn(move || {
            (!rest.is_empty()).then(|| Ok(rest.split_to(rest.len().min(PART))))
        });
        Self {
            name: name.into(),
            size,
            parts: stream::iter(parts).boxed(),
        }
    }

    /// Its size, in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }
}

impl std::fmt::Debug for Archive {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Archive")
            .field("name", &self.name)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .map_or_else(|| "plugin.zip".into(), |name| name.to_string_lossy())
        .into_owned()
}
