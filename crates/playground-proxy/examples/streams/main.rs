//! The two ends of `cargo xtask bench streams`, each a process with one thread: an app that keeps streams open and says
//! something on each of them now and then, and the visitors who look at it. Neither knows more of HTTP than it needs.

#![allow(
    clippy::print_stdout,
    reason = "what was measured is told to whoever asked"
)]

mod app;
mod view;

use std::time::{SystemTime, UNIX_EPOCH};

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let number = |text: &str| text.parse::<u32>().map_err(std::io::Error::other);
    match arguments[..] {
        ["app", pause] => app::serve(number(pause)?).await,
        ["view", port, streams, path] => {
            let port = port.parse().map_err(std::io::Error::other)?;
            view::look(port, number(streams)?, path).await
        }
        _ => Err(std::io::Error::other(
            "app SECONDS_BETWEEN_EVENTS, or view PORT STREAMS PATH",
        )),
    }
}

/// Nanoseconds that two processes on one machine can compare.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
    })
}
