//! The gateway's place in the Agent: which apps there are, and who may see them.
//!
//! ```text
//!  connection ─▶ door ─┬─▶ the API
//!                      └─▶ access ─▶ playground_proxy ─▶ the app
//!  records ─▶ apps ─────────────────────▲ │
//!     │▲                                  sleep
//!     │└───────── the loop ◀──────────────────┘
//!     └─────▶ ports ─ (where the Agent publishes)
//! ```

mod access;
mod apps;
mod door;
mod last_visits;
mod links;
mod ports;
mod sleep;
mod visitor;
mod way;

pub(crate) use access::Access;
pub(crate) use apps::replace as replace_apps;
pub(crate) use door::Door;
pub(crate) use last_visits::{keep as keep_last_visits, last_visit};
pub use links::Links;
pub(crate) use ports::Ports;
pub(crate) use sleep::introduce;
pub(crate) use way::LINK;
