//! The loop on a scripted engine, a real database and a paused clock.
//!
//! Tests end with [`TestControl::settle`](playground_testkit::TestControl::settle), which waits until nothing is left to
//! do and checks that nothing was left behind.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may end with a panic, and the number of cases is for people"
)]

mod adoption;
mod agents;
mod builds;
mod clean;
mod create;
mod disk;
mod engine_trouble;
mod faults;
mod health;
mod live;
mod outside;
mod ports;
mod publish;
mod push;
mod queue;
mod readiness;
mod recovery;
mod replace;
mod sequences;
mod shutdown;
mod sleep;
mod starts;
mod stats;
mod storm;
mod twice;
mod wishes;

use std::time::Duration;

use playground_engine::fake::Op;
use playground_testkit::TestControl;

/// How often the engine was asked for this.
fn count(agent: &TestControl, op: Op) -> usize {
    agent
        .fake
        .calls()
        .iter()
        .filter(|call| **call == op)
        .count()
}

/// Lets virtual time pass, with everything that happens in it.
async fn pass(time: Duration) {
    tokio::time::sleep(time).await;
}
