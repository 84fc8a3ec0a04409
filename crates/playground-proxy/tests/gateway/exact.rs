//! Item 41: what a visitor asks for reaches the app byte by byte, and so does the answer.

use std::time::Duration;

use crate::support::apps::{raw, saying};
use crate::support::visitors::{Raw, ask};
use crate::support::{BOTH, Mounted, Stand, soon, until};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

#[tokio::test]
async fn item_41_paths_reach_the_app_byte_by_byte() {
    let paths = [
        "/",
        "/?",
        "/??",
        "/a?",
        "/%ED%95%9C%EA%B8%80/%ec%95%b1?q=%ED%95%9C",
        "//",
        "//evil.example/a",
        "/a//b///c",
        "/a%2Fb%2f..%2F",
        "/gradio_api/file=/tmp/gradio/%5Bx%5D.png",
        "/../up",
        "/a/../../b/./c",
        "/a;v=1;w/b",
        "/a=b&c+d~e!f'(g)*,@:$",
        "/?a=1&a=2&b[]=%5B%5D&c={}|^`\\",
        "/a|b{c}",
        "/%00%ff%",
        "/http://127.0.0.1/",
    ];
    for mounted in BOTH {
        let (app, log) = saying(OK).await;
        let stand = Stand::before(app).await;
        let mut visitor = Raw::to(stand.address).await;
        for path in paths {
            let begin = log.text().len();
            visitor
                .send(mounted.head("GET", "app", path) + "\r\n")
                .await;
            let got = visitor.answer().await.unwrap();
            assert_eq!(got.status, 200, "{mounted:?} {path}: {got:?}");
            let seen = log.text()[begin..].to_owned();
            let line = seen.lines().next().unwrap();
            assert_eq!(line, format!("GET {path} HTTP/1.1"), "{mounted:?}");
        }
    }
}

#[tokio::test]
async fn item_41_a_question_about_the_whole_app_reaches_it() {
    let (app, log) = saying(OK).await;
    let stand = Stand::before(app).await;
    let request = "OPTIONS * HTTP/1.1\r\nHost: app.localhost\r\n\r\n";
    assert_eq!(ask(stand.address, request).await.unwrap().status, 200);
    assert!(
        log.text().starts_with("OPTIONS * HTTP/1.1\r\n"),
        "{}",
        log.text()
    );
}

