//! Request and answer bodies of the REST API.
//!
//! Two generations of clients read the same answers, so every answer is the superset of what both look for.
//! Fields are never removed; unknown ones are always safe to add.

mod app_api;
mod cleanup;
mod container;
mod event;
mod example;
mod health;
mod launch;
mod orphan;
mod session;
mod stats;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::failure::Translation;

pub use app_api::*;
pub use cleanup::*;
pub use container::*;
pub use event::*;
pub use example::*;
pub use health::*;
pub use launch::*;
pub use orphan::*;
pub use session::*;
pub use stats::*;

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    /// How many items there are in all.
    pub count: u64,
    /// The address of the next page, with every filter repeated.
    pub next: Option<String>,
    /// The address of the page before.
    pub previous: Option<String>,
    /// This page's items.
    pub results: Vec<T>,
}

/// The body of every error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ErrorBody {
    /// What is wrong, in a sentence a person can act on.
    pub detail: String,
    /// A stable word for it.
    pub code: String,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The same in Korean, for mistakes of a plugin's author.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ko: Option<Translation>,
    /// The request's id, in the Agent's log too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}
