//! What is seen of an app from outside: who looks on, and how long its answers take.

use std::time::Duration;

use crate::support::apps::{raw, saying};
use crate::support::visitors::{Raw, ask};
use crate::support::{BOTH, Stand, until};

#[tokio::test]
async fn whoever_follows_events_looks_on_until_they_leave() {
    let (app, _) = raw(|mut line| async move {
        line.head().await;
        let kind = "Content-Type: text/event-stream; charset=utf-8";
        let head = format!("HTTP/1.1 200 OK\r\n{kind}\r\nTransfer-Encoding: chunked\r\n\r\n");
        line.write(head.as_bytes()).await;
        line.gone().await;
    })
    .await;
    let stand = Stand::before(app).await;
    let mut visitors = Vec::new();
    for mounted in BOTH {
        let mut visitor = Raw::to(stand.address).await;
        visitor.send(mounted.head("GET", "app", "/") + "\r\n").await;
        visitor.head().await.unwrap();
        visitors.push(visitor);
        let visits = stand.visits();
        assert_eq!(
            (visits.viewers, visits.open),
            (visitors.len(), visitors.len())
        );
    }
    visitors.pop();
    until("one left", || stand.visits(), |visits| visits.viewers == 1).await;
    drop(visitors);
    assert_eq!(stand.left().await.viewers, 0);
}

#[tokio::test]
async fn whoever_loads_something_else_does_not_look_on() {
    let (app, _) = raw(|mut line| async move {
        line.head().await;
        line.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nbegin")
            .await;
        line.gone().await;
    })
    .await;
    let stand = Stand::before(app).await;
    let mut visitor = Raw::to(stand.address).await;
    visitor.send(BOTH[0].head("GET", "app", "/") + "\r\n").await;
    visitor.head().await.unwrap();
    assert_eq!((stand.visits().viewers, stand.visits().open), (0, 1));
}

#[tokio::test]
async fn an_apps_latency_is_the_time_until_its_answers_begin() {
    const TAKES: Duration = Duration::from_millis(50);
    let (quick, _) = saying("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
    let (slow, _) = raw(|mut line| async move {
        while line.head().await.is_some() {
            tokio::time::sleep(TAKES).await;
            line.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                .await;
        }
    })
    .await;
    for (app, is_slow) in [(quick, false), (slow, true)] {
        let stand = Stand::before(app).await;
        assert_eq!(stand.visits().latency_p50, None);
        ask(stand.address, BOTH[0].head("GET", "app", "/") + "\r\n").await;
        let visits = stand.left().await;
        let p50 = visits.latency_p50.unwrap();
        assert_eq!(visits.latency_p95, Some(p50), "there is one answer");
        if is_slow {
            assert!(p50 >= TAKES, "{p50:?}");
        } else {
            assert!(p50 > Duration::ZERO);
        }
    }
}
