//! Archive bytes -> files in the spool, whatever the archive is.

mod collect;
mod kind;
mod name;
mod path;
mod special;
mod tar_meter;
mod tar_read;
mod zip_directory;
mod zip_entry;
mod zip_read;

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

pub(crate) use collect::{Collected, SpooledFile};

use crate::{ArchiveLimits, PluginError};
use kind::Kind;

/// Reads the whole archive and spools its files, names checked, in no particular order.
pub(crate) fn collect<R: Read + Seek>(
    mut upload: R,
    limits: &ArchiveLimits,
    spool_dir: &Path,
) -> Result<Collected, PluginError> {
    let size = upload.seek(SeekFrom::End(0)).map_err(PluginError::Spool)?;
    if size == 0 {
        return Err(PluginError::Empty);
    }
    if size > limits.upload_bytes {
        return Err(PluginError::UploadTooLarge {
            limit: limits.upload_bytes,
        });
    }
    let kind = Kind::recognise(&mut upload)?;
    let mut collector = collect::Collector::new(limits, spool_dir)?;
    match kind {
        Kind::Zip => zip_read::read(upload, size, &mut collector)?,
        Kind::Tar => tar_read::read_plain(upload, &mut collector)?,
        Kind::TarGz => tar_read::read_gzip(upload, &mut collector)?,
    }
    collector.finish()
}
