//! Uploads that do not arrive whole, over real connections: nothing of them stays, and the Agent goes on.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::agent::{BOUNDARY, TOKEN, TestAgent, form_body, plugin};

/// The time that item 12 gives a spool file.
const SOON: Duration = Duration::from_secs(5);
/// How long any answer may take.
const DEADLINE: Duration = Duration::from_secs(30);
/// For bodies that end otherwise than by silence.
const PATIENT: Duration = Duration::from_secs(600);
/// What is in force where nobody says otherwise.
const BODY_SILENCE: Duration = Duration::from_secs(60);

/// docs/security.md, item 12.
#[tokio::test]
async fn item_12_a_client_that_leaves_half_way_leaves_no_file() {
    let agent = TestAgent::start().await;
    let address = agent.listen(PATIENT).await;
    let connection = half_sent(&agent, address).await;
    drop(connection);
    nothing_is_left(&agent, address).await;
}

/// docs/security.md, item 12: the same, from a client that still listens for an answer.
#[tokio::test]
async fn item_12_a_client_that_stops_sending_half_way_is_refused() {
    let agent = TestAgent::start().await;
    let address = agent.listen(PATIENT).await;
    let mut connection = half_sent(&agent, address).await;
    connection.shutdown().await.unwrap();
    let answer = answer(&mut connection).await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(answer.contains("\"form_invalid\""), "{answer}");
    nothing_is_left(&agent, address).await;
}

/// docs/security.md, item 12: the body has the length that was promised, and its form does not end.
#[tokio::test]
async fn item_12_a_form_without_its_end_is_refused() {
    let agent = TestAgent::start().await;
    let address = agent.listen(PATIENT).await;
    let whole = form_body(&[], Some(&plugin("my-plugin", "1.0.0", "")));
    let end = format!("\r\n--{BOUNDARY}--\r\n");
    let without_end = whole.strip_suffix(end.as_bytes()).unwrap();
    let cut = without_end.to_vec();
    let half = without_end[..without_end.len() / 2].to_vec();
    let of_another = [without_end, b"\r\n--another-boundary--\r\n"].concat();
    for body in [cut, half, of_another] {
        let mut connection = TcpStream::connect(address).await.unwrap();
        connection.write_all(&form_head(body.len())).await.unwrap();
        connection.write_all(&body).await.unwrap();
        let answer = answer(&mut connection).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
        assert!(answer.contains("\"form_invalid\""), "{answer}");
        nothing_is_left(&agent, address).await;
    }
}

/// docs/security.md, item 12: the connection stays open, and nothing comes any more.
#[tokio::test]
async fn item_12_a_client_that_stalls_half_way_is_told_so_and_hung_up_on() {
    let agent = TestAgent::start().await;
    let address = agent.listen(Duration::from_millis(200)).await;
    let body = form_body(&[], Some(&[b'x'; 1 << 20]));
    let mut connection = TcpStream::connect(address).await.unwrap();
    connection.write_all(&form_head(body.len())).await.unwrap();
    connection.write_all(&body[..body.len() / 2]).await.unwrap();
    // The answer ends with the connection, although this side keeps its half open.
    let answer = answer(&mut connection).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("\"body_stalled\""), "{answer}");
    nothing_is_left(&agent, address).await;
}

