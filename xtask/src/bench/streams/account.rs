//! What the system says a process holds (proc(5)).

use std::fmt;

use anyhow::Context as _;

/// A look at a process.
#[derive(Debug, Clone, Copy)]
pub(super) struct Account {
    /// Memory that is its own and in use, in KiB.
    kib: u64,
    /// Files that it has open.
    pub(super) files: usize,
}

impl Account {
    pub(super) fn of(process: u32) -> anyhow::Result<Self> {
        let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
        Ok(Self {
            kib: resident(&status).context("the system tells no VmRSS")?,
            files: std::fs::read_dir(format!("/proc/{process}/fd"))?.count(),
        })
    }

    pub(super) fn mib(&self) -> f64 {
        self.kib as f64 / 1024.0
    }

    /// What each of so many streams added.
    pub(super) fn kib_each(&self, before: &Self, streams: u64) -> f64 {
        (self.kib as f64 - before.kib as f64) / streams as f64
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} MiB, {} files", self.mib(), self.files)
    }
}

fn resident(status: &str) -> Option<u64> {
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::resident;

    #[test]
    fn what_is_resident_is_read() {
        let status = "Name:\tsides\nVmPeak:\t  9000 kB\nVmRSS:\t  4120 kB\nThreads:\t1\n";
        assert_eq!(resident(status), Some(4120));
    }
}
