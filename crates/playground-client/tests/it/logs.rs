use futures_util::{StreamExt as _, TryStreamExt as _};
use playground_client::{ClientError, LogEvent, LogFailure, LogTail};
use playground_types::{LaunchStatus, Timestamp};
use serde_json::json;

use crate::answers::{answer, events};
use crate::stub::Stub;

fn line(text: &str) -> LogEvent {
    LogEvent::Line(text.to_owned())
}

#[tokio::test]
async fn a_cut_stream_goes_on_where_it_was_and_tells_nothing_twice() {
    let stub = Stub::start([
        events(&[
            "id: 0\ndata: {\"type\":\"status\",\"message\":\"building\"}\n\n: keep-alive\n\n",
            "id: 9\ndata: {\"type\":\"log\",\"message\":\"첫 줄\"}\n\nid: 20\nda",
        ]),
        events(&[]),
        events(&[
            "id: 9\ndata: {\"type\":\"status\",\"message\":\"building\"}\n\n",
            "id: 20\ndata: {\"type\":\"log\",\"message\":\"two\"}\n\n",
            "id: 20\ndata: {\"type\":\"status\",\"message\":\"completed\"}\n\n",
            "id: 20\ndata: {\"type\":\"complete\",\"message\":\"completed\"}\n\n",
        ]),
    ])
    .await;
    let said: Vec<_> = stub
        .client()
        .follow_build_log("b1")
        .try_collect()
        .await
        .unwrap();
    let expected = [
        LogEvent::Status(LaunchStatus::Building),
        line("첫 줄"),
        line("two"),
        LogEvent::Status(LaunchStatus::Completed),
        LogEvent::Ended,
    ];
    assert_eq!(said, expected);
    let positions: Vec<_> = stub
        .asked()
        .iter()
        .map(|asked| asked.header("last-event-id").map(str::to_owned))
        .collect();
    assert_eq!(
        positions,
        [None, Some("9".to_owned()), Some("9".to_owned())]
    );
    assert_eq!(stub.lines()[0], "GET /builds/b1/logs/stream/");
}

#[tokio::test]
async fn a_failed_launch_ends_with_its_reason() {
    let stub = Stub::start([events(&[
        "data: {\"type\":\"error\",\"message\":\"no such package\"}\n\ndata: never read\n\n",
    ])])
    .await;
    let said: Vec<_> = stub
        .client()
        .follow_build_log("b1")
        .try_collect()
        .await
        .unwrap();
    let ended = LogFailure {
        reason: "no such package".to_owned(),
        failure: None,
    };
    assert_eq!(said, [LogEvent::Failed(ended)]);
}

#[tokio::test]
async fn a_log_that_is_gone_when_it_is_taken_up_again_is_an_error() {
    let stub = Stub::start([
        events(&["id: 1\ndata: {\"type\":\"log\",\"message\":\"one\"}\n\n"]),
        answer(
            404,
            &json!({"detail": "there is no container c", "code": "container_unknown"}),
        ),
    ])
    .await;
    let client = stub.client();
    let tail = LogTail {
        tail: Some(5),
        since: None,
    };
    let mut said = std::pin::pin!(client.follow_container_log("c", &tail));
    assert_eq!(said.next().await.unwrap().unwrap(), line("one"));
    assert!(matches!(
        said.next().await,
        Some(Err(ClientError::Api { status: 404, .. }))
    ));
    assert!(said.next().await.is_none());
    assert_eq!(stub.lines()[0], "GET /containers/c/logs/stream/?tail=5");
}

#[tokio::test]
async fn a_stream_that_never_begins_is_an_error_at_once() {
    let stub = Stub::start([answer(
        401,
        &json!({"detail": "no", "code": "unauthorized"}),
    )])
    .await;
    let said: Result<Vec<_>, _> = stub.client().follow_build_log("b1").try_collect().await;
    assert!(matches!(said, Err(ClientError::Unauthorized { .. })));
}

#[tokio::test]
async fn a_log_that_is_followed_again_goes_on_after_its_last_line() {
    let end = "id: 0\ndata: {\"type\":\"complete\",\"message\":\"\"}\n\n";
    let stub = Stub::start([
        // The app printed nothing.
        events(&[end]),
        events(&[
            "id: 5/1\ndata: {\"type\":\"log\",\"message\":\"one\"}\n\n",
            end,
        ]),
        events(&[
            "id: 7/1\ndata: {\"type\":\"log\",\"message\":\"two\"}\n\n",
            end,
        ]),
    ])
    .await;
    let since = LogTail {
        tail: None,
        since: Timestamp::parse("2020-01-01T00:00:00Z"),
    };
    let mut log = stub.client().container_log_reader("c", &since);
    let mut said = Vec::new();
    for _ in 0..3 {
        said.extend(log.follow().try_collect::<Vec<_>>().await.unwrap());
    }
    let ended = LogEvent::Ended;
    assert_eq!(
        said,
        [
            ended.clone(),
            line("one"),
            ended.clone(),
            line("two"),
            ended
        ]
    );
    let asked = stub.asked();
    let positions = asked.iter().map(|asked| asked.header("last-event-id"));
    assert_eq!(positions.collect::<Vec<_>>(), [None, None, Some("5/1")]);
    let from = "GET /containers/c/logs/stream/?since=2020-01-01T00%3A00%3A00.000Z";
    assert_eq!(stub.lines(), [from; 3]);
}
