//! Counts what goes into and comes out of a decompressor, and stops it when that is too much.
//!
//! The tar reader skips and pads on its own, so the limits stand below it, in the stream it reads from.

use std::cell::Cell;
use std::io::{self, Read};

use crate::{ArchiveLimits, PluginError};

/// Room for tar's own headers and padding, in bytes for each entry that may be there.
const HEADERS_PER_ENTRY: u64 = 4 * 512;

/// The counts of one stream.
pub(crate) struct Meter<'a> {
    limits: &'a ArchiveLimits,
    compressed: Cell<u64>,
    inflated: Cell<u64>,
}

impl<'a> Meter<'a> {
    pub(crate) fn new(limits: &'a ArchiveLimits) -> Self {
        Self {
            limits,
            compressed: Cell::new(0),
            inflated: Cell::new(0),
        }
    }

    /// Which limit is exceeded, if one is. What a reader above made of our error does not matter then.
    pub(crate) fn exceeded(&self) -> Option<PluginError> {
        let entry = "the tar stream".to_owned();
        let room = self
            .limits
            .total_bytes
            .saturating_add(self.limits.entries.saturating_mul(HEADERS_PER_ENTRY));
        if self
            .limits
            .is_bomb(self.inflated.get(), self.compressed.get())
        {
            return Some(PluginError::Bomb {
                entry,
                ratio: self.limits.ratio,
            });
        }
        (self.inflated.get() > room).then_some(PluginError::TotalTooLarge {
            entry,
            limit: self.limits.total_bytes,
        })
    }
}

/// The compressed side.
pub(crate) struct Counted<'a, R> {
    inner: R,
    meter: &'a Meter<'a>,
}

/// The inflated side.
pub(crate) struct Metered<'a, R> {
    inner: R,
    meter: &'a Meter<'a>,
}

impl<'a, R: Read> Counted<'a, R> {
    pub(crate) fn new(inner: R, meter: &'a Meter<'a>) -> Self {
        Self { inner, meter }
    }
}

impl<'a, R: Read> Metered<'a, R> {
    pub(crate) fn new(inner: R, meter: &'a Meter<'a>) -> Self {
        Self { inner, meter }
    }
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let got = self.inner.read(buffer)?;
        self.meter
            .compressed
            .set(self.meter.compressed.get() + got as u64);
        Ok(got)
    }
}

impl<R: Read> Read for Metered<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let got = self.inner.read(buffer)?;
        self.meter
            .inflated
            .set(self.meter.inflated.get() + got as u64);
        match self.meter.exceeded() {
            Some(_) => Err(io::Error::other("too much inflated")),
            None => Ok(got),
        }
    }
}
