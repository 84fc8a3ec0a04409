//! Waiting for an app's first HTTP answer, or for the first that is wanted.

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

/// An answer on a path that has this text in its body.
pub(super) fn wait_until_says(port: u16, path: &str, text: &str) -> anyhow::Result<()> {
    until(port, || Ok(ask(port, path)?.contains(text)))
}

fn wait_until(port: u16, path: &str, begins: &str) -> anyhow::Result<()> {
    until(port, || answers(port, path, begins))
}

fn until(port: u16, mut is_there: impl FnMut() -> std::io::Result<bool>) -> anyhow::Result<()> {
    let deadline = Instant::now() + READY;
    while Instant::now() < deadline {
        if is_there().unwrap_or(false) {
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
    let mut first = [0; 12];
    request(port, path)?.read_exact(&mut first)?;
    Ok(first.starts_with(begins.as_bytes()))
}

fn ask(port: u16, path: &str) -> std::io::Result<String> {
    let mut answer = Vec::new();
    request(port, path)?.read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

fn request(port: u16, path: &str) -> std::io::Result<TcpStream> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let head = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes())?;
    Ok(stream)
}
