//! The table of apps and the counters, while requests run.

use std::net::SocketAddr;

use playground_proxy::{Stage, Visits};
use proptest::prelude::*;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::apps::{Line, raw, saying};
use crate::support::visitors::{Raw, ask};
use crate::support::{Mounted, Stand, limits, soon, until};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const AGREED: &str =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";

#[tokio::test]
async fn a_new_table_leaves_requests_alone_that_run() {
    let (go, wait) = tokio::sync::watch::channel(false);
    let (old, _) = raw(move |mut line| {
        let mut wait = wait.clone();
        async move {
            line.head().await;
            line.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nold")
                .await;
            wait.wait_for(|is_time| *is_time).await.unwrap();
            line.write(b"est").await;
            line.gone().await;
        }
    })
    .await;
    let (new, _) = saying(OK).await;
    let stand = Stand::before(old).await;
    let request = Mounted::Path.head("GET", "app", "/") + "\r\n";
    let mut running = Raw::to(stand.address).await;
    running.send(&request).await;
    until("it runs", || stand.visits(), |visits| visits.sent == 3).await;
    stand.put(&[("app", Stage::Ready(new)), ("another", Stage::Waiting)]);
    assert_eq!(ask(stand.address, &request).await.unwrap().text(), "ok");
    let visits = stand.visits();
    assert_eq!((visits.open, visits.requests, visits.sent), (1, 2, 5));
    stand.put(&[("app", Stage::Stopped)]);
    assert_eq!(ask(stand.address, &request).await.unwrap().status, 503);
    assert_eq!((stand.visits().open, stand.visits().requests), (1, 2));
    go.send_replace(true);
    assert_eq!(running.answer().await.unwrap().text(), "oldest");
    assert_eq!(stand.left().await.sent, 8);
    stand.put(&[]);
    assert_eq!(ask(stand.address, &request).await.unwrap().status, 404);
    assert_eq!(stand.visits(), Visits::default(), "forgotten with its app");
}

/// What visitors do.
#[derive(Debug, Clone, Copy)]
enum Act {
    /// Asks and is answered.
    Plain,
    /// Sends a body of five bytes and is answered.
    Upload,
    /// Opens a stream, which stays.
    Stream,
    /// Opens a WebSocket, which stays, and sends four bytes that come back.
    Tunnel,
    /// The oldest that stays leaves.
    Leave,
    /// The app breaks.
    Break,
    /// It is turned away before the app.
    Refused(u8),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        1 => Just(Act::Plain),
        1 => Just(Act::Upload),
        1 => Just(Act::Stream),
        1 => Just(Act::Tunnel),
        2 => Just(Act::Leave),
        1 => Just(Act::Break),
        1 => (0_u8..3).prop_map(Act::Refused),
    ]
}

/// One request on each line, answered as its path says.
async fn serve(mut line: Line) {
    let Some(head) = line.head().await else {
        return;
    };
    let path = head.split(' ').nth(1).unwrap_or_default();
    match path {
        "/stream" => {
            let kind = "Content-Type: text/event-stream\r\nTransfer-Encoding: chunked";
            let begin = format!("HTTP/1.1 200 OK\r\n{kind}\r\n\r\n3\r\none\r\n");
            line.write(begin.as_bytes()).await;
            line.gone().await;
        }
        "/tunnel" => {
            line.write(AGREED.as_bytes()).await;
            let mut bytes = [0; 4];
            while line.socket.read_exact(&mut bytes).await.is_ok() {
                line.write(&bytes).await;
            }
        }
        "/break" => {
            line.write(b"HTTP/1.1 nothing\r\n\r\n").await;
        }
        _ => {
            if path == "/upload" {
                let mut bytes = [0; 5];
                line.socket.read_exact(&mut bytes).await.unwrap();
            }
            line.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok")
                .await;
        }
    }
}

