//! What is seen of a record: all that a decision depends on beside the record itself.

use std::time::Duration;

use playground_types::Failure;

/// What is seen of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// The image its container needs. Only looked at when a container has to be made.
    pub image: Image,
    /// Its container.
    pub container: Seen,
    /// What others changed about it, and can be changed back while its app serves. Only looked at when that does.
    pub drift: Option<Drift>,
    /// The container that stepped aside for this one.
    pub previous: Option<Previous>,
    /// How long nobody has looked at its app and it has done nothing; none while somebody does, or where nobody can tell.
    /// Only looked at when that serves and may sleep.
    pub idle: Option<Duration>,
}

/// A container that stepped aside and serves on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Previous {
    /// It runs.
    pub is_up: bool,
    /// The last visitor has left it.
    pub is_left: bool,
}

/// What others changed about a container without making it another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drift {
    /// `docker update`: its memory, CPUs, processes, or whether Docker restarts it.
    Limits,
    /// `docker rename`.
    Name,
}

/// The image a record needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Image {
    /// Nobody looked, because the container there is the right one.
    NotAsked,
    /// No image was planned for the record's content yet.
    Unplanned,
    /// Not on the engine, and nobody builds it.
    Missing,
    /// Queued or being built.
    Building,
    /// The build that the record waited for ended without an image.
    Failed(Failure),
    /// On the engine.
    Present,
}

/// A record's container. `fits` says whether it was made from what the record wants now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// There is none.
    Missing,
    /// Made, never started.
    Created {
        /// Made from what is wanted.
        fits: bool,
    },
    /// Its process runs.
    Running {
        /// Made from what is wanted.
        fits: bool,
        /// Which run, as Docker's start time names it.
        run: String,
        /// Whether its app answers.
        readiness: Readiness,
    },
    /// Frozen.
    Paused {
        /// Made from what is wanted.
        fits: bool,
    },
    /// Its process ended.
    Exited {
        /// Made from what is wanted.
        fits: bool,
        /// Nobody looked when it did: the Agent or the engine was away.
        unwatched: bool,
    },
    /// The engine is just restarting or removing it.
    InTransit,
    /// The engine could not remove all of it.
    Dead,
}

/// Whether an app answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    /// It answered earlier in this run, and its address is out.
    Published,
    /// The same, and it missed this many health checks in a row since then.
    Mute(i64),
    /// It answers now.
    Answers,
    /// It does not answer yet.
    Silent,
}
