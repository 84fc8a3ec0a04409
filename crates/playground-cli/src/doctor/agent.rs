//! The Agent at `--url`, where one answers.

use playground_client::{Client, ClientError};
use playground_types::wire::Health;

use super::limit::within;
use super::line::{Line, typed, words};
use crate::connect::{Connection, Session};
use crate::exit::Problem;
use crate::health::in_korean;

const NAME: &str = "agent";

/// What came of asking; none when it took too long.
pub(super) async fn look(connection: &Connection) -> Line {
    let client = match Session::new(connection) {
        Ok(session) => session.client,
        Err(error) => {
            let hint = error.downcast_ref::<Problem>();
            let hint = hint.and_then(|problem| problem.hint.clone());
            let fix = hint.unwrap_or_else(|| "playground doctor --url http://HOST:8000".to_owned());
            return Line::bad(NAME, typed(error.to_string()), typed(fix));
        }
    };
    match within(client.health()).await {
        Some(health) => judge(client.url(), env!("CARGO_PKG_VERSION"), &health),
        None => slow(&client),
    }
}

fn slow(client: &Client) -> Line {
    let url = client.url();
    Line::bad(
        NAME,
        words(
            format!("the Agent at {url} does not answer in time"),
            format!("{url}의 Agent가 제시간에 응답하지 않습니다"),
        ),
        typed(format!("curl -i {url}/health/")),
    )
}

pub(super) fn judge(url: &str, ours: &str, health: &Result<Health, ClientError>) -> Line {
    let health = match health {
        Ok(health) => health,
        Err(error) => return judge_error(url, error),
    };
    let version = &health.version;
    let found = format!("{url}, version {version}");
    if !health.problems.is_empty() {
        let (en, ko) = (health.problems.join("; "), in_korean(health).join("; "));
        return Line::bad(
            NAME,
            words(format!("{found}: {en}"), format!("{found}: {ko}")),
            typed("playground health"),
        );
    }
    if health.status != "ok" {
        let status = &health.status;
        return Line::warning(
            NAME,
            typed(format!("{found}: {status}")),
            typed("playground health"),
        );
    }
    if version != ours {
        return Line::warning(
            NAME,
            words(
                format!("{found}, and this is {ours}"),
                format!("{found}. 이 명령의 버전은 {ours}입니다"),
            ),
            words(
                "restart the Agent with this program: playground agent",
                "이 프로그램으로 Agent를 다시 시작하세요: playground agent",
            ),
        );
    }
    Line::ok(NAME, typed(found))
}

/// That none runs yet is no fault of the machine.
fn judge_error(url: &str, error: &ClientError) -> Line {
    match error {
        ClientError::Unreachable { .. } => Line::skipped(
            NAME,
            words(
                format!("none answers at {url}; `playground agent` starts one"),
                format!("{url}에서 응답하는 Agent가 없습니다. `playground agent`로 시작하세요"),
            ),
        ),
        ClientError::Unauthorized { .. } => Line::bad(
            NAME,
            words(
                format!("the Agent at {url} wants a token, or another one"),
                format!("{url}의 Agent에 올바른 토큰이 필요합니다"),
            ),
            typed(format!("playground login --url {url}")),
        ),
        other => Line::bad(
            NAME,
            typed(other.to_string()),
            typed(format!("curl -i {url}/health/")),
        ),
    }
}
