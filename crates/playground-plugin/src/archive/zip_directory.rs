//! The central directory of a zip: the only place its entries are learned from.
//!
//! Read by hand, because the rules need what a general reader hides: how many entries there are before memory is spent
//! on them, each name's bytes, and a name that is listed twice.

use std::io::{BufReader, Read, Seek, SeekFrom};

use super::name;
use crate::PluginError;

/// One entry as the central directory lists it. Sizes are claims.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    pub(crate) name: Vec<u8>,
    pub(crate) info_zip_name: Option<Vec<u8>>,
    pub(crate) made_on_unix: bool,
    pub(crate) flags: u16,
    pub(crate) method: u16,
    pub(crate) crc: u32,
    pub(crate) compressed: u64,
    pub(crate) size: u64,
    pub(crate) attributes: u32,
    pub(crate) header_at: u64,
}

/// Where the directory lies and how much it holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Directory {
    pub(crate) entries: u64,
    pub(crate) at: u64,
    len: u64,
}

const END_LEN: usize = 22;
const LONGEST_COMMENT: u64 = 65_535;
const ZIP64_LOCATOR_LEN: u64 = 20;
const ZIP64_END_LEN: usize = 56;
const HEADER_LEN: usize = 46;
const ZIP64_FIELD: u16 = 0x0001;
const UNICODE_PATH_FIELD: u16 = 0x7075;

const PLACE: &str = "its directory";

fn damaged(reason: &str) -> PluginError {
    PluginError::Unreadable {
        at: PLACE.to_owned(),
        reason: reason.to_owned(),
    }
}

fn reading(error: std::io::Error) -> PluginError {
    PluginError::reading(error, PLACE)
}

pub(crate) fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

pub(crate) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from(u16_at(bytes, at)) | u32::from(u16_at(bytes, at + 2)) << 16
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}

impl Directory {
    /// Finds the directory by the end record, which is the last thing in a zip but a comment.
    pub(crate) fn find<R: Read + Seek>(upload: &mut R, size: u64) -> Result<Self, PluginError> {
        let tail_at = size.saturating_sub(END_LEN as u64 + LONGEST_COMMENT);
        let mut tail = Vec::new();
        upload.seek(SeekFrom::Start(tail_at)).map_err(reading)?;
        upload
            .take(size - tail_at)
            .read_to_end(&mut tail)
            .map_err(reading)?;
        let at = end_record(&tail).ok_or_else(|| PluginError::Truncated {
            at: PLACE.to_owned(),
        })?;
        let end = &tail[at..at + END_LEN];
        let end_at = tail_at + at as u64;
        if u16_at(end, 4) != u16_at(end, 6) || u16_at(end, 8) != u16_at(end, 10) {
            return Err(damaged("it is one part of several"));
        }
        let short = Self {
            entries: u64::from(u16_at(end, 10)),
            len: u64::from(u32_at(end, 12)),
            at: u64::from(u32_at(end, 16)),
        };
        let directory = short.widened(upload, end_at)?;
        match directory.at.checked_add(directory.len) {
            Some(directory_end) if directory_end <= end_at => Ok(directory),
            _ => Err(damaged("it does not lie where the archive says")),
        }
    }

    /// The values of the zip64 end record, where the short record has no room for them.
    fn widened<R: Read + Seek>(self, upload: &mut R, end_at: u64) -> Result<Self, PluginError> {
        let full = self.entries == u64::from(u16::MAX)
            || self.len == u64::from(u32::MAX)
            || self.at == u64::from(u32::MAX);
        let Some(locator_at) = end_at.checked_sub(ZIP64_LOCATOR_LEN).filter(|_| full) else {
            return Ok(self);
        };
        let locator: [u8; ZIP64_LOCATOR_LEN as usize] = read_at(upload, locator_at)?;
        if !locator.starts_with(b"PK\x06\x07") {
            return Ok(self);
        }
        let end: [u8; ZIP64_END_LEN] = read_at(upload, u64_at(&locator, 8))?;
        if !end.starts_with(b"PK\x06\x06") {
            return Err(damaged(
                "its 64-bit end record is not where the archive says",
            ));
        }
        Ok(Self {
            entries: u64_at(&end, 32),
            len: u64_at(&end, 40),
            at: u64_at(&end, 48),
        })
    }

