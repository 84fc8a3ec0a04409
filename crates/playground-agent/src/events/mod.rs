//! The stream of events: how containers, launches, releases, logs and the Agent itself stand, told as it changes.
//!
//! ```text
//!  records ─▶ feed (journal) ─┐
//!  gateway ─▶ traffic ────────┤
//!  logs, stats, health ───────┴─▶ stream, one for each reader ─▶ server-sent events
//! ```
//!
//! | module | idea |
//! |---|---|
//! | `journal` | which change came when: one number is all that a reader must keep |
//! | `feed` | the records in a journal, for all streams |
//! | `cursor` | where a reader is, as text |
//! | `topics` | what a reader wants beside the records |
//! | `stream` | one reader's events |

mod cursor;
mod feed;
mod journal;
mod stream;
mod topics;

pub(crate) use cursor::Cursor;
pub(crate) use feed::Feed;
pub(crate) use stream::{Told, stream};
pub(crate) use topics::Topics;
