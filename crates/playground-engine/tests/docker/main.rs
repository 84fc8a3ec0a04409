//! The crate against a real Docker Engine.
//!
//! When none answers these tests fail, unless `PLAYGROUND_SKIP_DOCKER=1` says that they may be left out.

#![expect(
    clippy::print_stdout,
    reason = "measured times and skips are told to whoever runs the tests"
)]

mod bench;
mod builds;
mod cage;
mod lifecycle;
mod same;
mod talk;
