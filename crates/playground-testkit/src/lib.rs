//! What the tests of several crates share.
//!
//! | item | what it is |
//! |---|---|
//! | [`TestControl`] | the whole loop on a scripted engine and a real database, with a paused clock |
//! | [`TestAudience`] | visitors of its apps, for the loop to put apps to sleep |
//! | [`Plugin`] | an archive as a client would upload it |
//! | [`EngineProxy`] | a socket in front of a real engine that is gone, slow, failing or cut on command |
//! | [`Mimic`] | how the app of [`Plugin::mimic`] behaves on a real engine: late, mute, sick, ending, ... |
//!
//! Tests that use [`TestControl`] pause tokio's clock (`#[tokio::test(start_paused = true)]`): minutes pass in an instant,
//! and only when nothing is left to do. The database runs on threads of its own, which tokio does not see; the store's
//! feature "testing" makes a paused clock wait for it, so statements take no time at all. Deadlines are virtual time, and
//! when one passes the test panics with the state it was left in.

mod audience;
mod control;
mod database;
mod engine_proxy;
mod mimic;
mod plugin;

pub use audience::TestAudience;
pub use control::{BASE_IMAGE, TestControl};
pub use database::Backup;
pub use engine_proxy::{EngineProxy, Fault};
pub use mimic::Mimic;
pub use plugin::Plugin;
