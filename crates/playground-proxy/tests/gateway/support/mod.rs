//! A gateway on a socket of its own, with what stands on both sides of it.

pub(crate) mod apps;
pub(crate) mod visitors;

use std::convert::Infallible;
use std::fmt::Debug;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::{Request, Response};
use playground_proxy::{
    App, Body, Gateway, GatewayConfig, ListenLimits, Stage, Visitor, Visits, listen,
};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tower_service::Service;

/// How long anything on this machine may take that does not wait on purpose.
pub(crate) const SOON: Duration = Duration::from_secs(10);

/// How long a program's request is held, unless the test is about that.
pub(crate) const HOLD: Duration = Duration::from_millis(100);

/// A gateway that is served.
pub(crate) struct Stand {
    pub(crate) gateway: Gateway,
    pub(crate) address: SocketAddr,
    pub(crate) stop: CancellationToken,
    pub(crate) served: JoinHandle<()>,
}

/// Both ways to an app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mounted {
    Host,
    Path,
}

pub(crate) const BOTH: [Mounted; 2] = [Mounted::Host, Mounted::Path];

impl Mounted {
    /// The host that a visitor names for the app.
    pub(crate) fn host(self, label: &str) -> String {
        match self {
            Self::Host => format!("{label}.localhost:8000"),
            Self::Path => "localhost:8000".to_owned(),
        }
    }

    pub(crate) fn prefix(self, label: &str) -> String {
        match self {
            Self::Host => String::new(),
            Self::Path => format!("/play/{label}"),
        }
    }

    /// A request line and a host, without the end of the head.
    pub(crate) fn head(self, method: &str, label: &str, path: &str) -> String {
        let (prefix, host) = (self.prefix(label), self.host(label));
        format!("{method} {prefix}{path} HTTP/1.1\r\nHost: {host}\r\n")
    }
}

/// The limits of a test: generous, so that only the one it is about is met.
pub(crate) fn limits() -> ListenLimits {
    ListenLimits {
        header_timeout: SOON,
        ..ListenLimits::default()
    }
}

impl Stand {
    /// With one app named `app`.
    pub(crate) async fn before(app: SocketAddr) -> Self {
        Self::with(&[("app", Stage::Ready(app))], limits(), 100).await
    }

    /// The own port of one app named `app`.
    pub(crate) async fn own_port(stage: Stage) -> Self {
        Self::serving(HOLD, &[("app", stage)], limits(), 100, Some("app")).await
    }

    pub(crate) async fn with(apps: &[(&str, Stage)], limits: ListenLimits, tunnels: usize) -> Self {
        Self::holding(HOLD, apps, limits, tunnels).await
    }

    /// The same, where a program's request is held for so long.
    pub(crate) async fn holding(
        hold: Duration,
        apps: &[(&str, Stage)],
        limits: ListenLimits,
        tunnels: usize,
    ) -> Self {
        Self::serving(hold, apps, limits, tunnels, None).await
    }

    async fn serving(
        hold: Duration,
        apps: &[(&str, Stage)],
        limits: ListenLimits,
        tunnels: usize,
        owner: Option<&'static str>,
    ) -> Self {
        let config = GatewayConfig {
            tunnels,
            hold,
            ..GatewayConfig::default()
        };
        Self::owned(config, apps, limits, owner).await
    }

    pub(crate) async fn of(
        config: GatewayConfig,
        apps: &[(&str, Stage)],
        limits: ListenLimits,
    ) -> Self {
        Self::owned(config, apps, limits, None).await
    }

    async fn owned(
        config: GatewayConfig,
        apps: &[(&str, Stage)],
        limits: ListenLimits,
        owner: Option<&'static str>,
    ) -> Self {
        let gateway = Gateway::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let front = Front(gateway.clone(), owner);
        let served = tokio::spawn(listen(listener, front, limits, stop.clone()));
        let stand = Self {
            gateway,
            address,
            stop,
            served,
        };
        stand.put(apps);
        stand
    }

    /// Puts a new table in the place of the old one.
    pub(crate) fn put(&self, apps: &[(&str, Stage)]) {
        put(&self.gateway, apps);
    }

    /// Of the first app.
    pub(crate) fn visits(&self) -> Visits {
        self.gateway.apps().traffic_of(1).visits()
    }

    /// Waits until nobody is there.
    pub(crate) async fn left(&self) -> Visits {
        until(
            "everybody left",
            || self.visits(),
            |visits| visits.open == 0,
        )
        .await
    }
}

/// Puts a new table in the place of a gateway's old one.
pub(crate) fn put(gateway: &Gateway, apps: &[(&str, Stage)]) {
    let table = gateway.apps();
    let apps: Vec<App> = apps
        .iter()
        .zip(1..)
        .map(|((name, stage), pk)| App {
            pk,
            is_public: true,
            name: (*name).to_owned(),
            stage: stage.clone(),
            traffic: table.traffic_of(pk),
        })
        .collect();
    table.replace(apps);
}

/// Passes everything on, as whoever serves the gateway does, or the own port of an app.
#[derive(Clone)]
struct Front(Gateway, Option<&'static str>);

impl Service<(Request<Incoming>, SocketAddr)> for Front {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, (request, peer): (Request<Incoming>, SocketAddr)) -> Self::Future {
        let Self(gateway, owner) = self.clone();
        Box::pin(async move {
            let visitor = Visitor {
                address: peer.ip(),
                scheme: "http",
            };
            Ok(match owner {
                Some(name) => gateway.handle_for(name, request, &visitor).await,
                None => gateway.handle(request, &visitor).await,
            })
        })
    }
}

/// What comes soon, or a panic that says what did not.
pub(crate) async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(SOON, future)
        .await
        .unwrap_or_else(|_| panic!("not within {SOON:?}: {what}"))
}

/// Looks until what it sees is as wanted, or panics with what it saw last.
pub(crate) async fn until<T: Debug>(
    what: &str,
    mut look: impl FnMut() -> T,
    mut is_so: impl FnMut(&T) -> bool,
) -> T {
    let deadline = Instant::now() + SOON;
    loop {
        let seen = look();
        if is_so(&seen) {
            return seen;
        }
        assert!(
            Instant::now() < deadline,
            "not within {SOON:?}: {what}; last seen: {seen:?}"
        );
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
