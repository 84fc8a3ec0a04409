//! What happened, as facts: the one thing from which a failure's sentences are made, in every language.

use super::{Failure, FailureKind};

/// What happened, with the names and numbers that a sentence about it needs.
///
/// Texts in here that come from tools and tracebacks are shown as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// A line of `requirements.txt` is not a requirement.
    BadRequirement {
        /// The line, as it is written.
        line: String,
    },
    /// The index knows no package of this name.
    NoSuchPackage {
        /// Its name.
        package: String,
    },
    /// The package has no version that fits.
    NoSuchVersion {
        /// The requirement, as it is written.
        requirement: String,
    },
    /// Requirements exclude each other.
    VersionConflict {
        /// Those that do, where the installer names them.
        requirements: Option<String>,
    },
    /// There is source code only, and no source is built.
    NeedsSourceBuild {
        /// The package.
        package: String,
    },
    /// Source code did not build.
    SourceBuildFailed {
        /// The package, where the installer names it.
        package: Option<String>,
    },
    /// A package does not support the image's Python.
    PythonVersion {
        /// The package.
        package: String,
    },
    /// The base image has no Python at all.
    NoPython,
    /// The package index could not be reached.
    IndexUnreachable,
    /// The package index's certificate was not trusted.
    IndexUntrusted,
    /// The disk is full where images are built.
    BuildDiskFull,
    /// The base image is not on this engine.
    BaseImageMissing {
        /// Its name.
        image: String,
    },
    /// The plugin's content is no longer on this Agent.
    SourceMissing {
        /// The plugin release.
        release: String,
    },
    /// Longer than the total time-out.
    BuildTooLong {
        /// The time-out.
        seconds: u64,
    },
    /// No output for longer than the silence time-out.
    BuildSilent {
        /// The time-out.
        seconds: u64,
    },
    /// A step was killed as processes are that run out of memory.
    BuildKilled,
    /// Ended by request.
    BuildCancelled,
    /// What the index offers of a package is no package.
    BrokenPackage {
        /// The package.
        package: String,
    },
    /// The installer failed for a reason that has no word of its own.
    InstallFailed,
    /// The build failed for a reason that has no word of its own.
    BuildFailed {
        /// What the engine said.
        said: String,
    },
    /// The build ended well and there is no image of it.
    ImageMissing,
    /// The engine broke the build off too often.
    BuildNotRun {
        /// The last error.
        why: String,
    },
    /// The engine can build no images.
    NoBuilder,
    /// The engine refused the same thing again and again.
    EngineRefused {
        /// What it said.
        why: String,
    },
    /// The engine has given all its ranges of addresses to networks, and none is left for ours.
    NoAddresses,
    /// No host port is free.
    PortsExhausted {
        /// The range, as `first-last`.
        range: String,
    },
    /// A module is missing that a package provides.
    MissingModule {
        /// The module, as it is imported.
        module: String,
        /// The package that provides it.
        package: String,
    },
    /// A module of the plugin's own is missing.
    MissingOwnModule {
        /// The module, as it is imported.
        module: String,
    },
    /// A module is there and could not be imported.
    BadImport {
        /// The module at fault, where Python names it.
        module: Option<String>,
        /// What Python said.
        text: String,
    },
    /// A system library is missing in the image.
    MissingLibrary {
        /// The library's file, such as `libGL.so.1`.
        library: String,
    },
    /// A file of the plugin is no Python.
    SyntaxError {
        /// Where.
        place: Option<Place>,
        /// What Python said.
        text: String,
    },
    /// An environment variable is not set.
    MissingEnv {
        /// Its name.
        name: String,
    },
    /// A file is missing.
    MissingFile {
        /// What Python said.
        text: String,
    },
    /// The plugin raised while it was imported, for a reason of its own.
    Raised {
        /// The exception's class.
        exception: String,
        /// Where.
        place: Option<Place>,
        /// The exception's text.
        text: String,
    },
    /// The plugin wants a GPU.
    NoGpu {
        /// What it said.
        text: String,
    },
    /// The plugin did something that it may not do.
    Permission {
        /// What it said.
        text: String,
    },
    /// The plugin could not reach what it needs from the network.
    PluginOffline {
        /// What it said.
        text: String,
    },
    /// The plugin filled a place that it may write to.
    PluginDiskFull {
        /// What it said.
        text: String,
    },
    /// The plugin wrote more than its limit.
    WroteTooMuch {
        /// Bytes it wrote.
        written: u64,
        /// Bytes it may write.
        limit: u64,
    },
    /// The entrypoint names a module the plugin does not have.
    EntrypointMissing {
        /// The entrypoint, as it is written.
        entrypoint: String,
        /// What the plugin's root has.
        found: String,
    },
    /// The entrypoint is not written as one.
    BadEntrypoint {
        /// The entrypoint, as it is written.
        entrypoint: String,
    },
    /// Nothing in the plugin can be served.
    NothingToServe {
        /// The file that was looked at.
        file: String,
    },
    /// The function that makes the app made none.
    FactoryGaveNoApp {
        /// Its name.
        name: String,
        /// The class of what it returned.
        returned: String,
    },
    /// The app was found and its launch raised.
    LaunchFailed {
        /// What it said.
        text: String,
    },
    /// The plugin ended itself before it launched anything.
    EndedItself {
        /// What it gave to `sys.exit`.
        status: String,
    },
    /// The process ended by itself.
    Exited {
        /// Its exit code.
        code: i64,
    },
    /// The container ended, or was gone, before its app answered.
    Gone,
    /// The engine could not run the container's process.
    NotRun {
        /// What it said.
        why: String,
    },
    /// Killed by a signal from outside.
    Killed,
    /// Asked to end, by somebody else.
    Stopped,
    /// Killed for using more memory than its limit.
    OutOfMemory,
    /// The plugin was refused memory while it was imported.
    MemoryRefused,
    /// Never listened on any port in time.
    NotListening {
        /// The time it had.
        seconds: u64,
    },
    /// Listens on loopback only.
    LoopbackOnly {
        /// Where.
        address: String,
    },
    /// Listens on another port than 7860.
    WrongPort {
        /// Which.
        port: u16,
    },
    /// Listens and does not answer HTTP in time.
    NotAnswering {
        /// Where.
        address: String,
        /// The time it had.
        seconds: u64,
    },
    /// Was restarted because it did not answer any more, and once too often.
    Unresponsive {
        /// Health checks missed in a row, the last time.
        misses: i64,
        /// How often it was restarted.
        restarts: i64,
    },
    /// Crashed again and again after it had been ready.
    Crashing {
        /// How often.
        times: i64,
        /// Why, the last time.
        last: Box<Failure>,
    },
}

