//! From what a dead or silent container left behind to a failure that an author can act on.
//!
//! The launcher prints one `SYNAPSE {...}` line for each event and ends with an exit code of its own for each kind of
//! trouble (images/launcher/README.md); everything else is read from Docker and from the sockets inside the container.

mod launcher;
mod signs;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use playground_types::port::APP_PORT;
use playground_types::{Cause, Failure, FailureKind};
use serde::Deserialize;

/// What begins a machine-readable line, in build logs and container logs alike.
pub(crate) const EVENT_PREFIX: &str = "SYNAPSE ";
/// What begins the line of a build step, whose text is ours and explains nothing.
pub(crate) const STEP_PREFIX: &str = "=> ";
/// Lines of log shown with a failure.
const SHOWN_LINES: usize = 20;
/// Docker's own resolver listens here inside every container of a user-defined network.
const DOCKER_RESOLVER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 11));

/// The launcher's exit codes.
const EXIT_BAD_ENTRYPOINT: i64 = 64;
const EXIT_NOTHING_TO_SERVE: i64 = 65;
const EXIT_MODULE_NOT_FOUND: i64 = 66;
const EXIT_PLUGIN_RAISED: i64 = 67;
const EXIT_LAUNCH_FAILED: i64 = 68;
/// Ended by a signal that no process can handle.
const EXIT_KILLED: i64 = 137;
/// Ended by being asked to.
const EXIT_STOPPED: i64 = 143;

/// A machine-readable line.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Event {
    #[serde(default)]
    pub(crate) event: String,
    #[serde(default)]
    pub(crate) kind: Option<String>,
    #[serde(default)]
    pub(crate) message: Option<String>,
    /// The installer's: the requirement at fault, as it is written.
    #[serde(default)]
    pub(crate) requirement: Option<String>,
    /// The package at fault, or the one that would help.
    #[serde(default)]
    pub(crate) package: Option<String>,
    // The launcher's.
    #[serde(default)]
    reason: Option<String>,
    #[serde(default, rename = "type")]
    exception: Option<String>,
    #[serde(default)]
    detail: Option<String>,
    #[serde(default)]
    causes: Vec<String>,
    #[serde(default)]
    file: Option<String>,
    #[serde(default)]
    line: Option<u64>,
    #[serde(default)]
    module: Option<String>,
    #[serde(default)]
    library: Option<String>,
    #[serde(default)]
    variable: Option<String>,
    #[serde(default)]
    entrypoint: Option<String>,
    #[serde(default)]
    found: Option<String>,
    #[serde(default)]
    function: Option<String>,
    #[serde(default)]
    returned: Option<String>,
}

/// The last event of this name in a log.
pub(crate) fn last_event(log: &[String], name: &str) -> Option<Event> {
    log.iter()
        .rev()
        .filter_map(|line| line.strip_prefix(EVENT_PREFIX))
        .filter_map(|json| serde_json::from_str::<Event>(json).ok())
        .find(|event| event.event == name)
}

/// Why a process ended before its app answered.
pub(crate) fn exit(
    exit_code: i64,
    oom_killed: bool,
    engine_says: Option<&str>,
    log: &[String],
) -> Failure {
    let failure = if oom_killed {
        Failure::of(&Cause::OutOfMemory)
    } else if let Some(event) = last_event(log, "error").filter(|_| is_launchers(exit_code)) {
        match (event.cause(), event.message) {
            (Some(cause), _) => Failure::of(&cause),
            // The word of another launcher: it still says in a sentence what it means.
            (None, Some(message)) => Failure::new(by_exit_code(exit_code, log).kind, message),
            (None, None) => by_exit_code(exit_code, log),
        }
    } else if let Some(why) = engine_says.filter(|text| !text.is_empty()) {
        Failure::of(&Cause::NotRun {
            why: why.to_owned(),
        })
    } else {
        by_exit_code(exit_code, log)
    };
    failure.with_exit_code(exit_code).with_log_tail(tail(log))
}

/// With any other code, an event in the log is that of an earlier run.
fn is_launchers(exit_code: i64) -> bool {
    (EXIT_BAD_ENTRYPOINT..=EXIT_LAUNCH_FAILED).contains(&exit_code)
}

/// What an exit code says where the launcher has said nothing.
fn by_exit_code(exit_code: i64, log: &[String]) -> Failure {
    Failure::of(&match exit_code {
        EXIT_BAD_ENTRYPOINT | EXIT_MODULE_NOT_FOUND => {
            return Failure::usual(FailureKind::EntrypointMissing);
        }
        EXIT_NOTHING_TO_SERVE => return Failure::usual(FailureKind::NothingToServe),
        EXIT_PLUGIN_RAISED => return Failure::usual(FailureKind::ImportError),
        EXIT_LAUNCH_FAILED => return Failure::usual(FailureKind::LaunchFailed),
        // Measured on Docker 20.10 and cgroup v1, a busy machine: 2 of 30 processes that ran out of memory ended so,
        // without the engine's knowing why. The hint says so.
        EXIT_KILLED => Cause::Killed,
        EXIT_STOPPED => Cause::Stopped,
        code => {
            // The last line only: libraries warn of GPUs that are not there and do well without.
            let last = tail(log).pop();
            signs::read(last.as_deref()).unwrap_or(Cause::Exited { code })
        }
    })
}

