//! HTTP/2 in front, as a client speaks it that knows beforehand.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::future::join_all;
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use hyper::{Request, Version};
use tokio::sync::{Barrier, mpsc};

use crate::support::apps::{answer, polite, saying, text};
use crate::support::visitors::{Sent, http2, nothing, whole};
use crate::support::{BOTH, Mounted, Stand, soon, until};

fn request(mounted: Mounted, method: &str, path: &str, body: Sent) -> Request<Sent> {
    let (host, prefix) = (mounted.host("app"), mounted.prefix("app"));
    Request::builder()
        .method(method)
        .uri(format!("http://{host}{prefix}{path}"))
        .body(body)
        .unwrap()
}

#[tokio::test]
async fn a_request_of_http_2_reaches_an_app_as_one_of_http_1() {
    let app = polite(|request| async move {
        let headers = request.headers();
        assert_eq!(request.version(), Version::HTTP_11);
        assert_eq!(headers["host"], headers["x-forwarded-host"]);
        for name in ["content-length", "transfer-encoding", "forwarded"] {
            assert!(!headers.contains_key(name), "{headers:?}");
        }
        let mut answer = text(request.uri().to_string());
        let headers = answer.headers_mut();
        headers.insert("connection", "x-hop".parse().unwrap());
        headers.insert("x-hop", "1".parse().unwrap());
        headers.insert("access-control-allow-origin", "*".parse().unwrap());
        answer
    })
    .await;
    let stand = Stand::before(app).await;
    for mounted in BOTH {
        let mut client = http2(stand.address).await;
        let mut request = request(mounted, "GET", "/a%2Fb//c?", nothing());
        let claim = "host=evil".parse().unwrap();
        request.headers_mut().insert("forwarded", claim);
        let got = soon("an answer", client.send_request(request))
            .await
            .unwrap();
        assert_eq!(
            (got.version(), got.status().as_u16()),
            (Version::HTTP_2, 200)
        );
        for name in ["connection", "x-hop", "access-control-allow-origin"] {
            assert!(!got.headers().contains_key(name), "{name}");
        }
        let body = got.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body, "/a%2Fb//c?");
    }
    let mut client = http2(stand.address).await;
    let foreign = Request::get("http://evil.example/play/app/").body(nothing());
    let got = client.send_request(foreign.unwrap()).await.unwrap();
    assert_eq!(got.status(), 421);
}

#[tokio::test]
async fn item_42_a_tunnel_of_http_2_is_refused() {
    let (app, log) = saying("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
    let stand = Stand::before(app).await;
    let mut client = http2(stand.address).await;
    let tunnel = Request::connect("app.localhost:8000")
        .body(nothing())
        .unwrap();
    let got = soon("an answer", client.send_request(tunnel))
        .await
        .unwrap();
    assert_eq!(got.status(), 400);
    assert_eq!(log.text(), "");
}

#[tokio::test]
async fn an_upload_of_http_2_arrives_whole() {
    let app = polite(|request| async move {
        let body = request.into_body().collect().await.unwrap().to_bytes();
        assert!(body.iter().all(|byte| *byte == 7));
        text(body.len().to_string())
    })
    .await;
    let stand = Stand::before(app).await;
    for method in ["POST", "GET"] {
        let mut client = http2(stand.address).await;
        // Without a length, as a stream has none.
        let pieces = futures_util::stream::repeat_with(|| {
            Ok::<_, Infallible>(Frame::data(Bytes::from(vec![7; 1 << 14])))
        });
        let stream = crate::support::visitors::sent(StreamBody::new(pieces.take(64)));
        for body in [whole(vec![7; 1 << 20]), stream] {
            let request = request(Mounted::Host, method, "/", body);
            let got = soon("an answer", client.send_request(request))
                .await
                .unwrap();
            let body = got.into_body().collect().await.unwrap().to_bytes();
            assert_eq!(body, (1_u32 << 20).to_string(), "{method}");
        }
    }
    assert_eq!(stand.left().await.received, 4 << 20);
}

#[tokio::test]
async fn a_stream_of_http_2_comes_piece_by_piece_and_goes_with_its_visitor() {
    let (hand, pieces) = mpsc::channel::<Result<Frame<Bytes>, Infallible>>(1);
    let pieces = Arc::new(std::sync::Mutex::new(Some(pieces)));
    let app = polite(move |_| {
        let pieces = pieces.lock().unwrap().take().unwrap();
        async move {
            let pieces = futures_util::stream::unfold(pieces, |mut pieces| async move {
                Some((pieces.recv().await?, pieces))
            });
            answer(StreamBody::new(pieces))
        }
    })
    .await;
    let stand = Stand::before(app).await;
    let mut client = http2(stand.address).await;
    let request = request(Mounted::Path, "GET", "/", nothing());
    let got = soon("a head", client.send_request(request)).await.unwrap();
    let mut body = got.into_body();
    for event in ["data: 1\n\n", "data: 2\n\n"] {
        hand.send(Ok(Frame::data(event.into()))).await.unwrap();
        let frame = soon("an event", body.frame()).await.unwrap().unwrap();
        assert_eq!(frame.into_data().unwrap(), event);
    }
    // The stream is left, the connection stays.
    drop(body);
    soon("the app's stream is dropped", hand.closed()).await;
    stand.left().await;
    assert!(client.is_ready());
}

#[tokio::test]
async fn many_streams_of_one_connection_are_answered_at_once() {
    const STREAMS: usize = 100;
    let together = Arc::new(Barrier::new(STREAMS));
    let asked = Arc::new(AtomicUsize::new(0));
    let app = polite({
        let asked = asked.clone();
        move |request| {
            let (together, asked) = (together.clone(), asked.clone());
            async move {
                asked.fetch_add(1, Ordering::SeqCst);
                // None is answered before all have come.
                together.wait().await;
                text(request.uri().path().to_owned())
            }
        }
    })
    .await;
    let stand = Stand::before(app).await;
    let client = http2(stand.address).await;
    let all = (0..STREAMS).map(|number| {
        let mut client = client.clone();
        async move {
            let request = request(Mounted::Host, "GET", &format!("/{number}"), nothing());
            let got = client.send_request(request).await.unwrap();
            let body = got.into_body().collect().await.unwrap().to_bytes();
            assert_eq!(body, format!("/{number}"));
        }
    });
    soon("all are answered", join_all(all)).await;
    assert_eq!(asked.load(Ordering::SeqCst), STREAMS);
    let visits = until("all left", || stand.visits(), |visits| visits.open == 0).await;
    assert_eq!(visits.requests, STREAMS as u64);
}

#[tokio::test]
async fn a_trailer_does_not_slip_past_what_is_taken_off_a_head() {
    let app = saying(
        "HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n",
    );
    let (app, _) = app.await;
    let stand = Stand::before(app).await;
    let mut client = http2(stand.address).await;
    let mut request = request(Mounted::Host, "GET", "/", nothing());
    let takes = "trailers".parse().unwrap();
    request.headers_mut().insert("te", takes);
    let got = client.send_request(request).await.unwrap();
    let got = got.into_body().collect().await.unwrap();
    assert_eq!(got.trailers(), None);
    assert_eq!(got.to_bytes(), "ok");
}
