//! Item 42: bytes that one reader takes for one request and another for two.

use crate::support::apps::{Log, saying};
use crate::support::visitors::Raw;
use crate::support::{BOTH, Mounted, Stand, until};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
/// What an attacker wants to reach an app behind the gateway's back.
const HIDDEN: &str = "GET /hidden HTTP/1.1\r\nHost: app.localhost:8000\r\n\r\n";

/// The request line and host of a POST.
fn post(mounted: Mounted) -> String {
    mounted.head("POST", "app", "/first")
}

/// Sends bytes: they are answered 400 or not at all, the connection ends, and the app sees no second request.
async fn is_refused(stand: &Stand, log: &Log, name: &str, bytes: &[u8]) {
    let mut raw = Raw::to(stand.address).await;
    raw.send(bytes).await;
    let rest = String::from_utf8_lossy(&raw.rest().await).into_owned();
    let answers = rest.matches("HTTP/1.1 ").count();
    assert!(
        rest.is_empty() || (rest.starts_with("HTTP/1.1 400 ") && answers == 1),
        "{name}: {rest}"
    );
    stand.left().await;
    let seen = log.text();
    assert!(!seen.contains("hidden"), "{name} reached the app: {seen}");
    assert!(seen.matches(" HTTP/1.1\r\n").count() <= 1, "{name}: {seen}");
}

/// Refused before the app hears anything at all.
async fn never_heard(cases: &[(&str, String)]) {
    for (name, bytes) in cases {
        let (app, log) = saying(OK).await;
        let stand = Stand::before(app).await;
        is_refused(&stand, &log, name, bytes.as_bytes()).await;
        assert_eq!(log.text(), "", "{name}");
        assert_eq!(stand.visits().requests, 0, "{name}");
    }
}

#[tokio::test]
async fn item_42_a_length_that_is_said_twice_or_beside_chunks_is_refused() {
    let length = HIDDEN.len();
    for mounted in BOTH {
        let post = post(mounted);
        never_heard(&[
            ("CL.TE", format!("{post}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{HIDDEN}")),
            ("TE.CL", format!("{post}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n5c\r\n{HIDDEN}\r\n0\r\n\r\n")),
            ("two lengths", format!("{post}Content-Length: 0\r\nContent-Length: {length}\r\n\r\n{HIDDEN}")),
            ("one length twice", format!("{post}Content-Length: 0\r\nContent-Length: 0\r\n\r\n{HIDDEN}")),
            ("a list of lengths", format!("{post}Content-Length: 0, {length}\r\n\r\n{HIDDEN}")),
            ("a list of one", format!("{post}Content-Length: 0,\r\n\r\n{HIDDEN}")),
            ("a sign", format!("{post}Content-Length: +0\r\n\r\n{HIDDEN}")),
            ("less than nothing", format!("{post}Content-Length: -1\r\n\r\n{HIDDEN}")),
            ("a hexadecimal length", format!("{post}Content-Length: 0x0\r\n\r\n{HIDDEN}")),
            ("more than a number holds", format!("{post}Content-Length: 18446744073709551616\r\n\r\n{HIDDEN}")),
            ("an empty length", format!("{post}Content-Length: \r\n\r\n{HIDDEN}")),
        ])
        .await;
    }
}

#[tokio::test]
async fn item_42_encodings_that_not_everybody_knows_are_refused() {
    let mut cases = Vec::new();
    for encoding in [
        "xchunked",
        "chunked, identity",
        "identity, chunked",
        "gzip, chunked",
        "chunked, chunked",
        "identity",
        "\"chunked\"",
        "chunked;q=1",
        "\u{b}chunked",
        "",
    ] {
        let head = format!("{}Transfer-Encoding: {encoding}\r\n", post(Mounted::Host));
        cases.push((encoding, format!("{head}\r\n0\r\n\r\n{HIDDEN}")));
    }
    let twice = "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n";
    let twice = format!("{}{twice}\r\n0\r\n\r\n{HIDDEN}", post(Mounted::Host));
    cases.push(("two encodings", twice));
    let old = post(Mounted::Host).replace("HTTP/1.1", "HTTP/1.0");
    cases.push((
        "HTTP/1.0",
        format!("{old}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n{HIDDEN}"),
    ));
    never_heard(&cases).await;
}

#[tokio::test]
async fn item_42_lines_that_are_not_lines_to_everybody_are_refused() {
    let (post, host) = (post(Mounted::Host), Mounted::Host.host("app"));
    never_heard(&[
        ("a folded line", format!("{post}X-Fold: a\r\n b\r\n\r\n")),
        (
            "a folded encoding",
            format!("{post}Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n{HIDDEN}"),
        ),
        (
            "line feeds alone",
            format!("{post}X: 1\r\n\r\n").replace("\r\n", "\n"),
        ),
        (
            "one line feed alone",
            format!("{post}X: 1\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{HIDDEN}"),
        ),
        (
            "an end of line feeds",
            format!("{post}Content-Length: 0\r\n\n{HIDDEN}"),
        ),
        (
            "a carriage return alone",
            format!("{post}X: 1\rContent-Length: 5\r\n\r\n{HIDDEN}"),
        ),
        (
            "a space before the colon",
            format!("{post}Content-Length : 5\r\n\r\n{HIDDEN}"),
        ),
        (
            "a tab before the colon",
            format!("{post}Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n{HIDDEN}"),
        ),
        (
            "a space before the name",
            format!("POST /first HTTP/1.1\r\n Host: {host}\r\n\r\n"),
        ),
        ("NUL in a value", format!("{post}X: a\0b\r\n\r\n")),
        ("NUL in a name", format!("{post}X\0: a\r\n\r\n")),
        ("no colon", format!("{post}Nonsense\r\n\r\n")),
        ("no name", format!("{post}: a\r\n\r\n")),
    ])
    .await;
}

