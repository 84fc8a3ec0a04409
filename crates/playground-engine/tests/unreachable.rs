//! An engine that is not there, or that accepts and never answers, holds nobody for ever.

use std::time::Duration;

use playground_engine::{Engine, EngineError};
use playground_types::EngineId;
use tokio::net::UnixListener;

#[tokio::test]
async fn an_engine_that_is_not_there_is_said_to_be_and_may_come_later() {
    let place = tempfile::tempdir().unwrap();
    let socket = place.path().join("docker.sock");
    let engine = Engine::docker(Some(&format!("unix://{}", socket.display())));
    let missing = engine.version().await.unwrap_err();
    assert!(matches!(missing, EngineError::Unreachable { .. }) && missing.is_retryable());
    assert!(std::error::Error::source(&missing).is_some());
    // Something listens and hangs up at once.
    let listener = UnixListener::bind(&socket).unwrap();
    let hang_up = tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            drop(connection);
        }
    });
    let broken = engine.version().await.unwrap_err();
    assert!(
        matches!(broken, EngineError::Unreachable { .. }),
        "{broken:?}"
    );
    hang_up.abort();
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_never_answers_is_given_up_on_with_the_operations_name() {
    let place = tempfile::tempdir().unwrap();
    let socket = place.path().join("docker.sock");
    let listener = UnixListener::bind(&socket).unwrap();
    let wedged = tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((connection, _)) = listener.accept().await {
            held.push(connection);
        }
    });
    let engine = Engine::docker(Some(&format!("unix://{}", socket.display())));
    let id = EngineId("x".into());
    let outcome = tokio::time::timeout(Duration::from_secs(600), engine.inspect(&id)).await;
    let error = outcome.expect("a deadline of its own").unwrap_err();
    assert!(
        matches!(error, EngineError::TimedOut("connect")),
        "{error:?}"
    );
    wedged.abort();
}
