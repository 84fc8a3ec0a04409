//! Item 45: an app that means harm. Whatever it sends harms nobody but its own visitors, and those see that it broke.

use std::net::SocketAddr;
use std::time::Duration;

use crate::support::apps::{raw, saying, saying_once};
use crate::support::visitors::{Raw, ask};
use crate::support::{BOTH, Mounted, Stand, limits, soon, until};
use playground_proxy::Stage;

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// A hostile app named `app` and a good one named `other`.
pub(crate) async fn beside(app: SocketAddr) -> Stand {
    let (other, _) = saying(OK).await;
    let apps = [("app", Stage::Ready(app)), ("other", Stage::Ready(other))];
    Stand::with(&apps, limits(), 100).await
}

pub(crate) async fn other_answers(stand: &Stand) {
    let head = Mounted::Host.head("GET", "other", "/") + "\r\n";
    let got = soon("the other app", ask(stand.address, head))
        .await
        .unwrap();
    assert_eq!((got.status, got.text().as_str()), (200, "ok"));
}

pub(crate) fn get(path: &str) -> String {
    Mounted::Path.head("GET", "app", path) + "\r\n"
}

#[tokio::test]
async fn item_45_headers_that_reach_beyond_the_app_are_neutralised() {
    let (app, _) = saying(
        "HTTP/1.1 302 Found\r\nSet-Cookie: a=1; Domain=localhost; Path=/; HttpOnly\r\n\
        Set-Cookie: b=2; Path=/play/app-2/\r\nSet-Cookie: synapse-session=stolen\r\nSet-Cookie: =synapse-session=x\r\n\
        Service-Worker-Allowed: /\r\nLocation: http://127.0.0.1:22/\r\nClear-Site-Data: \"*\"\r\n\
        Strict-Transport-Security: max-age=1; includeSubDomains\r\nAccess-Control-Allow-Origin: *\r\n\
        Server: evil\r\nContent-Security-Policy: frame-ancestors *\r\nX-Content-Type-Options: sniff\r\n\
        Content-Length: 2\r\n\r\nok",
    )
    .await;
    let stand = beside(app).await;
    for mounted in BOTH {
        let got = ask(stand.address, mounted.head("GET", "app", "/") + "\r\n").await;
        let got = got.unwrap();
        let prefix = mounted.prefix("app");
        let neighbour = format!("b=2; path={prefix}/play/app-2/");
        assert_eq!(
            got.all("set-cookie"),
            [format!("a=1; httponly; path={prefix}/"), neighbour]
        );
        for name in [
            "service-worker-allowed",
            "location",
            "clear-site-data",
            "strict-transport-security",
            "access-control-allow-origin",
            "server",
        ] {
            assert_eq!(got.all(name), [""; 0], "{name}");
        }
        let policies = got.all("content-security-policy");
        assert_eq!(policies[0], "frame-ancestors *");
        let (frames, rest) = policies[1].split_at("frame-ancestors 'self'".len());
        assert_eq!(frames, "frame-ancestors 'self'");
        let is_shut_in = rest.starts_with("; sandbox ") && !rest.contains("allow-same-origin");
        assert_eq!(is_shut_in, mounted == Mounted::Path, "{rest}");
        assert_eq!(got.all("x-content-type-options"), ["nosniff"]);
        assert_eq!((got.status, got.text().as_str()), (302, "ok"));
    }
}

