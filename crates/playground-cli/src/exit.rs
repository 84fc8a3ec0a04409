//! How a command ends: its exit code, and its last words.

use std::error::Error;
use std::io;
use std::process::ExitCode;

use playground_client::ClientError;
use playground_types::Failure;

use crate::human::plain;
use crate::language::Language;
use crate::output::note;

/// What `--help` says of the codes. Scripts rely on them.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0    done
  1    failed
  2    wrong usage
  3    the Agent, or Docker, cannot be reached, or does not answer in time
  4    the Agent wants a token, or another one
  5    the plugin's check, build or run failed
  130  interrupted";

/// The exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    Failed = 1,
    Usage = 2,
    Unreachable = 3,
    Unauthorized = 4,
    PluginFailed = 5,
    Interrupted = 130,
}

/// A failure with an exit code and advice of its own.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Problem {
    pub(crate) exit: Exit,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
    /// Printed before the message: a log's last lines.
    pub(crate) before: Vec<String>,
    /// What the message and the hint are written in.
    pub(crate) language: Language,
}

impl Problem {
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
            hint: None,
            before: Vec::new(),
            language: Language::English,
        }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// A plugin that did not come up, in the user's language.
    pub(crate) fn of_plugin(who: &str, failure: &Failure) -> Self {
        let language = Language::of_user();
        Self {
            exit: Exit::PluginFailed,
            message: language.heading(who, failure),
            hint: language.hint(failure).map(str::to_owned),
            before: failure.log_tail.clone(),
            language,
        }
    }
}

/// Prints what went wrong: one line, one line of advice. A reader that went away is no failure.
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    if is_broken_pipe(error) {
        return ExitCode::SUCCESS;
    }
    let problem = error.downcast_ref::<Problem>();
    for line in problem.map(|problem| &problem.before).into_iter().flatten() {
        note(&format!("  | {}", plain(line)));
    }
    let [mark, hint_mark] = problem
        .map(|problem| problem.language)
        .unwrap_or_default()
        .marks();
    note(&format!("{mark}: {}", plain(&sentence(error))));
    if let Some(hint) = hint(error) {
        note(&format!("{hint_mark}: {}", plain(&hint)));
    }
    ExitCode::from(exit(error) as u8)
}

fn client_error(error: &anyhow::Error) -> Option<&ClientError> {
    error.chain().find_map(|cause| cause.downcast_ref())
}

fn exit(error: &anyhow::Error) -> Exit {
    if let Some(problem) = error.downcast_ref::<Problem>() {
        return problem.exit;
    }
    match client_error(error) {
        Some(ClientError::Unreachable { .. } | ClientError::Timeout { .. }) => Exit::Unreachable,
        Some(ClientError::Unauthorized { .. }) => Exit::Unauthorized,
        Some(ClientError::InvalidUrl { .. } | ClientError::InvalidToken) => Exit::Usage,
        _ => Exit::Failed,
    }
}

/// The error and its causes in one line. Of a broken connection only the last cause says anything to a person.
fn sentence(error: &anyhow::Error) -> String {
    match client_error(error) {
        Some(unreachable @ ClientError::Unreachable { source, .. }) => {
            format!("{unreachable}: {}", innermost(source.as_ref()))
        }
        Some(ClientError::Api {
            status: 500..,
            request_id: Some(id),
            ..
        }) => format!("{error:#} (request {id})"),
        _ => format!("{error:#}"),
    }
}

fn hint(error: &anyhow::Error) -> Option<String> {
    if let Some(problem) = error.downcast_ref::<Problem>() {
        return problem.hint.clone();
    }
    match client_error(error)? {
        ClientError::Unauthorized { .. } => Some(
            "set PLAYGROUND_TOKEN, or point --data-dir at the Agent's data directory, whose file `token` has it"
                .to_owned(),
        ),
        ClientError::Unreachable { .. } => Some(
            "is the Agent running (`playground agent`), and is --url or PLAYGROUND_URL its address?"
                .to_owned(),
        ),
        ClientError::Timeout { .. } => Some(
            "what was asked for may still happen: `playground ls` and `playground builds` tell; --timeout waits longer"
                .to_owned(),
        ),
        ClientError::Protocol { .. } => {
            Some("is --url or PLAYGROUND_URL the Agent's own address?".to_owned())
        }
        // Not in the Agent's own words.
        ClientError::Api { code, .. } if code.starts_with("http_5") => {
            Some("a proxy before the Agent answered: is the Agent behind it running?".to_owned())
        }
        other => other.hint().map(str::to_owned),
    }
}

fn innermost<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    })
}
