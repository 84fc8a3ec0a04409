//! What an image is built from, and what is heard while it is built.

use std::collections::BTreeMap;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use playground_types::Timestamp;

use crate::EngineError;

/// The bytes of a tar archive, in parts.
pub type TarStream = BoxStream<'static, std::io::Result<Bytes>>;

/// One image to build.
#[derive(Debug, Clone, PartialEq)]
pub struct BuildRequest {
    /// The references the image gets, at least one.
    pub tags: Vec<String>,
    /// The labels the image gets.
    pub labels: BTreeMap<String, String>,
    /// The Dockerfile's path in the context.
    pub dockerfile: String,
    /// Who builds.
    pub builder: Builder,
    /// Memory of each step. Only the classic builder honours it.
    pub memory_bytes: Option<u64>,
    /// CPUs of each step. Only the classic builder honours it.
    pub cpus: Option<f64>,
    /// The network of each step: `none`, `host`, or the engine's default.
    pub network: Option<String>,
    /// Build arguments. They end up in the image's history: never a secret.
    pub build_args: BTreeMap<String, String>,
}

/// Who builds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Builder {
    /// `BuildKit`, embedded in the engine: cache mounts, structured progress; ignores memory and CPU limits.
    BuildKit,
    /// The engine's first builder: no mounts; honours memory and CPU limits.
    Classic,
}

/// What is heard while an image is built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BuildEvent {
    /// A step began or ended.
    Step {
        /// The same for the begin and the end of one step.
        id: String,
        /// What a person reads, such as `[2/5] COPY . .`.
        name: String,
        /// Which of the two.
        state: StepState,
        /// When, by the engine's clock.
        at: Timestamp,
    },
    /// One line of output.
    Log {
        /// The step that wrote it, where that is known.
        step: Option<String>,
        /// The line, without its end.
        line: String,
    },
}

/// Where a step of a build is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepState {
    /// It began.
    Started,
    /// It ended.
    Finished {
        /// Nothing was done, an earlier result was used.
        cached: bool,
        /// Why it failed.
        error: Option<String>,
    },
}

/// A build that made no image. What it printed went out as [`BuildEvent`]s before.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct BuildFailed {
    /// The builder's own words.
    pub message: String,
    /// The engine has no such builder: try [`Builder::Classic`].
    pub not_supported: bool,
    /// The engine failed, not the build.
    #[source]
    pub engine: Option<EngineError>,
}

impl BuildFailed {
    /// A build that failed by its own content.
    pub fn because(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            not_supported: false,
            engine: None,
        }
    }
}

impl From<EngineError> for BuildFailed {
    fn from(error: EngineError) -> Self {
        Self {
            message: "the container engine failed while it built".to_owned(),
            not_supported: false,
            engine: Some(error),
        }
    }
}
