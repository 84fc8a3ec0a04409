//! Item 40: WebSockets, and every other change of protocol.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use playground_proxy::{GatewayConfig, Stage};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, accept_async, client_async};

use crate::support::apps::{Log, raw, saying};
use crate::support::visitors::{Raw, ask};
use crate::support::{BOTH, Mounted, SOON, Stand, limits, soon, until};

/// An app that says back what it hears.
async fn echo() -> (SocketAddr, Log) {
    raw(|line| async move {
        let Ok(mut socket) = accept_async(line.socket).await else {
            return;
        };
        while let Some(Ok(message)) = socket.next().await {
            let is_end = match message {
                Message::Text(_) | Message::Binary(_) => socket.send(message).await.is_err(),
                _ => false,
            };
            if is_end {
                return;
            }
        }
    })
    .await
}

async fn open(stand: &Stand, mounted: Mounted) -> Result<WebSocketStream<TcpStream>, Error> {
    let (host, prefix) = (mounted.host("app"), mounted.prefix("app"));
    let request = format!("ws://{host}{prefix}/ws").into_client_request()?;
    let socket = TcpStream::connect(stand.address).await?;
    let opened = client_async(request, socket);
    soon("a WebSocket opens", opened)
        .await
        .map(|(socket, _)| socket)
}

/// The status with which a WebSocket was refused.
async fn refused(stand: &Stand) -> u16 {
    match open(stand, Mounted::Path).await {
        Err(Error::Http(answer)) => answer.status().as_u16(),
        other => panic!("no answer but {other:?}"),
    }
}

