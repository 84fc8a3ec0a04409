//! L3: every route and every error through the real router, on a scripted engine: status and body.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod agent;
mod auth;
mod backend;
mod builds;
mod capacity;
mod containers;
mod creates;
mod disk;
mod documents;
mod event_logs;
mod events;
mod examples;
mod gateway;
mod log;
mod log_socket;
mod orphans;
mod page;
mod push;
mod reader;
mod releases;
mod session;
mod tokens;
mod uploads;
