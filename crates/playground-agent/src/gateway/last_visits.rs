//! When somebody was last there, written down for when this Agent has ended.

use std::time::Duration;

use playground_control::{Control, error_chain};
use playground_proxy::{Gateway, Visits};
use playground_types::{ContainerPk, Timestamp};
use tokio::time::{Instant, sleep};

/// Between two times that it is written down.
const TURN: Duration = Duration::from_secs(60);

/// Writes it down every minute, and once more when the Agent is told to stop.
pub(crate) async fn keep(control: Control, gateway: Gateway) {
    let mut written = Instant::now();
    while !control.is_stopping() {
        // Cancel-safe: both only wait.
        tokio::select! {
            () = sleep(TURN) => {}
            () = control.stopping() => {}
        }
        let now = Instant::now();
        let visits = since(&gateway, now - written);
        match control.store().set_last_visits(&visits).await {
            Ok(()) => written = now,
            // The next turn writes these, too.
            Err(error) => tracing::warn!(
                error = &error_chain(&error),
                "it could not be written down who was there last"
            ),
        }
    }
}

/// The apps that somebody was at within this time.
fn since(gateway: &Gateway, time: Duration) -> Vec<(ContainerPk, Timestamp)> {
    let now = Timestamp::now();
    let visits = gateway.apps().visits().into_iter();
    visits
        .filter(|(_, visits)| visits.last_seen.is_some_and(|ago| ago <= time))
        .filter_map(|(pk, visits)| Some((ContainerPk(pk), last_visit(&visits, now)?)))
        .collect()
}

/// When somebody was last there; none when nobody was since the Agent began.
pub(crate) fn last_visit(visits: &Visits, now: Timestamp) -> Option<Timestamp> {
    let ago = i64::try_from(visits.last_seen?.as_millis()).unwrap_or(i64::MAX);
    Some(now.plus_millis(-ago))
}
