//! Everything that listens: the Agent's one address, with the API and the gateway behind one door, and the apps' own ports
//! where the Agent publishes them.

use std::net::IpAddr;
use std::sync::Arc;

use playground_control::{Control, ControlError, Publish};
use playground_proxy::{Gateway, ListenLimits, listen};
use tokio::net::TcpListener;
use tokio::task::{JoinError, JoinHandle};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::gateway::{self, Access, Door, Ports};
use crate::http::{AppState, into_service, router};
use crate::records::Records;

/// What listens, until the loop is told to stop.
#[derive(Debug)]
pub struct Front {
    gateway: Gateway,
    listening: JoinHandle<()>,
    own_ports: TaskTracker,
    last_visits: JoinHandle<()>,
}

impl Front {
    /// Begins to answer. The gateway knows its apps before the first visitor comes. `trusted` are servers in front of this
    /// one, whose `X-Forwarded-For` and `-Proto` are believed.
    ///
    /// # Errors
    /// When the records cannot be read.
    pub async fn open(
        listener: TcpListener,
        state: AppState,
        limits: ListenLimits,
        trusted: Vec<IpAddr>,
    ) -> Result<Self, ControlError> {
        let control = state.control.clone();
        let gateway = state.gateway.clone();
        gateway::introduce(&control, &gateway);
        let mut records = Records::new(control.clone(), gateway.clone(), state.feed.clone());
        records.read().await?;
        let trusted: Arc<[IpAddr]> = trusted.into();
        let stop = stop_of(&control);
        let mut ports = Ports::new(
            control.clone(),
            gateway.clone(),
            limits,
            trusted.clone(),
            stop.clone(),
        );
        let own_ports = ports.listening();
        if control.config().publish == Publish::Agent {
            let containers = records.containers();
            let rows = containers.borrow().clone();
            ports.refresh(&rows).await;
            tokio::spawn(ports.follow(containers));
        } else {
            own_ports.close();
        }
        tokio::spawn(records.follow());
        tokio::spawn(state.health.clone().follow(control.clone()));
        let door = Door {
            gateway: gateway.clone(),
            access: Access {
                tokens: state.tokens.clone(),
                links: state.links.clone(),
            },
            api: into_service(router(state)),
            trusted,
        };
        let listening = tokio::spawn(listen(listener, door, limits, stop));
        let last_visits = tokio::spawn(gateway::keep_last_visits(control, gateway.clone()));
        Ok(Self {
            gateway,
            listening,
            own_ports,
            last_visits,
        })
    }

    /// Until nothing listens any more.
    ///
    /// # Errors
    /// When that is because of a panic.
    pub async fn ended(&mut self) -> Result<(), JoinError> {
        (&mut self.listening).await
    }

    /// Ends WebSockets, and waits until every request that is open has its answer and what was seen is written down.
    pub async fn close(self) {
        let (_, listened, wrote, ()) = tokio::join!(
            self.gateway.close(),
            self.listening,
            self.last_visits,
            self.own_ports.wait()
        );
        if let Err(error) = listened.and(wrote) {
            tracing::error!(%error, "what listens has panicked");
        }
    }
}

/// Ends when the loop is told to.
fn stop_of(control: &Control) -> CancellationToken {
    let stop = CancellationToken::new();
    let (stopping, ends) = (control.stopping(), stop.clone());
    tokio::spawn(async move {
        stopping.await;
        ends.cancel();
    });
    stop
}
