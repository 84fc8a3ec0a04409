//! Status words. Containers use the platform's nine states plus `paused`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A word that is no status of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a status")]
pub struct UnknownStatus(pub String);

macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $word:literal),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "lowercase")]
        pub enum $name { $($(#[$variant_meta])* $variant),* }

        impl $name {
            /// Every word, in the order of a container's life.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word on the wire and in the database.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
        }

        impl FromStr for $name {
            type Err = UnknownStatus;
            fn from_str(text: &str) -> Result<Self, UnknownStatus> {
                match text { $($word => Ok(Self::$variant),)* _ => Err(UnknownStatus(text.to_owned())) }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

words! {
    /// What a container record says of itself.
    ContainerStatus {
        /// Asked for; nothing was done yet. The driver takes it from here.
        Requested = "requested",
        /// Its image is being built, or waits to be.
        Building = "building",
        /// Its container is being created or started, or its app has not answered yet.
        Starting = "starting",
        /// Ready: an HTTP answer from the app was seen, and its health checks are answered.
        Running = "running",
        /// It was ready and its app stopped answering. Its address stays out: a busy app answers again by itself.
        Unhealthy = "unhealthy",
        /// Frozen: keeps its memory, uses no CPU.
        Paused = "paused",
        /// Stopped on purpose; keeps its port.
        Stopped = "stopped",
        /// Given up, with a failure that says why; a new create tries again.
        Failed = "failed",
        /// Being removed.
        Deleting = "deleting",
        /// Gone. Seen only in the answer to the last look.
        Deleted = "deleted",
    }
}

words! {
    /// What the health checks of a ready app say, in the platform's words.
    #[derive(Default)]
    HealthState {
        /// Not ready, so there is nothing to check.
        #[default]
        Unknown = "unknown",
        /// It answered; fewer checks in a row were missed since then than make it unhealthy.
        Healthy = "healthy",
        /// It missed too many checks in a row.
        Unhealthy = "unhealthy",
    }
}

words! {
    /// Who may use an app through the gateway.
    #[derive(Default)]
    Visibility {
        /// Whoever has a token of the Agent, or a link that was made for it.
        #[default]
        Private = "private",
        /// Everybody.
        Public = "public",
    }
}

words! {
    /// The life of an image build.
    BuildStatus {
        /// Waits for a free builder.
        Queued = "queued",
        /// Running.
        Building = "building",
        /// Its image is there.
        Completed = "completed",
        /// Ended without an image; has a failure.
        Failed = "failed",
        /// Ended by request.
        Cancelled = "cancelled",
    }
}

words! {
    /// The life of a launch, as clients poll it at `builds/{id}/`; the last three words are the contract's.
    LaunchStatus {
        /// Waits for a builder.
        Queued = "queued",
        /// The image is being built.
        Building = "building",
        /// The container starts, or its app has not answered yet.
        Starting = "starting",
        /// The app answered; `result` holds the container.
        Completed = "completed",
        /// Given up; `error` says why.
        Failed = "failed",
        /// Ended by request.
        Cancelled = "cancelled",
    }
}

words! {
    /// What a step of an image build is for.
    StepPurpose {
        /// The plugin's files go to the builder.
        Context = "context",
        /// The base image is looked up.
        Base = "base",
        /// The base image is made fit: a `python`, folders of the app's user.
        Prepare = "prepare",
        /// Requirements are installed.
        Install = "install",
        /// The launcher goes in.
        Launcher = "launcher",
        /// The plugin's code goes in.
        Code = "code",
        /// Python's byte code is made.
        Compile = "compile",
        /// How the image starts is set.
        Finish = "finish",
        /// The image is saved.
        Save = "save",
    }
}

impl ContainerStatus {
    /// The statuses a list filter word stands for: our own words, and Docker's (`exited`, `created`, `restarting`, `dead`,
    /// `removing`), because callers of a Docker-backed service use both.
    pub fn matching(word: &str) -> Result<Vec<Self>, UnknownStatus> {
        if let Ok(own) = word.parse() {
            return Ok(vec![own]);
        }
        match word {
            "exited" => Ok(vec![Self::Stopped, Self::Failed]),
            "dead" => Ok(vec![Self::Failed]),
            "created" => Ok(vec![Self::Requested, Self::Building, Self::Starting]),
            "restarting" => Ok(vec![Self::Starting]),
            "removing" => Ok(vec![Self::Deleting]),
            _ => Err(UnknownStatus(word.to_owned())),
        }
    }
}

impl BuildStatus {
    /// Whether nothing will change any more.
    pub fn is_final(self) -> bool {
        match self {
            Self::Queued | Self::Building => false,
            Self::Completed | Self::Failed | Self::Cancelled => true,
        }
    }
}

impl LaunchStatus {
    /// Whether nothing will change any more.
    pub fn is_final(self) -> bool {
        match self {
            Self::Queued | Self::Building | Self::Starting => false,
            Self::Completed | Self::Failed | Self::Cancelled => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filter_understands_both_vocabularies() {
        assert_eq!(
            ContainerStatus::matching("running"),
            Ok(vec![ContainerStatus::Running])
        );
        assert_eq!(
            ContainerStatus::matching("exited"),
            Ok(vec![ContainerStatus::Stopped, ContainerStatus::Failed])
        );
        assert!(ContainerStatus::matching("sleeping").is_err());
    }

    #[test]
    fn every_word_reads_back() {
        for status in ContainerStatus::ALL {
            assert_eq!(status.as_str().parse(), Ok(*status));
        }
    }
}
