//! What containers use. Docker tells it in two shapes, one for each version of control groups.

use std::time::Duration;

use bollard::models::{
    ContainerBlkioStats, ContainerMemoryStats, ContainerNetworkStats, ContainerStatsResponse,
};
use bollard::query_parameters::StatsOptionsBuilder;
use futures_util::TryStreamExt as _;
use playground_types::{EngineId, Timestamp};

use super::{DockerEngine, QUICK, within};
use crate::{EngineError, EngineStats, Result};

/// Names of the file cache that can be dropped, as `docker stats` leaves it out: first of control groups 1, where the
/// shorter one leaves out what is below, then of control groups 2.
const DROPPABLE: [&str; 2] = ["total_inactive_file", "inactive_file"];

impl DockerEngine {
    /// One look. Docker would else wait a second for a second one.
    pub(crate) async fn stats(&self, id: &EngineId) -> Result<EngineStats> {
        let client = self.client().await?;
        let options = StatsOptionsBuilder::new()
            .stream(false)
            .one_shot(true)
            .build();
        let mut answers = client.stats(id.as_str(), Some(options));
        let call = async { answers.try_next().await };
        let stats = within("look at resources", QUICK, call).await?;
        stats
            .and_then(|stats| convert(&stats))
            .ok_or(EngineError::NoSuchContainer)
    }
}

/// None without the CPU time: the container is not there any more.
fn convert(stats: &ContainerStatsResponse) -> Option<EngineStats> {
    let used = stats.cpu_stats.as_ref()?.cpu_usage.as_ref()?.total_usage?;
    let read = stats.read.map(|at| Timestamp(at.timestamp_millis()));
    let memory = stats.memory_stats.as_ref();
    let networks = || stats.networks.iter().flat_map(|networks| networks.values());
    let network = |count: fn(&ContainerNetworkStats) -> Option<u64>| {
        networks().filter_map(count).sum::<u64>()
    };
    Some(EngineStats {
        at: read.unwrap_or_else(Timestamp::now),
        cpu_time: Duration::from_nanos(used),
        memory_bytes: memory.map_or(0, in_use),
        memory_limit_bytes: memory
            .and_then(|memory| memory.limit)
            .filter(|limit| *limit > 0),
        received_bytes: network(|network| network.rx_bytes),
        sent_bytes: network(|network| network.tx_bytes),
        read_bytes: carried(stats.blkio_stats.as_ref(), "read"),
        written_bytes: carried(stats.blkio_stats.as_ref(), "write"),
        processes: stats
            .pids_stats
            .as_ref()
            .and_then(|pids| pids.current)
            .unwrap_or(0),
    })
}

fn in_use(memory: &ContainerMemoryStats) -> u64 {
    let usage = memory.usage.unwrap_or(0);
    let details = memory.stats.as_ref();
    let droppable =
        details.and_then(|details| DROPPABLE.iter().find_map(|name| details.get(*name)));
    droppable
        .and_then(|droppable| usage.checked_sub(*droppable))
        .unwrap_or(usage)
}

/// Control groups 1 say `Read`, control groups 2 `read`.
fn carried(disks: Option<&ContainerBlkioStats>, way: &str) -> u64 {
    let entries = disks.and_then(|disks| disks.io_service_bytes_recursive.as_ref());
    entries
        .into_iter()
        .flatten()
        .filter(|entry| {
            entry
                .op
                .as_deref()
                .is_some_and(|op| op.eq_ignore_ascii_case(way))
        })
        .filter_map(|entry| entry.value)
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn stats(memory: serde_json::Value, disks: serde_json::Value) -> EngineStats {
        let stats = json!({
            "read": "2026-11-23T04:05:06.789123456Z",
            "cpu_stats": {"cpu_usage": {"total_usage": 1_500_000_000_u64}, "online_cpus": 2},
            "memory_stats": memory,
            "blkio_stats": disks,
            "pids_stats": {"current": 7},
            "networks": {
                "eth0": {"rx_bytes": 10, "tx_bytes": 20},
                "eth1": {"rx_bytes": 1, "tx_bytes": 2},
            },
        });
        convert(&serde_json::from_value(stats).unwrap()).unwrap()
    }

    #[test]
    fn control_groups_1() {
        let stats = stats(
            json!({"usage": 1000, "limit": 4000, "stats": {"inactive_file": 1, "total_inactive_file": 300}}),
            json!({"io_service_bytes_recursive": [
                {"major": 8, "minor": 0, "op": "Read", "value": 5},
                {"major": 8, "minor": 0, "op": "Write", "value": 6},
                {"major": 8, "minor": 0, "op": "Total", "value": 11},
                {"major": 8, "minor": 16, "op": "Read", "value": 50},
            ]}),
        );
        assert_eq!(
            (stats.memory_bytes, stats.memory_limit_bytes),
            (700, Some(4000))
        );
        assert_eq!((stats.read_bytes, stats.written_bytes), (55, 6));
        assert_eq!((stats.received_bytes, stats.sent_bytes), (11, 22));
        assert_eq!(
            (stats.processes, stats.cpu_time),
            (7, Duration::from_millis(1500))
        );
        assert_eq!(stats.at.to_string(), "2026-11-23T04:05:06.789Z");
    }

    #[test]
    fn control_groups_2() {
        let stats = stats(
            json!({"usage": 1000, "limit": 4000, "stats": {"inactive_file": 200, "file": 500}}),
            json!({"io_service_bytes_recursive": [{"major": 8, "minor": 0, "op": "read", "value": 5},
                {"major": 8, "minor": 0, "op": "write", "value": 6}]}),
        );
        assert_eq!(stats.memory_bytes, 800);
        assert_eq!((stats.read_bytes, stats.written_bytes), (5, 6));
    }

    #[test]
    fn what_an_engine_leaves_out_is_nothing() {
        let stats = stats(
            json!({"usage": 100, "stats": {"inactive_file": 200}}),
            json!({}),
        );
        assert_eq!(
            (
                stats.memory_bytes,
                stats.memory_limit_bytes,
                stats.read_bytes
            ),
            (100, None, 0)
        );
        assert_eq!(convert(&ContainerStatsResponse::default()), None);
    }
}