#[tokio::test]
async fn item_45_what_is_no_answer_is_502() {
    for (name, bytes) in [
        ("nothing", ""),
        ("garbage", "\u{1}\u{2}\u{3} not HTTP at all\r\n\r\n"),
        ("a greeting of SSH", "SSH-2.0-OpenSSH_9.6\r\n"),
        ("half a head", "HTTP/1.1 200 OK\r\nContent-Le"),
        (
            "a bad status",
            "HTTP/1.1 99999 Huh\r\nContent-Length: 0\r\n\r\n",
        ),
        (
            "two lengths",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok",
        ),
        (
            "a strange length",
            "HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nok",
        ),
        (
            "a NUL",
            "HTTP/1.1 200 OK\r\nX: \0\r\nContent-Length: 2\r\n\r\nok",
        ),
        (
            "another protocol",
            "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n",
        ),
        ("HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    ] {
        let (app, _) = saying_once(bytes).await;
        let stand = beside(app).await;
        let got = ask(stand.address, get("/")).await.unwrap();
        assert_eq!(got.status, 502, "{name}: {got:?}");
        assert!(got.text().contains("\"app_broke\""), "{name}: {got:?}");
        other_answers(&stand).await;
        assert_eq!(stand.left().await.requests, 1);
    }
}

#[tokio::test]
async fn item_45_an_answer_that_breaks_off_is_not_a_whole_one() {
    for (name, bytes) in [
        (
            "a length",
            "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this",
        ),
        (
            "chunks",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nonly this\r\n",
        ),
        (
            "half a chunk",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\nonly this",
        ),
        (
            "a bad chunk",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nonly this\r\nzz\r\n",
        ),
    ] {
        let (app, _) = saying_once(bytes).await;
        let stand = beside(app).await;
        let mut visitor = Raw::to(stand.address).await;
        visitor.send(get("/")).await;
        // Even the head may be lost when the break is noticed before it was written.
        if let Some(got) = visitor.answer().await {
            assert!(!got.is_whole || got.status == 502, "{name}: {got:?}");
        }
        assert_eq!(visitor.rest().await, b"", "{name}: the connection ends");
        stand.left().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn item_45_nothing_of_a_second_answer_reaches_anybody() {
    let both = format!("{OK}HTTP/1.1 200 OK\r\nContent-Length: 8\r\nX-Split: 1\r\n\r\ninjected");
    let (app, log) = saying(both).await;
    let stand = beside(app).await;
    for round in 0..50 {
        let mut visitor = Raw::to(stand.address).await;
        for _ in 0..3 {
            visitor.send(get("/")).await;
            let got = visitor.answer().await.unwrap();
            assert_eq!(
                (got.status, got.text().as_str()),
                (200, "ok"),
                "{round}: {got:?}"
            );
            assert!(!got.head.contains("x-split"), "{got:?}");
        }
        assert!(visitor.is_silent_for(Duration::from_millis(2)).await);
        other_answers(&stand).await;
    }
    assert_eq!(stand.left().await.requests, 150);
    let asked = log.text().matches(" HTTP/1.1\r\n").count();
    assert_eq!(asked, 150, "each request reached the app once");
}

#[tokio::test]
async fn item_45_bytes_on_a_line_that_nobody_asked_on_reach_nobody() {
    let (app, log) = raw(|mut line| async move {
        line.head().await;
        line.write(OK.as_bytes()).await;
        // The visitor has its answer by then, and the line waits for the next one.
        tokio::time::sleep(Duration::from_millis(100)).await;
        line.write(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\ninjected")
            .await;
        line.gone().await;
    })
    .await;
    let stand = beside(app).await;
    assert_eq!(ask(stand.address, get("/")).await.unwrap().text(), "ok");
    until("the line was given up", || log.ended(), |ended| *ended == 1).await;
    assert_eq!(ask(stand.address, get("/")).await.unwrap().text(), "ok");
}

#[tokio::test]
async fn item_45_informational_answers_are_not_the_answer() {
    let hint = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\nSet-Cookie: synapse-session=x\r\n\r\n";
    let (app, _) = saying(format!("HTTP/1.1 100 Continue\r\n\r\n{hint}{OK}")).await;
    let stand = beside(app).await;
    let got = ask(stand.address, get("/")).await.unwrap();
    assert_eq!((got.status, got.text().as_str()), (200, "ok"));
    assert!(!got.head.contains("synapse"), "{got:?}");
}

#[tokio::test]
async fn item_45_a_length_beside_chunks_is_framed_one_way() {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n";
    let (app, _) = saying_once(format!("{head}2\r\nok\r\n0\r\n\r\n")).await;
    let stand = beside(app).await;
    let got = ask(stand.address, get("/")).await.unwrap();
    assert_eq!(got.all("content-length"), [""; 0], "{got:?}");
    assert_eq!((got.text().as_str(), got.is_whole), ("ok", true), "{got:?}");
}
