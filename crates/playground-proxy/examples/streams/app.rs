//! The app: each stream gets an event of its own every few seconds, so that all of them together are an even trickle.

use std::net::Ipv4Addr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use crate::now;

const HEAD: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n\
    Transfer-Encoding: chunked\r\n\r\n";

/// Moments within the pause between two events at which streams have theirs.
const SLOTS: u32 = 1000;

/// Serves until it is killed. `pause`: seconds between two events of one stream.
pub(crate) async fn serve(pause: u32) -> std::io::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    println!("{}", listener.local_addr()?.port());
    let pause = Duration::from_secs(pause.into());
    for number in 0_u32.. {
        let (socket, _) = listener.accept().await?;
        // They come within a second or two, and shall not all be told something within the same one.
        let first = pause * (number % SLOTS + 1) / SLOTS;
        tokio::spawn(async move {
            // It ends with an error where a visitor leaves.
            drop(stream(socket, first, pause).await);
        });
    }
    Ok(())
}

async fn stream(mut socket: TcpStream, first: Duration, pause: Duration) -> std::io::Result<()> {
    socket.set_nodelay(true)?;
    let mut asked = [0; 1024];
    let mut length = 0;
    while !asked[..length].ends_with(b"\r\n\r\n") {
        length += match socket.read(&mut asked[length..]).await? {
            0 => return Ok(()),
            read => read,
        };
    }
    socket.write_all(HEAD).await?;
    let mut times = interval_at(Instant::now() + first, pause);
    times.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut rest = [0; 1];
    loop {
        // Cancel-safe: a tick that was not waited for comes again, and what is read is thrown away.
        tokio::select! {
            _ = times.tick() => {}
            _ = socket.read(&mut rest) => return Ok(()),
        }
        let event = format!("data: {}\n\n", now());
        let chunk = format!("{:x}\r\n{event}\r\n", event.len());
        socket.write_all(chunk.as_bytes()).await?;
    }
}
