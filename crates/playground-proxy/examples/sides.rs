//! The two sides of `cargo xtask bench gateway`, each a process with one thread: an app that does nothing but answer, and
//! the gateway in front of it. Both print the port that they listen on. The gateway answers each line that it is given with
//! how many requests are open.

#![allow(clippy::print_stdout, reason = "the port is told to whoever measures")]

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use playground_proxy::{
    App, Body, Gateway, GatewayConfig, ListenLimits, Stage, Traffic, Visitor, listen,
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

const SMALL: usize = 100;
const LARGE: usize = 1 << 20;

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    println!("{}", listener.local_addr()?.port());
    match (arguments.next().as_deref(), arguments.next()) {
        (Some("app"), None) => app(listener).await,
        (Some("gateway"), Some(port)) => {
            let port = port.parse().map_err(std::io::Error::other)?;
            gateway(listener, port).await;
            Ok(())
        }
        _ => Err(std::io::Error::other("app, or gateway PORT_OF_APP")),
    }
}

/// `/large` is a megabyte, everything else a hundred bytes.
async fn app(listener: TcpListener) -> std::io::Result<()> {
    let bodies = Arc::new([
        Bytes::from(vec![b'.'; SMALL]),
        Bytes::from(vec![b'.'; LARGE]),
    ]);
    loop {
        let (socket, _) = listener.accept().await?;
        socket.set_nodelay(true)?;
        let bodies = bodies.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            let is_large = request.uri().path().ends_with("/large");
            let body = Full::new(bodies[usize::from(is_large)].clone());
            async move { Ok::<_, Infallible>(Response::new(body)) }
        });
        let connection = hyper::server::conn::http1::Builder::new()
            .serve_connection(TokioIo::new(socket), service);
        // One that breaks is the measuring program's own doing.
        tokio::spawn(async move { drop(connection.await) });
    }
}

async fn gateway(listener: TcpListener, app: u16) {
    let gateway = Gateway::new(GatewayConfig {
        app_requests: usize::MAX,
        ..GatewayConfig::default()
    });
    let traffic = Arc::new(Traffic::default());
    tell(traffic.clone());
    gateway.apps().replace([App {
        name: "app".to_owned(),
        pk: 1,
        is_public: true,
        stage: Stage::Ready(SocketAddr::from((Ipv4Addr::LOCALHOST, app))),
        traffic,
    }]);
    let service = tower_service_of(gateway);
    listen(
        listener,
        service,
        ListenLimits::default(),
        CancellationToken::new(),
    )
    .await;
}

fn tell(traffic: Arc<Traffic>) {
    std::thread::spawn(move || {
        for _ in std::io::stdin().lines().map_while(Result::ok) {
            println!("{}", traffic.visits().open);
        }
    });
}

fn tower_service_of(
    gateway: Gateway,
) -> impl tower_service::Service<
    (Request<Incoming>, SocketAddr),
    Response = Response<Body>,
    Error = Infallible,
    Future: Send,
> + Clone
+ Send {
    tower::service_fn(move |(request, peer): (Request<Incoming>, SocketAddr)| {
        let gateway = gateway.clone();
        // In a place of its own, as the Agent has it: a connection keeps room for what answers it.
        Box::pin(async move {
            let visitor = Visitor {
                address: peer.ip(),
                scheme: "http",
            };
            Ok(gateway.handle(request, &visitor).await)
        })
    })
}