/// The SDK keeps its connections, and sends a request's body after its head.
#[tokio::test]
async fn a_connection_outlives_an_answer_that_does_not_depend_on_the_body() {
    let agent = TestAgent::start().await;
    let address = agent.listen(PATIENT).await;
    let mut connection = TcpStream::connect(address).await.unwrap();
    for _ in 0..2 {
        let head = head("POST /plugin_releases/a@1.0.0/run/", "application/json", 2);
        let head = String::from_utf8(head).unwrap();
        let kept = head.replace("Connection: close\r\n", "");
        connection.write_all(kept.as_bytes()).await.unwrap();
        let early = timeout(Duration::from_millis(300), connection.readable()).await;
        assert!(early.is_err(), "it was answered before it was read");
        connection.write_all(b"{}").await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"}") {
            assert_ne!(connection.read_buf(&mut answer).await.unwrap(), 0);
        }
        let answer = String::from_utf8(answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 501 "), "{answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_upload_may_be_slow_but_not_silent() {
    let agent = TestAgent::start().await;
    let archive = plugin("my-plugin", "1.0.0", "");
    let slow = agent
        .raw_form("/containers/", body_with_pauses(&archive, BODY_SILENCE / 2))
        .await;
    assert_eq!(slow.status, StatusCode::CREATED, "{slow:?}");
    let silent = agent
        .raw_form("/containers/", body_with_pauses(&archive, 2 * BODY_SILENCE))
        .await;
    insta::assert_snapshot!(silent.error(), @"408 body_stalled: the request body stopped coming before it was complete");
}

#[tokio::test]
async fn a_json_body_that_stalls_is_cut_off_or_is_too_large_is_refused_everywhere() {
    let agent = TestAgent::start().await;
    agent.created(&[]).await;
    let address = agent.listen(Duration::from_millis(200)).await;
    for request in ["POST /containers/", "PATCH /containers/1"] {
        let begin = async |length: usize| {
            let mut connection = TcpStream::connect(address).await.unwrap();
            let head = head(request, "application/json", length);
            connection.write_all(&head).await.unwrap();
            connection.write_all(b"{").await.unwrap();
            connection
        };
        let mut stalled = begin(100).await;
        let said = answer(&mut stalled).await;
        assert!(said.contains("\"body_stalled\""), "{request}: {said}");
        let mut cut = begin(100).await;
        cut.shutdown().await.unwrap();
        let said = answer(&mut cut).await;
        assert!(said.contains("\"body_cut_off\""), "{request}: {said}");
        let mut large = begin(3 << 20).await;
        large.write_all(&[b' '; 3 << 20]).await.ok();
        let said = answer(&mut large).await;
        assert!(said.contains("\"body_too_large\""), "{request}: {said}");
    }
}

/// An upload whose first half has arrived and lies in a file.
async fn half_sent(agent: &TestAgent, address: SocketAddr) -> TcpStream {
    let body = form_body(&[], Some(&[b'x'; 1 << 20]));
    let mut connection = TcpStream::connect(address).await.unwrap();
    connection.write_all(&form_head(body.len())).await.unwrap();
    connection.write_all(&body[..body.len() / 2]).await.unwrap();
    let spool = agent.control.config().spool_dir();
    soon("the upload has a file", || {
        let files = open_files(&spool);
        (!files.is_empty()).then_some(()).ok_or(files)
    })
    .await;
    connection
}

fn form_head(length: usize) -> Vec<u8> {
    let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
    head("POST /containers/", &content_type, length)
}

fn head(request: &str, content_type: &str, length: usize) -> Vec<u8> {
    format!(
        "{request} HTTP/1.1\r\nHost: agent.local:8000\r\nAuthorization: {TOKEN}\r\nConnection: close\r\n\
         Content-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n"
    )
    .into_bytes()
}

/// Whatever comes until the Agent hangs up.
async fn answer(connection: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let read = tokio::time::timeout(DEADLINE, connection.read_to_end(&mut answer)).await;
    // A reset after the answer is a way of hanging up, too.
    drop(read.expect("the Agent hangs up"));
    String::from_utf8(answer).unwrap()
}

/// A form that comes in four parts.
fn body_with_pauses(archive: &[u8], pause: Duration) -> Body {
    let body = form_body(&[], Some(archive));
    let parts: Vec<Bytes> = body
        .chunks(body.len().div_ceil(4))
        .map(Bytes::copy_from_slice)
        .collect();
    Body::from_stream(async_stream::stream! {
        for part in parts {
            tokio::time::sleep(pause).await;
            yield Ok::<_, std::io::Error>(part);
        }
    })
}

/// No file, no record, and an Agent that answers.
async fn nothing_is_left(agent: &TestAgent, address: SocketAddr) {
    let spool = agent.control.config().spool_dir();
    soon("no file is left of the upload", || {
        let mut files = open_files(&spool);
        files.extend(
            std::fs::read_dir(&spool)
                .unwrap()
                .map(|entry| entry.unwrap().path().display().to_string()),
        );
        files.is_empty().then_some(()).ok_or(files)
    })
    .await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for list in ["containers/", "builds/", "plugin_releases/"] {
        let request = client.get(format!("http://{address}/{list}"));
        let answer = request.header("Authorization", TOKEN).send().await.unwrap();
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["count"], json!(0), "{list}: {body:#}");
    }
    assert!(agent.fake.containers().is_empty());
}

/// The files that this process has open in a folder: an upload's has no name there, and takes up space all the same.
fn open_files(folder: &Path) -> Vec<String> {
    std::fs::read_dir("/proc/self/fd")
        .unwrap()
        .filter_map(|entry| std::fs::read_link(entry.unwrap().path()).ok())
        .filter(|target| target.starts_with(folder))
        .map(|target| target.display().to_string())
        .collect()
}

/// Looks again and again, and tells the last state when it never comes.
async fn soon<S: std::fmt::Debug>(what: &str, mut look: impl FnMut() -> Result<(), S>) {
    let began = Instant::now();
    while let Err(state) = look() {
        assert!(
            began.elapsed() < SOON,
            "still not, after {SOON:?}: {what}; the last state was {state:#?}"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
