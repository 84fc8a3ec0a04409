//! What an app is told, and what a visitor is told of the app.

use crate::support::apps::saying;
use crate::support::visitors::{Raw, ask};
use crate::support::{BOTH, Mounted, Stand};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// The header lines of a head, in small letters and sorted.
fn headers(head: &str) -> Vec<String> {
    let mut lines: Vec<String> = head
        .to_ascii_lowercase()
        .lines()
        .skip(1)
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect();
    lines.sort();
    lines
}

#[tokio::test]
async fn item_38_an_app_hears_where_a_request_came_from_from_the_gateway_alone() {
    for mounted in BOTH {
        let (app, log) = saying(OK).await;
        let stand = Stand::before(app).await;
        let mut request = mounted.head("GET", "app", "/gradio_api/info");
        for claim in [
            "X-Forwarded-Host: evil.example",
            "X-Forwarded-Proto: https",
            "X-Forwarded-Prefix: /evil",
            "X-Forwarded-For: 1.2.3.4",
            "X-Forwarded-For: 5.6.7.8",
            "X-Forwarded-Port: 1",
            "X-FORWARDED-SERVER: evil",
            "X-Gradio-Server: http://evil.example",
            "Forwarded: for=1.2.3.4;host=evil.example",
            "X-Real-IP: 1.2.3.4",
            "X-Original-URL: /evil",
            "X-Script-Name: /evil",
            "Connection: X-Forwarded-For, Host",
            "Accept: */*",
        ] {
            request.push_str(claim);
            request.push_str("\r\n");
        }
        let got = ask(stand.address, request + "\r\n").await.unwrap();
        assert_eq!((got.status, got.text().as_str()), (200, "ok"));
        let host = mounted.host("app");
        let mut wanted = vec![
            "accept: */*".to_owned(),
            format!("host: {host}"),
            "x-forwarded-for: 127.0.0.1".to_owned(),
            format!("x-forwarded-host: {host}"),
            "x-forwarded-proto: http".to_owned(),
        ];
        if mounted == Mounted::Path {
            wanted.insert(4, "x-forwarded-prefix: /play/app".to_owned());
        }
        assert_eq!(headers(&log.text()), wanted, "{mounted:?}");
    }
}

#[tokio::test]
async fn item_43_a_foreign_host_is_told_that_it_is_at_the_wrong_place() {
    let (app, log) = saying(OK).await;
    let stand = Stand::before(app).await;
    for host in [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "",
    ] {
        let request = format!("GET /play/app/ HTTP/1.1\r\nHost: {host}\r\n\r\n");
        let got = ask(stand.address, request).await.unwrap();
        assert_eq!(got.status, 421, "{host}");
    }
    let got = ask(stand.address, "GET /play/app/ HTTP/1.0\r\n\r\n").await;
    assert_eq!(got.unwrap().status, 421, "no host at all");
    assert_eq!(log.text(), "");
}

#[tokio::test]
async fn item_43_an_app_has_no_say_in_who_else_reads_its_answers() {
    let (app, _) = saying(
        "HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nACCESS-CONTROL-ALLOW-CREDENTIALS: true\r\n\
        Access-Control-Allow-Headers: *\r\nAccess-Control-Expose-Headers: *\r\nContent-Length: 2\r\n\r\nok",
    )
    .await;
    let stand = Stand::before(app).await;
    for method in ["GET", "OPTIONS"] {
        let head = Mounted::Path.head(method, "app", "/") + "Origin: http://evil.example\r\n\r\n";
        let got = ask(stand.address, head).await.unwrap();
        assert!(!got.head.contains("access-control"), "{}", got.head);
    }
}

#[tokio::test]
async fn item_44_our_cookies_stay_here_and_others_pass() {
    let (app, log) = saying(OK).await;
    let stand = Stand::before(app).await;
    let request = Mounted::Path.head("GET", "app", "/")
        + "Cookie: a=1; synapse-session=s3cret; __Host-synapse-app=s3cret;b=2\r\n\
        Cookie: SYNAPSE-x=s3cret\r\nCookie: __Secure-Synapse-y=s3cret; c=\"3\"\r\n\r\n";
    ask(stand.address, request).await.unwrap();
    let head = log.text().to_ascii_lowercase();
    assert!(
        !head.contains("s3cret") && !head.contains("synapse"),
        "{head}"
    );
    let cookies: Vec<String> = headers(&head)
        .into_iter()
        .filter(|line| line.starts_with("cookie"))
        .collect();
    assert_eq!(cookies, ["cookie: a=1; b=2", "cookie: c=\"3\""]);
}

#[tokio::test]
async fn headers_of_one_connection_stay_on_it() {
    let (app, log) = saying(
        "HTTP/1.1 200 OK\r\nConnection: keep-alive, X-App\r\nKeep-Alive: timeout=5\r\nX-App: 1\r\n\
        Proxy-Authenticate: Basic\r\nUpgrade: h2c\r\nTrailer: X-Sum\r\nX-Kept: 1\r\nContent-Length: 2\r\n\r\nok",
    )
    .await;
    let stand = Stand::before(app).await;
    let mut raw = Raw::to(stand.address).await;
    raw.send(
        Mounted::Host.head("GET", "app", "/")
            + "Connection: keep-alive, Upgrade, HTTP2-Settings, X-Visitor\r\nX-Visitor: 1\r\n\
            Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\nTE: trailers\r\nTrailer: X-Sum\r\n\
            Proxy-Authorization: Basic eA==\r\nProxy-Connection: keep-alive\r\nX-Kept: 1\r\n\r\n",
    )
    .await;
    let got = raw.answer().await.unwrap();
    let heads = [log.text().to_ascii_lowercase(), got.head];
    for head in heads {
        for name in [
            "\r\nconnection:",
            "keep-alive",
            "x-visitor",
            "x-app",
            "upgrade",
            "http2-settings",
            "\r\nte:",
            "trailer",
            "proxy-",
        ] {
            assert!(!head.contains(name), "{name} in {head}");
        }
        assert!(head.contains("x-kept: 1"), "{head}");
    }
    raw.send(Mounted::Host.head("GET", "app", "/again") + "\r\n")
        .await;
    assert_eq!(
        raw.answer().await.unwrap().status,
        200,
        "the connection is kept"
    );
}

#[tokio::test]
async fn item_43_a_page_without_an_origin_is_at_home_with_a_ticket_only() {
    let (app, log) = saying(OK).await;
    let stand = Stand::before(app).await;
    let head = |label: &str| {
        Mounted::Path.head("POST", label, "/queue/join")
            + "Origin: null\r\nSec-Fetch-Site: cross-site\r\nContent-Length: 0\r\n\r\n"
    };
    let got = ask(stand.address, head("app/~ticket")).await.unwrap();
    assert_eq!(got.status, 200);
    assert_eq!(got.all("access-control-allow-origin"), ["null"]);
    let told = headers(&log.text());
    let prefix = "x-forwarded-prefix: /play/app/~ticket".to_owned();
    assert!(told.contains(&prefix), "{told:?}");
    assert!(log.text().starts_with("POST /queue/join HTTP/1.1\r\n"));

    let refused = ask(stand.address, head("app")).await.unwrap();
    assert_eq!(refused.status, 403);
    assert_eq!(refused.all("access-control-allow-origin"), [""; 0]);
}
