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
//! | `logs`, `traffic`, `stats`, `health` | what is told beside the records |
//! | `topics` | what a reader wants beside the records |
//! | `stream` | one reader's events |

mod cursor;
mod feed;
mod health;
mod journal;
mod logs;
mod stats;
mod stream;
mod topics;
mod traffic;

pub(crate) use cursor::Cursor;
pub(crate) use feed::Feed;
pub(crate) use health::HealthWatch;
pub(crate) use stream::{Told, stream};
pub(crate) use topics::Topics;
