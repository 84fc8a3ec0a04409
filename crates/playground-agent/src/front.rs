//! The Agent's one address: everything that listens, the API and the gateway behind one door.

use std::net::IpAddr;

use playground_control::Control;
use playground_proxy::{Gateway, ListenLimits, listen};
use playground_store::StoreError;
use tokio::net::TcpListener;
use tokio::task::{JoinError, JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::gateway::{self, Access, Door};
use crate::http::{AppState, into_service, router};

/// What listens, until the loop is told to stop.
#[derive(Debug)]
pub struct Front {
    gateway: Gateway,
    listening: JoinHandle<()>,
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
    ) -> Result<Self, StoreError> {
        let control = state.control.clone();
        let gateway = state.gateway.clone();
        gateway::introduce(&control, &gateway);
        gateway::refresh(&control, &gateway).await?;
        tokio::spawn(gateway::follow(control.clone(), gateway.clone()));
        let door = Door {
            gateway: gateway.clone(),
            access: Access {
                tokens: state.tokens.clone(),
                links: state.links.clone(),
            },
            api: into_service(router(state)),
            trusted: trusted.into(),
        };
        let listening = tokio::spawn(listen(listener, door, limits, stop_of(&control)));
        let last_visits = tokio::spawn(gateway::keep_last_visits(control, gateway.clone()));
        Ok(Self {
            gateway,
            listening,
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
        let (_, listened, wrote) =
            tokio::join!(self.gateway.close(), self.listening, self.last_visits);
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
