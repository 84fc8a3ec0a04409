//! Where an app is reached: from outside, and by the Agent itself.

use std::net::{IpAddr, SocketAddr};

use playground_engine::ContainerView;
use playground_store::{ContainerRow, Desired};
use playground_types::port::APP_PORT;
use playground_types::{ContainerStatus, HostPort};

use crate::readiness::Place;
use crate::{Control, Publish};

impl Control {
    /// `http://{host}:{port}` of a ready container; none of any other, but for one that sleeps where the Agent publishes: a
    /// visit to this very address wakes it.
    ///
    /// An unhealthy one keeps it: a busy app answers again by itself, at the same address, and taking the address back
    /// would take it from the very visitor whose request keeps the app busy.
    ///
    /// `host` is the name under which the caller reached the Agent, used when the operator advertises none.
    pub fn endpoint(&self, row: &ContainerRow, host: Option<&str>) -> Option<String> {
        let is_ready = matches!(
            row.status,
            ContainerStatus::Running | ContainerStatus::Unhealthy
        ) && row.is_published();
        let wakes = self.config.publish == Publish::Agent
            && row.desired == Desired::Running
            && row.asleep.is_some();
        let port = row.host_port.filter(|_| is_ready || wakes)?;
        let host = self
            .config
            .advertise
            .as_deref()
            .or(host)
            .unwrap_or("127.0.0.1");
        Some(format!("http://{host}:{port}"))
    }

    /// Where the Agent reaches the app whose address is out; none of any other.
    pub fn reached_at(&self, row: &ContainerRow) -> Option<SocketAddr> {
        let port = row.host_port.filter(|_| row.is_published())?;
        Some(self.place(port, row.address).socket)
    }

    /// The address that a container has of its own, where the Agent goes there. Every start may change it.
    pub(crate) fn own_address(&self, view: Option<&ContainerView>) -> Option<IpAddr> {
        let goes_there = self.config.publish == Publish::Agent;
        let view = view.filter(|_| goes_there)?;
        view.addresses.get(&self.config.network).copied()
    }

    /// At its own address where it has one, else where Docker publishes it. A container that was made under the other
    /// setting is reached until it is replaced.
    pub(crate) fn place(&self, port: HostPort, address: Option<IpAddr>) -> Place {
        let socket = match address {
            Some(address) => SocketAddr::new(address, APP_PORT),
            None => SocketAddr::new(self.config.probe_address, port.0),
        };
        Place { port, socket }
    }
}
