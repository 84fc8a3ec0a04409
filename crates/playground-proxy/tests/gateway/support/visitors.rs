//! Visitors: one that sends bytes as the test wrote them, and ones with a client behind them.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Empty, Full};
use hyper::body::Body;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::apps::BoxError;
use super::soon;

pub(crate) type Sent = UnsyncBoxBody<Bytes, BoxError>;

/// A body that a visitor sends.
pub(crate) fn sent<B>(body: B) -> Sent
where
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    body.map_err(Into::into).boxed_unsync()
}

pub(crate) fn nothing() -> Sent {
    sent(Empty::new())
}

pub(crate) fn whole(bytes: impl Into<Bytes>) -> Sent {
    sent(Full::new(bytes.into()))
}

/// A connection of HTTP/1 with a client behind it.
pub(crate) async fn http1(gateway: SocketAddr) -> http1::SendRequest<Sent> {
    let socket = TcpStream::connect(gateway).await.unwrap();
    socket.set_nodelay(true).unwrap();
    let (client, connection) = http1::handshake(TokioIo::new(socket)).await.unwrap();
    tokio::spawn(connection.with_upgrades());
    client
}

/// A connection of HTTP/2, known beforehand.
pub(crate) async fn http2(gateway: SocketAddr) -> http2::SendRequest<Sent> {
    let socket = TcpStream::connect(gateway).await.unwrap();
    socket.set_nodelay(true).unwrap();
    let executor = TokioExecutor::new();
    let (client, connection) = http2::handshake(executor, TokioIo::new(socket))
        .await
        .unwrap();
    tokio::spawn(connection);
    client
}

/// A connection on which the test writes the bytes.
pub(crate) struct Raw {
    pub(crate) socket: TcpStream,
}

/// An answer, as it came.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) status: u16,
    /// In small letters.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
    /// Whether it came to its end.
    pub(crate) is_whole: bool,
}

impl Got {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The values of a header.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        self.head
            .lines()
            .filter_map(|line| line.split_once(':'))
            .filter(|(written, _)| *written == name)
            .map(|(_, value)| value.trim())
            .collect()
    }
}

impl Raw {
    pub(crate) async fn to(gateway: SocketAddr) -> Self {
        let socket = TcpStream::connect(gateway).await.unwrap();
        socket.set_nodelay(true).unwrap();
        Self { socket }
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.socket.write_all(bytes.as_ref()).await.unwrap();
    }

    /// The next head, interim ones included; none at the end of the connection.
    pub(crate) async fn head(&mut self) -> Option<String> {
        let head = async {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(self.socket.read_u8().await.ok()?);
            }
            Some(String::from_utf8_lossy(&head).to_ascii_lowercase())
        };
        soon("the head of an answer", head).await
    }

    /// The next answer to anything but HEAD.
    pub(crate) async fn answer(&mut self) -> Option<Got> {
        let head = self.head().await?;
        let mut got = Got {
            status: head.split(' ').nth(1)?.parse().ok()?,
            head,
            body: Vec::new(),
            is_whole: false,
        };
        let length = got
            .all("content-length")
            .first()
            .map(|n| n.parse().unwrap());
        let is_chunked = got.all("transfer-encoding") == ["chunked"];
        got.is_whole = match length {
            _ if [204, 304].contains(&got.status) => true,
            Some(length) => self.take(length, &mut got.body).await,
            None if is_chunked => self.chunks(&mut got.body).await,
            None => {
                got.body = self.rest().await;
                true
            }
        };
        Some(got)
    }

    async fn take(&mut self, length: usize, body: &mut Vec<u8>) -> bool {
        let mut part = vec![0; length];
        let mut filled = 0;
        while filled < length {
            let read = soon("a body", self.socket.read(&mut part[filled..])).await;
            match read {
                Ok(read) if read > 0 => filled += read,
                _ => break,
            }
        }
        body.extend(&part[..filled]);
        filled == length
    }

    async fn chunks(&mut self, body: &mut Vec<u8>) -> bool {
        loop {
            let mut line = Vec::new();
            while !line.ends_with(b"\r\n") {
                let Ok(byte) = soon("a chunk", self.socket.read_u8()).await else {
                    return false;
                };
                line.push(byte);
            }
            let line = String::from_utf8(line).unwrap();
            let size = usize::from_str_radix(line.trim(), 16).unwrap();
            let mut chunk = Vec::new();
            let is_whole = self.take(size + 2, &mut chunk).await;
            chunk.truncate(size);
            body.extend(chunk);
            if !is_whole || size == 0 {
                return is_whole;
            }
        }
    }

    /// All that still comes until the connection ends.
    pub(crate) async fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        let read = self.socket.read_to_end(&mut rest);
        // A reset ends it as well as a close.
        let _read = soon("the end of the connection", read).await;
        rest
    }

    /// Whether nothing comes for a while.
    pub(crate) async fn is_silent_for(&mut self, while_: Duration) -> bool {
        tokio::time::timeout(while_, self.socket.read_u8())
            .await
            .is_err()
    }
}

/// A request on a connection of its own.
pub(crate) async fn ask(gateway: SocketAddr, request: impl AsRef<[u8]>) -> Option<Got> {
    let mut raw = Raw::to(gateway).await;
    raw.send(request).await;
    raw.answer().await
}
