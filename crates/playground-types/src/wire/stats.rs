//! What containers use.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a container used in the last minutes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ContainerStats {
    /// Seconds between two samples now.
    pub interval_seconds: u64,
    /// Oldest first; empty of a container that does not run.
    pub samples: Vec<StatsSample>,
}

/// What a container used at one time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StatsSample {
    /// When, RFC 3339.
    pub at: String,
    /// CPU since the sample before, in hundredths of one CPU: 150 is one CPU and a half.
    pub cpu_percent: f64,
    /// Memory in use, in bytes, without file caches that can be dropped.
    pub memory_bytes: u64,
    /// How much it may use; null where there is no limit.
    pub memory_limit_bytes: Option<u64>,
    /// Bytes that came in by its network since it started.
    pub received_bytes: u64,
    /// Bytes that went out by its network since it started.
    pub sent_bytes: u64,
    /// Bytes read from disks since it started.
    pub read_bytes: u64,
    /// Bytes written to disks since it started.
    pub written_bytes: u64,
    /// Processes and threads.
    pub processes: u64,
    /// The machine's GPUs, where the container has any; each is shown whole, whoever uses it.
    pub gpus: Vec<GpuSample>,
}

/// What a GPU did at one time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct GpuSample {
    /// Its name.
    pub name: String,
    /// How busy it is.
    pub utilization_percent: f64,
    /// Memory in use on it, in bytes.
    pub memory_bytes: u64,
}
