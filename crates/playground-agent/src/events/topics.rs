//! What a reader wants beside the records: logs, and what containers use.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use playground_types::LaunchId;

use crate::http::error::ApiError;

/// Most logs of one stream, and most containers whose use it asks for one by one.
const MOST: usize = 8;
/// Lines of a container's log that a reader is told first, where it names no number.
const DEFAULT_TAIL: u32 = 500;
/// Most of them.
const MAX_TAIL: u32 = 100_000;

/// What a reader wants.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Topics {
    pub(super) logs: BTreeSet<LogTopic>,
    /// Lines of a container's log that come first.
    pub(super) tail: u32,
    pub(super) stats: StatsTopics,
    /// The apps that the reader's page shows: it counts as their viewer.
    pub(super) looks: BTreeSet<i64>,
}

/// A log. Its text is what the reader calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum LogTopic {
    /// A container's, by its record's integer key.
    Container(i64),
    /// A launch's build's.
    Build(LaunchId),
}

/// Whose use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct StatsTopics {
    /// That of every container.
    pub(super) all: bool,
    /// These, looked at more often.
    pub(super) some: BTreeSet<i64>,
}

impl Topics {
    /// Reads them out of a query's pairs.
    pub(crate) fn of(pairs: &[(String, String)]) -> Result<Self, ApiError> {
        let mut topics = Self {
            tail: DEFAULT_TAIL,
            ..Self::default()
        };
        for (name, value) in pairs {
            match (name.as_str(), value.as_str()) {
                ("log", text) => {
                    topics.logs.insert(text.parse()?);
                }
                ("stats", "all") => topics.stats.all = true,
                ("stats", text) => {
                    topics.stats.some.insert(number("stats", text)?);
                }
                ("look", text) => {
                    topics.looks.insert(number("look", text)?);
                }
                ("tail", text) => topics.tail = number::<u32>("tail", text)?.min(MAX_TAIL),
                _ => {}
            }
        }
        let most = topics.logs.len().max(topics.stats.some.len());
        if most.max(topics.looks.len()) > MOST {
            return Err(ApiError::bad_request(
                "topics_too_many",
                format!("a stream has at most {MOST} logs, the use of {MOST} containers, and looks at {MOST} apps"),
            )
            .with_hint("Ask for what is looked at; stats=all has every container's use."));
        }
        Ok(topics)
    }
}

impl fmt::Display for LogTopic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Container(pk) => write!(f, "container:{pk}"),
            Self::Build(id) => write!(f, "build:{id}"),
        }
    }
}

impl FromStr for LogTopic {
    type Err = ApiError;

    fn from_str(text: &str) -> Result<Self, ApiError> {
        let topic = match text.split_once(':') {
            Some(("container", pk)) => pk.parse().ok().map(Self::Container),
            Some(("build", id)) => id.parse().ok().map(Self::Build),
            _ => None,
        };
        topic.ok_or_else(|| invalid("log", text, "give container:{pk} or build:{id}"))
    }
}

fn number<T: FromStr>(name: &str, text: &str) -> Result<T, ApiError> {
    text.parse()
        .map_err(|_| invalid(name, text, "give a whole number"))
}

fn invalid(name: &str, text: &str, what: &str) -> ApiError {
    ApiError::bad_request("topic_invalid", format!("{name} is {text:?}: {what}"))
}