#[tokio::test]
async fn item_42_a_request_names_one_host_and_one_path() {
    let host = Mounted::Host.host("app");
    never_heard(&[
        (
            "two hosts",
            format!("GET / HTTP/1.1\r\nHost: {host}\r\nHost: evil.example\r\n\r\n"),
        ),
        (
            "one host twice",
            format!("GET / HTTP/1.1\r\nHost: {host}\r\nHost: {host}\r\n\r\n"),
        ),
        (
            "a host in the target",
            format!("GET http://evil.example/ HTTP/1.1\r\nHost: {host}\r\n\r\n"),
        ),
        (
            "its own in the target",
            format!("GET http://{host}/ HTTP/1.1\r\nHost: {host}\r\n\r\n"),
        ),
        (
            "a tunnel",
            format!("CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n\r\n"),
        ),
        (
            "a space in the path",
            format!("GET /a b HTTP/1.1\r\nHost: {host}\r\n\r\n"),
        ),
        (
            "another version",
            format!("GET / HTTP/1.2\r\nHost: {host}\r\n\r\n"),
        ),
        (
            "HTTP/2 in words",
            format!("GET / HTTP/2.0\r\nHost: {host}\r\n\r\n"),
        ),
    ])
    .await;
}

#[tokio::test]
async fn item_42_a_chunk_with_garbage_ends_the_request() {
    for garbage in [
        "x\r\n",
        "0x2\r\nab\r\n",
        "+2\r\nab\r\n",
        "-1\r\n",
        "2\nab\r\n",
        "2\r\nabc\r\n",
        "2\r\nab",
        "2 2\r\nab\r\n",
        "10000000000000000\r\n",
        "\r\n",
        "2;a\nb\r\nab\r\n",
    ] {
        let (app, log) = saying("").await;
        let stand = Stand::before(app).await;
        let head = post(Mounted::Path) + "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n";
        let bytes = format!("{head}{garbage}0\r\n\r\n{HIDDEN}");
        is_refused(&stand, &log, garbage, bytes.as_bytes()).await;
    }
}

#[tokio::test]
async fn item_42_what_follows_a_chunked_body_is_not_read() {
    let (app, log) = saying(OK).await;
    let stand = Stand::before(app).await;
    let mut raw = Raw::to(stand.address).await;
    let head = post(Mounted::Path) + "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n";
    raw.send(format!("{head}{HIDDEN}")).await;
    let got = raw.answer().await.unwrap();
    assert_eq!((got.status, got.all("connection")), (200, vec!["close"]));
    assert_eq!(raw.rest().await, b"");
    assert!(!log.text().contains("hidden"), "{}", log.text());
}

#[tokio::test]
async fn item_42_a_request_in_a_body_stays_a_body_whatever_the_answer() {
    // Answered without a look at the body: by an app that does not care, and by the gateway itself.
    for label in ["app", "nobody"] {
        let (app, log) = saying(OK).await;
        let stand = Stand::before(app).await;
        let mut raw = Raw::to(stand.address).await;
        let head = Mounted::Host.head("POST", label, "/first");
        let length = HIDDEN.len();
        raw.send(format!("{head}Content-Length: {length}\r\n\r\n{HIDDEN}"))
            .await;
        let got = raw.answer().await.unwrap();
        assert_eq!(got.status, if label == "app" { 200 } else { 404 });
        let seen = until(
            "the body arrived",
            || log.text(),
            |seen| label == "nobody" || seen.ends_with(HIDDEN),
        );
        let seen = seen.await;
        let end = format!("content-length: {length}\r\n");
        assert!(
            label == "nobody" || seen.to_ascii_lowercase().contains(&end),
            "{seen}"
        );
        assert_eq!(stand.left().await.requests, u64::from(label == "app"));
    }
}

#[tokio::test]
async fn item_42_honest_requests_one_after_the_other_are_two() {
    let (app, log) = saying(OK).await;
    let stand = Stand::before(app).await;
    let mut raw = Raw::to(stand.address).await;
    let (one, two) = (
        Mounted::Host.head("GET", "app", "/one"),
        Mounted::Host.head("GET", "app", "/two"),
    );
    raw.send(format!("{one}\r\n{two}\r\n")).await;
    assert_eq!(raw.answer().await.unwrap().text(), "ok");
    assert_eq!(raw.answer().await.unwrap().text(), "ok");
    assert_eq!(log.text().matches(" HTTP/1.1\r\n").count(), 2);
    assert_eq!(stand.left().await.requests, 2);
}
