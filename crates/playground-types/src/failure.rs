//! Why a build or a run failed: data, not an error of ours.
//!
//! A failure is stored with the record, counted by its kind, and shown as one sentence with a hint and the last lines of
//! the log, so that an author can act without reading the whole log.

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
    /// Build: the package index could not be reached.
    Network,
    /// Build: the package index's certificate was not trusted.
    Tls,
    /// Build or run: the disk is full, or a size limit was reached.
    DiskFull,
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
    /// No free port in the range.
    PortsExhausted,
    /// The engine refused or failed in a way that a retry did not heal.
    EngineError,
}

/// A failure as it is stored and shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Failure {
    /// The stable word for what happened.
    pub kind: FailureKind,
    /// What happened, in one sentence that names the thing at fault.
    pub message: String,
    /// What the author or operator can do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The last lines of the log that matter.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub log_tail: Vec<String>,
    /// The exit code of the process, where one exited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i64>,
}

impl FailureKind {
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
            Self::BaseImageMissing => "base_image_missing",
            Self::SourceMissing => "source_missing",
            Self::BuildTimeout => "build_timeout",
            Self::BuildSilent => "build_silent",
            Self::BuildOom => "build_oom",
            Self::Cancelled => "cancelled",
            Self::BuildFailed => "build_failed",
            Self::MissingModule => "missing_module",
            Self::ImportError => "import_error",
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
            Self::PortsExhausted => "ports_exhausted",
            Self::EngineError => "engine_error",
        }
    }

    /// What usually helps.
    pub fn hint(self) -> Option<&'static str> {
        Some(match self {
            Self::BadRequirement => "Write one requirement a line, for example numpy>=1.26.",
            Self::NoSuchPackage => {
                "Check the spelling of the package, or whether it lives on another index."
            }
            Self::NoSuchVersion => "Relax the version, or pin one that the index has.",
            Self::VersionConflict => "Relax one of the conflicting requirements.",
            Self::NeedsSourceBuild => {
                "Pin a version that has a wheel for this Python, or put a wheel into the plugin's wheels/ folder."
            }
            Self::SourceBuildFailed => {
                "Pin a version that has a wheel, or add what its build needs to the base image."
            }
            Self::PythonVersion => "Pin a version that supports the Python of the base image.",
            Self::Network => {
                "The package index did not answer: check the network and the index setting, then create again."
            }
            Self::Tls => "Give the Agent your company's CA bundle (build_ca_bundle).",
            Self::DiskFull => "Free disk space, or raise the limit.",
            Self::BaseImageMissing => {
                "Make it with `playground base build`, or set GRADIO_CONTAINER_BASE_IMAGE."
            }
            Self::SourceMissing => {
                "Upload the plugin's archive again: the record, its port and its address stay."
            }
            Self::BuildTimeout | Self::BuildSilent => {
                "Pin exact versions and prefer wheels, or raise the build time-outs."
            }
            Self::BuildOom => "Prefer wheels over source builds, or raise the build's memory.",
            Self::MissingModule => "Add the package that provides it to requirements.txt.",
            Self::ImportError => {
                "Run the file alone to see the same traceback, fix it, then create again."
            }
            Self::EntrypointMissing => {
                "Point actions.gradio.entrypoint in config.yaml at a module that is in the archive."
            }
            Self::NothingToServe => {
                "Define a Gradio app in the module, for example demo = gr.Interface(...)."
            }
            Self::LaunchFailed => "The app was found, but its launch() raised: see the last lines.",
            Self::ExitedEarly => {
                "A Gradio app must keep running: see the last lines for why it ended."
            }
            Self::OutOfMemory => "Raise limits.memory_bytes, or load less.",
            Self::NotListening => {
                "Loading may need longer than start_timeout, or the plugin never launches its app."
            }
            Self::LoopbackOnly => "Listen on 0.0.0.0, or leave the address to the launcher.",
            Self::WrongPort => "Listen on port 7860, or leave the port to the launcher.",
            Self::NotAnswering => {
                "The app accepts connections but does not answer HTTP: see the last lines."
            }
            Self::CrashLoop => "See the last lines for why it ends; a new create tries again.",
            Self::PortsExhausted => {
                "Delete containers that are not needed, or widen the port range."
            }
            Self::Killed | Self::Cancelled | Self::BuildFailed | Self::EngineError => return None,
        })
    }
}

impl Failure {
    /// A failure of this kind with the usual hint.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            hint: kind.hint().map(str::to_owned),
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

    /// With a hint that fits better than the usual one.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_of_a_kind_is_its_json() {
        for kind in [
            FailureKind::NoSuchPackage,
            FailureKind::OutOfMemory,
            FailureKind::LoopbackOnly,
        ] {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
    }
}
