//! Where an app is reached from outside.

use playground_store::ContainerRow;
use playground_types::ContainerStatus;

use crate::Control;

impl Control {
    /// `http://{host}:{port}` of a ready container; none of any other.
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
        let port = row.host_port.filter(|_| is_ready)?;
        let host = self
            .config
            .advertise
            .as_deref()
            .or(host)
            .unwrap_or("127.0.0.1");
        Some(format!("http://{host}:{port}"))
    }
}