/// Does it, and says what the counters must be afterwards.
async fn perform(stand: &Stand, act: Act, staying: &mut Vec<Raw>, wanted: &mut Visits) {
    let get = |path: &str| Mounted::Host.head("GET", "app", path);
    let mut visitor = Raw::to(stand.address).await;
    wanted.requests += u64::from(!matches!(act, Act::Leave | Act::Refused(_)));
    match act {
        Act::Plain => {
            visitor.send(get("/plain") + "\r\n").await;
            assert_eq!(visitor.answer().await.unwrap().text(), "ok");
            wanted.sent += 2;
        }
        Act::Upload => {
            let head = Mounted::Path.head("POST", "app", "/upload");
            visitor.send(head + "Content-Length: 5\r\n\r\nhello").await;
            assert_eq!(visitor.answer().await.unwrap().text(), "ok");
            wanted.received += 5;
            wanted.sent += 2;
        }
        Act::Stream => {
            visitor.send(get("/stream") + "\r\n").await;
            assert!(visitor.head().await.unwrap().starts_with("http/1.1 200 "));
            wanted.sent += 3;
            staying.push(visitor);
        }
        Act::Tunnel => {
            let head = get("/tunnel") + "Connection: upgrade\r\nUpgrade: websocket\r\n\r\n";
            visitor.send(head).await;
            assert!(visitor.head().await.unwrap().starts_with("http/1.1 101 "));
            visitor.socket.write_all(b"ping").await.unwrap();
            let mut back = [0; 4];
            soon("an echo", visitor.socket.read_exact(&mut back))
                .await
                .unwrap();
            wanted.received += 4;
            wanted.sent += 4;
            staying.push(visitor);
        }
        Act::Leave if staying.is_empty() => {}
        Act::Leave => drop(staying.remove(0)),
        Act::Break => {
            visitor.send(get("/break") + "\r\n").await;
            assert_eq!(visitor.answer().await.unwrap().status, 502);
        }
        Act::Refused(how) => {
            let (request, status) = match how {
                0 => ("GET /play/app/ HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421),
                1 => (
                    "GET /play/stopped/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
                    503,
                ),
                _ => (
                    "GET /play/app/ HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
                    400,
                ),
            };
            visitor.send(request).await;
            assert_eq!(visitor.answer().await.unwrap().status, status);
        }
    }
    wanted.open = staying.len();
    wanted.viewers = staying.len();
}

async fn play(app: SocketAddr, acts: &[Act]) {
    let apps = [("app", Stage::Ready(app)), ("stopped", Stage::Stopped)];
    let stand = Stand::with(&apps, limits(), 100).await;
    let (mut staying, mut wanted) = (Vec::new(), Visits::default());
    for act in acts {
        perform(&stand, *act, &mut staying, &mut wanted).await;
        // A new table changes nothing of it.
        stand.put(&apps);
        let what = format!("the counters are {wanted:?} after {act:?} of {acts:?}");
        let seen = until(
            &what,
            || stand.visits(),
            |seen| {
                Visits {
                    last_seen: None,
                    latency_p50: None,
                    latency_p95: None,
                    ..*seen
                } == wanted
            },
        );
        let is_idle = wanted.open == 0 && wanted.requests > 0;
        assert_eq!(seen.await.idle().is_some(), is_idle, "{what}");
    }
    drop(staying);
    stand.left().await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_counters_are_right_whatever_visitors_do(acts in prop::collection::vec(act(), 1..16)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (app, _) = raw(serve).await;
            play(app, &acts).await;
        });
    }
}

/// An app that answers a connection's first request, and ends the connection at the second.
#[tokio::test]
async fn what_changes_nothing_is_asked_once_more_when_a_kept_connection_ends() {
    let (app, log) = raw(async |mut line| {
        if line.head().await.is_some() {
            line.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                .await;
        }
        line.head().await;
    })
    .await;
    let stand = Stand::before(app).await;
    let asks = async |method: &str| {
        let head = Mounted::Path.head(method, "app", "/") + "Content-Length: 0\r\n\r\n";
        soon("an answer", ask(stand.address, head))
            .await
            .unwrap()
            .status
    };
    assert_eq!(asks("GET").await, 200);
    assert_eq!(
        asks("GET").await,
        200,
        "the kept connection ended: asked again"
    );
    assert_eq!(log.taken.load(std::sync::atomic::Ordering::SeqCst), 2);
    assert_eq!(asks("POST").await, 502, "who knows what it has changed");
}
