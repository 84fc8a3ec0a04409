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
        Ok(Self { gateway, listening })
    }

    /// Until nothing listens any more.
    ///
    /// # Errors
    /// When that is because of a panic.
    pub async fn ended(&mut self) -> Result<(), JoinError> {
        (&mut self.listening).await
    }

    /// Ends WebSockets, and waits until every request that is open has its answer.
    pub async fn close(mut self) {
        let (_, ended) = tokio::join!(self.gateway.close(), &mut self.listening);
        if let Err(error) = ended {
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
