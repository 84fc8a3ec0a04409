//! From what a dead or silent container left behind to a failure that an author can act on.
//!
//! The launcher prints one `SYNAPSE {...}` line for each event and ends with an exit code of its own for each kind of
//! trouble (images/launcher/README.md); everything else is read from Docker and from the sockets inside the container.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use playground_types::port::APP_PORT;
use playground_types::{Failure, FailureKind};
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

/// Measured on Docker 20.10 and cgroup v1, a busy machine: 2 of 30 processes that ran out of memory ended without the
/// engine's knowing why.
const UNSEEN_OOM: &str = "Unless somebody killed it, it ran out of memory, which the engine does not always notice: raise limits.memory_bytes, or load less.";

/// A machine-readable line.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Event {
    #[serde(default)]
    pub(crate) event: String,
    #[serde(default)]
    pub(crate) kind: Option<String>,
    #[serde(default)]
    pub(crate) message: Option<String>,
    #[serde(default)]
    pub(crate) hint: Option<String>,
    #[serde(default, rename = "type")]
    pub(crate) exception: Option<String>,
    #[serde(default)]
    pub(crate) module: Option<String>,
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
    let event = last_event(log, "error");
    let (kind, fallback) = match exit_code {
        _ if oom_killed => (
            FailureKind::OutOfMemory,
            "the plugin used more memory than its limit and was killed".to_owned(),
        ),
        EXIT_BAD_ENTRYPOINT | EXIT_MODULE_NOT_FOUND => (
            FailureKind::EntrypointMissing,
            "the entrypoint names a module that the plugin does not have".to_owned(),
        ),
        EXIT_NOTHING_TO_SERVE => (
            FailureKind::NothingToServe,
            "the plugin has no Gradio app that could be served".to_owned(),
        ),
        EXIT_PLUGIN_RAISED => (
            raised(event.as_ref()),
            "the plugin raised an exception while it was loaded".to_owned(),
        ),
        EXIT_LAUNCH_FAILED => (
            FailureKind::LaunchFailed,
            "the app was found but could not be launched".to_owned(),
        ),
        EXIT_KILLED => (FailureKind::Killed, "the app was killed".to_owned()),
        EXIT_STOPPED => (
            FailureKind::Killed,
            "the container was stopped from outside".to_owned(),
        ),
        0 => (
            FailureKind::ExitedEarly,
            "the plugin ended without serving an app".to_owned(),
        ),
        code => (
            FailureKind::ExitedEarly,
            format!("the plugin ended with exit code {code} before its app answered"),
        ),
    };
    let said = event
        .as_ref()
        .filter(|_| !oom_killed)
        .and_then(|event| event.message.clone());
    let message = said
        .or_else(|| {
            engine_says
                .map(str::to_owned)
                .filter(|text| !text.is_empty())
        })
        .unwrap_or(fallback);
    let mut failure = Failure::new(kind, message)
        .with_exit_code(exit_code)
        .with_log_tail(tail(log));
    match event {
        Some(Event {
            module: Some(module),
            ..
        }) if kind == FailureKind::MissingModule => {
            failure = failure.with_hint(format!(
                "Add the package that provides {module} to requirements.txt."
            ));
        }
        Some(Event {
            hint: Some(hint), ..
        }) if !oom_killed => failure = failure.with_hint(hint),
        _ if exit_code == EXIT_KILLED && !oom_killed => failure = failure.with_hint(UNSEEN_OOM),
        _ => {}
    }
    failure
}

/// Why an app did not answer in time, from where its processes listen.
pub(crate) fn silence(listening: &[SocketAddr], waited: Duration, log: &[String]) -> Failure {
    let seconds = waited.as_secs();
    let sockets: Vec<&SocketAddr> = listening
        .iter()
        .filter(|address| address.ip() != DOCKER_RESOLVER)
        .collect();
    let reachable = |address: &&&SocketAddr| !address.ip().is_loopback();
    let (kind, message) = if let Some(address) = sockets
        .iter()
        .filter(reachable)
        .find(|address| address.port() == APP_PORT)
    {
        (
            FailureKind::NotAnswering,
            format!("the app listens on {address} but did not answer HTTP within {seconds} s"),
        )
    } else if let Some(address) = sockets.iter().find(reachable) {
        (
            FailureKind::WrongPort,
            format!(
                "the app listens on port {} instead of {APP_PORT}",
                address.port()
            ),
        )
    } else if let Some(address) = sockets.first() {
        (
            FailureKind::LoopbackOnly,
            format!(
                "the app listens on {address} only, which nothing outside its container reaches"
            ),
        )
    } else {
        (
            FailureKind::NotListening,
            format!("the app did not listen on any port within {seconds} s"),
        )
    };
    Failure::new(kind, message).with_log_tail(tail(log))
}

/// The same reason, told of an app that had been ready and crashed again and again.
pub(crate) fn crash_loop(last: Failure, attempts: i64) -> Failure {
    if attempts == 0 {
        // No loop: it is not to be started again.
        return last;
    }
    let kind = if last.kind == FailureKind::OutOfMemory {
        FailureKind::OutOfMemory
    } else {
        FailureKind::CrashLoop
    };
    let message = format!(
        "the app crashed {} times; the last time: {}",
        attempts + 1,
        last.message
    );
    Failure {
        kind,
        message,
        ..last
    }
}

/// An app that was restarted because it did not answer any more, and once too often.
pub(crate) fn unresponsive(misses: i64, restarts: i64, last: Failure) -> Failure {
    let message = format!(
        "the app stopped answering: it missed {misses} health checks in a row, after {restarts} restarts"
    );
    Failure::new(FailureKind::Unresponsive, message).with_log_tail(last.log_tail)
}

fn raised(event: Option<&Event>) -> FailureKind {
    match event.and_then(|event| event.exception.as_deref()) {
        Some("ModuleNotFoundError") => FailureKind::MissingModule,
        _ => FailureKind::ImportError,
    }
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
            "ModuleNotFoundError: No module named 'torch'",
            r#"SYNAPSE {"event":"error","reason":"plugin_raised","message":"No module named 'torch'","type":"ModuleNotFoundError","module":"torch"}"#,
        ]);
        let failure = exit(67, false, None, &log);
        assert_eq!(failure.kind, FailureKind::MissingModule);
        assert_eq!(failure.message, "No module named 'torch'");
        assert_eq!(
            failure.hint.as_deref(),
            Some("Add the package that provides torch to requirements.txt.")
        );
        assert_eq!(
            failure.log_tail.last().map(String::as_str),
            Some("ModuleNotFoundError: No module named 'torch'")
        );
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
        assert_eq!(exit(143, false, None, &[]).hint, None);
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
