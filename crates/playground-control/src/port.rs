//! A host port for a record: claimed in the store, then tried on the host.

use std::io::ErrorKind;
use std::net::TcpListener;

use playground_store::{ContainerRow, StoreError};
use playground_types::HostPort;

use crate::container::decide::ports_exhausted;
use crate::container::execute::Next;
use crate::{Control, StepError};

/// A port that a process of the host holds is left alone for so long.
const HELD_MS: i64 = 60_000;

impl Control {
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

    /// Whether the host lets us bind the port now. A race is possible and harmless: Docker finds out at start. Docker
    /// says it better, too, where the address is not one of this host's: that is no matter of ports.
    fn is_free(&self, HostPort(port): HostPort) -> bool {
        let bound = || TcpListener::bind((self.config.publish_address, port));
        !self.config.probe_host_ports
            || bound().map_or_else(
                |error| error.kind() == ErrorKind::AddrNotAvailable,
                |_| true,
            )
    }
}
