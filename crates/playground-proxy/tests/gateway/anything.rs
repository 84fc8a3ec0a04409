//! Item 42: bytes that nobody thought of. An app never sees more requests than the gateway let through, and nothing that
//! anybody sends makes the gateway panic.

use std::cell::Cell;
use std::panic::{set_hook, take_hook};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http_body_util::BodyExt as _;
use playground_proxy::{ListenLimits, Stage};
use proptest::prelude::*;
use tokio::io::AsyncWriteExt as _;
use tokio::runtime::{Builder, Runtime};

use crate::support::apps::{polite, raw, saying, text};
use crate::support::visitors::{Raw, ask};
use crate::support::{Mounted, Stand, limits};

/// What requests and answers are made of, good and bad.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let known = [
        "GET / HTTP/1.1\r\n",
        "POST /x HTTP/1.1\r\n",
        "GET /play/app/ HTTP/1.0\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "CONNECT app.localhost:80 HTTP/1.1\r\n",
        "OPTIONS * HTTP/1.1\r\n",
        "Host: app.localhost\r\n",
        "Host: localhost\r\n",
        "Content-Length: 5\r\n",
        "Content-Length: 0\r\n",
        "Content-Length:5\n",
        "Transfer-Encoding: chunked\r\n",
        "Transfer-Encoding:\tchunked\r\n",
        "Transfer-Encoding: x\r\n",
        "Connection: upgrade\r\n",
        "Upgrade: websocket\r\n",
        "Connection: close, content-length\r\n",
        "Expect: 100-continue\r\n",
        "X: y\r\n",
        " folded\r\n",
        "\r\n",
        "\n",
        "\r",
        "\0",
        ": ",
        "5\r\nhello\r\n",
        "0\r\n\r\n",
        "hello",
        "GET /hidden HTTP/1.1\r\nHost: app.localhost\r\n\r\n",
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 101 Switching Protocols\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.0 304 X\r\n",
        "Set-Cookie: a=b; Path=\u{ed55}; =;\r\n",
        "Location: //\\\r\n",
    ];
    prop_oneof![
        8 => prop::sample::select(known.to_vec()).prop_map(|known| known.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..12),
    ]
}

fn bytes(begin: &'static str) -> impl Strategy<Value = Vec<u8>> {
    let begin = prop_oneof![3 => Just(begin), 1 => Just("")];
    let pieces = prop::collection::vec(piece(), 0..14);
    (begin, pieces).prop_map(|(begin, pieces)| [begin.as_bytes(), &pieces.concat()].concat())
}

/// Requests one after the other, most of them good, with something between or within them that is not.
fn requests() -> impl Strategy<Value = Vec<u8>> {
    let host = "Host: app.localhost\r\n";
    let good = [
        format!("GET /a HTTP/1.1\r\n{host}\r\n"),
        format!("POST /b HTTP/1.1\r\n{host}Content-Length: 5\r\n\r\nhello"),
        format!(
            "PUT /c HTTP/1.1\r\nContent-Length: 57\r\n{host}\r\nGET /hidden HTTP/1.1\r\nHost: app.localhost\r\nX: 12345\r\n\r\n"
        ),
        format!(
            "POST /d HTTP/1.1\r\n{host}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
        ),
    ];
    let part = prop_oneof![
        6 => prop::sample::select(good.to_vec()).prop_map(String::into_bytes),
        1 => piece(),
    ];
    let parts = prop::collection::vec(part, 1..6).prop_map(|parts| parts.concat());
    let slips = prop::collection::vec((any::<prop::sample::Index>(), piece()), 0..2);
    (parts, slips).prop_map(|(mut bytes, slips)| {
        for (at, slip) in slips {
            let at = at.index(bytes.len() + 1);
            bytes.splice(at..at, slip);
        }
        bytes
    })
}

