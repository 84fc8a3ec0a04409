//! How a command ends: its exit code, and its last words.

use std::error::Error;
use std::io;
use std::process::ExitCode;

use playground_client::ClientError;
use playground_types::Failure;

use crate::check::in_korean;
use crate::human::plain;
use crate::language::{Language, say};
use crate::output::note;
use crate::pack::Unpackable;

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
}

impl Problem {
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
            hint: None,
            before: Vec::new(),
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
        }
    }

    /// What was printed as it came is not printed again.
    pub(crate) fn told(self) -> Self {
        Self {
            before: Vec::new(),
            ..self
        }
    }
}

/// Prints what went wrong, and what to do about it. A reader that went away is no failure.
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    if is_broken_pipe(error) {
        return ExitCode::SUCCESS;
    }
    let problem = error.downcast_ref::<Problem>();
    for line in problem.map(|problem| &problem.before).into_iter().flatten() {
        note(&format!("  | {}", plain(line)));
    }
    let [mark, hint_mark] = Language::of_user().marks();
    note(&marked(mark, &sentence(error)));
    if let Some(hint) = hint(error) {
        note(&marked(hint_mark, &hint));
    }
    ExitCode::from(exit(error) as u8)
}

/// What is said after its mark; further lines stand below it, a little to the right.
fn marked(mark: &str, text: &str) -> String {
    let lines: Vec<_> = text.trim_end().lines().map(plain).collect();
    format!("{mark}: {}", lines.join("\n  "))
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
    if let Some(why) = error.downcast_ref::<Unpackable>() {
        return say(format!("{error:#}"), in_korean(why));
    }
    match client_error(error) {
        Some(client) if error.downcast_ref::<ClientError>().is_some() => {
            say(english(client), korean(client))
        }
        _ => format!("{error:#}"),
    }
}

fn english(error: &ClientError) -> String {
    match error {
        ClientError::Unreachable { source, .. } => {
            format!("{error}: {}", innermost(source.as_ref()))
        }
        ClientError::Api {
            status: 500..,
            request_id: Some(id),
            ..
        } => format!("{error} (request {id})"),
        ClientError::File { source, .. } => format!("{error}: {source}"),
        error => error.to_string(),
    }
}

/// What the Agent refuses is in its own words.
fn korean(error: &ClientError) -> String {
    match error {
        ClientError::Unreachable { url, source } => format!(
            "Agent({url})에 연결할 수 없습니다: {}",
            innermost(source.as_ref())
        ),
        ClientError::Unauthorized { detail } => {
            format!("Agent가 접근을 허용하지 않습니다: {detail}")
        }
        ClientError::Timeout { after, .. } => {
            format!("{}초 안에 응답을 받지 못했습니다", after.as_secs())
        }
        ClientError::Protocol { url, reason } => {
            format!("{url}의 응답을 이해할 수 없습니다: {reason}")
        }
        ClientError::InvalidUrl { url, .. } => {
            format!(
                "Agent의 주소가 아닙니다: {url:?}. http://host:port 또는 https://host 형태로 쓰세요"
            )
        }
        ClientError::InvalidToken => "토큰에 쓸 수 없는 문자가 있습니다".to_owned(),
        ClientError::File { path, source } => {
            format!("파일을 읽을 수 없습니다: {}: {source}", path.display())
        }
        other => english(other),
    }
}

fn hint(error: &anyhow::Error) -> Option<String> {
    if let Some(problem) = error.downcast_ref::<Problem>() {
        return problem.hint.clone();
    }
    Some(match client_error(error)? {
        ClientError::Unauthorized { .. } => say(
            "`playground login` keeps a token; or set PLAYGROUND_TOKEN, or point --data-dir at the Agent's data directory",
            "`playground login`으로 토큰을 저장하거나, PLAYGROUND_TOKEN을 설정하거나, Agent의 데이터 디렉터리를 --data-dir로 지정하세요",
        ),
        ClientError::Unreachable { .. } => say(
            "is the Agent running (`playground agent`), and is --url or PLAYGROUND_URL its address?",
            "Agent가 실행 중인지(`playground agent`), --url이나 PLAYGROUND_URL이 그 주소인지 확인하세요",
        ),
        ClientError::Timeout { .. } => say(
            "what was asked for may still happen: `playground ls` and `playground builds` tell; --timeout waits longer",
            "요청한 일이 계속될 수 있습니다. `playground ls`와 `playground builds`로 확인하고, 더 기다리려면 --timeout을 쓰세요",
        ),
        ClientError::Protocol { .. } => say(
            "is --url or PLAYGROUND_URL the Agent's own address?",
            "--url이나 PLAYGROUND_URL이 Agent의 주소인지 확인하세요",
        ),
        // Not in the Agent's own words.
        ClientError::Api { code, .. } if code.starts_with("http_5") => say(
            "a proxy before the Agent answered: is the Agent behind it running?",
            "Agent 앞의 프록시가 응답했습니다. 그 뒤의 Agent가 실행 중인지 확인하세요",
        ),
        other => other.hint()?.to_owned(),
    })
}

fn innermost<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error
}

/// Only what was printed breaks like that by itself; a connection that does is the cause of another error.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_reader_that_went_away_is_no_failure() {
        let broken = || io::Error::from(io::ErrorKind::BrokenPipe);
        assert!(is_broken_pipe(&broken().into()));
        let connection = anyhow::Error::from(ClientError::Unreachable {
            url: "http://agent".to_owned(),
            source: Box::new(broken()),
        });
        assert!(!is_broken_pipe(&connection));
        assert_eq!(exit(&connection), Exit::Unreachable);
    }

    #[test]
    fn what_has_several_lines_keeps_them_and_nothing_that_a_terminal_obeys() {
        assert_eq!(
            marked(
                "hint",
                "Add to config.yaml:\r\nactions:\n  gradio: \u{1b}[31mx\n"
            ),
            "hint: Add to config.yaml:\n  actions:\n    gradio: x"
        );
    }
}
