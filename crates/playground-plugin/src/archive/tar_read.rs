//! A tar, plain or gzipped, entry by entry.
//!
//! Extension headers (long names, PAX records) are read here and not by the tar reader, which would take one of any
//! size into memory.

use std::cell::Cell;
use std::io::{self, BufReader, Read};

use flate2::bufread::MultiGzDecoder;
use tar::{Archive, Entry, EntryType};

use super::collect::Collector;
use super::name;
use super::special;
use super::tar_meter::{Counted, Meter, Metered};
use crate::PluginError;
use crate::error::shown;

/// Room for a long name or the records of one entry, in bytes.
const LONGEST_EXTENSION: u64 = 64 * 1024;
const PLACE: &str = "its tar stream";

/// Reads a tar that is not compressed.
pub(crate) fn read_plain(
    upload: impl Read,
    collector: &mut Collector<'_>,
) -> Result<(), PluginError> {
    let ended = Cell::new(false);
    let stream = EndAware {
        inner: BufReader::new(upload),
        ended: &ended,
    };
    match read_entries(stream, collector) {
        // The tar reader has no word of its own for data that stops; what it says then depends on where that is.
        Err(PluginError::Unreadable { at, .. }) if ended.get() => {
            Err(PluginError::Truncated { at })
        }
        outcome => outcome,
    }
}

/// Reads a gzipped tar. The ratio is that of the whole stream, for its entries share one.
pub(crate) fn read_gzip(
    upload: impl Read,
    collector: &mut Collector<'_>,
) -> Result<(), PluginError> {
    let meter = Meter::new(collector.limits);
    let compressed = BufReader::new(Counted::new(upload, &meter));
    let mut inflated = Metered::new(MultiGzDecoder::new(compressed), &meter);
    let outcome = read_entries(&mut inflated, collector)
        // What follows the last entry is read too: a cut stream shows only there.
        .and_then(|()| drain(&mut inflated));
    meter.exceeded().map_or(outcome, Err)
}

/// Notes that the end of the data was met.
struct EndAware<'a, R> {
    inner: R,
    ended: &'a Cell<bool>,
}

impl<R: Read> Read for EndAware<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let got = self.inner.read(buffer)?;
        if got == 0 && !buffer.is_empty() {
            self.ended.set(true);
        }
        Ok(got)
    }
}

fn drain(stream: &mut impl Read) -> Result<(), PluginError> {
    io::copy(stream, &mut io::sink())
        .map(drop)
        .map_err(|error| PluginError::reading(error, PLACE))
}

/// What extension headers say about the entry that follows them.
#[derive(Default)]
struct Extensions {
    name: Option<Vec<u8>>,
    sparse: bool,
    size: Option<u64>,
}

fn read_entries(stream: impl Read, collector: &mut Collector<'_>) -> Result<(), PluginError> {
    let reading = |error| PluginError::reading(error, PLACE);
    let mut archive = Archive::new(stream);
    let mut extensions = Extensions::default();
    for entry in archive.entries().map_err(reading)?.raw(true) {
        let mut entry = entry.map_err(reading)?;
        collector.count_entry()?;
        match entry.header().entry_type() {
            EntryType::GNULongName => extensions.name = Some(long_name(&mut entry)?),
            EntryType::XHeader => extensions.take_pax(&extension(&mut entry)?)?,
            // The target of a link, which is refused when the link itself comes; and defaults for all entries.
            EntryType::GNULongLink | EntryType::XGlobalHeader => {}
            _ => read_one(entry, &std::mem::take(&mut extensions), collector)?,
        }
    }
    Ok(())
}

fn read_one(
    entry: Entry<'_, impl Read>,
    extensions: &Extensions,
    collector: &mut Collector<'_>,
) -> Result<(), PluginError> {
    let raw = extensions
        .name
        .clone()
        .unwrap_or_else(|| entry.header().path_bytes().into_owned());
    let name = name::decode(&raw, false, None)?;
    let at = shown(&name);
    let kind = entry.header().entry_type();
    let path = collector.admit(&name, false)?;
    let Some(path) = path.filter(|_| !kind.is_dir()) else {
        return Ok(());
    };
    refuse_special(kind, extensions.sparse, &at)?;
    let header = entry.header();
    let size = header
        .entry_size()
        .map_err(|error| PluginError::reading(error, &at))?;
    if extensions.size.is_some_and(|said| said != size) {
        return Err(PluginError::Unreadable {
            at,
            reason: "it has two sizes".to_owned(),
        });
    }
    let executable = header.mode().is_ok_and(|mode| mode & 0o111 != 0);
    let stored = collector.store(path, executable, entry, None)?;
    if stored.stored.len != size {
        return Err(PluginError::Truncated { at });
    }
    Ok(())
}

fn refuse_special(kind: EntryType, sparse: bool, entry: &str) -> Result<(), PluginError> {
    let kind = match kind {
        EntryType::Regular | EntryType::Continuous if !sparse => return Ok(()),
        EntryType::Symlink => special::SYMBOLIC_LINK,
        EntryType::Link => special::HARD_LINK,
        EntryType::Char => special::CHARACTER_DEVICE,
        EntryType::Block => special::BLOCK_DEVICE,
        EntryType::Fifo => special::NAMED_PIPE,
        EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => special::SPARSE_FILE,
        _ => special::UNKNOWN,
    };
    Err(PluginError::SpecialFile {
        entry: entry.to_owned(),
        kind,
    })
}

/// The content of an extension header, bounded.
fn extension(entry: &mut Entry<'_, impl Read>) -> Result<Vec<u8>, PluginError> {
    let mut bytes = Vec::new();
    let at = "an extension header";
    entry
        .take(LONGEST_EXTENSION + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| PluginError::reading(error, at))?;
    if bytes.len() as u64 > LONGEST_EXTENSION {
        let reason = format!("it is longer than {LONGEST_EXTENSION} bytes");
        return Err(PluginError::Unreadable {
            at: at.to_owned(),
            reason,
        });
    }
    Ok(bytes)
}

/// GNU tar ends a long name with a NUL.
fn long_name(entry: &mut Entry<'_, impl Read>) -> Result<Vec<u8>, PluginError> {
    let mut name = extension(entry)?;
    if name.last() == Some(&0) {
        name.pop();
    }
    Ok(name)
}

impl Extensions {
    /// Reads PAX records, each `LENGTH KEY=VALUE\n` with a length that counts itself; values may hold line breaks.
    fn take_pax(&mut self, mut records: &[u8]) -> Result<(), PluginError> {
        while !records.is_empty() {
            let (key, value, rest) =
                split_record(records).ok_or_else(|| PluginError::Unreadable {
                    at: "an extension header".to_owned(),
                    reason: "a record of it is malformed".to_owned(),
                })?;
            match key {
                b"path" => self.name = Some(value.to_vec()),
                b"size" => self.size = Some(number(value).unwrap_or(u64::MAX)),
                key if key.starts_with(b"GNU.sparse") => self.sparse = true,
                _ => {}
            }
            records = rest;
        }
        Ok(())
    }
}

fn split_record(records: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let space = records.iter().position(|&byte| byte == b' ')?;
    let len = usize::try_from(number(&records[..space])?).ok()?;
    let (record, rest) = records.split_at_checked(len)?;
    let record = record.get(space + 1..)?.strip_suffix(b"\n")?;
    let equals = record.iter().position(|&byte| byte == b'=')?;
    Some((&record[..equals], &record[equals + 1..], rest))
}

fn number(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}