#[tokio::test]
async fn item_41_an_app_finds_the_prefix_as_the_visitor_wrote_it() {
    let (app, log) = saying(OK).await;
    let stand = Stand::before(app).await;
    let head = Mounted::Path.head("GET", "APP", "/x") + "\r\n";
    assert_eq!(ask(stand.address, head).await.unwrap().status, 200);
    let seen = log.text().to_ascii_lowercase();
    assert!(seen.contains("x-forwarded-prefix: /play/app"), "{seen}");
    assert!(log.text().contains("/play/APP"), "{}", log.text());
    let slash = ask(
        stand.address,
        "GET /play/app?a=1 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    )
    .await;
    let slash = slash.unwrap();
    assert_eq!(
        (slash.status, slash.all("location")),
        (308, vec!["/play/app/?a=1"])
    );
}

#[tokio::test]
async fn item_41_parts_and_refusals_of_a_file_pass_unchanged() {
    for (status, headers) in [
        (
            "206 Partial Content",
            "Content-Range: bytes 0-1/10\r\nAccept-Ranges: bytes\r\nETag: \"a\"\r\nContent-Length: 2\r\n",
        ),
        (
            "416 Range Not Satisfiable",
            "Content-Range: bytes */10\r\nContent-Length: 0\r\n",
        ),
        (
            "304 Not Modified",
            "ETag: \"a\"\r\nLast-Modified: Thu, 01 Jan 1970 00:00:00 GMT\r\n",
        ),
        (
            "200 OK",
            "Content-Encoding: gzip\r\nContent-Length: 2\r\nVary: Accept-Encoding\r\n",
        ),
        (
            "418 Own Words",
            "Content-Length: 2\r\nX-Two: 1\r\nX-Two: 2\r\n",
        ),
        ("204 No Content", "X-Nothing: 1\r\n"),
    ] {
        let has_body = headers.contains("Content-Length: 2");
        let body = if has_body { "\u{1f}\u{8b}" } else { "" }.as_bytes();
        let body = &body[..body.len().min(2)];
        let answer = format!("HTTP/1.1 {status}\r\n{headers}\r\n");
        let (app, log) = saying([answer.as_bytes(), body].concat()).await;
        let stand = Stand::before(app).await;
        let asked = "Range: bytes=0-1\r\nIf-None-Match: \"a\"\r\nIf-Range: \"a\"\r\nAccept-Encoding: gzip\r\n";
        let mut visitor = Raw::to(stand.address).await;
        // Twice, so that a byte too many would be seen.
        for _ in 0..2 {
            visitor
                .send(Mounted::Host.head("GET", "app", "/f") + asked + "\r\n")
                .await;
            let got = visitor.answer().await.unwrap();
            let first = format!("http/1.1 {}\r\n", status.to_ascii_lowercase());
            assert!(got.head.starts_with(&first), "{got:?}");
            for line in headers.lines() {
                assert!(
                    got.head.contains(&line.to_ascii_lowercase()),
                    "{line} in {got:?}"
                );
            }
            assert_eq!(got.body, body, "{status}");
        }
        let seen = log.text().to_ascii_lowercase();
        assert!(seen.contains(&asked.to_ascii_lowercase()), "{seen}");
    }
}

#[tokio::test]
async fn item_41_an_answer_to_head_has_the_headers_alone() {
    for headers in [
        "Content-Length: 12345\r\n",
        "Transfer-Encoding: chunked\r\n",
        "",
    ] {
        let (app, log) = saying(format!("HTTP/1.1 200 OK\r\nETag: \"a\"\r\n{headers}\r\n")).await;
        let stand = Stand::before(app).await;
        let mut visitor = Raw::to(stand.address).await;
        for _ in 0..2 {
            visitor
                .send(Mounted::Path.head("HEAD", "app", "/f") + "\r\n")
                .await;
            let head = visitor.head().await.unwrap();
            assert!(
                head.starts_with("http/1.1 200 ok\r\n") && head.contains("etag"),
                "{head}"
            );
            let length = head.lines().find(|line| line.starts_with("content-length"));
            let wanted = headers.contains("12345").then_some("content-length: 12345");
            assert_eq!(length, wanted, "{head}");
        }
        assert!(log.text().starts_with("HEAD /f HTTP/1.1\r\n"));
    }
}

#[tokio::test]
async fn no_body_is_invented_and_none_is_lost() {
    for (method, sent, wanted) in [
        ("GET", "\r\n", None),
        ("DELETE", "\r\n", None),
        ("GET", "Content-Length: 2\r\n\r\nhi", Some("hi")),
        ("POST", "Content-Length: 2\r\n\r\nhi", Some("hi")),
        (
            "POST",
            "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
            Some("2\r\nhi\r\n0\r\n\r\n"),
        ),
        (
            "GET",
            "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
            Some("2\r\nhi\r\n0\r\n\r\n"),
        ),
    ] {
        let (app, log) = raw(|mut line| async move {
            line.head().await;
            tokio::time::timeout(Duration::from_millis(100), line.read())
                .await
                .ok();
            line.write(OK.as_bytes()).await;
            line.gone().await;
        })
        .await;
        let stand = Stand::before(app).await;
        let got = ask(stand.address, Mounted::Host.head(method, "app", "/") + sent).await;
        assert_eq!(got.unwrap().status, 200, "{method} {sent:?}");
        let seen = log.text();
        let (head, body) = seen.split_once("\r\n\r\n").unwrap();
        let head = head.to_ascii_lowercase();
        let is_framed = head.contains("content-length") || head.contains("transfer-encoding");
        assert_eq!(is_framed, wanted.is_some(), "{method} {sent:?}: {head}");
        assert_eq!(body, wanted.unwrap_or_default(), "{method} {sent:?}");
    }
}

#[tokio::test]
async fn item_41_who_waits_for_leave_to_send_gets_it() {
    let (app, log) = raw(|mut line| async move {
        line.head().await;
        line.write(b"HTTP/1.1 100 Continue\r\n\r\n").await;
        while line.read().await > 0 && !line.has("hello") {}
        line.write(OK.as_bytes()).await;
        line.gone().await;
    })
    .await;
    let stand = Stand::before(app).await;
    let mut visitor = Raw::to(stand.address).await;
    let head = Mounted::Path.head("POST", "app", "/up")
        + "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n";
    visitor.send(head).await;
    assert_eq!(
        visitor.head().await.unwrap(),
        "http/1.1 100 continue\r\n\r\n"
    );
    visitor.send("hello").await;
    assert_eq!(visitor.answer().await.unwrap().text(), "ok");
    assert!(log.text().ends_with("\r\n\r\nhello"));
}

#[tokio::test]
async fn trailers_of_an_answer_are_dropped_cleanly() {
    let (app, _) = saying(
        "HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 1\r\nSet-Cookie: synapse-session=x\r\n\r\n",
    )
    .await;
    let stand = Stand::before(app).await;
    let mut visitor = Raw::to(stand.address).await;
    for _ in 0..2 {
        visitor
            .send(Mounted::Host.head("GET", "app", "/") + "TE: trailers\r\n\r\n")
            .await;
        let got = visitor.answer().await.unwrap();
        assert_eq!((got.text().as_str(), got.is_whole), ("ok", true), "{got:?}");
    }
    let silent = visitor.is_silent_for(Duration::from_millis(20)).await;
    assert!(silent, "nothing follows the body");
    let body_of_the_visitors = "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-Sum: 1\r\n\r\n";
    let (app, log) = saying(OK).await;
    stand.put(&[("app", playground_proxy::Stage::Ready(app))]);
    let request = Mounted::Host.head("POST", "app", "/") + body_of_the_visitors;
    let answered = soon("an answer", ask(stand.address, request)).await;
    assert_eq!(answered.unwrap().status, 200);
    until("the body came", || log.text(), |seen| seen.contains("hi")).await;
    assert!(!log.text().to_ascii_lowercase().contains("x-sum: 1"));
}