fn upgrade(more: &str) -> String {
    Mounted::Path.head("GET", "app", "/ws")
        + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        + more
        + "\r\n"
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn item_40_messages_pass_both_ways_in_both_mounts() {
    for mounted in BOTH {
        let (app, _) = echo().await;
        let stand = Stand::before(app).await;
        let mut socket = open(&stand, mounted).await.unwrap();
        for number in 0..500_usize {
            let text = Message::text(format!("{number} 안녕"));
            let bytes = Message::binary(vec![7; number * 97]);
            for message in [text, bytes] {
                socket.send(message.clone()).await.unwrap();
                let back = soon("an echo", socket.next()).await.unwrap().unwrap();
                assert_eq!(back, message);
            }
        }
        assert_eq!((stand.visits().open, stand.visits().idle()), (1, None));
        let frame = CloseFrame {
            code: 4321.into(),
            reason: "enough".into(),
        };
        socket.close(Some(frame.clone())).await.unwrap();
        let back = soon("a close", socket.next()).await.unwrap().unwrap();
        assert_eq!(back, Message::Close(Some(frame)));
        while soon("the end", socket.next()).await.is_some() {}
        let visits = stand.left().await;
        assert_eq!(visits.requests, 1);
        let carried = (0..500).map(|n| n * 97).sum::<u64>();
        assert!(
            visits.received > carried && visits.sent > carried,
            "{visits:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn item_40_many_messages_pass_both_ways_at_once() {
    let (app, _) = echo().await;
    let stand = Stand::before(app).await;
    let (mut to, mut from) = open(&stand, Mounted::Path).await.unwrap().split();
    let sending = tokio::spawn(async move {
        for number in 0..5000 {
            to.feed(Message::text(format!("{number}"))).await.unwrap();
        }
        to.flush().await.unwrap();
    });
    for number in 0..5000 {
        let back = soon("an echo", from.next()).await.unwrap().unwrap();
        assert_eq!(back, Message::text(format!("{number}")));
    }
    sending.await.unwrap();
}

#[tokio::test]
async fn item_40_an_apps_close_code_reaches_the_visitor() {
    let (app, _) = raw(|line| async move {
        let mut socket = accept_async(line.socket).await.unwrap();
        let frame = CloseFrame {
            code: 1013.into(),
            reason: "later".into(),
        };
        socket.close(Some(frame)).await.unwrap();
        while let Some(Ok(_)) = socket.next().await {}
    })
    .await;
    let stand = Stand::before(app).await;
    let mut socket = open(&stand, Mounted::Host).await.unwrap();
    let Message::Close(Some(frame)) = soon("a close", socket.next()).await.unwrap().unwrap() else {
        panic!("no close frame");
    };
    assert_eq!(
        (u16::from(frame.code), frame.reason.as_str()),
        (1013, "later")
    );
    while soon("the end", socket.next()).await.is_some() {}
    stand.left().await;
}

#[tokio::test]
async fn item_40_an_app_that_wants_no_websocket_says_so_itself() {
    let (app, _) = saying("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno").await;
    let stand = Stand::before(app).await;
    let mut raw = Raw::to(stand.address).await;
    // The connection goes on: an answer is an answer.
    for _ in 0..2 {
        raw.send(upgrade("Connection: Upgrade\r\nUpgrade: websocket\r\n"))
            .await;
        let got = raw.answer().await.unwrap();
        assert_eq!((got.status, got.text().as_str()), (403, "no"));
        assert_eq!(got.all("upgrade"), [""; 0]);
    }
    stand.left().await;
}

#[tokio::test]
async fn item_40_a_change_of_protocol_that_nobody_asked_for_is_502() {
    let agreed = "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: ";
    let unasked = upgrade("");
    let asked = upgrade("Connection: Upgrade\r\nUpgrade: websocket\r\n");
    for (request, answer) in [
        (&unasked, format!("{agreed}websocket\r\n\r\n")),
        (
            &unasked,
            "HTTP/1.1 101 Switching Protocols\r\n\r\n".to_owned(),
        ),
        (&asked, format!("{agreed}h2c\r\n\r\n")),
        (
            &asked,
            "HTTP/1.1 101 Switching Protocols\r\n\r\n".to_owned(),
        ),
    ] {
        let (app, log) = raw(move |mut line| {
            let answer = answer.clone();
            async move {
                line.head().await;
                line.write(answer.as_bytes()).await;
                line.write(b"behind your back").await;
                line.gone().await;
            }
        })
        .await;
        let stand = Stand::before(app).await;
        let got = ask(stand.address, request).await.unwrap();
        assert_eq!(got.status, 502, "{got:?}");
        assert!(!got.text().contains("behind"), "{got:?}");
        until("the app was let go", || log.ended(), |ended| *ended == 1).await;
        stand.left().await;
    }
}

#[tokio::test]
async fn item_40_no_other_protocol_is_asked_for() {
    for more in [
        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n",
        "Connection: Upgrade\r\nUpgrade: websocket, h2c\r\n",
        "Connection: Upgrade\r\nUpgrade: TLS/1.0\r\n",
        "Upgrade: websocket\r\n",
    ] {
        let (app, log) = saying("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
        let stand = Stand::before(app).await;
        assert_eq!(
            ask(stand.address, upgrade(more)).await.unwrap().text(),
            "ok"
        );
        let head = log.text().to_ascii_lowercase();
        assert!(
            !head.contains("upgrade") && !head.contains("http2-settings"),
            "{head}"
        );
    }
}

#[tokio::test]
async fn one_apps_websockets_leave_places_to_others() {
    let (app, _) = echo().await;
    let apps = [("app", Stage::Ready(app)), ("other", Stage::Ready(app))];
    let config = GatewayConfig {
        app_tunnels: 1,
        ..GatewayConfig::default()
    };
    let stand = Stand::of(config, &apps, limits()).await;
    let first = open(&stand, Mounted::Path).await.unwrap();
    assert_eq!(stand.visits().viewers, 1);
    assert_eq!(refused(&stand).await, 503);
    let head = Mounted::Path.head("GET", "other", "/ws");
    let other = upgrade("Connection: Upgrade\r\nUpgrade: websocket\r\n");
    let (_, fields) = other.split_once("8000\r\n").unwrap();
    let mut neighbour = Raw::to(stand.address).await;
    neighbour.send(head + fields).await;
    let answer = neighbour.head().await.unwrap();
    assert!(answer.starts_with("http/1.1 101 "), "{answer}");
    drop(first);
    until(
        "a place is free",
        || stand.visits(),
        |visits| visits.viewers == 0,
    )
    .await;
    open(&stand, Mounted::Path).await.unwrap();
}

#[tokio::test]
async fn item_40_places_are_bounded_and_become_free_again() {
    let (app, _) = echo().await;
    let stand = Stand::with(&[("app", Stage::Ready(app))], limits(), 2).await;
    let first = open(&stand, Mounted::Path).await.unwrap();
    let mut second = open(&stand, Mounted::Host).await.unwrap();
    assert_eq!(refused(&stand).await, 503);
    let got = ask(
        stand.address,
        upgrade("Connection: Upgrade\r\nUpgrade: websocket\r\n"),
    )
    .await;
    assert_eq!(got.unwrap().all("retry-after"), ["1"]);
    drop(first);
    until(
        "a place is free",
        || stand.visits(),
        |visits| visits.open == 1,
    )
    .await;
    let third = open(&stand, Mounted::Path).await.unwrap();
    second.send(Message::text("still there")).await.unwrap();
    assert!(soon("an echo", second.next()).await.unwrap().is_ok());
    drop((second, third));
    stand.left().await;
    // An attempt that failed holds no place either.
    for _ in 0..5 {
        stand.put(&[("app", Stage::Stopped)]);
        assert_eq!(refused(&stand).await, 503);
        stand.put(&[("app", Stage::Ready(app))]);
        drop(open(&stand, Mounted::Path).await.unwrap());
        stand.left().await;
    }
}

#[tokio::test]
async fn item_40_closing_the_gateway_ends_them_all() {
    let (app, log) = echo().await;
    let stand = Stand::before(app).await;
    let mut sockets = Vec::new();
    for _ in 0..5 {
        let mut socket = open(&stand, Mounted::Path).await.unwrap();
        socket.send(Message::text("hello")).await.unwrap();
        assert!(soon("an echo", socket.next()).await.unwrap().is_ok());
        sockets.push(socket);
    }
    soon("all have ended", stand.gateway.close()).await;
    let visits = stand.visits();
    assert_eq!((visits.open, visits.requests), (0, 5));
    assert!(
        visits.received >= 5 * 5 && visits.sent >= 5 * 5,
        "{visits:?}"
    );
    for mut socket in sockets {
        assert!(!matches!(soon("the end", socket.next()).await, Some(Ok(_))));
    }
    until("the app noticed", || log.ended(), |ended| *ended == 5).await;
}

#[tokio::test]
async fn item_40_an_end_that_keeps_quiet_after_the_other_closed_is_given_up() {
    let agreed =
        "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";
    let (app, _) = raw(move |mut line| async move {
        line.head().await;
        line.write(agreed.as_bytes()).await;
        // It never reads and never closes.
        std::future::pending().await
    })
    .await;
    let stand = Stand::before(app).await;
    let mut visitor = Raw::to(stand.address).await;
    visitor
        .send(upgrade("Connection: Upgrade\r\nUpgrade: websocket\r\n"))
        .await;
    assert!(visitor.head().await.unwrap().starts_with("http/1.1 101 "));
    assert_eq!(stand.visits().open, 1);
    drop(visitor);
    stand.left().await;
}

#[tokio::test]
async fn item_40_an_idle_websocket_stays_open() {
    let (app, _) = echo().await;
    let mut limits = limits();
    limits.header_timeout = Duration::from_millis(100);
    let stand = Stand::with(&[("app", Stage::Ready(app))], limits, 1).await;
    let mut socket = open(&stand, Mounted::Path).await.unwrap();
    // The pause is what the test is about.
    tokio::time::sleep(Duration::from_millis(600)).await;
    // Line feeds, which would break a head.
    let message = Message::binary(b"\n\n\n\n".to_vec());
    socket.send(message.clone()).await.unwrap();
    let back = tokio::time::timeout(SOON, socket.next()).await.unwrap();
    assert_eq!(back.unwrap().unwrap(), message);
}
