//! What a connection may hold, and how it ends.

use std::time::Duration;

use playground_proxy::{ListenLimits, Stage};
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::support::apps::{raw, saying};
use crate::support::visitors::{Raw, ask};
use crate::support::{Mounted, SOON, Stand, limits, soon, until};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const SHORT: Duration = Duration::from_millis(300);

fn get() -> String {
    Mounted::Host.head("GET", "app", "/") + "\r\n"
}

async fn limited(change: impl FnOnce(&mut ListenLimits)) -> Stand {
    let (app, _) = saying(OK).await;
    let mut limits = limits();
    change(&mut limits);
    Stand::with(&[("app", Stage::Ready(app))], limits, 1).await
}

#[tokio::test]
async fn headers_over_the_limit_are_refused() {
    let stand = limited(|limits| limits.header_bytes = 16 * 1024).await;
    let with = |bytes: usize| {
        Mounted::Host.head("GET", "app", "/") + "X: " + &"x".repeat(bytes) + "\r\n\r\n"
    };
    assert_eq!(
        ask(stand.address, with(8 * 1024)).await.unwrap().status,
        200
    );
    // What came too late to be read is answered with a reset, which may overtake the answer.
    let many = Mounted::Host.head("GET", "app", "/") + &"X: x\r\n".repeat(1000) + "\r\n";
    for request in [with(64 * 1024), many] {
        let got = ask(stand.address, request).await;
        assert!(got.as_ref().is_none_or(|got| got.status == 431), "{got:?}");
    }
    assert_eq!(stand.left().await.requests, 1);
}

#[tokio::test]
async fn a_connection_that_says_nothing_or_too_little_is_closed() {
    let stand = limited(|limits| limits.header_timeout = SHORT).await;
    for begin in [
        "",
        "P",
        "PRI * HTTP/2.0\r\n\r\nS",
        "GET / HT",
        "GET / HTTP/1.1\r\nHost: a\r\nX: ",
    ] {
        let mut visitor = Raw::to(stand.address).await;
        let began = Instant::now();
        visitor.send(begin).await;
        let rest = String::from_utf8(visitor.rest().await).unwrap();
        assert!(
            rest.is_empty() || rest.starts_with("HTTP/1.1 408"),
            "{rest}"
        );
        let took = began.elapsed();
        println!("{begin:?} was closed after {took:?}");
        assert!(
            took >= SHORT - Duration::from_millis(50),
            "{begin:?}: {took:?}"
        );
        assert!(took < SOON / 2, "{begin:?}: {took:?}");
    }
}

#[tokio::test]
async fn a_connection_that_waits_for_its_next_request_too_long_is_closed() {
    let patience = Duration::from_secs(1);
    let stand = limited(|limits| limits.header_timeout = patience).await;
    let mut visitor = Raw::to(stand.address).await;
    // Longer in all than it waits for one.
    for _ in 0..12 {
        tokio::time::sleep(patience / 10).await;
        visitor.send(get()).await;
        assert_eq!(visitor.answer().await.unwrap().text(), "ok");
    }
    assert_eq!(visitor.rest().await, b"");
}

#[tokio::test]
async fn one_connection_too_many_waits_until_another_ends() {
    let stand = limited(|limits| limits.connections = 2).await;
    let mut two = [Raw::to(stand.address).await, Raw::to(stand.address).await];
    for visitor in &mut two {
        visitor.send(get()).await;
        assert_eq!(visitor.answer().await.unwrap().text(), "ok");
    }
    let mut third = Raw::to(stand.address).await;
    third.send(get()).await;
    assert!(third.is_silent_for(Duration::from_millis(200)).await);
    assert_eq!(stand.visits().requests, 2);
    let [one, mut other] = two;
    drop(one);
    assert_eq!(third.answer().await.unwrap().text(), "ok");
    other.send(get()).await;
    assert_eq!(other.answer().await.unwrap().text(), "ok");
}

#[tokio::test]
async fn an_answer_that_has_begun_comes_whole_after_the_stop() {
    let (go, wait) = tokio::sync::watch::channel(false);
    let (app, _) = raw(move |mut line| {
        let mut wait = wait.clone();
        async move {
            line.head().await;
            line.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegin\r\n")
                .await;
            wait.wait_for(|is_time| *is_time).await.unwrap();
            line.write(b"3\r\nend\r\n0\r\n\r\n").await;
            line.gone().await;
        }
    })
    .await;
    let stand = Stand::before(app).await;
    let mut idle = Raw::to(stand.address).await;
    let mut greeting = Raw::to(stand.address).await;
    greeting.send("PRI").await;
    let mut visitor = Raw::to(stand.address).await;
    visitor.send(get()).await;
    until("it began", || stand.visits(), |visits| visits.sent == 5).await;
    stand.stop.cancel();
    assert_eq!(
        idle.rest().await,
        b"",
        "a connection without a request ends"
    );
    assert_eq!(greeting.rest().await, b"");
    let refused = async {
        // The system may hold one that came before the listener was closed.
        while let Ok(socket) = TcpStream::connect(stand.address).await {
            drop(socket);
            tokio::task::yield_now().await;
        }
    };
    soon("new connections are refused", refused).await;
    assert!(!stand.served.is_finished());
    go.send_replace(true);
    let got = visitor.answer().await.unwrap();
    assert_eq!((got.text().as_str(), got.is_whole), ("beginend", true));
    assert_eq!(visitor.rest().await, b"");
    soon("listen returns", stand.served).await.unwrap();
}

#[tokio::test]
async fn a_stop_with_nobody_there_is_immediate() {
    let stand = limited(|_| ()).await;
    let mut visitor = Raw::to(stand.address).await;
    visitor.send(get()).await;
    assert_eq!(visitor.answer().await.unwrap().text(), "ok");
    stand.stop.cancel();
    soon("listen returns", stand.served).await.unwrap();
    assert_eq!(visitor.rest().await, b"");
}
