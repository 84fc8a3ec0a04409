//! The gateway's place in the Agent: which apps there are, and who may see them.
//!
//! ```text
//!  connection ─▶ door ─┬─▶ the API
//!                      └─▶ access ─▶ playground_proxy ─▶ the app
//!  records ─▶ apps ─────────────────────▲
//! ```

mod access;
mod apps;
mod door;
mod links;
mod visitor;
mod way;

pub(crate) use access::Access;
pub(crate) use apps::{follow, refresh};
pub(crate) use door::Door;
pub use links::Links;
pub(crate) use way::LINK;
