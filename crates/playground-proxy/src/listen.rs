//! Connections: taken as long as there is room, bounded in what they may hold, and ended without cutting an answer short.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http_body::Body as HttpBody;
use hyper::body::Incoming;
use hyper::header::{CONNECTION, HeaderValue, TRANSFER_ENCODING};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, Version};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower_service::Service;

use crate::alive;
use crate::begun::Begun;
use crate::patient::Patient;
use crate::wary::Wary;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Pause after the system gave no connection, for want of files most of the time.
const BREATH: Duration = Duration::from_millis(50);

/// What connections may hold.
#[derive(Debug, Clone, Copy)]
pub struct ListenLimits {
    /// Connections at the same time. More wait with the system.
    pub connections: usize,
    /// Bytes of a request's headers; uvicorn takes as many.
    pub header_bytes: usize,
    /// How long a connection may take until it has sent a request's headers, the wait for the request included.
    pub header_timeout: Duration,
    /// How long a connection may take nothing of what there is for it.
    pub write_timeout: Duration,
    /// Requests at the same time on one connection of HTTP/2.
    pub streams: u32,
}

impl Default for ListenLimits {
    fn default() -> Self {
        Self {
            connections: 20_000,
            header_bytes: 64 * 1024,
            header_timeout: Duration::from_secs(75),
            write_timeout: Duration::from_secs(300),
            streams: 256,
        }
    }
}

/// Serves HTTP/1.1 and HTTP/2 until it is told to stop, then until every open request has its answer. Whoever does not
/// want to wait that long drops it.
pub async fn listen<S, B>(
    listener: TcpListener,
    service: S,
    limits: ListenLimits,
    stop: CancellationToken,
) where
    S: Service<(Request<Incoming>, SocketAddr), Response = Response<B>, Error = Infallible>
        + Clone
        + Send
        + 'static,
    S::Future: Send,
    B: HttpBody + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    let places = Arc::new(Semaphore::new(limits.connections));
    let connections = TaskTracker::new();
    let builders = Arc::new(builders(&limits));
    while let Some((socket, peer, place)) = next(&listener, &places, &stop).await {
        let (builders, service, stop) = (builders.clone(), service.clone(), stop.clone());
        connections.spawn(async move {
            serve(builders, socket, peer, service, limits, stop).await;
            drop(place);
        });
    }
    drop(listener);
    connections.close();
    connections.wait().await;
}

/// The next connection; none once it is told to stop.
async fn next(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
    stop: &CancellationToken,
) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let taken = async {
        let place = places.clone().acquire_owned().await.ok()?;
        loop {
            match listener.accept().await {
                Ok((socket, peer)) => return Some((socket, peer, place)),
                Err(error) => {
                    tracing::debug!(%error, "no connection could be taken");
                    sleep(BREATH).await;
                }
            }
        }
    };
    // Cancel-safe: a connection that was taken is returned at once.
    tokio::select! {
        taken = taken => taken,
        () = stop.cancelled() => None,
    }
}

/// Both ways to speak HTTP.
#[derive(Debug, Clone)]
struct Builders {
    http1: http1::Builder,
    http2: http2::Builder<TokioExecutor>,
}

fn builders(limits: &ListenLimits) -> Builders {
    let mut http1 = http1::Builder::new();
    http1
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_timeout)
        .max_buf_size(limits.header_bytes)
        .preserve_header_case(true);
    let mut http2 = http2::Builder::new(TokioExecutor::new());
    http2
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.streams)
        .max_header_list_size(u32::try_from(limits.header_bytes).unwrap_or(u32::MAX))
        .keep_alive_interval(Some(limits.header_timeout));
    Builders { http1, http2 }
}

async fn serve<S, B>(
    builders: Arc<Builders>,
    mut socket: TcpStream,
    peer: SocketAddr,
    service: S,
    limits: ListenLimits,
    stop: CancellationToken,
) where
    S: Service<(Request<Incoming>, SocketAddr), Response = Response<B>, Error = Infallible>
        + Clone
        + Send
        + 'static,
    S::Future: Send,
    B: HttpBody + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    if let Err(error) = alive::prepare(&socket) {
        tracing::debug!(%error, "a connection ended before it was served");
        return;
    }
    // Cancel-safe: a connection that said too little is dropped on purpose.
    let begun = tokio::select! {
        begun = Begun::read(&mut socket) => begun,
        () = sleep(limits.header_timeout) => return,
        () = stop.cancelled() => return,
    };
    let Ok(begun) = begun else { return };
    let is_http2 = begun.is_http2();
    let socket = Patient::new(socket, limits.write_timeout);
    let socket = Wary::new(socket, begun, limits.header_bytes);
    let freedom = socket.freedom();
    let has_asked = Arc::new(AtomicBool::new(false));
    let asked = has_asked.clone();
    let service = service_fn(move |request| {
        asked.store(true, Ordering::Relaxed);
        one_answer(service.clone(), request, peer, freedom.clone())
    });
    let socket = TokioIo::new(socket);
    let served = if is_http2 {
        // In a place of its own: a connection of HTTP/1 is smaller without it.
        Box::pin(async {
            let connection = pin!(builders.http2.serve_connection(socket, service));
            // The server's own limit is for what it was asked, and this one may never ask.
            let too_slow = async {
                sleep(limits.header_timeout).await;
                if has_asked.load(Ordering::Relaxed) {
                    std::future::pending().await
                }
            };
            // Cancel-safe: a connection that asked for nothing is dropped on purpose.
            tokio::select! {
                served = until_stopped(connection, |it| it.graceful_shutdown(), &stop) => served,
                () = too_slow => Ok(()),
            }
        })
        .await
    } else {
        let connection = builders.http1.serve_connection(socket, service);
        let connection = pin!(connection.with_upgrades());
        until_stopped(connection, |it| it.graceful_shutdown(), &stop).await
    };
    if let Err(error) = served {
        tracing::debug!(%error, %peer, "a connection broke");
    }
}

/// Serves a connection until it ends, or, once it is told to stop, until what was asked on it is answered.
async fn until_stopped<C: Future<Output = hyper::Result<()>>>(
    mut connection: Pin<&mut C>,
    end: impl FnOnce(Pin<&mut C>),
    stop: &CancellationToken,
) -> hyper::Result<()> {
    // Cancel-safe: the connection is polled on below.
    tokio::select! {
        served = connection.as_mut() => served,
        () = stop.cancelled() => {
            end(connection.as_mut());
            connection.await
        }
    }
}

/// Answers a request, and sees to what its connection may do afterwards.
async fn one_answer<S, B>(
    mut service: S,
    request: Request<Incoming>,
    peer: SocketAddr,
    freedom: Arc<AtomicBool>,
) -> Result<Response<B>, Infallible>
where
    S: Service<(Request<Incoming>, SocketAddr), Response = Response<B>, Error = Infallible>,
{
    let is_chunked =
        request.version() < Version::HTTP_2 && request.headers().contains_key(TRANSFER_ENCODING);
    let mut response = service.call((request, peer)).await?;
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        freedom.store(true, Ordering::Relaxed);
    } else if is_chunked {
        // Where a chunked body ends is the parser's knowledge alone, so the heads after it would go unseen.
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(CONNECTION, close);
    }
    Ok(response)
}
