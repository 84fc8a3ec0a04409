//! The apps' own ports, where the Agent publishes: it listens on the host port of every record that holds one, whatever
//! its app does, and passes what comes in to this app and no other.
//!
//! Docker asks nobody who comes in by a published port, and neither does the Agent there.

use std::collections::HashMap;
use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::http::{Request, Response};
use hyper::body::Incoming;
use playground_control::{Control, error_chain};
use playground_proxy::{Body, Gateway, ListenLimits, listen};
use playground_store::ContainerRow;
use playground_types::HostPort;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service;

use super::visitor::visitor;
use crate::records::Containers;

/// A port that could not be opened is tried again after this time.
const TRY_AGAIN: Duration = Duration::from_secs(1);

/// What listens on the apps' own ports.
#[derive(Debug)]
pub(crate) struct Ports {
    control: Control,
    gateway: Gateway,
    limits: ListenLimits,
    trusted: Arc<[IpAddr]>,
    open: HashMap<HostPort, Open>,
    listening: TaskTracker,
    stop: CancellationToken,
}

/// A port that is open.
#[derive(Debug)]
struct Open {
    owner: Owner,
    stop: CancellationToken,
}

/// The name of the app whose port it is. A port that changes hands stays open.
type Owner = Arc<RwLock<String>>;

impl Ports {
    /// None open yet. All of them are closed when `stop` says so; each holds as many connections as `limits` has.
    pub(crate) fn new(
        control: Control,
        gateway: Gateway,
        limits: ListenLimits,
        trusted: Arc<[IpAddr]>,
        stop: CancellationToken,
    ) -> Self {
        Self {
            control,
            gateway,
            limits,
            trusted,
            open: HashMap::new(),
            listening: TaskTracker::new(),
            stop,
        }
    }

    /// What ends when every port is closed and every request that came in has its answer.
    pub(crate) fn listening(&self) -> TaskTracker {
        self.listening.clone()
    }

    /// Keeps the ports equal to the records until the Agent stops.
    pub(crate) async fn follow(mut self, mut containers: watch::Receiver<Containers>) {
        while !self.stop.is_cancelled() {
            let rows = containers.borrow_and_update().clone();
            let is_complete = self.refresh(&rows).await;
            // Cancel-safe: all of them only wait.
            tokio::select! {
                Ok(()) = containers.changed() => {}
                () = tokio::time::sleep(TRY_AGAIN), if !is_complete => {}
                () = self.stop.cancelled() => {}
            }
        }
        self.listening.close();
    }

    /// Opens and closes what the records say; whether all of them could be opened.
    pub(crate) async fn refresh(&mut self, rows: &[Arc<ContainerRow>]) -> bool {
        let held: HashMap<HostPort, &ContainerRow> = rows
            .iter()
            .filter_map(|row| Some((row.host_port?, row.as_ref())))
            .collect();
        self.open.retain(|port, open| {
            let is_held = held.contains_key(port);
            if !is_held {
                open.stop.cancel();
            }
            is_held
        });
        let mut is_complete = true;
        for (port, row) in held {
            if let Some(open) = self.open.get(&port) {
                let mut owner = open.owner.write().unwrap_or_else(PoisonError::into_inner);
                row.name.clone_into(&mut owner);
                continue;
            }
            is_complete &= self.open(port, row).await;
        }
        self.control
            .set_own_ports(self.open.keys().copied().collect());
        is_complete
    }

    /// Listens for a record; whether the port could be had.
    async fn open(&mut self, port: HostPort, row: &ContainerRow) -> bool {
        let address = SocketAddr::new(self.control.config().publish_address, port.0);
        let listener = match TcpListener::bind(address).await {
            Ok(listener) => listener,
            Err(error) => {
                self.give_back(port, row, &error).await;
                return false;
            }
        };
        let owner = Owner::new(RwLock::new(row.name.clone()));
        let stop = self.stop.child_token();
        let service = OwnPort {
            gateway: self.gateway.clone(),
            trusted: self.trusted.clone(),
            owner: owner.clone(),
        };
        self.listening
            .spawn(listen(listener, service, self.limits, stop.clone()));
        self.open.insert(port, Open { owner, stop });
        true
    }

    /// A port that somebody else holds is exchanged, as when Docker finds it taken.
    async fn give_back(&self, port: HostPort, row: &ContainerRow, error: &io::Error) {
        if error.kind() != io::ErrorKind::AddrInUse {
            tracing::warn!(%error, container.pk = %row.pk, "host port {port} of container {} cannot be opened", row.name);
            return;
        }
        if let Err(error) = self.control.lose_port(row.pk, port).await {
            tracing::warn!(
                error = &error_chain(&error),
                container.pk = %row.pk,
                "host port {port} of container {} is taken and could not be exchanged yet", row.name
            );
        }
    }
}

/// What answers on one app's port.
#[derive(Debug, Clone)]
struct OwnPort {
    gateway: Gateway,
    trusted: Arc<[IpAddr]>,
    owner: Owner,
}

impl Service<(Request<Incoming>, SocketAddr)> for OwnPort {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, (request, peer): (Request<Incoming>, SocketAddr)) -> Self::Future {
        let port = self.clone();
        Box::pin(async move {
            let visitor = visitor(request.headers(), peer, &port.trusted);
            let owner = port
                .owner
                .read()
                .unwrap_or_else(PoisonError::into_inner)
                .clone();
            Ok(port.gateway.handle_for(&owner, request, &visitor).await)
        })
    }
}
