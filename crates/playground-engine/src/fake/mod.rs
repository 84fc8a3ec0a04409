//! A scripted engine in memory that behaves like Docker 20.10, for tests.
//!
//! | module | idea |
//! |---|---|
//! | `script` | the gate each call passes: recording, scripted failures, a halt that simulates `kill -9` |
//! | `app` | how the app inside a container behaves, and what its port answers |
//! | `outside` | other hands on the same engine: kill, remove, rename, take ports, go down |
//! | `state` | containers, images, ports, and what changes them |
//! | `containers`, `images`, `builds`, `streams` | the calls of [`Engine`](crate::Engine) |
//!
//! The state belongs to the engine, not to its callers: clones share it, and it outlives a control side that is dropped
//! in the middle of a call. All time is tokio's, so a paused clock makes a day pass in a moment.

mod app;
mod builds;
mod containers;
mod images;
mod outside;
mod script;
mod state;
mod streams;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use playground_types::{EngineId, HostPort, Timestamp};
use tokio::sync::watch;
use tokio::time::Instant;

pub use app::AppBehaviour;
pub use builds::BuildScript;
pub use outside::Outside;
pub use script::{Halt, Op};

use crate::{ContainerView, EngineError};
use script::Gate;
use state::State;

/// The scripted engine. Clones share everything.
#[derive(Clone)]
pub struct FakeEngine(Arc<Shared>);

struct Shared {
    gate: Mutex<Gate>,
    state: Mutex<State>,
    changed: watch::Sender<u64>,
}

impl Default for FakeEngine {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for FakeEngine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FakeEngine")
            .field("calls", &self.call_count())
            .finish_non_exhaustive()
    }
}

impl FakeEngine {
    /// An empty engine that answers.
    pub fn new() -> Self {
        Self(Arc::new(Shared {
            gate: Mutex::default(),
            state: Mutex::new(State::new()),
            changed: watch::Sender::new(0),
        }))
    }

    /// Every call so far, in order, failed ones too.
    pub fn calls(&self) -> Vec<Op> {
        self.gate().calls()
    }

    /// How many calls there were so far.
    pub fn call_count(&self) -> usize {
        self.gate().calls().len()
    }

    /// The `n`th call from now (0 is the next one) fails with `error` and changes nothing.
    pub fn fail_call(&self, n: usize, error: EngineError) {
        self.gate().fail_call(n, error);
    }

    /// The `n`th call from now takes effect, and its answer is lost: the caller gets `error`.
    pub fn fail_call_after_effect(&self, n: usize, error: EngineError) {
        self.gate().fail_call_after_effect(n, error);
    }

    /// The next call of this kind that nothing else fails gets `error`. Several queue up.
    pub fn fail_next(&self, op: Op, error: EngineError) {
        self.gate().fail_next(op, error);
    }

    /// The `n`th call from now and all after it never return, and change nothing: the caller was killed before it.
    pub fn halt_at(&self, n: usize) -> Halt {
        self.gate().halt_at(n)
    }

    /// The `n`th call from now takes effect and never returns, nor does any later one: the caller was killed after it.
    pub fn halt_after(&self, n: usize) -> Halt {
        self.gate().halt_after(n)
    }

    /// Calls return again, for the control side that starts after the halt. Calls that hang stay hanging.
    pub fn resume(&self) {
        self.gate().resume();
    }

    /// Forgets every scripted failure that was not used.
    pub fn clear_script(&self) {
        self.gate().clear();
    }

    /// Other hands on the same engine.
    pub fn outside(&self) -> Outside {
        Outside::new(self.clone())
    }

    /// How apps behave, unless [`behave`](Self::behave) says otherwise.
    pub fn behave_by_default(&self, behaviour: AppBehaviour) {
        self.state().default_behaviour = behaviour;
    }

    /// How the app of some containers behaves, from their next start on. `key` is an image reference, a container's name,
    /// or the value of one of its labels; the last match counts.
    pub fn behave(&self, key: impl Into<String>, behaviour: AppBehaviour) {
        self.state().behaviours.push((key.into(), behaviour));
    }

    /// The HTTP status that whatever serves on this host port answers now; `None` is a refused connection.
    pub fn answers(&self, port: HostPort) -> Option<u16> {
        self.state().answers(port)
    }

    /// Whether what listens on this host port takes connections and answers none of them.
    pub fn hangs(&self, port: HostPort) -> bool {
        self.state().hangs(port)
    }

    /// The engine's clock: a fixed date plus the time that passed on tokio's clock.
    pub fn now(&self) -> Timestamp {
        self.state().now()
    }

    /// Every container, whoever's it is, without counting as a call.
    pub fn containers(&self) -> Vec<ContainerView> {
        self.state().views(|_| true)
    }

    /// Waits until `condition` holds, looking again after every change and every virtual second.
    ///
    /// # Panics
    /// When it does not hold after `deadline`; the message holds the containers there are.
    pub async fn until(&self, deadline: Duration, mut condition: impl FnMut(&Self) -> bool) {
        let began = Instant::now();
        let mut changed = self.0.changed.subscribe();
        while !condition(self) {
            assert!(
                began.elapsed() < deadline,
                "not within {deadline:?}; the engine has {:#?}",
                self.containers()
            );
            drop(tokio::time::timeout(Duration::from_secs(1), changed.changed()).await);
        }
    }

    /// Panics unless this Agent's containers are exactly `expected` and no build runs.
    ///
    /// # Panics
    /// When something leaked or is missing; the message holds what there is.
    pub fn assert_no_leaks(&self, agent_id: &str, expected: &[EngineId]) {
        let state = self.state();
        let there: BTreeSet<_> = state
            .views(|labels| state::owned_by(labels, agent_id))
            .into_iter()
            .map(|view| view.id)
            .collect();
        let expected: BTreeSet<_> = expected.iter().cloned().collect();
        assert_eq!(
            there, expected,
            "containers of agent {agent_id} (left: there, right: expected)"
        );
        assert_eq!(state.builds_running, 0, "builds still run");
    }

    fn gate(&self) -> MutexGuard<'_, Gate> {
        self.0.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state and wakes whoever watches it.
    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let out = change(&mut self.state());
        self.0.changed.send_modify(|version| *version += 1);
        out
    }
}
