//! What clients do: drawn from a seed, so that a run's plan can be repeated.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use playground_client::wire::{Container, OnExisting};
use playground_testkit::{Mimic, Plugin};

use crate::random::Random;

/// Few enough that clients meet at the same containers.
pub(crate) const CODES: [char; 4] = ['a', 'b', 'c', 'd'];
const MODELS: [Option<i64>; 3] = [None, Some(0), Some(1)];
/// Archives of one release that differ.
pub(crate) const CONTENTS: [char; 3] = ['x', 'y', 'z'];
const MARKS: u64 = 4;

/// Which container: the release's code, and the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Identity {
    pub(crate) code: char,
    pub(crate) model: Option<i64>,
}

/// How an app behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Behaviour {
    /// Answers at once.
    Well,
    /// Answers after a moment.
    Late,
    /// Must be killed.
    Stubborn,
    /// Prints a lot.
    Loud,
    /// Ends before it answers.
    Ends,
    /// Ends again and again after it answered.
    Loops,
}

/// What an app is made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Spec {
    /// Which archive; none where the create names the release only.
    pub(crate) content: Option<char>,
    pub(crate) behaviour: Behaviour,
    /// A param without effect, to have more than one spec of a kind.
    pub(crate) mark: u64,
}

/// What a client does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Create(Identity, Spec, OnExisting),
    Delete(Identity),
    Stop(Identity),
    Start(Identity),
    Restart(Identity),
    /// Cancels whatever is on its way.
    Cancel,
    List,
    Show(Identity),
    Builds,
    Logs(Identity),
    Health,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    New,
    Same,
    OtherParams,
    OtherArchive,
    Delete,
    Stop,
    Start,
    Restart,
    Cancel,
    List,
    Show,
    Builds,
    Logs,
    Health,
}

const KINDS: [(u64, Kind); 14] = [
    (14, Kind::New),
    (8, Kind::Same),
    (10, Kind::OtherParams),
    (8, Kind::OtherArchive),
    (14, Kind::Delete),
    (7, Kind::Stop),
    (7, Kind::Start),
    (7, Kind::Restart),
    (4, Kind::Cancel),
    (5, Kind::List),
    (6, Kind::Show),
    (3, Kind::Builds),
    (3, Kind::Logs),
    (2, Kind::Health),
];

const BEHAVIOURS: [(u64, Behaviour); 6] = [
    (60, Behaviour::Well),
    (15, Behaviour::Late),
    (8, Behaviour::Stubborn),
    (4, Behaviour::Loud),
    (8, Behaviour::Ends),
    (2, Behaviour::Loops),
];

/// One client's plan.
#[derive(Debug)]
pub(crate) struct Plan {
    random: Random,
    /// What this client asked for last.
    asked: HashMap<Identity, Spec>,
}

impl Plan {
    pub(crate) fn new(random: Random) -> Self {
        Self {
            random,
            asked: HashMap::new(),
        }
    }

    /// The next operation, and how long to wait before it.
    pub(crate) fn next(&mut self) -> (Duration, Operation) {
        let identity = Identity {
            code: self.random.one(&CODES),
            model: self.random.one(&MODELS),
        };
        let operation = match self.random.weighted(&KINDS) {
            kind @ (Kind::New | Kind::Same | Kind::OtherParams | Kind::OtherArchive) => {
                self.create(identity, kind)
            }
            Kind::Delete => Operation::Delete(identity),
            Kind::Stop => Operation::Stop(identity),
            Kind::Start => Operation::Start(identity),
            Kind::Restart => Operation::Restart(identity),
            Kind::Cancel => Operation::Cancel,
            Kind::List => Operation::List,
            Kind::Show => Operation::Show(identity),
            Kind::Builds => Operation::Builds,
            Kind::Logs => Operation::Logs(identity),
            Kind::Health => Operation::Health,
        };
        (Duration::from_millis(self.random.below(400)), operation)
    }

    fn create(&mut self, identity: Identity, kind: Kind) -> Operation {
        let fresh = Spec {
            content: Some(self.random.one(&CONTENTS)),
            behaviour: self.random.weighted(&BEHAVIOURS),
            mark: self.random.below(MARKS),
        };
        let spec = match (kind, self.asked.get(&identity).copied()) {
            (Kind::Same, Some(last)) => last,
            (Kind::OtherParams, Some(last)) => Spec {
                content: None,
                behaviour: last.behaviour,
                ..fresh
            },
            (Kind::OtherArchive, Some(last)) => Spec {
                content: fresh.content,
                ..last
            },
            _ => fresh,
        };
        self.asked.insert(identity, spec);
        let on_existing = self.random.weighted(&[
            (3, OnExisting::Restart),
            (2, OnExisting::Reuse),
            (1, OnExisting::Recreate),
        ]);
        Operation::Create(identity, spec, on_existing)
    }
}

impl Operation {
    /// Its line in the report.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Create(_, spec, _) if spec.content.is_some() => "create with an archive",
            Self::Create(..) => "create by name",
            Self::Delete(_) => "delete",
            Self::Stop(_) => "stop",
            Self::Start(_) => "start",
            Self::Restart(_) => "restart",
            Self::Cancel => "cancel",
            Self::List => "list containers",
            Self::Show(_) => "show a container",
            Self::Builds => "list builds",
            Self::Logs(_) => "read a log",
            Self::Health => "health",
        }
    }
}

impl Identity {
    /// Whose container this is; none for one that clients leave alone.
    pub(crate) fn of(container: &Container) -> Option<Self> {
        let (model, release_of) = (container.model, container.plugin_release.as_str());
        let code = CODES
            .into_iter()
            .find(|code| release(*code) == release_of)?;
        Some(Self { code, model })
    }

    /// `code@version`.
    pub(crate) fn release(self) -> String {
        release(self.code)
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.model {
            Some(model) => write!(f, "{} model {model}", self.release()),
            None => f.write_str(&self.release()),
        }
    }
}

impl Spec {
    /// As a create sends it, and as the app answers it.
    pub(crate) fn mimic(self) -> Mimic {
        let mimic = Mimic::new().with("mark", self.mark);
        match self.behaviour {
            Behaviour::Well => mimic,
            Behaviour::Late => mimic.ready_after(Duration::from_millis(700)),
            Behaviour::Stubborn => mimic.ignore_sigterm(),
            Behaviour::Loud => mimic.log_bytes(2 << 20),
            Behaviour::Ends => mimic
                .ready_after(Duration::from_secs(3600))
                .exit_after(Duration::from_millis(300), 3),
            Behaviour::Loops => mimic.exit_after(Duration::from_millis(1500), 4),
        }
    }
}

/// `code@version` of a code.
pub(crate) fn release(code: char) -> String {
    format!("chaos-{code}@1.0.0")
}

/// The archive of a release with this content.
pub(crate) fn archive(code: char, content: char) -> Vec<u8> {
    Plugin::mimic(&format!("chaos-{code}"), "1.0.0", &content.to_string()).zip()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_its_plan() {
        let plan = |seed| {
            let mut plan = Plan::new(Random::new(seed));
            (0..200).map(|_| plan.next()).collect::<Vec<_>>()
        };
        assert_eq!(plan(3), plan(3));
        assert_ne!(plan(3), plan(4));
    }

    #[test]
    fn every_kind_comes_up() {
        let mut plan = Plan::new(Random::new(1));
        let mut names: Vec<&str> = (0..1000).map(|_| plan.next().1.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), 12, "{names:?}");
    }
}
