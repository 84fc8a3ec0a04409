//! L4: the gateway on real sockets, between visitors and apps of every kind. Where a test shows an item of the security
//! list, its name says which.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod anything;
mod endless;
mod exact;
mod flow;
mod held;
mod hostile;
mod limits;
mod own_port;
mod places;
mod second;
mod slow;
mod smuggling;
mod stages;
mod stream;
mod support;
mod table;
mod told;
mod viewers;
mod websocket;
