//! Failures in English.

use super::cause::{Cause, Place, is_for_windows};
use super::{FailureKind, Translation};

/// What happened, and a hint where there is a better one than the usual one of the kind.
pub(super) fn text(cause: &Cause) -> Translation {
    match cause {
        Cause::BadRequirement { line } => say(format!(
            "requirements.txt has a line that is no requirement: {line}"
        )),
        Cause::NoSuchPackage { package } => {
            say(format!("the package index has no package named {package}"))
        }
        Cause::NoSuchVersion { requirement } => say(format!(
            "the version asked for does not exist, or not for this Python: {requirement}"
        )),
        Cause::VersionConflict {
            requirements: Some(them),
        } => say(format!("the requirements contradict each other: {them}")),
        Cause::VersionConflict { requirements: None } => {
            say("the requirements contradict each other")
        }
        Cause::NeedsSourceBuild { package } => say(format!(
            "{package} is offered as source code only, and this site installs ready-made wheels only"
        )),
        Cause::SourceBuildFailed {
            package: Some(package),
        } => say(format!("building {package} from its source code failed")),
        Cause::SourceBuildFailed { package: None } => {
            say("building a requirement from its source code failed")
        }
        Cause::PythonVersion { package } => say(format!(
            "{package} does not support the Python version of the base image"
        )),
        Cause::NoPython => say("the base image has no Python")
            .hint("Use a base image with Python; `playground base build` makes one."),
        Cause::IndexUnreachable => {
            say("the package index, or a URL in requirements.txt, could not be reached")
        }
        Cause::IndexUntrusted => say("the package index's certificate is not trusted"),
        Cause::BuildDiskFull => say("the disk is full where images are built"),
        Cause::BaseImageMissing { image } => {
            say(format!("the base image {image} is not on this engine"))
        }
        Cause::SourceMissing { release } => say(format!(
            "the files of plugin release {release} are no longer on this Agent"
        )),
        Cause::BuildTooLong { seconds } => say(format!(
            "the build took longer than {seconds} s and was ended"
        )),
        Cause::BuildSilent { seconds } => say(format!(
            "the build printed nothing for {seconds} s and was ended"
        )),
        Cause::BuildKilled => {
            say("a step of the build was killed, most likely for want of memory")
        }
        Cause::BuildCancelled => say("the build was cancelled"),
        Cause::BrokenPackage { package } => say(format!(
            "what the package index offers of {package} cannot be read"
        ))
        .hint("Pin another version, or tell who runs the index that the file is broken."),
        Cause::InstallFailed => say("the requirements could not be installed"),
        Cause::BuildFailed { said } => say(format!("the image could not be built: {said}")),
        Cause::ImageMissing => say("the build ended without an image"),
        Cause::BuildNotRun { why } => say(format!("the build could not be run: {why}")),
        Cause::NoBuilder => say("the engine has no image builder")
            .hint("Install Docker's BuildKit (buildx), or an engine with the classic builder."),
        Cause::EngineRefused { why } => say(format!("Docker refused: {why}")),
        Cause::NoAddresses => say("Docker has no range of addresses left for the Agent's network")
            .hint("Remove networks that nothing uses (`docker network prune`), or give Docker more ranges: default-address-pools in its daemon.json."),
        Cause::PortsExhausted { range } => say(format!("no host port is free in {range}")),
        Cause::MissingModule { module, package } => {
            say(format!("the plugin imports {module}, which is not installed"))
                .hint(format!("Add {package} to requirements.txt."))
        }
        Cause::MissingOwnModule { module } => say(format!(
            "the plugin imports {module}, which is not in its archive"
        ))
        .hint("Check the module's name, and that its file is in the archive."),
        Cause::BadImport { module, text } => say(match module {
            Some(module) => format!("the plugin could not import from {module}: {text}"),
            None => format!("an import of the plugin failed: {text}"),
        })
        .hint("Check the name that is imported; packages that do not fit together need pinned versions."),
        Cause::MissingLibrary { library } => say(format!(
            "the image lacks the system library {library}, which a package of the plugin needs"
        ))
        .hint(if is_for_windows(library) {
            "Use opencv-python-headless instead of opencv-python."
        } else {
            "Add the library to the base image, or use a package whose wheel brings it along."
        }),
        Cause::SyntaxError { place, text } => {
            say(format!("the plugin has a syntax error{}: {text}", at(place.as_ref())))
        }
        Cause::MissingEnv { name } => say(format!(
            "the plugin needs the environment variable {name}, which is not set"
        ))
        .hint("Give it in envs when the container is created."),
        Cause::MissingFile { text } => say(format!(
            "the plugin did not find a file while it was imported: {text}"
        ))
        .hint("Paths are relative to the plugin's root; is the file in the archive?"),
        Cause::Raised {
            exception,
            place,
            text,
        } => say(format!(
            "the plugin raised {exception} while it was imported{}: {text}",
            at(place.as_ref())
        )),
        Cause::NoGpu { text } => say(format!(
            "the plugin asks for a GPU, and there is none for it: {text}"
        )),
        Cause::Permission { text } => {
            say(format!("the plugin did something that it may not do: {text}"))
        }
        Cause::PluginOffline { text } => say(format!(
            "the plugin could not reach what it needs from the network: {text}"
        ))
        .hint("Put what it downloads into the archive, or let containers reach that address."),
        Cause::PluginDiskFull { text } => say(format!(
            "the plugin filled the space that it may write to: {text}"
        ))
        .hint("Write less, or raise limits.disk_bytes or limits.shm_bytes."),
        Cause::WroteTooMuch { written, limit } => say(format!(
            "the app wrote {written} bytes beside its code, its limit is {limit}"
        )),
        Cause::EntrypointMissing { entrypoint, found } => say(format!(
            "the entrypoint {entrypoint} names no module of this plugin"
        ))
        .hint(format!(
            "Check actions.gradio.entrypoint in config.yaml; the plugin's root has: {found}."
        )),
        Cause::BadEntrypoint { entrypoint } => {
            say(format!("the entrypoint {entrypoint} cannot be read"))
        }
        .hint("Write it like plugin.gradio_interface.demo or plugin/gradio_interface.py:demo in config.yaml."),
        Cause::NothingToServe { file } => say(format!("{file} defines no Gradio app")),
        Cause::FactoryGaveNoApp { name, returned } => say(format!(
            "{name}() was called to make the app, but returned {returned}"
        ))
        .hint("Return the gr.Blocks, gr.Interface or FastAPI object from it."),
        Cause::LaunchFailed { text } => {
            say(format!("the app was found, but its launch failed: {text}"))
        }
        Cause::EndedItself { status } => say(format!(
            "the plugin ended itself (exit {status}) before it launched anything"
        )),
        Cause::Exited { code } => say(format!("the app's process ended with exit code {code}")),
        Cause::Gone => say("the container ended before its app answered"),
        Cause::NotRun { why } => say(format!("the container could not be run: {why}")),
        Cause::Killed => say("the app was killed"),
        Cause::Stopped => say("the container was stopped from outside")
            .hint("Start it again when it is wanted."),
        Cause::OutOfMemory => say("the plugin used more memory than its limit and was killed"),
        Cause::MemoryRefused => {
            say("the plugin asked for more memory than there is while it was imported")
        }
        Cause::NotListening { seconds } => say(format!(
            "the app did not listen on any port within {seconds} s"
        )),
        Cause::LoopbackOnly { address } => say(format!(
            "the app listens on {address} only, which nothing outside its container reaches"
        )),
        Cause::WrongPort { port } => {
            say(format!("the app listens on port {port} instead of 7860"))
        }
        Cause::NotAnswering { address, seconds } => say(format!(
            "the app listens on {address} but did not answer HTTP within {seconds} s"
        )),
        Cause::Unresponsive { misses, restarts } => say(match restarts {
            0 => format!("the app stopped answering: it missed {misses} health checks in a row"),
            _ => format!(
                "the app stopped answering: it missed {misses} health checks in a row, and was restarted {restarts} times before"
            ),
        }),
        Cause::Crashing { times, last } => Translation {
            message: match times {
                1 => format!("the app crashed: {}", last.message),
                _ => format!(
                    "the app crashed {times} times; the last time: {}",
                    last.message
                ),
            },
            hint: last.hint.clone(),
        },
    }
}

