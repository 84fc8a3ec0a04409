//! Every look has a time limit of its own, so that nothing that hangs keeps the others from being told.

use std::future::Future;
use std::time::Duration;

use playground_engine::EngineError;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::line::{Line, typed, words};

/// How long a look may take.
pub(super) const LIMIT: Duration = Duration::from_secs(10);

/// What was found, or none when it took too long.
pub(super) async fn within<T>(look: impl Future<Output = T>) -> Option<T> {
    timeout(LIMIT, look).await.ok()
}

/// The engine's answer within the limit.
pub(super) async fn ask<T>(
    what: &'static str,
    call: impl Future<Output = Result<T, EngineError>>,
) -> Result<T, EngineError> {
    let answer = timeout(LIMIT, call).await;
    answer.unwrap_or(Err(EngineError::TimedOut(what)))
}

/// Runs what may block on a thread that nobody waits for at the end: a disk that hangs holds up its own look only.
pub(super) async fn aside<T: Send + 'static>(
    look: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let (told, found) = oneshot::channel();
    std::thread::spawn(move || drop(told.send(look())));
    within(found).await?.ok()
}

/// The line of a look that took too long.
pub(super) fn too_long(name: &'static str) -> Line {
    let seconds = LIMIT.as_secs();
    Line::warning(
        name,
        words(
            format!("nothing was found out within {seconds} s"),
            format!("{seconds}초 안에 알아내지 못했습니다"),
        ),
        typed("playground doctor"),
    )
}

/// The line of a look that the engine refused, or that nobody answered.
pub(super) fn unanswered(name: &'static str, error: &EngineError) -> Line {
    match error {
        EngineError::Unreachable { .. } | EngineError::TimedOut(_) => Line::skipped(
            name,
            words(
                "not known: the Docker Engine does not answer",
                "알 수 없음: Docker Engine이 응답하지 않습니다",
            ),
        ),
        other => Line::warning(
            name,
            words(
                format!("not known: {other}"),
                format!("알 수 없음: {other}"),
            ),
            typed("docker info"),
        ),
    }
}
