//! The container runtime in our words: Docker, and a scripted stand-in for tests. The only crate that knows bollard.
//!
//! ```text
//!              ┌─ DockerEngine ── cage (what a plugin may do) ── convert, classify ── bollard ── Docker Engine
//! Engine ──────┤
//!              └─ FakeEngine   ── scripted failures, outside hands, virtual time   (feature "testing")
//! ```
//!
//! Guarantees
//! * Every call has a deadline, named in [`EngineError::TimedOut`].
//! * Docker's optional fields and error texts are read in one place each; what comes out has no `Option` that cannot
//!   really be missing, and no status code to compare.
//! * Removing what is not there, stopping what does not run and starting what runs are successes.
//! * Every container gets the whole cage (`docker/cage.rs`); there is no way around it.
//!
//! Assumptions: API 1.41 (Docker 20.10) or newer, a Linux engine.
//!
//! Caveats
//! * A call that timed out may still take effect. Look again before deciding.
//! * Running is not readiness: a published port accepts connections before the app listens.
//! * `BuildKit` ignores memory and CPU limits of a build.

mod build;
mod docker;
mod engine;
mod error;
mod event;
#[cfg(feature = "testing")]
pub mod fake;
pub mod labels;
mod log;
mod network;
mod spec;
mod stats;
mod view;

pub use build::{BuildEvent, BuildFailed, BuildRequest, Builder, StepState, TarStream};
pub use docker::DockerEngine;
pub use engine::{Engine, Result};
pub use error::{Cause, EngineError};
pub use event::{Action, EngineEvent, EventOptions};
#[cfg(feature = "testing")]
pub use fake::FakeEngine;
pub use log::{LogLine, LogOptions, LogSource};
pub use network::{Reach, bridge_name};
pub use spec::{ContainerSpec, NotAProfile, Profile};
pub use stats::EngineStats;
pub use view::{ContainerView, EngineVersion, ImageView, Resources, RunState};