/// What a kind usually means, and what usually helps.
pub(super) fn usual(kind: FailureKind) -> (&'static str, &'static str) {
    match kind {
        FailureKind::BadRequirement => (
            "requirements.txt has a line that is no requirement",
            "Write one requirement a line, for example numpy>=1.26.",
        ),
        FailureKind::NoSuchPackage => (
            "the package index has no package of this name",
            "Check the spelling of the package, or whether it lives on another index.",
        ),
        FailureKind::NoSuchVersion => (
            "the package has no version that fits",
            "Relax the version, or pin one that the index has.",
        ),
        FailureKind::VersionConflict => (
            "the requirements contradict each other",
            "Relax one of the conflicting requirements.",
        ),
        FailureKind::NeedsSourceBuild => (
            "a package is offered as source code only, and this site installs ready-made wheels only",
            "Pin a version that has a wheel for this Python, or put a wheel into the plugin's wheels/ folder.",
        ),
        FailureKind::SourceBuildFailed => (
            "building a requirement from its source code failed",
            "Pin a version that has a wheel, or add what its build needs to the base image.",
        ),
        FailureKind::PythonVersion => (
            "a package does not support the Python version of the base image",
            "Pin a version that supports the Python of the base image.",
        ),
        FailureKind::Network => (
            "the package index, or an address that the plugin needs, could not be reached",
            "Check the network and the index setting, then create again.",
        ),
        FailureKind::Tls => (
            "the package index's certificate is not trusted",
            "Give the Agent your company's CA bundle (build_ca_bundle).",
        ),
        FailureKind::DiskFull => (
            "the disk is full, or a size limit was reached",
            "Free disk space, or raise the limit.",
        ),
        FailureKind::DiskLimit => (
            "the app wrote more beside its code than it may",
            "Write to /tmp and clean up, or raise limits.disk_bytes.",
        ),
        FailureKind::BaseImageMissing => (
            "the base image is not on this engine",
            "Make it with `playground base build`, or set GRADIO_CONTAINER_BASE_IMAGE.",
        ),
        FailureKind::SourceMissing => (
            "the plugin's files are no longer on this Agent",
            "Upload the plugin's archive again: the record, its port and its address stay.",
        ),
        FailureKind::BuildTimeout => (
            "the build took longer than it may and was ended",
            "Pin exact versions and prefer wheels, or raise the build time-outs.",
        ),
        FailureKind::BuildSilent => (
            "the build printed nothing for too long and was ended",
            "Pin exact versions and prefer wheels, or raise the build time-outs.",
        ),
        FailureKind::BuildOom => (
            "a step of the build ran out of memory",
            "Prefer wheels over source builds, or raise the build's memory.",
        ),
        FailureKind::Cancelled => (
            "the build was cancelled",
            "Create again when it is wanted after all.",
        ),
        FailureKind::BuildFailed => (
            "the image could not be built",
            "See the last lines, or the whole log of the build.",
        ),
        FailureKind::MissingModule => (
            "the plugin imports a module that is not there",
            "Add the package that provides it to requirements.txt.",
        ),
        FailureKind::ImportError => (
            "the plugin raised while it was imported",
            "Run the file alone to see the same traceback, fix it, then create again.",
        ),
        FailureKind::NoGpu => (
            "the plugin asks for a GPU, and there is none for it",
            "Let it run on the CPU where there is no GPU: \"cuda\" if torch.cuda.is_available() else \"cpu\".",
        ),
        FailureKind::Permission => (
            "the plugin did something that it may not do",
            "It may write below its own folder, its home and /tmp only, and has no rights of an administrator.",
        ),
        FailureKind::EntrypointMissing => (
            "the entrypoint names a module that the plugin does not have",
            "Point actions.gradio.entrypoint in config.yaml at a module that is in the archive.",
        ),
        FailureKind::NothingToServe => (
            "the plugin has no Gradio app that could be served",
            "Define a Gradio app at the top of the module, for example demo = gr.Interface(...).",
        ),
        FailureKind::LaunchFailed => (
            "the app was found, but its launch failed",
            "The last lines say what its launch() raised.",
        ),
        FailureKind::ExitedEarly => (
            "the process ended before its app answered",
            "A Gradio app must keep running: see the last lines for why it ended.",
        ),
        FailureKind::Killed => (
            "the app was killed",
            "Unless somebody killed it, it ran out of memory, which the engine does not always notice: raise limits.memory_bytes, or load less.",
        ),
        FailureKind::OutOfMemory => (
            "the plugin used more memory than its limit",
            "Raise limits.memory_bytes, or load less.",
        ),
        FailureKind::NotListening => (
            "the app did not listen on any port in time",
            "Loading may need longer than start_timeout, or the plugin never launches its app.",
        ),
        FailureKind::LoopbackOnly => (
            "the app listens inside its container only",
            "Listen on 0.0.0.0, or leave the address to the launcher.",
        ),
        FailureKind::WrongPort => (
            "the app listens on another port than 7860",
            "Listen on port 7860, or leave the port to the launcher.",
        ),
        FailureKind::NotAnswering => (
            "the app listens but did not answer HTTP in time",
            "Something may keep its server busy while it starts: see the last lines.",
        ),
        FailureKind::CrashLoop => (
            "the app crashed again and again after it had been ready",
            "See the last lines for why it ends; a new create tries again.",
        ),
        FailureKind::Unresponsive => (
            "the app stopped answering, however often it was restarted",
            "Work that takes long must not block the app's event loop: write handlers as plain functions instead of async ones, or raise health_restart_misses.",
        ),
        FailureKind::PortsExhausted => (
            "no host port is free",
            "Delete containers that are not needed, or widen the port range.",
        ),
        FailureKind::EngineError => (
            "Docker refused, or failed in a way that trying again did not heal",
            "See the logs of the Agent and of Docker; a new create tries again.",
        ),
    }
}

fn at(place: Option<&Place>) -> String {
    match place {
        None => String::new(),
        Some(Place { file, line: None }) => format!(" ({file})"),
        Some(Place {
            file,
            line: Some(line),
        }) => format!(" ({file}, line {line})"),
    }
}

fn say(message: impl Into<String>) -> Translation {
    Translation::new(message)
}
