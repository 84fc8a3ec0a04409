//! The decision table, line by line; docs/states.md is made from it. Properties over all states are in `properties`.

#[path = "decide_tests/properties.rs"]
mod properties;
#[path = "decide_tests/table.rs"]
mod table;
#[path = "decide_tests/words.rs"]
mod words;

use std::time::Duration;

use playground_types::FailureKind;
use playground_types::env::{Envs, Params};
use playground_types::{ContainerPk, Digest, HostPort, Limits};

use super::*;

/// Now, in every test that has no clock of its own.
const NOW: Timestamp = Timestamp(1_000_000_000);
/// A minute, ten minutes, a hundred.
const IDLE: IdleTimes = IdleTimes {
    pause_after: Some(60),
    stop_after: Some(600),
    remove_after: Some(6000),
};
const POLICY: Policy = Policy {
    start_timeout: Duration::from_secs(300),
    crash_attempts: 5,
    healthy_after: Duration::from_secs(3600),
    unhealthy_misses: 3,
    restart_misses: Some(20),
    gapless: false,
    drain: Duration::from_secs(60),
    idle: IDLE,
};

/// A record that wants to run, with a port and nothing else; its status is one that no decision ever leads to.
fn row() -> ContainerRow {
    ContainerRow {
        pk: ContainerPk(1),
        name: "swift_noether".to_owned(),
        release: "echo@1.0.0".parse().unwrap(),
        model: None,
        kind: "plugin".to_owned(),
        backend_container_id: None,
        desired: Desired::Running,
        generation: 2,
        epoch: 0,
        restart_wanted: 0,
        wanted_at: NOW,
        spec: playground_store::Spec {
            source: Digest::of(b"source"),
            params: Params::default(),
            envs: Envs::default(),
            limits: Limits::default(),
            live: false,
        },
        labels: Vec::new(),
        metadata: serde_json::Value::Null,
        status: ContainerStatus::Requested,
        restart_done: 0,
        context: None,
        image: None,
        build: None,
        host_port: Some(HostPort(7860)),
        engine_id: None,
        published_run: None,
        address: None,
        delivered: None,
        ready_since: None,
        ready_generation: None,
        starting_since: None,
        attempts: 0,
        retry_at: None,
        failure: None,
        failed_generation: None,
        health_state: playground_types::HealthState::Unknown,
        consecutive_failures: 0,
        last_health_check_at: None,
        last_health_error: None,
        visibility: playground_types::Visibility::Private,
        previous_engine_id: None,
        previous_port: None,
        previous_address: None,
        asleep: None,
        idle_since: None,
        idle_times: IdleTimes::default(),
        last_visit_at: None,
        created_at: NOW,
        updated_at: NOW,
    }
}

fn seconds_ago(seconds: i64) -> Option<Timestamp> {
    Some(NOW.plus_millis(-1000 * seconds))
}

fn a_failure() -> Failure {
    Failure::new(FailureKind::NoSuchPackage, "no package is named nunpy")
}