/// Why an app did not answer in time, from where its processes listen.
pub(crate) fn silence(listening: &[SocketAddr], waited: Duration, log: &[String]) -> Failure {
    let seconds = waited.as_secs();
    let sockets: Vec<&SocketAddr> = listening
        .iter()
        .filter(|address| address.ip() != DOCKER_RESOLVER)
        .collect();
    let reachable = |address: &&&SocketAddr| !address.ip().is_loopback();
    let cause = if let Some(address) = sockets
        .iter()
        .filter(reachable)
        .find(|address| address.port() == APP_PORT)
    {
        Cause::NotAnswering {
            address: address.to_string(),
            seconds,
        }
    } else if let Some(address) = sockets.iter().find(reachable) {
        Cause::WrongPort {
            port: address.port(),
        }
    } else if let Some(address) = sockets.first() {
        Cause::LoopbackOnly {
            address: address.to_string(),
        }
    } else {
        Cause::NotListening { seconds }
    };
    Failure::of(&cause).with_log_tail(tail(log))
}

/// The same reason, told of an app that had been ready and crashed again and again.
pub(crate) fn crash_loop(last: Failure, attempts: i64) -> Failure {
    let (log_tail, exit_code) = (last.log_tail.clone(), last.exit_code);
    let cause = Cause::Crashing {
        times: attempts + 1,
        last: Box::new(last),
    };
    Failure {
        log_tail,
        exit_code,
        ..Failure::of(&cause)
    }
}

/// An app that was restarted because it did not answer any more, and once too often.
pub(crate) fn unresponsive(misses: i64, restarts: i64, last: Failure) -> Failure {
    Failure::of(&Cause::Unresponsive { misses, restarts }).with_log_tail(last.log_tail)
}

/// The last lines that people can read.
pub(crate) fn tail(log: &[String]) -> Vec<String> {
    let readable: Vec<&String> = log
        .iter()
        .filter(|line| !line.starts_with(EVENT_PREFIX) && !line.starts_with(STEP_PREFIX))
        .collect();
    readable[readable.len().saturating_sub(SHOWN_LINES)..]
        .iter()
        .map(|line| (*line).clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &[&str]) -> Vec<String> {
        text.iter().map(|line| (*line).to_owned()).collect()
    }

    #[test]
    fn a_missing_module_is_named_with_what_to_add() {
        let log = lines(&[
            "Traceback (most recent call last):",
            "ModuleNotFoundError: No module named 'cv2'",
            r#"SYNAPSE {"event":"error","reason":"missing_dependency","message":"m","type":"ModuleNotFoundError","module":"cv2","package":"opencv-python-headless","detail":"No module named 'cv2'"}"#,
        ]);
        let failure = exit(67, false, None, &log);
        assert_eq!(failure.kind, FailureKind::MissingModule);
        assert_eq!(
            failure.message,
            "the plugin imports cv2, which is not installed"
        );
        assert_eq!(
            failure.hint.as_deref(),
            Some("Add opencv-python-headless to requirements.txt.")
        );
        assert!(failure.ko.message.ends_with("cv2"), "{failure:#?}");
        assert_eq!(
            failure.log_tail.last().map(String::as_str),
            Some("ModuleNotFoundError: No module named 'cv2'")
        );
    }

    #[test]
    fn what_is_behind_an_exception_counts_and_a_warning_before_it_does_not() {
        let wrapped = r#"SYNAPSE {"event":"error","reason":"plugin_raised","message":"m","type":"RuntimeError","detail":"Failed to import","causes":["No CUDA GPUs are available"]}"#;
        let kind = |code: i64, log: &[&str]| exit(code, false, None, &lines(log)).kind;
        assert_eq!(kind(67, &[wrapped]), FailureKind::NoGpu);
        let warning = "UserWarning: CUDA initialization: Found no NVIDIA driver on your system";
        assert_eq!(kind(1, &[warning]), FailureKind::NoGpu);
        assert_eq!(
            kind(1, &[warning, "AssertionError"]),
            FailureKind::ExitedEarly
        );
    }

    #[test]
    fn a_reason_from_another_launcher_is_told_in_its_own_words() {
        let log = lines(&[
            r#"SYNAPSE {"event":"error","reason":"sunspots","message":"There were sunspots."}"#,
        ]);
        let failure = exit(68, false, None, &log);
        assert_eq!(
            (failure.kind, failure.message.as_str()),
            (FailureKind::LaunchFailed, "There were sunspots.")
        );
        assert_eq!(failure.ko, FailureKind::LaunchFailed.usual_ko());
        // Of an earlier run of the same container.
        assert_eq!(exit(137, false, None, &log).kind, FailureKind::Killed);
    }

    #[test]
    fn memory_explains_more_than_what_the_launcher_said_before() {
        let failure = exit(137, true, None, &[]);
        assert_eq!(
            (failure.kind, failure.exit_code),
            (FailureKind::OutOfMemory, Some(137))
        );
        let unseen = exit(137, false, None, &[]);
        assert_eq!(unseen.kind, FailureKind::Killed);
        assert!(
            unseen
                .hint
                .is_some_and(|hint| hint.contains("limits.memory_bytes"))
        );
        let stopped = exit(143, false, None, &[]).hint;
        assert!(stopped.is_some_and(|hint| !hint.contains("memory")));
    }

    #[test]
    fn sockets_tell_loopback_wrong_port_and_deafness_apart() {
        let kind = |text: &[&str]| {
            let sockets: Vec<SocketAddr> = text
                .iter()
                .map(|address| address.parse().unwrap())
                .collect();
            silence(&sockets, Duration::from_secs(5), &[]).kind
        };
        assert_eq!(kind(&[]), FailureKind::NotListening);
        assert_eq!(
            kind(&["127.0.0.11:41234"]),
            FailureKind::NotListening,
            "Docker's resolver is no app"
        );
        assert_eq!(kind(&["127.0.0.1:7860"]), FailureKind::LoopbackOnly);
        assert_eq!(kind(&["0.0.0.0:8080"]), FailureKind::WrongPort);
        assert_eq!(
            kind(&["127.0.0.11:41234", "0.0.0.0:7860"]),
            FailureKind::NotAnswering
        );
    }
}
