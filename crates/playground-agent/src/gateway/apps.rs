//! The gateway's table, made anew from the records whenever they change.

use std::time::Duration;

use playground_control::{Control, error_chain};
use playground_proxy::{App, Gateway, Stage};
use playground_store::{ContainerFilter, ContainerRow, Desired, StoreError};
use playground_types::{ContainerStatus, Visibility};

/// Changes within this time make one new table.
const PAUSE: Duration = Duration::from_millis(20);
/// Records looked at in one go.
const ALL: u64 = 100_000;

/// Keeps the table equal to the records until the Agent stops.
pub(crate) async fn follow(control: Control, gateway: Gateway) {
    let mut changes = control.changes();
    while !control.is_stopping() {
        changes.borrow_and_update();
        if let Err(error) = refresh(&control, &gateway).await {
            tracing::warn!(
                error = &error_chain(&error),
                "the gateway keeps its last table: the records cannot be read"
            );
        }
        tokio::time::sleep(PAUSE).await;
        // Cancel-safe: both only wait.
        tokio::select! {
            _ = changes.changed() => {}
            () = control.stopping() => {}
        }
    }
}

/// One new table.
pub(crate) async fn refresh(control: &Control, gateway: &Gateway) -> Result<(), StoreError> {
    let everything = ContainerFilter {
        limit: ALL,
        ..ContainerFilter::default()
    };
    let (rows, _) = control.store().containers(&everything).await?;
    let apps = gateway.apps();
    apps.replace(rows.into_iter().map(|row| App {
        traffic: apps.traffic_of(row.pk.0),
        pk: row.pk.0,
        is_public: row.visibility == Visibility::Public,
        stage: stage(&row, control),
        name: row.name,
    }));
    Ok(())
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
