//! Item 45: an app that does not end. It holds nobody but its own visitor, and no more of the gateway than a little.

use std::net::SocketAddr;

use crate::hostile::{beside, get, other_answers};
use crate::support::apps::{Log, raw};
use crate::support::until;
use crate::support::visitors::{Raw, ask};

/// An app that goes on until the other end is gone.
async fn endless(begin: &'static str, piece: &'static [u8]) -> (SocketAddr, Log) {
    raw(move |mut line| async move {
        if line.head().await.is_some() && line.write(begin.as_bytes()).await {
            while line.write(piece).await {}
        }
    })
    .await
}

#[tokio::test]
async fn item_45_endless_headers_are_cut_off() {
    let line =
        b"X-More: 0123456789012345678901234567890123456789012345678901234567890123456789\r\n";
    let (app, log) = endless("HTTP/1.1 200 OK\r\n", line).await;
    let stand = beside(app).await;
    let got = ask(stand.address, get("/")).await.unwrap();
    assert_eq!(got.status, 502, "{got:?}");
    other_answers(&stand).await;
    until("the app was let go", || log.ended(), |ended| *ended == 1).await;
    println!("an app of endless headers wrote {} bytes", log.written());
    assert!(log.written() < 100 << 20);
}

#[tokio::test]
async fn item_45_a_hundred_mebibytes_of_one_header_are_cut_off() {
    let (app, log) = raw(|mut line| async move {
        if line.head().await.is_some() && line.write(b"HTTP/1.1 200 OK\r\nX-Long: ").await {
            let piece = vec![b'x'; 1 << 20];
            for _ in 0..100 {
                if !line.write(&piece).await {
                    return;
                }
            }
            line.write(b"\r\nContent-Length: 2\r\n\r\nok").await;
        }
    })
    .await;
    let stand = beside(app).await;
    let got = ask(stand.address, get("/")).await.unwrap();
    assert_eq!(got.status, 502, "{got:?}");
    until("the app was let go", || log.ended(), |ended| *ended == 1).await;
    println!(
        "an app with a header of 100 MiB wrote {} bytes of it",
        log.written()
    );
    assert!(log.written() < 10 << 20);
}

#[tokio::test]
async fn item_45_a_head_that_never_ends_holds_nobody_else_and_goes_with_its_visitor() {
    let (app, log) = raw(|mut line| async move {
        if line.head().await.is_some() {
            line.write(b"HTTP/1.1 200 OK\r\nX-Slow: ").await;
            line.gone().await;
        }
    })
    .await;
    let stand = beside(app).await;
    let mut visitor = Raw::to(stand.address).await;
    visitor.send(get("/")).await;
    until(
        "the app has begun",
        || log.written(),
        |written| *written > 0,
    )
    .await;
    other_answers(&stand).await;
    assert_eq!(stand.visits().open, 1);
    drop(visitor);
    until("the app was let go", || log.ended(), |ended| *ended == 1).await;
    stand.left().await;
}

#[tokio::test]
async fn item_45_endless_informational_answers_hold_nobody_else() {
    let (app, log) = endless("", b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n").await;
    let stand = beside(app).await;
    let mut visitor = Raw::to(stand.address).await;
    visitor.send(get("/")).await;
    until(
        "the app goes on",
        || log.written(),
        |written| *written > 1 << 20,
    )
    .await;
    other_answers(&stand).await;
    drop(visitor);
    until("the app was let go", || log.ended(), |ended| *ended == 1).await;
    stand.left().await;
}

#[tokio::test]
async fn item_45_an_endless_body_ends_with_its_visitor() {
    let (app, log) = endless("HTTP/1.1 200 OK\r\n\r\n", &[b'x'; 8192]).await;
    let stand = beside(app).await;
    let mut visitor = Raw::to(stand.address).await;
    visitor.send(get("/")).await;
    assert!(visitor.head().await.is_some());
    other_answers(&stand).await;
    assert_eq!(stand.visits().open, 1);
    drop(visitor);
    until("the app was let go", || log.ended(), |ended| *ended == 1).await;
    stand.left().await;
}
