//! Item 41: whoever is slow slows the other end, and nothing is held whole in between.

use std::net::SocketAddr;
use std::sync::LazyLock;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::apps::{Log, raw};
use crate::support::visitors::Raw;
use crate::support::{Mounted, Stand, soon, until};

const PIECE: usize = 1 << 16;

/// What may be on its way: nearly all of it lies in the system's buffers of four sockets, which grow as the system likes.
fn on_its_way() -> usize {
    2 * (most("rmem") + most("wmem"))
}

/// Of a body: more than that, in whole pieces.
fn size() -> usize {
    2 * on_its_way().next_multiple_of(PIECE)
}

/// How far the system lets a buffer grow; some let them grow to several times of what most do.
fn most(buffer: &str) -> usize {
    let limits = std::fs::read_to_string(format!("/proc/sys/net/ipv4/tcp_{buffer}"));
    let most = limits.ok().and_then(|limits| {
        let most = limits.split_whitespace().next_back()?;
        most.parse().ok()
    });
    most.unwrap_or(8 << 20)
}

/// A part of a body whose every byte depends on its place.
fn piece(at: usize, length: usize) -> &'static [u8] {
    const EVERY: usize = 251;
    static BYTES: LazyLock<Vec<u8>> =
        LazyLock::new(|| (0..EVERY + PIECE).map(|n| (n % EVERY) as u8).collect());
    &BYTES[at % EVERY..][..length]
}

async fn download() -> (SocketAddr, Log) {
    let size = size();
    raw(move |mut line| async move {
        line.head().await;
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n");
        line.write(head.as_bytes()).await;
        let mut at = 0;
        while at < size && line.write(piece(at, PIECE)).await {
            at += PIECE;
        }
        line.gone().await;
    })
    .await
}

/// Waits until a number grows no more, and gives it.
async fn stands_still(mut look: impl FnMut() -> u64) -> u64 {
    let (mut last, mut stood) = (look(), 0);
    // Long beside what a loopback needs for a piece, more than once: on a busy machine nobody may get on for a while.
    while stood < 3 {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let now = look();
        stood = if now == last { stood + 1 } else { 0 };
        last = now;
    }
    assert!(last > PIECE as u64, "it never began: {last}");
    last
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn item_41_a_slow_reader_stops_the_app() {
    let size = size();
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
        |written| *written > PIECE as u64,
    )
    .await;
    let written = soon("the app is stopped", stands_still(|| log.written())).await;
    println!("an app whose visitor reads nothing was stopped after {written} of {size} bytes");
    assert!(written < on_its_way() as u64, "{written}");
    let reading = async {
        let mut at = 0;
        let mut bytes = vec![0; PIECE];
        while at < size {
            let length = visitor.socket.read(&mut bytes).await.unwrap();
            assert!(length > 0, "cut at {at}");
            assert!(bytes[..length] == *piece(at, length), "changed near {at}");
            at += length;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), reading)
        .await
        .unwrap();
    until(
        "the app went on to the end",
        || log.written(),
        |written| *written > size as u64,
    )
    .await;
    assert_eq!(stand.left().await.sent, size as u64);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn item_41_a_slow_app_stops_an_upload() {
    let size = size();
    let (go, wait) = tokio::sync::watch::channel(false);
    let (app, _) = raw(move |mut line| {
        let mut wait = wait.clone();
        async move {
            line.head().await;
            wait.wait_for(|is_time| *is_time).await.unwrap();
            let mut at = 0;
            let mut bytes = vec![0; PIECE];
            while at < size {
                let length = line.socket.read(&mut bytes).await.unwrap();
                assert!(length > 0 && bytes[..length] == *piece(at, length), "{at}");
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
        .send(format!("{head}Content-Length: {size}\r\n\r\n"))
        .await;
    let (mut from, mut to) = visitor.socket.into_split();
    let (note, taken) = tokio::sync::watch::channel(0_u64);
    let sending = tokio::spawn(async move {
        for at in (0..size).step_by(PIECE) {
            to.write_all(piece(at, PIECE)).await.unwrap();
            note.send_replace((at + PIECE) as u64);
        }
        to
    });
    until(
        "the upload begins",
        || *taken.borrow(),
        |taken| *taken > PIECE as u64,
    )
    .await;
    let stopped = soon("the visitor is stopped", stands_still(|| *taken.borrow())).await;
    println!("a visitor whose app reads nothing was stopped after {stopped} of {size} bytes");
    assert!(stopped < on_its_way() as u64, "{stopped}");
    go.send_replace(true);
    let _to = tokio::time::timeout(Duration::from_secs(60), sending)
        .await
        .unwrap();
    assert_eq!(*taken.borrow(), size as u64, "it went on to the end");
    let mut answer = vec![0; 15];
    soon("the answer", from.read_exact(&mut answer))
        .await
        .unwrap();
    assert_eq!(answer, b"HTTP/1.1 200 OK");
    assert_eq!(stand.left().await.received, size as u64);
}

#[tokio::test]
async fn item_41_an_app_may_answer_before_it_has_read_all() {
    let size = size();
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
        .send(format!("{head}Content-Length: {size}\r\n\r\nbegin"))
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
