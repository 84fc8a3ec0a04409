//! What can go wrong at the engine, named for what happened.
//!
//! Docker's own errors are sorted into these words in one place, `docker/classify.rs`; no caller compares status codes
//! or texts. Display never repeats the source: print the chain.

use std::error::Error;
use std::sync::Arc;

use playground_types::HostPort;

/// A failed engine call.
#[derive(Debug, Clone, thiserror::Error)]
pub enum EngineError {
    /// Nothing answers at the engine's address, or the connection broke before an answer came.
    #[error("the container engine does not answer")]
    Unreachable {
        /// What the connection said.
        source: Cause,
    },
    /// The engine took the call and did not answer in time. The call may still take effect.
    #[error("the container engine did not finish in time: {0}")]
    TimedOut(&'static str),
    /// The container is not there (any more).
    #[error("the container engine has no such container")]
    NoSuchContainer,
    /// The image is not there, neither local nor, for a pull, in the registry.
    #[error("the container engine has no image {0}")]
    NoSuchImage(String),
    /// The network that the container was created for is not there.
    #[error("the container engine has no network for this container: {0}")]
    NoSuchNetwork(String),
    /// Another container has this name.
    #[error("another container is named {0}")]
    NameTaken(String),
    /// Another container or a process of the host has this port. Seen when starting, not when creating.
    #[error("host port {0} is taken")]
    PortTaken(HostPort),
    /// The state of the thing excludes the call now: it is paused, not running, in use, being removed.
    #[error("the container engine cannot do this now: {message}")]
    Conflict {
        /// The engine's own words.
        message: String,
    },
    /// The engine's disk is full.
    #[error("the container engine has no disk space left: {message}")]
    DiskFull {
        /// The engine's own words.
        message: String,
    },
    /// A network of the wanted name exists and is not ours.
    #[error("network {0} exists already and was not made by this playground: choose another name")]
    ForeignNetwork(String),
    /// The engine refused for a reason that has no name here.
    #[error("the container engine refused with status {status}: {message}")]
    Refused {
        /// The HTTP status of the refusal.
        status: u16,
        /// The engine's own words.
        message: String,
    },
    /// A stream of events, logs or build output broke.
    #[error("a stream from the container engine broke")]
    Stream {
        /// What broke it.
        source: Cause,
    },
    /// The event stream ended, as it does when the engine restarts. Subscribe again with `since`, then list.
    #[error("the event stream of the container engine ended")]
    EventsEnded,
    /// The engine's answer lacks something that we cannot do without.
    #[error("the container engine's answer makes no sense: {0}")]
    Unintelligible(String),
}

impl EngineError {
    /// Whether the same call can succeed later without anything being changed here.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Unreachable { .. }
            | Self::TimedOut(_)
            | Self::Conflict { .. }
            | Self::DiskFull { .. }
            | Self::Stream { .. }
            | Self::EventsEnded
            | Self::Unintelligible(_) => true,
            Self::Refused { status, .. } => *status >= 500,
            Self::NoSuchContainer
            | Self::NoSuchImage(_)
            | Self::NoSuchNetwork(_)
            | Self::NameTaken(_)
            | Self::PortTaken(_)
            | Self::ForeignNetwork(_) => false,
        }
    }

    /// Whether the container or image that the call was about is not there.
    pub fn not_found(&self) -> bool {
        matches!(self, Self::NoSuchContainer | Self::NoSuchImage(_))
    }

    /// An engine that does not answer, for this reason.
    pub fn unreachable(reason: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Unreachable {
            source: Arc::from(reason.into()),
        }
    }

    /// A stream that broke, for this reason.
    pub fn stream(reason: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Stream {
            source: Arc::from(reason.into()),
        }
    }
}

/// The error below an [`EngineError`], shared so that errors can be cloned.
pub type Cause = Arc<dyn Error + Send + Sync>;
