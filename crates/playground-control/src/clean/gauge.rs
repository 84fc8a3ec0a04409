//! How much room a disk has.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// A disk's room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiskSpace {
    /// Bytes that may still be written.
    pub free_bytes: u64,
    /// Bytes in all.
    pub total_bytes: u64,
}

/// Kept free of a disk by default: this, or the twentieth part of a small one.
const MIN_FREE: u64 = 2 * 1024 * 1024 * 1024;

impl DiskSpace {
    /// With less free than these bytes the Agent builds nothing and takes no upload, unless it is told another number.
    pub fn usual_min_free(self) -> u64 {
        MIN_FREE.min(self.total_bytes / 20)
    }
}

/// Measures the disk that a path is on. Tests put their own in its place.
#[derive(Clone)]
pub struct DiskGauge(Arc<Measure>);

type Measure = dyn Fn(&Path) -> io::Result<DiskSpace> + Send + Sync;

impl DiskGauge {
    /// One that measures like this.
    pub fn of(measure: impl Fn(&Path) -> io::Result<DiskSpace> + Send + Sync + 'static) -> Self {
        Self(Arc::new(measure))
    }

    /// The room on the disk that this path is on.
    ///
    /// # Errors
    /// When there is no such path, or it cannot be reached.
    pub fn measure(&self, path: &Path) -> io::Result<DiskSpace> {
        (self.0)(path)
    }
}

impl Default for DiskGauge {
    /// Asks the operating system; what only root may fill does not count as free.
    fn default() -> Self {
        Self::of(|path| {
            let found = rustix::fs::statvfs(path)?;
            Ok(DiskSpace {
                free_bytes: found.f_bavail.saturating_mul(found.f_frsize),
                total_bytes: found.f_blocks.saturating_mul(found.f_frsize),
            })
        })
    }
}

impl fmt::Debug for DiskGauge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DiskGauge")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_real_disk_has_a_size_and_a_missing_path_has_none() {
        let dir = tempfile::tempdir().unwrap();
        let space = DiskGauge::default().measure(dir.path()).unwrap();
        assert!(0 < space.total_bytes && space.free_bytes <= space.total_bytes);
        let missing = dir.path().join("missing");
        assert!(DiskGauge::default().measure(&missing).is_err());
    }
}
