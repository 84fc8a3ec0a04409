//! What a container uses.

use std::time::Duration;

use playground_types::Timestamp;

/// What a container used by one moment, as the engine counts it. Totals begin anew with each of its runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineStats {
    /// When, by the engine's clock.
    pub at: Timestamp,
    /// CPU time that this run has taken, of all CPUs together.
    pub cpu_time: Duration,
    /// Memory in use, in bytes, without file caches that nobody used lately.
    pub memory_bytes: u64,
    /// How much it may use; none without a limit.
    pub memory_limit_bytes: Option<u64>,
    /// Bytes that came in by all its networks.
    pub received_bytes: u64,
    /// Bytes that went out by all its networks.
    pub sent_bytes: u64,
    /// Bytes read from disks.
    pub read_bytes: u64,
    /// Bytes written to disks.
    pub written_bytes: u64,
    /// Processes and threads.
    pub processes: u64,
}