    /// Reads all entries; the caller has checked their number.
    pub(crate) fn read<R: Read + Seek>(
        self,
        upload: &mut R,
        longest_name: usize,
    ) -> Result<Vec<Listed>, PluginError> {
        upload.seek(SeekFrom::Start(self.at)).map_err(reading)?;
        let mut bytes = BufReader::new(upload.take(self.len));
        let mut listed = Vec::new();
        for _ in 0..self.entries {
            listed.push(read_entry(&mut bytes, longest_name)?);
        }
        match bytes.read(&mut [0]) {
            Ok(0) => Ok(listed),
            Ok(_) => Err(damaged("it lists more entries than it counts")),
            Err(error) => Err(reading(error)),
        }
    }
}

/// The last end record whose comment fits into what follows it.
fn end_record(tail: &[u8]) -> Option<usize> {
    let last = tail.len().checked_sub(END_LEN)?;
    (0..=last).rev().find(|&at| {
        tail[at..].starts_with(b"PK\x05\x06")
            && at + END_LEN + usize::from(u16_at(tail, at + 20)) <= tail.len()
    })
}

fn read_at<const N: usize>(
    upload: &mut (impl Read + Seek),
    at: u64,
) -> Result<[u8; N], PluginError> {
    let mut bytes = [0; N];
    upload
        .seek(SeekFrom::Start(at))
        .map_err(|_| damaged("it points outside the archive"))?;
    upload.read_exact(&mut bytes).map_err(reading)?;
    Ok(bytes)
}

fn read_entry(bytes: &mut impl Read, longest_name: usize) -> Result<Listed, PluginError> {
    let mut header = [0; HEADER_LEN];
    bytes.read_exact(&mut header).map_err(reading)?;
    if !header.starts_with(b"PK\x01\x02") {
        return Err(damaged("an entry does not begin where it should"));
    }
    let name = read_field(bytes, u16_at(&header, 28))?;
    let extra = read_field(bytes, u16_at(&header, 30))?;
    read_field(bytes, u16_at(&header, 32))?;
    if name.len() > longest_name {
        return Err(PluginError::NameInvalid {
            entry: crate::error::shown(&String::from_utf8_lossy(&name)),
            reason: crate::reason::NameFault::TooLong(longest_name),
        });
    }
    let mut listed = Listed {
        info_zip_name: field(&extra, UNICODE_PATH_FIELD)
            .and_then(|field| name::info_zip_name(field, &name))
            .map(<[u8]>::to_vec),
        name,
        made_on_unix: matches!(header[5], 3 | 19),
        flags: u16_at(&header, 8),
        method: u16_at(&header, 10),
        crc: u32_at(&header, 16),
        compressed: u64::from(u32_at(&header, 20)),
        size: u64::from(u32_at(&header, 24)),
        attributes: u32_at(&header, 38),
        header_at: u64::from(u32_at(&header, 42)),
    };
    widen(&mut listed, field(&extra, ZIP64_FIELD).unwrap_or_default());
    Ok(listed)
}

fn read_field(bytes: &mut impl Read, len: u16) -> Result<Vec<u8>, PluginError> {
    let mut field = vec![0; usize::from(len)];
    bytes.read_exact(&mut field).map_err(reading)?;
    Ok(field)
}

/// The first extra field of this id.
fn field(mut extra: &[u8], wanted: u16) -> Option<&[u8]> {
    while extra.len() >= 4 {
        let len = usize::from(u16_at(extra, 2));
        let (body, rest) = extra[4..].split_at_checked(len)?;
        if u16_at(extra, 0) == wanted {
            return Some(body);
        }
        extra = rest;
    }
    None
}

/// Fills in, in their fixed order, the 64-bit values of those that did not fit 32 bits.
fn widen(listed: &mut Listed, mut field: &[u8]) {
    for value in [
        &mut listed.size,
        &mut listed.compressed,
        &mut listed.header_at,
    ] {
        if *value == u64::from(u32::MAX) && field.len() >= 8 {
            *value = u64_at(field, 0);
            field = &field[8..];
        }
    }
}
