//! Visitors of scripted apps, as the gateway would count them.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use playground_control::Audience;
use playground_types::ContainerPk;
use tokio::time::Instant;

use crate::TestControl;

/// Who is there. Clones are the same audience.
#[derive(Debug, Clone, Default)]
pub struct TestAudience(Arc<Mutex<HashMap<ContainerPk, Door>>>);

#[derive(Debug)]
struct Door {
    inside: u32,
    left: Instant,
    /// How many are left at addresses that the app has no more.
    lingering: u32,
    is_shut: bool,
}

impl TestAudience {
    /// The audience of a loop that has none yet.
    pub fn of(agent: &TestControl) -> Self {
        let audience = Self::default();
        agent.control.watched_by(Arc::new(audience.clone()));
        audience
    }

    /// Somebody comes, and calls whoever sleeps, as the gateway does.
    pub async fn come(&self, agent: &TestControl, pk: ContainerPk) {
        self.doors().entry(pk).or_insert_with(Door::new).inside += 1;
        let woken = agent.control.wake_up(pk).await;
        woken.expect("the database answers");
    }

    /// Somebody leaves.
    pub fn leave(&self, pk: ContainerPk) {
        let mut doors = self.doors();
        let door = doors.get_mut(&pk).expect("somebody was there");
        door.inside -= 1;
        door.left = Instant::now();
    }

    /// So many stay at whatever address the app has no more.
    pub fn linger(&self, pk: ContainerPk, visitors: u32) {
        let mut doors = self.doors();
        doors.entry(pk).or_insert_with(Door::new).lingering = visitors;
    }

    /// Whether nobody is let in.
    pub fn is_shut(&self, pk: ContainerPk) -> bool {
        self.doors().get(&pk).is_some_and(|door| door.is_shut)
    }

    fn doors(&self) -> MutexGuard<'_, HashMap<ContainerPk, Door>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Door {
    fn new() -> Self {
        Self {
            inside: 0,
            left: Instant::now(),
            lingering: 0,
            is_shut: false,
        }
    }
}

impl Audience for TestAudience {
    fn idle_for(&self, pk: ContainerPk) -> Option<Duration> {
        let mut doors = self.doors();
        let door = doors.entry(pk).or_insert_with(Door::new);
        (door.inside == 0).then(|| door.left.elapsed())
    }

    fn shut(&self, pk: ContainerPk, idle: Duration) -> bool {
        let mut doors = self.doors();
        let door = doors.entry(pk).or_insert_with(Door::new);
        door.is_shut |= door.inside == 0 && door.left.elapsed() >= idle;
        door.is_shut
    }

    fn open(&self, pk: ContainerPk) {
        self.doors().entry(pk).or_insert_with(Door::new).is_shut = false;
    }

    fn is_left(&self, pk: ContainerPk, _address: SocketAddr) -> bool {
        let mut doors = self.doors();
        doors.entry(pk).or_insert_with(Door::new).lingering == 0
    }

    fn note_visit(&self, pk: ContainerPk) {
        self.doors().entry(pk).or_insert_with(Door::new).left = Instant::now();
    }
}
