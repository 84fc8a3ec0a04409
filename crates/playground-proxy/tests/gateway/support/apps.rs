//! Apps: one with a server of its own behind it, and one that sends whatever bytes the test wants.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

pub(crate) type Answer = Response<UnsyncBoxBody<Bytes, BoxError>>;
pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// An answer of an app, as a body of any kind.
pub(crate) fn answer<B>(body: B) -> Answer
where
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    Response::new(body.map_err(Into::into).boxed_unsync())
}

pub(crate) fn text(text: impl Into<Bytes>) -> Answer {
    answer(Full::new(text.into()))
}

/// An app that keeps to HTTP.
pub(crate) async fn polite<F, R>(respond: F) -> SocketAddr
where
    F: Fn(Request<Incoming>) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = Answer> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut connections = JoinSet::new();
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            socket.set_nodelay(true).unwrap();
            let respond = respond.clone();
            connections.spawn(async move {
                let service = service_fn(move |request| {
                    let answer = respond(request);
                    async move { Ok::<_, Infallible>(answer.await) }
                });
                // It ends with an error where a visitor leaves.
                let _ended = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(socket), service)
                    .with_upgrades()
                    .await;
            });
        }
    });
    address
}

/// What reached a raw app.
#[derive(Clone, Default)]
pub(crate) struct Log {
    bytes: Arc<Mutex<Vec<u8>>>,
    /// Connections taken.
    pub(crate) taken: Arc<AtomicUsize>,
    /// Connections that ended.
    pub(crate) ended: Arc<AtomicUsize>,
    /// Bytes that it wrote.
    pub(crate) written: Arc<AtomicU64>,
}

impl Log {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes.lock().unwrap()).into_owned()
    }

    pub(crate) fn ended(&self) -> usize {
        self.ended.load(Ordering::SeqCst)
    }

    pub(crate) fn written(&self) -> u64 {
        self.written.load(Ordering::SeqCst)
    }
}

/// A connection to a raw app.
pub(crate) struct Line {
    pub(crate) socket: TcpStream,
    log: Log,
}

impl Line {
    /// Reads one head, byte by byte, so that what follows stays where it is; none at the end of the connection.
    pub(crate) async fn head(&mut self) -> Option<String> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let byte = self.socket.read_u8().await.ok()?;
            self.log.bytes.lock().unwrap().push(byte);
            head.push(byte);
        }
        String::from_utf8(head).ok()
    }

    /// Reads what comes; zero at the end.
    pub(crate) async fn read(&mut self) -> usize {
        let mut bytes = vec![0; 16 * 1024];
        let length = self.socket.read(&mut bytes).await.unwrap_or_default();
        self.log.bytes.lock().unwrap().extend(&bytes[..length]);
        length
    }

    /// Whether this came, on this line or another.
    pub(crate) fn has(&self, text: &str) -> bool {
        self.log.text().contains(text)
    }

    /// Whether the other end still took it.
    pub(crate) async fn write(&mut self, bytes: &[u8]) -> bool {
        let mut rest = bytes;
        while !rest.is_empty() {
            match self.socket.write(rest).await {
                Ok(length) if length > 0 => {
                    self.log.written.fetch_add(length as u64, Ordering::SeqCst);
                    rest = &rest[length..];
                }
                _ => return false,
            }
        }
        true
    }

    /// Reads until the other end is gone.
    pub(crate) async fn gone(&mut self) {
        while self.read().await > 0 {}
    }
}

/// An app that does on each connection what the test says.
pub(crate) async fn raw<F, R>(serve: F) -> (SocketAddr, Log)
where
    F: Fn(Line) -> R + Send + Sync + 'static,
    R: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let log = Log::default();
    let kept = log.clone();
    tokio::spawn(async move {
        let mut connections = JoinSet::new();
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            socket.set_nodelay(true).unwrap();
            log.taken.fetch_add(1, Ordering::SeqCst);
            let line = Line {
                socket,
                log: log.clone(),
            };
            let (served, ended) = (serve(line), log.ended.clone());
            connections.spawn(async move {
                served.await;
                ended.fetch_add(1, Ordering::SeqCst);
            });
        }
    });
    (address, kept)
}

/// An app that answers every head with the same bytes.
pub(crate) async fn saying(answer: impl Into<Vec<u8>>) -> (SocketAddr, Log) {
    let answer = answer.into();
    raw(move |mut line| {
        let answer = answer.clone();
        async move {
            while line.head().await.is_some() {
                line.write(&answer).await;
            }
        }
    })
    .await
}

/// One that answers once per connection and closes it.
pub(crate) async fn saying_once(answer: impl Into<Vec<u8>>) -> (SocketAddr, Log) {
    let answer = answer.into();
    raw(move |mut line| {
        let answer = answer.clone();
        async move {
            if line.head().await.is_some() {
                line.write(&answer).await;
            }
        }
    })
    .await
}
