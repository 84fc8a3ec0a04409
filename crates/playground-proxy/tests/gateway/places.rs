//! What one app's visitors may hold: however many come for it, places are left for the others.

use std::net::SocketAddr;

use playground_proxy::{GatewayConfig, Stage};

use crate::support::apps::{raw, saying};
use crate::support::visitors::{Raw, ask};
use crate::support::{Mounted, SOON, Stand, limits, until};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const MOST: usize = 3;

async fn stand(apps: &[(&str, Stage)]) -> Stand {
    let config = GatewayConfig {
        app_requests: MOST,
        hold: SOON,
        ..GatewayConfig::default()
    };
    Stand::of(config, apps, limits()).await
}

fn get(label: &str) -> String {
    Mounted::Path.head("GET", label, "/") + "\r\n"
}

/// An app that begins an answer and never ends it.
async fn endless() -> SocketAddr {
    let (app, _) = raw(|mut line| async move {
        line.head().await;
        line.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            .await;
        line.gone().await;
    })
    .await;
    app
}

/// So many visitors, each on a connection of their own.
async fn visitors(stand: &Stand, label: &str) -> Vec<Raw> {
    let mut visitors = Vec::new();
    for _ in 0..MOST {
        let mut visitor = Raw::to(stand.address).await;
        visitor.send(get(label)).await;
        visitors.push(visitor);
    }
    let traffic = stand.gateway.apps().traffic_of(1);
    until(
        "they are there",
        || traffic.visits(),
        |visits| visits.open == MOST,
    )
    .await;
    visitors
}

#[tokio::test]
async fn one_apps_visitors_leave_places_to_others_and_are_told_to_come_back() {
    let (other, _) = saying(OK).await;
    let endless = Stage::Ready(endless().await);
    let stand = stand(&[("app", endless), ("other", Stage::Ready(other))]).await;
    let mut visitors = visitors(&stand, "app").await;
    let refused = ask(stand.address, get("app")).await.unwrap();
    assert_eq!(refused.status, 503);
    assert_eq!(refused.all("retry-after"), ["1"]);
    assert!(
        refused.text().contains("\"code\":\"app_full\""),
        "{refused:?}"
    );
    let page = get("app").replace("\r\n\r\n", "\r\nAccept: text/html\r\n\r\n");
    let page = ask(stand.address, page).await.unwrap().text();
    assert!(
        page.contains("as many visitors") && page.contains("너무 많습니다"),
        "{page}"
    );
    assert_eq!(ask(stand.address, get("other")).await.unwrap().text(), "ok");
    visitors.pop();
    until(
        "one left",
        || stand.visits(),
        |visits| visits.open == MOST - 1,
    )
    .await;
    let mut late = Raw::to(stand.address).await;
    late.send(get("app")).await;
    assert!(late.head().await.unwrap().starts_with("http/1.1 200"));
}

#[tokio::test]
async fn requests_that_are_held_are_counted_and_bounded() {
    let (other, _) = saying(OK).await;
    let stand = stand(&[("app", Stage::Asleep), ("other", Stage::Ready(other))]).await;
    let held = visitors(&stand, "app").await;
    assert_eq!(stand.visits().requests, 0, "none of them came to the app");
    let refused = ask(stand.address, get("app")).await.unwrap();
    assert_eq!(refused.status, 503);
    assert!(refused.text().contains("app_full"), "{refused:?}");
    assert_eq!(ask(stand.address, get("other")).await.unwrap().text(), "ok");
    drop(held);
    stand.left().await;
}
