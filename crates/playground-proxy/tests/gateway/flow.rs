//! Item 41: whoever is slow slows the other end, and nothing is held whole in between.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::apps::{Log, raw};
use crate::support::visitors::Raw;
use crate::support::{Mounted, Stand, soon, until};

const SIZE: usize = 64 << 20;
/// What may be on its way: nearly all of it lies in the system's buffers of four sockets, which grow as the system likes.
const ON_ITS_WAY: u64 = SIZE as u64 / 2;

/// A part of a body whose every byte depends on its place.
fn piece(at: usize, length: usize) -> Vec<u8> {
    (at..at + length).map(|n| (n % 251) as u8).collect()
}

async fn download() -> (SocketAddr, Log) {
    raw(|mut line| async move {
        line.head().await;
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {SIZE}\r\n\r\n");
        line.write(head.as_bytes()).await;
        let mut at = 0;
        while at < SIZE && line.write(&piece(at, 1 << 16)).await {
            at += 1 << 16;
        }
        line.gone().await;
    })
    .await
}

/// Waits until a number grows no more, and gives it.
async fn stands_still(mut look: impl FnMut() -> u64) -> u64 {
    let mut last = look();
    loop {
        // Long beside what a loopback needs for a piece.
        tokio::time::sleep(Duration::from_millis(300)).await;
        let now = look();
        if now == last {
            return now;
        }
        last = now;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn item_41_a_slow_reader_stops_the_app() {
    let (app, log) = download().await;
    let stand = Stand::before(app).await;
    let mut visitor = Raw::to(stand.address).await;
    visitor
        .send(Mounted::Path.head("GET", "app", "/") + "\r\n")
        .await;
    visitor.head().await.unwrap();
    until(
        "the app begins",
        || log.written(),
        |written| *written > 1 << 16,
    )
    .await;
    let written = soon("the app is stopped", stands_still(|| log.written())).await;
    println!("an app whose visitor reads nothing was stopped after {written} of {SIZE} bytes");
    assert!(written < ON_ITS_WAY, "{written}");
    let reading = async {
        let mut at = 0;
        let mut bytes = vec![0; 1 << 16];
        while at < SIZE {
            let length = visitor.socket.read(&mut bytes).await.unwrap();
            assert!(length > 0, "cut at {at}");
            assert!(
                bytes[..length] == piece(at, length)[..],
                "changed near {at}"
            );
            at += length;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), reading)
        .await
        .unwrap();
    assert_eq!(stand.left().await.sent, SIZE as u64);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn item_41_a_slow_app_stops_an_upload() {
    let (go, wait) = tokio::sync::watch::channel(false);
    let (app, _) = raw(move |mut line| {
        let mut wait = wait.clone();
        async move {
            line.head().await;
            wait.wait_for(|is_time| *is_time).await.unwrap();
            let mut at = 0;
            let mut bytes = vec![0; 1 << 16];
            while at < SIZE {
                let length = line.socket.read(&mut bytes).await.unwrap();
                assert!(
                    length > 0 && bytes[..length] == piece(at, length)[..],
                    "{at}"
                );
                at += length;
            }
            line.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                .await;
            line.gone().await;
        }
    })
    .await;
    let stand = Stand::before(app).await;
    let mut visitor = Raw::to(stand.address).await;
    let head = Mounted::Path.head("POST", "app", "/up");
    visitor
        .send(format!("{head}Content-Length: {SIZE}\r\n\r\n"))
        .await;
    let (mut from, mut to) = visitor.socket.into_split();
    let (note, taken) = tokio::sync::watch::channel(0_u64);
    let sending = tokio::spawn(async move {
        for at in (0..SIZE).step_by(1 << 16) {
            to.write_all(&piece(at, 1 << 16)).await.unwrap();
            note.send_replace((at + (1 << 16)) as u64);
        }
        to
    });
    until("the upload begins", || *taken.borrow(), |taken| *taken > 0).await;
    let taken = soon("the visitor is stopped", stands_still(|| *taken.borrow())).await;
    println!("a visitor whose app reads nothing was stopped after {taken} of {SIZE} bytes");
    assert!(taken < ON_ITS_WAY, "{taken}");
    go.send_replace(true);
    let _to = tokio::time::timeout(Duration::from_secs(60), sending)
        .await
        .unwrap();
    let mut answer = vec![0; 15];
    soon("the answer", from.read_exact(&mut answer))
        .await
        .unwrap();
    assert_eq!(answer, b"HTTP/1.1 200 OK");
    assert_eq!(stand.left().await.received, SIZE as u64);
}

#[tokio::test]
async fn item_41_an_app_may_answer_before_it_has_read_all() {
    let (app, log) = raw(|mut line| async move {
        line.head().await;
        line.write(
            b"HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 3\r\n\r\nbig",
        )
        .await;
        // What is unread when a socket closes is answered with a reset, which may overtake the answer.
        line.gone().await;
    })
    .await;
    let stand = Stand::before(app).await;
    let mut visitor = Raw::to(stand.address).await;
    let head = Mounted::Path.head("POST", "app", "/up");
    visitor
        .send(format!("{head}Content-Length: {SIZE}\r\n\r\nbegin"))
        .await;
    let got = visitor.answer().await.unwrap();
    assert_eq!((got.status, got.text().as_str()), (413, "big"));
    drop(visitor);
    until("the app was let go", || log.ended(), |ended| *ended == 1).await;
    stand.left().await;
}

#[tokio::test]
async fn item_41_a_visitor_who_leaves_amid_an_upload_leaves_no_whole_one() {
    let (app, log) = raw(|mut line| async move {
        line.head().await;
        line.gone().await;
    })
    .await;
    let stand = Stand::before(app).await;
    let mut visitor = Raw::to(stand.address).await;
    let head = Mounted::Path.head("POST", "app", "/up");
    visitor
        .send(format!("{head}Content-Length: 100\r\n\r\nbegin"))
        .await;
    until("it begins", || log.text(), |seen| seen.ends_with("begin")).await;
    drop(visitor);
    until("the app was let go", || log.ended(), |ended| *ended == 1).await;
    assert!(log.text().ends_with("begin"));
    assert_eq!(stand.left().await.received, 5);
}