/// Counts panics outside of the tests themselves from now on.
fn panics() -> Arc<AtomicU64> {
    let count = Arc::new(AtomicU64::new(0));
    let (counted, before) = (count.clone(), take_hook());
    set_hook(Box::new(move |panic| {
        let is_ours = panic
            .location()
            .is_some_and(|place| !place.file().contains("tests/gateway"));
        counted.fetch_add(u64::from(is_ours), Ordering::SeqCst);
        before(panic);
    }));
    count
}

/// How long a visitor who says nothing more is waited for.
const QUIET: Duration = Duration::from_millis(25);

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

#[test]
fn item_42_no_bytes_reach_an_app_as_more_requests_than_they_are() {
    let panics = panics();
    let runtime = runtime();
    let seen = Arc::new(AtomicU64::new(0));
    let stand = runtime.block_on(async {
        let seen = seen.clone();
        let app = polite(move |request| {
            seen.fetch_add(1, Ordering::SeqCst);
            async move {
                // A body that breaks off is no request that could do harm.
                let _read = request.into_body().collect().await;
                text("ok")
            }
        });
        let limits = ListenLimits {
            header_timeout: QUIET,
            ..limits()
        };
        Stand::with(&[("app", Stage::Ready(app.await))], limits, 2).await
    });
    let bytes =
        prop_oneof![3 => requests(), 1 => bytes("POST / HTTP/1.1\r\nHost: app.localhost\r\n")];
    proptest!(config(), |(bytes in bytes)| {
        runtime.block_on(async {
            let mut visitor = Raw::to(stand.address).await;
            // The gateway may have closed it before all was sent.
            let _sent = visitor.socket.write_all(&bytes).await;
            // A body may lack bytes, and is waited for as long as its visitor stays.
            let _ended = tokio::time::timeout(QUIET * 2, visitor.rest()).await;
            drop(visitor);
            stand.left().await;
        });
        let (passed, seen) = (stand.visits().requests, seen.load(Ordering::SeqCst));
        prop_assert!(seen <= passed, "the app saw {seen} of {passed}");
        prop_assert_eq!(panics.load(Ordering::SeqCst), 0);
    });
    let (passed, seen) = (stand.visits().requests, seen.load(Ordering::SeqCst));
    println!("{passed} requests were let through, the app saw {seen}");
    // The others were given up before they came to the app, or broke off on their way.
    assert!(seen >= passed / 2, "{seen} of {passed}");
    assert!(seen > 0);
}

#[test]
fn item_45_no_bytes_of_an_app_harm_another() {
    let panics = panics();
    let runtime = runtime();
    let (asked, answered) = (Cell::new(0), Cell::new(0));
    proptest!(config(), |(bytes in bytes("HTTP/1.1 200 OK\r\n"))| {
        asked.set(asked.get() + 1);
        runtime.block_on(async {
            let (app, _) = raw(move |mut line| {
                let bytes = bytes.clone();
                async move {
                    line.head().await;
                    line.write(&bytes).await;
                }
            })
            .await;
            let (other, _) = saying("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nother").await;
            let apps = [("app", Stage::Ready(app)), ("other", Stage::Ready(other))];
            let stand = Stand::with(&apps, limits(), 2).await;
            let mut visitor = Raw::to(stand.address).await;
            visitor.send(Mounted::Host.head("GET", "app", "/") + "Connection: close\r\n\r\n").await;
            let rest = visitor.rest().await;
            assert!(rest.is_empty() || rest.starts_with(b"HTTP/1.1 "), "{rest:?}");
            answered.set(answered.get() + u32::from(!rest.is_empty()));
            let got = ask(stand.address, Mounted::Host.head("GET", "other", "/") + "\r\n").await;
            assert_eq!(got.unwrap().text(), "other");
            stand.left().await;
        });
        prop_assert_eq!(panics.load(Ordering::SeqCst), 0);
    });
    let (asked, answered) = (asked.get(), answered.get());
    println!("{answered} of {asked} visitors were answered");
    assert!(answered >= asked / 2, "{answered} of {asked}");
}
