//! Item 39: answers that come bit by bit.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use hyper::Request;
use hyper::body::Body;
use playground_proxy::{ListenLimits, Stage};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::support::apps::{answer, polite, raw};
use crate::support::visitors::{Raw, http1, nothing};
use crate::support::{Mounted, Stand, limits, soon, until};

/// A body that sends what it is given, and says when it is dropped.
struct Fed {
    pieces: mpsc::Receiver<Bytes>,
    _gone: mpsc::Sender<()>,
}

impl Body for Fed {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let piece = self.pieces.poll_recv(context);
        piece.map(|piece| piece.map(|piece| Ok(Frame::data(piece))))
    }
}

/// An app with one answer, the hand that feeds it, and what ends when the app drops it.
async fn fed() -> (
    std::net::SocketAddr,
    mpsc::Sender<Bytes>,
    mpsc::Receiver<()>,
) {
    let (hand, pieces) = mpsc::channel(16);
    let (gone, dropped) = mpsc::channel(1);
    let body = Arc::new(Mutex::new(Some(Fed {
        pieces,
        _gone: gone,
    })));
    let app = polite(move |_| {
        let body = body.lock().unwrap().take().unwrap();
        async move {
            let mut answer = answer(body);
            let kind = "text/event-stream".parse().unwrap();
            answer.headers_mut().insert("content-type", kind);
            answer
        }
    })
    .await;
    (app, hand, dropped)
}

fn get() -> Request<crate::support::visitors::Sent> {
    Request::get("/events")
        .header("host", "app.localhost")
        .header("accept", "text/event-stream")
        .body(nothing())
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn item_39_events_arrive_one_by_one_as_they_are_sent() {
    let (app, hand, _) = fed().await;
    let stand = Stand::before(app).await;
    let mut client = http1(stand.address).await;
    let answer = soon("the head", client.send_request(get())).await.unwrap();
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    let mut body = answer.into_body();
    let mut latest = Duration::ZERO;
    for number in 0..5 {
        tokio::time::sleep(Duration::from_millis(250)).await;
        let sent = Instant::now();
        let event = Bytes::from(format!("data: {number}\n\n"));
        hand.send(event.clone()).await.unwrap();
        let frame = soon("an event", body.frame()).await.unwrap().unwrap();
        latest = latest.max(sent.elapsed());
        assert_eq!(frame.into_data().unwrap(), event, "whole, and alone");
    }
    // That each was read before the next was sent is what shows that none is held back.
    println!("the latest of 5 events came {latest:?} after it was sent");
    drop(hand);
    assert!(soon("the end", body.frame()).await.is_none());
    stand.left().await;
}

#[tokio::test]
async fn item_39_a_stream_with_long_pauses_is_not_cut() {
    let (app, hand, _) = fed().await;
    let header_timeout = Duration::from_millis(200);
    let limits = ListenLimits {
        header_timeout,
        ..limits()
    };
    let stand = Stand::with(&[("app", Stage::Ready(app))], limits, 1).await;
    let mut client = http1(stand.address).await;
    let answer = client.send_request(get()).await.unwrap();
    let mut body = answer.into_body();
    for _ in 0..3 {
        // The pause is what the test is about.
        tokio::time::sleep(header_timeout * 3).await;
        hand.send(Bytes::from(": alive\n\n")).await.unwrap();
        let frame = soon("a frame", body.frame()).await.unwrap().unwrap();
        assert_eq!(frame.into_data().unwrap(), ": alive\n\n");
    }
    assert_eq!(stand.visits().open, 1);
}

#[tokio::test]
async fn item_39_an_answer_that_takes_long_to_begin_is_waited_for() {
    let app = polite(|_| async {
        tokio::time::sleep(Duration::from_millis(900)).await;
        crate::support::apps::text("late")
    })
    .await;
    let limits = ListenLimits {
        header_timeout: Duration::from_millis(200),
        ..limits()
    };
    let stand = Stand::with(&[("app", Stage::Ready(app))], limits, 1).await;
    let mut client = http1(stand.address).await;
    let answer = soon("the answer", client.send_request(get()))
        .await
        .unwrap();
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body, "late");
}

#[tokio::test]
async fn item_39_a_visitor_who_leaves_an_idle_stream_is_gone_for_the_app() {
    let (app, hand, mut dropped) = fed().await;
    let stand = Stand::before(app).await;
    let mut visitor = Raw::to(stand.address).await;
    visitor
        .send(Mounted::Path.head("GET", "app", "/") + "\r\n")
        .await;
    hand.send(Bytes::from("data: 1\n\n")).await.unwrap();
    visitor.head().await.unwrap();
    assert_eq!(stand.visits().open, 1);
    drop(visitor);
    let left = Instant::now();
    // No event is sent that could fail: the app must notice without one.
    assert_eq!(
        soon("the app's stream is dropped", dropped.recv()).await,
        None
    );
    println!("the app noticed after {:?}", left.elapsed());
    stand.left().await;
}

#[tokio::test]
async fn item_39_a_visitor_who_leaves_before_the_answer_is_gone_for_the_app() {
    let (app, log) = raw(|mut line| async move {
        line.head().await;
        line.gone().await;
    })
    .await;
    let stand = Stand::before(app).await;
    let mut visitor = Raw::to(stand.address).await;
    visitor
        .send(Mounted::Path.head("GET", "app", "/") + "\r\n")
        .await;
    until(
        "the app was asked",
        || log.text(),
        |seen| seen.ends_with("\r\n\r\n"),
    )
    .await;
    drop(visitor);
    let left = Instant::now();
    until("the app was let go", || log.ended(), |ended| *ended == 1).await;
    println!("the app noticed after {:?}", left.elapsed());
    stand.left().await;
}

#[tokio::test]
async fn item_39_a_stream_keeps_its_pieces_apart() {
    let app = polite(|_| async {
        let pieces = ["a", "b", "c"].map(|piece| Ok::<_, Infallible>(Frame::data(piece.into())));
        answer(StreamBody::new(futures_util::stream::iter(pieces)))
    })
    .await;
    let stand = Stand::before(app).await;
    let mut client = http1(stand.address).await;
    let answer = client.send_request(get()).await.unwrap();
    assert_eq!(
        answer.into_body().collect().await.unwrap().to_bytes(),
        "abc"
    );
    assert_eq!(stand.left().await.sent, 3);
}
