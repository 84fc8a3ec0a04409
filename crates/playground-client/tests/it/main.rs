//! The client against an Agent's recorded answers, over real sockets.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod answers;
mod errors;
mod lists;
mod logs;
mod requests;
mod stub;
