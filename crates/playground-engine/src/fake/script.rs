//! The gate that every call passes: it records the call and does to it what the test scripted.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use tokio::sync::Notify;

use super::FakeEngine;
use crate::{EngineError, Result};

/// A kind of call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is the method of that name on Engine")]
pub enum Op {
    Version,
    EnsureNetwork,
    HasNetwork,
    TryNetwork,
    Image,
    ListImages,
    ImagesInUse,
    TagImage,
    RemoveImage,
    AskRegistry,
    PullImage,
    ImportImage,
    Build,
    Create,
    Start,
    Restart,
    Stop,
    Kill,
    Signal,
    Unpack,
    Remove,
    Pause,
    Unpause,
    Rename,
    Limit,
    Inspect,
    InspectRaw,
    List,
    Logs,
    Events,
    NetworkEvents,
    Listening,
    Connections,
    Stats,
    WritableBytes,
}

/// Tells when the call that a test halts at was reached.
#[derive(Debug, Clone)]
pub struct Halt(Arc<Notify>);

impl Halt {
    /// Waits for the call. Returns at once when it was reached before.
    pub async fn reached(&self) {
        self.0.notified().await;
        self.0.notify_one();
    }
}

/// What a test scripted, and what was called.
#[derive(Default)]
pub(super) struct Gate {
    calls: Vec<Op>,
    faults: BTreeMap<usize, Fault>,
    next: HashMap<Op, VecDeque<EngineError>>,
    halted: bool,
    down: bool,
}

/// What happens to one call.
enum Fault {
    Before(EngineError),
    After(EngineError),
    HaltBefore(Arc<Notify>),
    HaltAfter(Arc<Notify>),
}

enum Verdict {
    Go(Pass),
    Fail(EngineError),
    Hang,
}

/// Leave to take effect, and what happens to the answer.
pub(super) struct Pass(Option<Fault>);

impl Gate {
    pub(super) fn calls(&self) -> Vec<Op> {
        self.calls.clone()
    }

    pub(super) fn fail_call(&mut self, n: usize, error: EngineError) {
        self.faults
            .insert(self.calls.len() + n, Fault::Before(error));
    }

    pub(super) fn fail_call_after_effect(&mut self, n: usize, error: EngineError) {
        self.faults
            .insert(self.calls.len() + n, Fault::After(error));
    }

    pub(super) fn fail_next(&mut self, op: Op, error: EngineError) {
        self.next.entry(op).or_default().push_back(error);
    }

    pub(super) fn halt_at(&mut self, n: usize) -> Halt {
        self.halt(n, Fault::HaltBefore)
    }

    pub(super) fn halt_after(&mut self, n: usize) -> Halt {
        self.halt(n, Fault::HaltAfter)
    }

    fn halt(&mut self, n: usize, fault: fn(Arc<Notify>) -> Fault) -> Halt {
        let reached = Arc::new(Notify::new());
        self.faults
            .insert(self.calls.len() + n, fault(Arc::clone(&reached)));
        Halt(reached)
    }

    pub(super) fn resume(&mut self) {
        self.halted = false;
    }

    pub(super) fn clear(&mut self) {
        self.faults.clear();
        self.next.clear();
    }

    pub(super) fn set_down(&mut self, down: bool) {
        self.down = down;
    }

    fn admit(&mut self, op: Op) -> Verdict {
        let n = self.calls.len();
        self.calls.push(op);
        if self.halted {
            return Verdict::Hang;
        }
        match self.faults.remove(&n) {
            Some(Fault::HaltBefore(reached)) => {
                self.halted = true;
                reached.notify_one();
                Verdict::Hang
            }
            Some(Fault::Before(error)) => Verdict::Fail(error),
            _ if self.down => Verdict::Fail(EngineError::unreachable("the fake engine is down")),
            Some(after) => Verdict::Go(Pass(Some(after))),
            None => match self.next.get_mut(&op).and_then(VecDeque::pop_front) {
                Some(error) => Verdict::Fail(error),
                None => Verdict::Go(Pass(None)),
            },
        }
    }
}

impl FakeEngine {
    /// Lets a call in, or not. Yields first, so that calls of several tasks interleave.
    pub(super) async fn enter(&self, op: Op) -> Result<Pass> {
        tokio::task::yield_now().await;
        let verdict = self.gate().admit(op);
        match verdict {
            Verdict::Go(pass) => Ok(pass),
            Verdict::Fail(error) => Err(error),
            Verdict::Hang => std::future::pending().await,
        }
    }

    /// Lets an answer out, or not.
    pub(super) async fn leave<T>(&self, pass: Pass, answer: Result<T>) -> Result<T> {
        match pass.0 {
            None | Some(Fault::Before(_) | Fault::HaltBefore(_)) => answer,
            Some(Fault::After(error)) => Err(error),
            Some(Fault::HaltAfter(reached)) => {
                self.gate().halted = true;
                reached.notify_one();
                std::future::pending().await
            }
        }
    }

    /// A call whose whole effect is one change of the state.
    pub(super) async fn call<T>(
        &self,
        op: Op,
        effect: impl FnOnce(&mut super::state::State) -> Result<T>,
    ) -> Result<T> {
        let pass = self.enter(op).await?;
        let answer = self.change(effect);
        self.leave(pass, answer).await
    }
}
