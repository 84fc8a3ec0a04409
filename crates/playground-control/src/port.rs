//! A host port for a record: claimed in the store, then tried on the host; and where the Agent listens itself, the ports
//! that it has.

use std::collections::HashSet;
use std::io::ErrorKind;
use std::net::TcpListener;
use std::sync::{Mutex, PoisonError};

use playground_store::{ContainerRow, StoreError};
use playground_types::{ContainerPk, HostPort};

use crate::container::decide::{Seen, ports_exhausted};
use crate::container::execute::Next;
use crate::{Control, Publish, StepError};

/// A port that a process of the host holds is left alone for so long.
const HELD_MS: i64 = 60_000;

/// The host ports that the Agent itself listens on.
#[derive(Debug, Default)]
pub(crate) struct OwnPorts(Mutex<HashSet<HostPort>>);

impl OwnPorts {
    fn replace(&self, ports: HashSet<HostPort>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = ports;
    }

    fn contains(&self, port: HostPort) -> bool {
        let ports = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ports.contains(&port)
    }
}

impl Control {
    /// Told by whoever listens for the Agent: these ports are open now.
    pub fn set_own_ports(&self, ports: HashSet<HostPort>) {
        self.own_ports.replace(ports);
    }

    /// Told by whoever listens for the Agent: a port that this record holds is somebody else's. The record gets another
    /// one, as when Docker finds a port taken.
    ///
    /// A container that fits no more may have been made when Docker published, and hold the port itself: it is on its
    /// way out, and the port is free after it.
    ///
    /// # Errors
    /// When the engine or the store does not answer: nothing was changed.
    pub async fn lose_port(&self, pk: ContainerPk, port: HostPort) -> Result<(), StepError> {
        let row = self.store.container(pk).await?;
        let Some(row) = row.filter(|row| row.host_port == Some(port)) else {
            return Ok(());
        };
        let view = self.find_container(&row).await?;
        let is_going = view.is_some_and(|view| {
            matches!(
                self.see(&row, &view),
                Seen::Running { fits: false, .. } | Seen::Paused { fits: false }
            )
        });
        // It may have been removed since the port was found taken.
        if !is_going && !self.binds(port) {
            tracing::info!(container.pk = %pk, port = %port, "host port {port} is taken, another one is reserved");
            let until = self.clock.now().plus_millis(HELD_MS);
            self.store.quarantine_port(pk, port, until).await?;
            self.wake(pk);
            self.changes.note();
        }
        Ok(())
    }

    /// Whether somebody listens on this port for an app that answers: Docker does from its start on.
    pub(crate) fn is_carried(&self, port: HostPort) -> bool {
        self.config.publish == Publish::Docker || self.own_ports.contains(port)
    }

    /// Claims the lowest free port. One that a foreign process holds is barred for a while and the next one is claimed.
    pub(crate) async fn reserve_port(&self, row: &ContainerRow) -> Result<Next, StepError> {
        let range = self.config.port_range;
        for _ in 0..range.count() {
            let now = self.clock.now();
            match self.store.reserve_port(row.pk, range, now).await {
                Ok(port) if self.is_free(port) => return Ok(Next::Again),
                Ok(port) => {
                    self.store
                        .quarantine_port(row.pk, port, now.plus_millis(HELD_MS))
                        .await?
                }
                Err(StoreError::PortsExhausted) => break,
                Err(error) => return Err(error.into()),
            }
        }
        self.give_up(row, &ports_exhausted(range)).await?;
        Ok(Next::Again)
    }

    /// Whether the port looks free. A race is possible and harmless: whoever binds it for good finds out.
    fn is_free(&self, port: HostPort) -> bool {
        !self.config.probe_host_ports
            // One that the Agent had for another record a moment ago.
            || self.own_ports.contains(port)
            || self.binds(port)
    }

    /// Whether the host lets us bind the port now. Docker says it better where the address is not one of this host's: that
    /// is no matter of ports.
    fn binds(&self, HostPort(port): HostPort) -> bool {
        TcpListener::bind((self.config.publish_address, port)).map_or_else(
            |error| error.kind() == ErrorKind::AddrNotAvailable,
            |_| true,
        )
    }
}
