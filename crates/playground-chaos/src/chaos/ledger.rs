//! What clients asked for and were told, and what may therefore be at the end.
//!
//! Several clients ask at the same time, and some never hear the answer. An operation counts from its first byte to its
//! last; what was certainly begun after it certainly came later, and anything else may have. So a wish may be the last one
//! unless another one that was confirmed began after it had ended.

use std::time::Duration;

use tokio::time::Instant;

use super::plan::{Identity, Spec};

/// A request whose connection broke may be worked on for so long.
const AFTERMATH: Duration = Duration::from_secs(3);

/// What a client wanted of a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    Create(Spec),
    Delete,
    Stop,
    /// Or restart.
    Start,
    /// Ends a build for everybody who waits for it, or stops the container.
    Cancel,
}

/// What it was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    /// It will be so.
    Yes,
    /// Nothing: the connection broke, or the Agent failed.
    Nothing,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    identity: Identity,
    wish: Wish,
    told: Told,
    began: Instant,
    ended: Instant,
}

/// Everything that was wished, but for what was refused.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    entries: Vec<Entry>,
    /// Every launch that a client was given.
    pub(crate) launches: Vec<String>,
}

/// What may be at the end.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Allowed {
    pub(crate) absent: bool,
    /// What it may be made from; empty when it must be absent.
    pub(crate) specs: Vec<Spec>,
    pub(crate) running: bool,
    pub(crate) stopped: bool,
    /// It may have failed because somebody cancelled its build.
    pub(crate) cancelled: bool,
}

impl Ledger {
    /// Takes in a wish that was not refused.
    pub(crate) fn note(&mut self, identity: Identity, wish: Wish, told: Told, began: Instant) {
        let now = Instant::now();
        let ended = match told {
            Told::Yes => now,
            Told::Nothing => now + AFTERMATH,
        };
        self.entries.push(Entry {
            identity,
            wish,
            told,
            began,
            ended,
        });
    }

    /// Containers that anybody ever asked for.
    pub(crate) fn identities(&self) -> Vec<Identity> {
        let mut all: Vec<Identity> = self.entries.iter().map(|entry| entry.identity).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// What may be at the end of it.
    pub(crate) fn allowed(&self, identity: Identity) -> Allowed {
        let own = |entry: &&Entry| entry.identity == identity;
        let lives = self.last(own, |wish| matches!(wish, Wish::Create(_) | Wish::Delete));
        let runs = self.last(own, |wish| *wish != Wish::Delete);
        let is_confirmed = |entry: &Entry| entry.told == Told::Yes;
        // A build is cancelled for every model of the release that waits for it.
        let cancels = self.last(
            |entry| {
                entry.identity == identity
                    || entry.wish == Wish::Cancel && entry.identity.code == identity.code
            },
            |wish| !matches!(wish, Wish::Delete | Wish::Stop),
        );
        let any =
            |entries: &[&Entry], is: fn(&Wish) -> bool| entries.iter().any(|entry| is(&entry.wish));
        Allowed {
            absent: any(&lives, |wish| *wish == Wish::Delete)
                || !lives.iter().any(|e| is_confirmed(e)),
            specs: lives
                .iter()
                .filter_map(|entry| match entry.wish {
                    Wish::Create(spec) => Some(spec),
                    _ => None,
                })
                .collect(),
            running: any(&runs, |wish| matches!(wish, Wish::Create(_) | Wish::Start)),
            stopped: any(&runs, |wish| matches!(wish, Wish::Stop | Wish::Cancel)),
            cancelled: any(&cancels, |wish| *wish == Wish::Cancel),
        }
    }

    /// The wishes of a kind that no confirmed one of them certainly came after.
    fn last(&self, about: impl Fn(&&Entry) -> bool, kind: impl Fn(&Wish) -> bool) -> Vec<&Entry> {
        let entries: Vec<&Entry> = self
            .entries
            .iter()
            .filter(|entry| about(entry) && kind(&entry.wish))
            .collect();
        let is_overtaken = |entry: &Entry| {
            entries
                .iter()
                .any(|later| later.told == Told::Yes && later.began > entry.ended)
        };
        entries
            .iter()
            .copied()
            .filter(|entry| !is_overtaken(entry))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::plan::Behaviour;
    use super::*;

    const A: Identity = Identity {
        code: 'a',
        model: None,
    };
    const A0: Identity = Identity {
        code: 'a',
        model: Some(0),
    };

    fn spec(mark: u64) -> Spec {
        Spec {
            content: Some('x'),
            behaviour: Behaviour::Well,
            mark,
        }
    }

    /// Entries with their times in seconds.
    fn ledger(entries: &[(Identity, Wish, Told, u64, u64)]) -> Ledger {
        let zero = Instant::now();
        let at = |seconds| zero + Duration::from_secs(seconds);
        let entries = entries
            .iter()
            .map(|&(identity, wish, told, began, ended)| Entry {
                identity,
                wish,
                told,
                began: at(began),
                ended: at(ended),
            })
            .collect();
        Ledger {
            entries,
            launches: Vec::new(),
        }
    }

    #[tokio::test]
    async fn what_was_confirmed_last_is_all_that_may_be() {
        let ledger = ledger(&[
            (A, Wish::Create(spec(1)), Told::Yes, 0, 1),
            (A, Wish::Delete, Told::Yes, 2, 3),
            (A, Wish::Create(spec(2)), Told::Yes, 4, 5),
        ]);
        let allowed = ledger.allowed(A);
        assert!(!allowed.absent && allowed.running && !allowed.stopped);
        assert_eq!(allowed.specs, [spec(2)]);
    }

    #[tokio::test]
    async fn an_unheard_answer_leaves_both_possible() {
        let ledger = ledger(&[
            (A, Wish::Create(spec(1)), Told::Yes, 0, 1),
            (A, Wish::Delete, Told::Nothing, 2, 3),
        ]);
        let allowed = ledger.allowed(A);
        assert!(allowed.absent);
        assert_eq!(allowed.specs, [spec(1)]);
    }

    #[tokio::test]
    async fn what_was_asked_at_the_same_time_may_have_come_in_any_order() {
        let ledger = ledger(&[
            (A, Wish::Create(spec(1)), Told::Yes, 0, 5),
            (A, Wish::Create(spec(2)), Told::Yes, 1, 2),
            (A, Wish::Stop, Told::Yes, 3, 4),
        ]);
        let allowed = ledger.allowed(A);
        assert_eq!(allowed.specs, [spec(1), spec(2)]);
        assert!(allowed.running && allowed.stopped && !allowed.absent);
    }

    #[tokio::test]
    async fn a_cancel_may_hit_every_model_until_it_is_asked_for_again() {
        let cancelled = |more: &[(Identity, Wish, Told, u64, u64)]| {
            let entries = [
                (A, Wish::Create(spec(1)), Told::Yes, 0, 1),
                (A0, Wish::Cancel, Told::Nothing, 2, 3),
            ];
            ledger(&[&entries, more].concat()).allowed(A).cancelled
        };
        assert!(cancelled(&[]));
        assert!(!cancelled(&[(A, Wish::Start, Told::Yes, 4, 5)]));
        assert!(cancelled(&[(A0, Wish::Start, Told::Yes, 4, 5)]));
    }
}
