//! Item 48: whoever asks for an app that is not there is told so at once, in words for people or for programs.

use playground_proxy::Stage;
use tokio::net::TcpSocket;

use crate::support::apps::saying;
use crate::support::visitors::{Got, ask};
use crate::support::{BOTH, Mounted, Stand, limits, soon};

const PAGE: &str = "Accept: text/html,application/xhtml+xml;q=0.9,*/*;q=0.8\r\n";

async fn asked(stand: &Stand, mounted: Mounted, accept: &str) -> Got {
    let head = mounted.head("GET", "app", "/") + accept + "\r\n";
    soon("the answer", ask(stand.address, head)).await.unwrap()
}

async fn is_told(stand: &Stand, status: u16, code: &str, helps_to_wait: bool) {
    for mounted in BOTH {
        let got = asked(stand, mounted, "Accept: */*\r\n").await;
        assert_eq!(got.status, status, "{got:?}");
        assert_eq!(got.all("content-type"), ["application/json"]);
        let json: serde_json::Value = serde_json::from_slice(&got.body).unwrap();
        assert_eq!(json["code"], code);
        assert!(json["detail"].is_string(), "{json}");
        assert_eq!(got.all("retry-after") == ["1"], helps_to_wait, "{got:?}");
        assert_eq!(got.all("cache-control"), ["no-store"]);
        let page = asked(stand, mounted, PAGE).await;
        assert_eq!(page.status, status);
        assert_eq!(page.all("content-type"), ["text/html; charset=utf-8"]);
        let text = page.text();
        assert!(
            text.starts_with("<!doctype html>") && text.contains("lang=\"ko\""),
            "{text}"
        );
        assert_eq!(
            text.contains("http-equiv=\"refresh\""),
            helps_to_wait,
            "{text}"
        );
    }
}

#[tokio::test]
async fn item_48_every_stage_is_told_at_once() {
    let failed = Stage::Failed {
        message: "it ended <3 times>".to_owned(),
        korean: "세 번 끝났습니다".to_owned(),
    };
    for (stage, code, helps_to_wait) in [
        (Stage::Waiting, "app_not_ready", true),
        (Stage::Building, "app_not_ready", true),
        (Stage::Starting, "app_not_ready", true),
        (Stage::Stopped, "app_stopped", false),
        (failed, "app_failed", false),
    ] {
        let stand = Stand::with(&[("app", stage)], limits(), 1).await;
        is_told(&stand, 503, code, helps_to_wait).await;
        assert_eq!(stand.visits().requests, 0, "nobody visited an app");
    }
}

#[tokio::test]
async fn item_48_an_app_that_nobody_made_is_told_at_once() {
    let stand = Stand::with(&[], limits(), 1).await;
    is_told(&stand, 404, "app_unknown", false).await;
}

#[tokio::test]
async fn item_48_a_port_that_refuses_is_an_app_that_starts() {
    // Taken by somebody who does not listen, so that nobody else does.
    let taken = TcpSocket::new_v4().unwrap();
    taken.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let nobody = taken.local_addr().unwrap();
    let stand = Stand::before(nobody).await;
    is_told(&stand, 503, "app_not_ready", true).await;
    assert_eq!(stand.left().await.requests, 4);
}

#[tokio::test]
async fn item_48_a_page_that_waits_turns_into_the_app() {
    let stand = Stand::with(&[("app", Stage::Starting)], limits(), 1).await;
    assert_eq!(asked(&stand, Mounted::Path, PAGE).await.status, 503);
    let (app, _) = saying("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
    stand.put(&[("app", Stage::Ready(app))]);
    assert_eq!(asked(&stand, Mounted::Path, PAGE).await.text(), "ok");
}
