//! L3: every route and every error through the real router, on a scripted engine: status and body.

mod agent;
mod auth;
mod backend;
mod builds;
mod containers;
mod creates;
mod documents;
mod releases;
