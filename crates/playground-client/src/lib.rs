//! The async Rust client of a Synapse Playground Agent.
//!
//! ```text
//! Client ── create_container ─▶ Created { build_id, .. } ── build_log(build_id) ─▶ lines, status words, the end
//!                                        └── wait_for_build(build_id, deadline) ─▶ Launch { result: container }
//! ```
//!
//! ```no_run
//! # async fn example() -> Result<(), playground_client::ClientError> {
//! use std::time::Duration;
//! use playground_client::{Client, CreateRequest};
//!
//! let client = Client::new("http://127.0.0.1:8000", Some("the token"))?;
//! let created = client.create_container(&CreateRequest::of("my-plugin@1.0.0")).await?;
//! let launch = client.wait_for_build(&created.build_id, Duration::from_secs(600)).await?;
//! if let Some(ready) = launch.result {
//!     println!("{}", ready.container.endpoint.unwrap_or_default());
//! }
//! # Ok(()) }
//! ```
//!
//! | what | where |
//! |---|---|
//! | an app, from a release or an archive | [`Client::create_container`], [`Client::create_container_from`] |
//! | how far it is | [`Client::build`], [`Client::wait_for_build`], [`Client::follow_build_log`], [`Client::cancel_build`] |
//! | the apps there are | [`Client::containers`], [`Client::all_containers`], [`Client::container`], [`Client::container_stats`] |
//! | stop, start, restart, delete | [`Client::update_container`], [`Client::restart_container`], [`Client::delete_container`] |
//! | what it printed | [`Client::container_log`], [`Client::follow_container_log`], [`Client::container_log_reader`] |
//! | who may open it, and when it sleeps | [`Client::app_link`], [`Client::set_visibility`], [`Client::set_idle`] |
//! | what programs can call in it | [`Client::app_api`] |
//! | releases, examples, tokens | [`Client::all_releases`], [`Client::examples`], [`Client::create_token`] |
//! | plain Docker containers, as the platform's own client has them | [`Client::docker_containers`], [`Client::create_docker_container`] |
//! | the operator's | [`Client::health`], [`Client::clean`], [`Client::orphans`] |
//!
//! Whole programs are in the crate's `examples`. The one live stream of everything that the page uses (`GET /events`) is not
//! spoken here.
//!
//! Guarantees
//! * Every call ends: with an answer, or with a [`ClientError`] that says who has to act. Nothing is sent twice; only
//!   log streams reconnect, and go on where they were.
//! * The token goes to the address it was given for and nowhere else: redirects are not followed, and the links in an
//!   answer are only read for what they ask, not for where they lead.
//!
//! Assumptions: for `https` addresses the process has a rustls crypto provider installed, or leaves the choice to rustls.

mod apps;
mod archive;
mod builds;
mod cleanup;
mod client;
mod containers;
mod create;
mod docker;
mod error;
mod examples;
mod logs;
mod orphans;
mod pages;
mod releases;
mod session;
mod sse;
mod tokens;
mod upload;

pub use archive::Archive;
pub use client::{Client, is_loopback};
pub use containers::{ContainerFilter, Removal, WantedStatus};
pub use create::CreateRequest;
pub use docker::DockerContainer;
pub use error::{Cause, ClientError};
pub use logs::{LogEvent, LogFailure, LogReader, LogTail};
pub use playground_types::{IdleTimes, Visibility, wire};
