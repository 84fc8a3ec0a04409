//! Why a build or a run failed: data, not an error of ours.
//!
//! A failure is stored with the record, counted by its kind, and shown as one sentence with a hint and the last lines of
//! the log, so that an author can act without reading the whole log. Its sentences are made from a [`Cause`], in every
//! language at once: what is kept for years can be read by whoever comes, and no language says less than another.

mod cause;
#[cfg(test)]
mod document;
mod english;
mod korean;
#[cfg(test)]
mod tests;

pub use cause::{Cause, Place};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What kind of failure it was. The words are stable: scripts and metrics use them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// Build: a line of `requirements.txt` is not a requirement.
    BadRequirement,
    /// Build: the index knows no package of this name.
    NoSuchPackage,
    /// Build: the package has no version that fits.
    NoSuchVersion,
    /// Build: requirements exclude each other.
    VersionConflict,
    /// Build: only a source distribution exists and the policy allows wheels only.
    NeedsSourceBuild,
    /// Build: a source distribution did not build.
    SourceBuildFailed,
    /// Build: a package does not support the image's Python.
    PythonVersion,
    /// Build: the package index could not be reached. Run: the plugin could not reach what it needs.
    Network,
    /// Build: the package index's certificate was not trusted.
    Tls,
    /// Build or run: the disk, or a place of a fixed size, is full.
    DiskFull,
    /// Run: wrote more beside its code than its limit.
    DiskLimit,
    /// Build: the base image is not on this engine.
    BaseImageMissing,
    /// Build: the plugin's content is no longer on this Agent.
    SourceMissing,
    /// Build: longer than the total time-out.
    BuildTimeout,
    /// Build: no output for longer than the silence time-out.
    BuildSilent,
    /// Build: out of memory.
    BuildOom,
    /// Build: ended by request.
    Cancelled,
    /// Build: failed in a way that has no word of its own yet.
    BuildFailed,
    /// Run: an import inside the plugin failed because a module is missing.
    MissingModule,
    /// Run: the plugin raised while it was imported.
    ImportError,
    /// Run: the plugin wants a GPU and has none.
    NoGpu,
    /// Run: the plugin did something that it may not do, such as writing where it must not.
    Permission,
    /// Run: the entrypoint names a module the plugin does not have.
    EntrypointMissing,
    /// Run: there is nothing in the plugin that can be served.
    NothingToServe,
    /// Run: the app object was found and its launch failed.
    LaunchFailed,
    /// Run: the process ended before its app answered.
    ExitedEarly,
    /// Run: killed by a signal from outside.
    Killed,
    /// Run: used more memory than its limit.
    OutOfMemory,
    /// Run: never listened on any port in time.
    NotListening,
    /// Run: listens on 127.0.0.1 only.
    LoopbackOnly,
    /// Run: listens on another port than 7860.
    WrongPort,
    /// Run: listens on the right port and does not answer HTTP in time.
    NotAnswering,
    /// Run: crashed again and again after it had been ready.
    CrashLoop,
    /// Run: stopped answering again and again after it had been ready.
    Unresponsive,
    /// No free port in the range.
    PortsExhausted,
    /// The engine refused or failed in a way that a retry did not heal.
    EngineError,
}

/// A failure as it is stored and shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(from = "Stored")]
pub struct Failure {
    /// The stable word for what happened.
    pub kind: FailureKind,
    /// What happened, in one sentence that names the thing at fault.
    pub message: String,
    /// What the author or operator can do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The same in Korean.
    pub ko: Translation,
    /// The last lines of the log that matter.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub log_tail: Vec<String>,
    /// The exit code of the process, where one exited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i64>,
}

/// What a failure says, in one language.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Translation {
    /// What happened, in one sentence that names the thing at fault.
    pub message: String,
    /// What the author or operator can do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// A failure as it may have been stored: earlier ones were English only.
#[derive(Deserialize)]
struct Stored {
    kind: FailureKind,
    message: String,
    #[serde(default)]
    hint: Option<String>,
    #[serde(default)]
    ko: Option<Translation>,
    #[serde(default)]
    log_tail: Vec<String>,
    #[serde(default)]
    exit_code: Option<i64>,
}

