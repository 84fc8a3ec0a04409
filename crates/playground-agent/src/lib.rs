//! The Agent: the REST API over the loop, and everything a process needs around it.
//!
//! ```text
//! options ─▶ config ─▶ serve: lock data ─▶ store ─▶ engine ─▶ control ─▶ bind ─▶ "listening" ─▶ compared ─▶ "ready" ─▶ signal ─▶ stop
//! ```
//!
//! Handlers extract, make one call and answer; none of them touches the engine or the database directly. One file
//! ([`http::error`]) turns errors into answers.

mod auth;
mod config;
mod events;
mod examples;
mod front;
mod gateway;
pub mod http;
mod invitation;
mod open_files;
mod page;
mod private_file;
mod reached;
mod records;
mod serve;
mod telemetry;

pub use auth::{TOKEN_FILE, Tokens};
pub use config::{AgentConfig, AgentOptions, ConfigError};
pub use front::Front;
pub use gateway::Links;
pub use http::{AppState, openapi_json, router};
pub use page::Page;
pub use serve::{Ended, serve};
pub use telemetry::{filter as log_filter, init as init_telemetry};
