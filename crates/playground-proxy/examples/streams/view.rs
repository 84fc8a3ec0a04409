//! The visitors: they open their streams, and take down how long each event was on its way.

use std::cell::RefCell;
use std::io;
use std::net::Ipv4Addr;
use std::rc::Rc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::LocalSet;

use crate::now;

/// Visitors who come at the same moment: more would only measure the queue before the door.
const AT_ONCE: u32 = 100;
/// An event is shorter than this.
const LINE: usize = 128;

/// What was seen since it was last told.
#[derive(Debug, Default)]
struct Seen {
    /// Nanoseconds that events were on their way.
    delays: Vec<u64>,
    /// Streams that ended by themselves.
    lost: usize,
}

/// Opens the streams and says `open`. Each line that is then given to it is answered with one line: how many events came
/// since the last one, their p50, p99 and most in microseconds, and how many streams were lost. It ends with its input.
pub(crate) async fn look(port: u16, streams: u32, path: &str) -> io::Result<()> {
    let seen = Rc::new(RefCell::new(Seen::default()));
    let visitors = LocalSet::new();
    visitors
        .run_until(async {
            for batch in 0..streams.div_ceil(AT_ONCE) {
                let size = AT_ONCE.min(streams - batch * AT_ONCE);
                let opening: Vec<_> = (0..size)
                    .map(|_| tokio::task::spawn_local(open(port, path.to_owned())))
                    .collect();
                for opened in opening {
                    let socket = opened.await.map_err(io::Error::other)??;
                    tokio::task::spawn_local(follow(socket, seen.clone()));
                }
            }
            println!("open");
            let (asked, mut asking) = tokio::sync::mpsc::channel(1);
            std::thread::spawn(move || {
                for line in io::stdin().lines() {
                    if line.is_err() || asked.blocking_send(()).is_err() {
                        return;
                    }
                }
            });
            while asking.recv().await.is_some() {
                println!("{}", std::mem::take(&mut *seen.borrow_mut()).told());
            }
            Ok(())
        })
        .await
}

/// A stream whose head was read.
async fn open(port: u16, path: String) -> io::Result<TcpStream> {
    let mut socket = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    socket.set_nodelay(true)?;
    let head =
        format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n");
    socket.write_all(head.as_bytes()).await?;
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        answer.push(socket.read_u8().await?);
    }
    if !answer.starts_with(b"HTTP/1.1 200") {
        let answer = String::from_utf8_lossy(&answer).into_owned();
        return Err(io::Error::other(format!("no stream but {answer}")));
    }
    Ok(socket)
}

async fn follow(mut socket: TcpStream, seen: Rc<RefCell<Seen>>) {
    let mut bytes = [0; LINE];
    loop {
        // Events are far apart, so what is read at once is one, whole.
        let length = match socket.read(&mut bytes).await {
            Ok(length) if length > 0 => length,
            _ => break,
        };
        let came = now();
        let text = std::str::from_utf8(&bytes[..length]).unwrap_or_default();
        let said = text.split_once("data: ").and_then(|(_, rest)| {
            let (number, _) = rest.split_once('\n')?;
            number.parse::<u64>().ok()
        });
        match said {
            Some(said) => seen.borrow_mut().delays.push(came.saturating_sub(said)),
            None => break,
        }
    }
    seen.borrow_mut().lost += 1;
}

impl Seen {
    fn told(mut self) -> String {
        self.delays.sort_unstable();
        let at = |percent: usize| {
            let place = (self.delays.len() * percent / 100).min(self.delays.len().max(1) - 1);
            self.delays.get(place).map_or(0, |nanos| nanos / 1000)
        };
        let (p50, p99, most) = (at(50), at(99), at(100));
        format!("{} {p50} {p99} {most} {}", self.delays.len(), self.lost)
    }
}
