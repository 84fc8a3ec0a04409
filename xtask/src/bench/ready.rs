//! Waiting for an app's first HTTP answer.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use anyhow::bail;

use crate::docker::pause;

/// Longest wait for any app.
const READY: Duration = Duration::from_secs(180);

/// A first HTTP answer on a port of this machine.
pub(super) fn wait_until_ready(port: u16) -> anyhow::Result<()> {
    wait_until(port, "/", "HTTP/1.")
}

/// The same, and a good one.
pub(super) fn wait_until_good(port: u16, path: &str) -> anyhow::Result<()> {
    wait_until(port, path, "HTTP/1.1 200")
}

fn wait_until(port: u16, path: &str, begins: &str) -> anyhow::Result<()> {
    let deadline = Instant::now() + READY;
    while Instant::now() < deadline {
        if answers(port, path, begins).unwrap_or(false) {
            return Ok(());
        }
        pause(Duration::from_millis(20));
    }
    bail!(
        "nothing answered on port {port} within {} s",
        READY.as_secs()
    )
}

fn answers(port: u16, path: &str, begins: &str) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let head = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes())?;
    let mut first = [0; 12];
    stream.read_exact(&mut first)?;
    Ok(first.starts_with(begins.as_bytes()))
}
