//! The gateway's place in the Agent: which apps there are, and who may see them.
//!
//! ```text
//!  connection ─▶ door ─┬─▶ the API
//!                      └─▶ access ─▶ playground_proxy ─▶ the app
//!  records ─▶ apps ─────────────────────▲ │
//!     ▲                                   sleep
//!     └────────── the loop ◀──────────────────┘
//! ```

mod access;
mod apps;
mod door;
mod last_visits;
mod links;
mod sleep;
mod visitor;

pub(crate) use access::{Access, LINK};
pub(crate) use apps::{follow, refresh};
pub(crate) use door::Door;
pub(crate) use last_visits::{keep as keep_last_visits, last_visit};
pub use links::Links;
pub(crate) use sleep::introduce;
