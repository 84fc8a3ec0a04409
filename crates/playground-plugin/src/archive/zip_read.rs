//! A zip, entry by entry: first every claim is checked, then contents are inflated and counted.

use std::io::{BufReader, Read, Seek, SeekFrom};

use flate2::Crc;
use flate2::bufread::DeflateDecoder;

use super::collect::Collector;
use super::name;
use super::zip_directory::{Directory, Listed, u16_at};
use super::zip_entry::STORED;
use crate::PluginError;
use crate::error::shown;

const LOCAL_HEADER_LEN: usize = 30;

/// An entry that is going to be read.
struct Planned {
    path: Option<String>,
    data_at: u64,
    listed: Listed,
}

/// Reads a zip of `size` bytes.
pub(crate) fn read<R: Read + Seek>(
    mut upload: R,
    size: u64,
    collector: &mut Collector<'_>,
) -> Result<(), PluginError> {
    let directory = Directory::find(&mut upload, size)?;
    if directory.entries > collector.limits.entries {
        return Err(PluginError::TooManyEntries {
            limit: collector.limits.entries,
        });
    }
    let listed = directory.read(&mut upload, collector.limits.name_bytes)?;
    let mut planned = plan(listed, collector)?;
    locate(&mut upload, &mut planned)?;
    refuse_overlaps(&planned, directory.at)?;
    for entry in planned {
        if let Some(path) = entry.path {
            copy(&mut upload, path, entry.data_at, &entry.listed, collector)?;
        }
    }
    Ok(())
}

fn plan(listed: Vec<Listed>, collector: &mut Collector<'_>) -> Result<Vec<Planned>, PluginError> {
    let mut names = Vec::with_capacity(listed.len());
    for entry in listed {
        let name = name::decode(
            &entry.name,
            entry.says_utf8(),
            entry.info_zip_name.as_deref(),
        )?;
        names.push((name, entry));
    }
    // Old Windows tools write backslashes only; a name that mixes both was made by nobody honest.
    let windows = !names.iter().any(|(name, _)| name.contains('/'));
    // Names with a NUL come last, so that what they would be cut to is known.
    names.sort_by_key(|(name, _)| name.contains('\0'));
    names
        .into_iter()
        .map(|(name, listed)| plan_one(&name, windows, listed, collector))
        .collect()
}

fn plan_one(
    name: &str,
    windows: bool,
    listed: Listed,
    collector: &mut Collector<'_>,
) -> Result<Planned, PluginError> {
    collector.count_entry()?;
    let path = collector.admit(name, windows)?;
    if path.is_some() {
        let entry = shown(name);
        listed.refuse_special(&entry)?;
        listed.refuse_encrypted(&entry)?;
        listed.refuse_method(&entry)?;
    }
    Ok(Planned {
        path,
        data_at: 0,
        listed,
    })
}

/// Finds where each entry's data begins, which only its local header tells.
fn locate<R: Read + Seek>(upload: &mut R, planned: &mut [Planned]) -> Result<(), PluginError> {
    planned.sort_by_key(|entry| entry.listed.header_at);
    for entry in planned {
        let at = entry.shown();
        let mut header = [0; LOCAL_HEADER_LEN];
        upload
            .seek(SeekFrom::Start(entry.listed.header_at))
            .map_err(|e| PluginError::reading(e, &at))?;
        upload
            .read_exact(&mut header)
            .map_err(|e| PluginError::reading(e, &at))?;
        if !header.starts_with(b"PK\x03\x04") {
            return Err(PluginError::Unreadable {
                at,
                reason: "it does not begin where it should".to_owned(),
            });
        }
        let names = u64::from(u16_at(&header, 26)) + u64::from(u16_at(&header, 28));
        entry.data_at = entry
            .listed
            .header_at
            .saturating_add(LOCAL_HEADER_LEN as u64 + names);
    }
    Ok(())
}

/// Entries that share bytes inflate one another: the bomb that needs no nesting. `planned` is sorted by position.
fn refuse_overlaps(planned: &[Planned], directory_at: u64) -> Result<(), PluginError> {
    let ends = planned
        .iter()
        .skip(1)
        .map(|next| next.listed.header_at)
        .chain([directory_at]);
    for (entry, end) in planned.iter().zip(ends) {
        if entry.data_at.saturating_add(entry.listed.compressed) > end {
            return Err(PluginError::Overlap {
                entry: entry.shown(),
            });
        }
    }
    Ok(())
}

fn copy<R: Read + Seek>(
    upload: &mut R,
    path: String,
    data_at: u64,
    listed: &Listed,
    collector: &mut Collector<'_>,
) -> Result<(), PluginError> {
    let entry = shown(&path);
    upload
        .seek(SeekFrom::Start(data_at))
        .map_err(|e| PluginError::reading(e, &entry))?;
    let raw = BufReader::new(upload.take(listed.compressed));
    let mut content = Checksummed {
        inner: decoder(raw, listed.method),
        crc: Crc::new(),
    };
    let stored = collector.store(
        path,
        listed.is_executable(),
        &mut content,
        Some(listed.compressed),
    )?;
    if stored.stored.len != listed.size || content.crc.sum() != listed.crc {
        let reason = "its content is not what the directory says".to_owned();
        return Err(PluginError::Unreadable { at: entry, reason });
    }
    Ok(())
}

fn decoder<'a>(raw: impl std::io::BufRead + 'a, method: u16) -> Box<dyn Read + 'a> {
    if method == STORED {
        Box::new(raw)
    } else {
        Box::new(DeflateDecoder::new(raw))
    }
}

impl Planned {
    fn shown(&self) -> String {
        match &self.path {
            Some(path) => shown(path),
            None => shown(&String::from_utf8_lossy(&self.listed.name)),
        }
    }
}

struct Checksummed<R> {
    inner: R,
    crc: Crc,
}

impl<R: Read> Read for Checksummed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let got = self.inner.read(buffer)?;
        self.crc.update(&buffer[..got]);
        Ok(got)
    }
}
