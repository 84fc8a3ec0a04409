//! Between the gateway, which knows who is there, and the loop, which puts apps to sleep and wakes them.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use playground_control::{Audience, Control, error_chain};
use playground_proxy::{Apps, Gateway, Wake};
use playground_types::ContainerPk;

/// Introduces them to each other, before the loop starts.
pub(crate) fn introduce(control: &Control, gateway: &Gateway) {
    control.watched_by(Arc::new(Visitors(gateway.apps().clone())));
    gateway.woken_by(Arc::new(Waker {
        control: control.clone(),
        calls: Arc::default(),
    }));
}

/// The visitors of all apps, as the loop asks for them.
#[derive(Debug)]
struct Visitors(Arc<Apps>);

impl Audience for Visitors {
    fn idle_for(&self, pk: ContainerPk) -> Option<Duration> {
        self.0.traffic_of(pk.0).idle_for()
    }

    fn shut(&self, pk: ContainerPk, idle: Duration) -> bool {
        self.0.traffic_of(pk.0).shut(idle)
    }

    fn open(&self, pk: ContainerPk) {
        self.0.traffic_of(pk.0).open();
    }

    fn is_left(&self, pk: ContainerPk, address: SocketAddr) -> bool {
        self.0.traffic_of(pk.0).is_left(address)
    }

    fn note_visit(&self, pk: ContainerPk) {
        self.0.traffic_of(pk.0).note_visit();
    }
}

/// Calls the loop, once at a time for each app however many stand before its door.
#[derive(Debug)]
struct Waker {
    control: Control,
    calls: Arc<Mutex<HashSet<i64>>>,
}

impl Wake for Waker {
    fn wake(&self, pk: i64) {
        if !lock(&self.calls).insert(pk) {
            return;
        }
        let (control, calls) = (self.control.clone(), self.calls.clone());
        tokio::spawn(async move {
            if let Err(error) = control.wake_up(ContainerPk(pk)).await {
                // Whoever waits has the gateway call again.
                tracing::warn!(
                    container.pk = pk,
                    error = &error_chain(&error),
                    "an app could not be woken"
                );
            }
            lock(&calls).remove(&pk);
        });
    }
}

fn lock(calls: &Mutex<HashSet<i64>>) -> std::sync::MutexGuard<'_, HashSet<i64>> {
    calls.lock().unwrap_or_else(PoisonError::into_inner)
}
