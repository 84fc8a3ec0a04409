//! The gateway's table, made anew from the records whenever they change.

use std::sync::Arc;

use playground_control::Control;
use playground_proxy::{App, Gateway, Stage};
use playground_store::{ContainerRow, Desired};
use playground_types::{ContainerStatus, Visibility};

/// One new table.
pub(crate) fn replace(control: &Control, gateway: &Gateway, rows: &[Arc<ContainerRow>]) {
    let apps = gateway.apps();
    apps.replace(rows.iter().map(|row| App {
        traffic: apps.traffic_of(row.pk.0),
        pk: row.pk.0,
        is_public: row.visibility == Visibility::Public,
        stage: stage(row, control),
        name: row.name.clone(),
    }));
}

/// Reached while its address is out, whatever is wanted next; while it is not, at the container that stepped aside for it.
fn stage(row: &ContainerRow, control: &Control) -> Stage {
    if row.desired == Desired::Running && row.asleep.is_some() {
        return Stage::Asleep;
    }
    // One that is being thawed keeps its address, and nobody must meet it before it is.
    let is_thawed = row.status != ContainerStatus::Paused;
    let current = control.reached_at(row).filter(|_| is_thawed);
    if let Some(address) = current.or_else(|| control.previous_address(row)) {
        return Stage::Ready(address);
    }
    if row.desired != Desired::Running {
        return Stage::Stopped;
    }
    match row.status {
        ContainerStatus::Requested => Stage::Waiting,
        ContainerStatus::Building => Stage::Building,
        ContainerStatus::Failed => {
            let failure = row.current_failure().cloned();
            let (message, korean) = failure
                .map(|failure| (failure.message, failure.ko.message))
                .unwrap_or_default();
            Stage::Failed { message, korean }
        }
        _ => Stage::Starting,
    }
}
