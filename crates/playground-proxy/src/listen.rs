//! Connections: taken as long as there is room, bounded in what they may hold, and ended without cutting an answer short.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http_body::Body as HttpBody;
use hyper::body::Incoming;
use hyper::header::{CONNECTION, HeaderValue, TRANSFER_ENCODING};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, Version};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower_service::Service;

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
    /// Requests at the same time on one connection of HTTP/2.
    pub streams: u32,
}

impl Default for ListenLimits {
    fn default() -> Self {
        Self {
            connections: 20_000,
            header_bytes: 64 * 1024,
            header_timeout: Duration::from_secs(75),
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
    let builder = builder(&limits);
    while let Some((socket, peer, place)) = next(&listener, &places, &stop).await {
        let (builder, service, stop) = (builder.clone(), service.clone(), stop.clone());
        connections.spawn(async move {
            serve(builder, socket, peer, service, limits, stop).await;
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
                    tokio::time::sleep(BREATH).await;
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

fn builder(limits: &ListenLimits) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_timeout)
        .max_buf_size(limits.header_bytes)
        .preserve_header_case(true);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.streams)
        .max_header_list_size(u32::try_from(limits.header_bytes).unwrap_or(u32::MAX))
        .keep_alive_interval(Some(limits.header_timeout));
    builder
}

async fn serve<S, B>(
    builder: auto::Builder<TokioExecutor>,
    socket: TcpStream,
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
    if let Err(error) = socket.set_nodelay(true) {
        tracing::debug!(%error, "a connection ended before it was served");
        return;
    }
    let socket = Wary::new(socket, limits.header_bytes);
    let freedom = socket.freedom();
    let has_asked = CancellationToken::new();
    let asked = has_asked.clone();
    let service = service_fn(move |request| {
        asked.cancel();
        one_answer(service.clone(), request, peer, freedom.clone())
    });
    let connection = builder.serve_connection_with_upgrades(TokioIo::new(socket), service);
    tokio::pin!(connection);
    // The server's own limit begins once it knows which HTTP is spoken, and a connection may never let it know.
    let too_slow = async {
        tokio::time::sleep(limits.header_timeout).await;
        if has_asked.is_cancelled() {
            std::future::pending().await
        }
    };
    // Cancel-safe: the connection is polled on below, or dropped on purpose.
    let served = tokio::select! {
        served = connection.as_mut() => served,
        () = too_slow => return,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = served {
        tracing::debug!(%error, %peer, "a connection broke");
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