/// A place in the plugin's code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file, relative to the plugin's root where it lies in it.
    pub file: String,
    /// The line, counted from 1.
    pub line: Option<u64>,
}

impl Cause {
    /// Why the engine refused the same thing again and again, where its own words are no help.
    pub fn of_refusal(said: &str) -> Self {
        // Docker 20.10 says the first, Docker 24 and later the second.
        let no_addresses = [
            "could not find an available, non-overlapping IPv4 address pool",
            "all predefined address pools have been fully subnetted",
        ];
        if no_addresses.iter().any(|words| said.contains(words)) {
            return Self::NoAddresses;
        }
        Self::EngineRefused {
            why: said.to_owned(),
        }
    }

    /// The stable word for it.
    pub fn kind(&self) -> FailureKind {
        match self {
            Self::BadRequirement { .. } => FailureKind::BadRequirement,
            Self::NoSuchPackage { .. } => FailureKind::NoSuchPackage,
            Self::NoSuchVersion { .. } => FailureKind::NoSuchVersion,
            Self::VersionConflict { .. } => FailureKind::VersionConflict,
            Self::NeedsSourceBuild { .. } => FailureKind::NeedsSourceBuild,
            Self::SourceBuildFailed { .. } => FailureKind::SourceBuildFailed,
            Self::PythonVersion { .. } | Self::NoPython => FailureKind::PythonVersion,
            Self::IndexUnreachable | Self::PluginOffline { .. } => FailureKind::Network,
            Self::IndexUntrusted => FailureKind::Tls,
            Self::BuildDiskFull | Self::PluginDiskFull { .. } => FailureKind::DiskFull,
            Self::WroteTooMuch { .. } => FailureKind::DiskLimit,
            Self::BaseImageMissing { .. } => FailureKind::BaseImageMissing,
            Self::SourceMissing { .. } => FailureKind::SourceMissing,
            Self::BuildTooLong { .. } => FailureKind::BuildTimeout,
            Self::BuildSilent { .. } => FailureKind::BuildSilent,
            Self::BuildKilled => FailureKind::BuildOom,
            Self::BuildCancelled => FailureKind::Cancelled,
            Self::BrokenPackage { .. }
            | Self::InstallFailed
            | Self::BuildFailed { .. }
            | Self::ImageMissing => FailureKind::BuildFailed,
            Self::BuildNotRun { .. }
            | Self::NoBuilder
            | Self::EngineRefused { .. }
            | Self::NoAddresses => FailureKind::EngineError,
            Self::PortsExhausted { .. } => FailureKind::PortsExhausted,
            Self::MissingModule { .. } | Self::MissingOwnModule { .. } => {
                FailureKind::MissingModule
            }
            Self::BadImport { .. }
            | Self::MissingLibrary { .. }
            | Self::SyntaxError { .. }
            | Self::MissingEnv { .. }
            | Self::MissingFile { .. }
            | Self::Raised { .. } => FailureKind::ImportError,
            Self::NoGpu { .. } => FailureKind::NoGpu,
            Self::Permission { .. } => FailureKind::Permission,
            Self::EntrypointMissing { .. } | Self::BadEntrypoint { .. } => {
                FailureKind::EntrypointMissing
            }
            Self::NothingToServe { .. } | Self::FactoryGaveNoApp { .. } => {
                FailureKind::NothingToServe
            }
            Self::LaunchFailed { .. } => FailureKind::LaunchFailed,
            Self::EndedItself { .. } | Self::Exited { .. } | Self::Gone | Self::NotRun { .. } => {
                FailureKind::ExitedEarly
            }
            Self::Killed | Self::Stopped => FailureKind::Killed,
            Self::OutOfMemory | Self::MemoryRefused => FailureKind::OutOfMemory,
            Self::NotListening { .. } => FailureKind::NotListening,
            Self::LoopbackOnly { .. } => FailureKind::LoopbackOnly,
            Self::WrongPort { .. } => FailureKind::WrongPort,
            Self::NotAnswering { .. } => FailureKind::NotAnswering,
            Self::Unresponsive { .. } => FailureKind::Unresponsive,
            // What helps against it is the same as at a first start.
            Self::Crashing { last, .. } if last.kind == FailureKind::OutOfMemory => {
                FailureKind::OutOfMemory
            }
            // Once is no loop: it is not to be started again.
            Self::Crashing { times: 1, last } => last.kind,
            Self::Crashing { .. } => FailureKind::CrashLoop,
        }
    }
}

/// Whether a library is one that `opencv-python` needs for windows nobody sees, and its headless twin does not.
pub(super) fn is_for_windows(library: &str) -> bool {
    [
        "libGL.",
        "libgthread",
        "libglib",
        "libSM.",
        "libXext.",
        "libXrender.",
    ]
    .iter()
    .any(|name| library.starts_with(name))
}
