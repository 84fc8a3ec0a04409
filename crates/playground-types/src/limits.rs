//! The resources one plugin container may use.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Below this a trivial Gradio app is killed while it starts (measured: 112 MiB works, 96 MiB does not).
pub const MIN_MEMORY_BYTES: u64 = 256 * 1024 * 1024;

/// Limits of one container. Every container has all of them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Limits {
    /// Memory and swap together, in bytes; at least 256 MiB.
    pub memory_bytes: u64,
    /// CPUs, as a fraction: 1.5 is one and a half cores.
    pub cpus: f64,
    /// Processes and threads.
    pub pids: u32,
    /// Open files for each process.
    pub open_files: u32,
    /// `/dev/shm`, in bytes.
    pub shm_bytes: u64,
    /// What the writable layer may grow to before the container is stopped, in bytes.
    pub disk_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_bytes: 2 * 1024 * 1024 * 1024,
            cpus: 2.0,
            pids: 512,
            open_files: 4096,
            shm_bytes: 64 * 1024 * 1024,
            disk_bytes: 2 * 1024 * 1024 * 1024,
        }
    }
}

impl Limits {
    /// The first rule these limits break, as a sentence.
    pub fn problem(&self) -> Option<String> {
        if self.memory_bytes < MIN_MEMORY_BYTES {
            return Some(format!(
                "memory_bytes is {}: a Gradio app needs at least {MIN_MEMORY_BYTES}",
                self.memory_bytes
            ));
        }
        if !(self.cpus.is_finite() && self.cpus >= 0.1) {
            return Some(format!("cpus is {}: give at least 0.1", self.cpus));
        }
        if self.pids < 16 {
            return Some(format!("pids is {}: give at least 16", self.pids));
        }
        (self.open_files < 64)
            .then(|| format!("open_files is {}: give at least 64", self.open_files))
    }
}
