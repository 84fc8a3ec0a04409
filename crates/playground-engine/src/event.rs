//! What happened to a container, as the engine announces it. Events are hints: list after subscribing.

use std::collections::BTreeMap;

use playground_types::{EngineId, Timestamp};

/// One event of one of our containers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineEvent {
    /// The container.
    pub id: EngineId,
    /// What happened.
    pub action: Action,
    /// The container's labels.
    pub labels: BTreeMap<String, String>,
    /// When, by the engine's clock.
    pub at: Timestamp,
}

/// What happened to a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// It was created.
    Create,
    /// It was started.
    Start,
    /// Its process ended, for whatever reason.
    Die {
        /// The exit code, where the engine told.
        exit_code: Option<i64>,
    },
    /// A process in it met the memory limit. A `Die` follows when that was the main one.
    Oom,
    /// It was stopped on request. The `Die` came before.
    Stop,
    /// A signal was sent to it. Its end, if any, is a `Die`.
    Kill,
    /// It was frozen.
    Pause,
    /// It was thawed.
    Unpause,
    /// It was removed.
    Destroy,
    /// It has another name.
    Rename,
    /// Anything else, in the engine's word.
    Other(String),
}

impl Action {
    /// The action of an engine's word and attributes.
    pub(crate) fn of(word: &str, exit_code: Option<&str>) -> Self {
        match word {
            "create" => Self::Create,
            "start" => Self::Start,
            "die" => Self::Die {
                exit_code: exit_code.and_then(|code| code.parse().ok()),
            },
            "oom" => Self::Oom,
            "stop" => Self::Stop,
            "kill" => Self::Kill,
            "pause" => Self::Pause,
            "unpause" => Self::Unpause,
            "destroy" => Self::Destroy,
            "rename" => Self::Rename,
            other => Self::Other(other.to_owned()),
        }
    }
}

/// Which events to hear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EventOptions {
    /// Replay from this time on. Use the last event's time minus an overlap after a broken stream.
    pub since: Option<Timestamp>,
}