impl FailureKind {
    /// All of them: what can happen to a build first, then to a run.
    pub const ALL: [Self; 36] = [
        Self::BadRequirement,
        Self::NoSuchPackage,
        Self::NoSuchVersion,
        Self::VersionConflict,
        Self::NeedsSourceBuild,
        Self::SourceBuildFailed,
        Self::PythonVersion,
        Self::Network,
        Self::Tls,
        Self::DiskFull,
        Self::DiskLimit,
        Self::BaseImageMissing,
        Self::SourceMissing,
        Self::BuildTimeout,
        Self::BuildSilent,
        Self::BuildOom,
        Self::Cancelled,
        Self::BuildFailed,
        Self::MissingModule,
        Self::ImportError,
        Self::NoGpu,
        Self::Permission,
        Self::EntrypointMissing,
        Self::NothingToServe,
        Self::LaunchFailed,
        Self::ExitedEarly,
        Self::Killed,
        Self::OutOfMemory,
        Self::NotListening,
        Self::LoopbackOnly,
        Self::WrongPort,
        Self::NotAnswering,
        Self::CrashLoop,
        Self::Unresponsive,
        Self::PortsExhausted,
        Self::EngineError,
    ];

    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BadRequirement => "bad_requirement",
            Self::NoSuchPackage => "no_such_package",
            Self::NoSuchVersion => "no_such_version",
            Self::VersionConflict => "version_conflict",
            Self::NeedsSourceBuild => "needs_source_build",
            Self::SourceBuildFailed => "source_build_failed",
            Self::PythonVersion => "python_version",
            Self::Network => "network",
            Self::Tls => "tls",
            Self::DiskFull => "disk_full",
            Self::DiskLimit => "disk_limit",
            Self::BaseImageMissing => "base_image_missing",
            Self::SourceMissing => "source_missing",
            Self::BuildTimeout => "build_timeout",
            Self::BuildSilent => "build_silent",
            Self::BuildOom => "build_oom",
            Self::Cancelled => "cancelled",
            Self::BuildFailed => "build_failed",
            Self::MissingModule => "missing_module",
            Self::ImportError => "import_error",
            Self::NoGpu => "no_gpu",
            Self::Permission => "permission",
            Self::EntrypointMissing => "entrypoint_missing",
            Self::NothingToServe => "nothing_to_serve",
            Self::LaunchFailed => "launch_failed",
            Self::ExitedEarly => "exited_early",
            Self::Killed => "killed",
            Self::OutOfMemory => "out_of_memory",
            Self::NotListening => "not_listening",
            Self::LoopbackOnly => "loopback_only",
            Self::WrongPort => "wrong_port",
            Self::NotAnswering => "not_answering",
            Self::CrashLoop => "crash_loop",
            Self::Unresponsive => "unresponsive",
            Self::PortsExhausted => "ports_exhausted",
            Self::EngineError => "engine_error",
        }
    }

    /// What it usually means and what usually helps, in English.
    pub fn usual(self) -> Translation {
        let (message, hint) = english::usual(self);
        Translation::new(message).hint(hint)
    }

    /// The same in Korean.
    pub fn usual_ko(self) -> Translation {
        let (message, hint) = korean::usual(self);
        Translation::new(message).hint(hint)
    }
}

impl From<Stored> for Failure {
    fn from(stored: Stored) -> Self {
        Self {
            kind: stored.kind,
            message: stored.message,
            hint: stored.hint,
            ko: stored.ko.unwrap_or_else(|| stored.kind.usual_ko()),
            log_tail: stored.log_tail,
            exit_code: stored.exit_code,
        }
    }
}

impl Translation {
    fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: None,
        }
    }

    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    fn or_hint(mut self, usual: Self) -> Self {
        self.hint = self.hint.or(usual.hint);
        self
    }
}

impl Failure {
    /// The failure that has this cause, told in every language.
    pub fn of(cause: &Cause) -> Self {
        let kind = cause.kind();
        let english = english::text(cause).or_hint(kind.usual());
        Self {
            kind,
            message: english.message,
            hint: english.hint,
            ko: korean::text(cause).or_hint(kind.usual_ko()),
            log_tail: Vec::new(),
            exit_code: None,
        }
    }

    /// A failure of which nothing is known but its kind.
    pub fn usual(kind: FailureKind) -> Self {
        Self::new(kind, kind.usual().message)
    }

    /// A failure of this kind in words from elsewhere. In Korean it says what the kind usually means: where the facts
    /// are known, [`Failure::of`] says more.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            hint: kind.usual().hint,
            ko: kind.usual_ko(),
            log_tail: Vec::new(),
            exit_code: None,
        }
    }

    /// With the last lines of a log.
    #[must_use]
    pub fn with_log_tail(mut self, lines: Vec<String>) -> Self {
        self.log_tail = lines;
        self
    }

    /// With the exit code of the process.
    #[must_use]
    pub fn with_exit_code(mut self, code: i64) -> Self {
        self.exit_code = Some(code);
        self
    }
}
