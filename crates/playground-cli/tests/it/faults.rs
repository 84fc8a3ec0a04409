//! Every verb under every failure of the server: one readable line, the right exit code, nothing on standard output.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::thread;

use insta::assert_snapshot;
use serde_json::json;

use crate::run::{Ran, TOKEN, command, ran};

/// Every verb that speaks with an Agent. `PLUGIN` is a plugin's directory.
const VERBS: &[&str] = &[
    "ls",
    "ls --output json",
    "show 1",
    "logs 1",
    "logs 1 --follow",
    "open",
    "open 1",
    "stop 1",
    "start 1",
    "restart 1",
    "rm 1",
    "builds",
    "builds show b1",
    "builds logs b1",
    "builds logs b1 --follow",
    "builds cancel b1",
    "releases",
    "releases show p@1",
    "releases add PLUGIN",
    "releases rm p@1",
    "orphans",
    "orphans adopt a",
    "orphans rm a",
    "cancel b1",
    "prune",
    "health",
    "create p@1",
    "create p@1 --no-wait",
    "create --file PLUGIN",
    "run PLUGIN",
    "dev PLUGIN",
];

/// The seconds that an answer may take: more than it does on a machine that is busy.
const PATIENT: &str = "60";

/// An address where nobody listens.
pub(crate) const CLOSED: &str = "http://127.0.0.1:9";

/// What a server that fails sends once it has heard a request.
enum Fault {
    /// Nothing, and the connection stays.
    Silence,
    /// These bytes, and the end.
    Bytes(String),
}

/// A server that fails in one way for as long as its test runs.
fn failing(fault: Fault) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let fault = std::sync::Arc::new(fault);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let fault = std::sync::Arc::clone(&fault);
            thread::spawn(move || drop(fail(stream.unwrap(), &fault)));
        }
    });
    url
}

fn fail(mut stream: TcpStream, fault: &Fault) -> std::io::Result<()> {
    // All of an upload is read: a connection that is reset under somebody who sends is another failure.
    let mut part = [0; 65_536];
    let mut heard = Vec::new();
    while !is_whole(&heard) {
        match stream.read(&mut part)? {
            0 => return Ok(()),
            bytes => heard.extend(&part[..bytes]),
        }
    }
    match fault {
        Fault::Bytes(bytes) => stream.write_all(bytes.as_bytes()),
        // Until the other side gives up.
        Fault::Silence => stream.read(&mut part).map(drop),
    }
}

/// Whether a request is there up to its last byte.
fn is_whole(heard: &[u8]) -> bool {
    let Some(end) = heard.windows(4).position(|bytes| bytes == b"\r\n\r\n") else {
        return false;
    };
    let head = String::from_utf8_lossy(&heard[..end]).to_ascii_lowercase();
    assert!(!head.contains("transfer-encoding"), "{head}");
    let mut lines = head.lines();
    let length = lines.find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length.map_or(0, |length| length.parse().unwrap());
    heard.len() - end - 4 >= length
}

fn answer(status: &str, kind: &str, body: &str) -> Fault {
    let length = body.len();
    Fault::Bytes(format!(
        "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    ))
}

/// A plugin that nothing is wrong with.
pub(crate) fn plugin(folder: &Path) {
    std::fs::create_dir(folder.join("plugin")).unwrap();
    let config = "code: my-plugin\nname: Mine\nversion: 1.0.0\ncategory: custom\n";
    std::fs::write(folder.join("config.yaml"), config).unwrap();
    let app = "import gradio as gr\n\ndemo = gr.Interface(str, \"text\", \"text\")\n";
    std::fs::write(folder.join("plugin/gradio_interface.py"), app).unwrap();
}

/// Runs every verb against a server, side by side, and lists how each ended: all of them with this code.
fn how_all_end(url: &str, code: i32) -> String {
    how_each_ends(url, PATIENT, |_| code)
}

fn how_each_ends(url: &str, timeout: &str, code: impl Fn(&str) -> i32) -> String {
    let folder = tempfile::tempdir().unwrap();
    plugin(folder.path());
    let folder = folder.path().to_str().unwrap();
    let all: Vec<Ran> = thread::scope(|scope| {
        let running: Vec<_> = VERBS
            .iter()
            .map(|verb| scope.spawn(move || run(verb, folder, url, timeout)))
            .collect();
        running.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let mut told = String::new();
    for (verb, ran) in VERBS.iter().zip(all) {
        assert_eq!(ran.code, Some(code(verb)), "{verb}: {ran}");
        assert_eq!(ran.out, "", "{verb}");
        let lines: Vec<&str> = ran.err.lines().filter(|line| is_told(line)).collect();
        let errors = lines.iter().filter(|line| line.starts_with("error: "));
        assert_eq!(errors.count(), 1, "{verb}: {ran}");
        assert!(
            lines.len() <= 2 && lines.iter().all(|line| line.len() < 200),
            "{verb}: {ran}"
        );
        writeln!(told, "{verb}: {}", lines.join(" | ").replace(url, "AGENT")).unwrap();
    }
    told
}

/// What a verb says on its way is no part of how it ends.
fn is_told(line: &str) -> bool {
    !line.starts_with("packing ") && !line.ends_with(" ...")
}

fn run(verb: &str, folder: &str, url: &str, timeout: &str) -> Ran {
    let args: Vec<&str> = verb
        .split(' ')
        .map(|word| if word == "PLUGIN" { folder } else { word })
        .collect();
    let settings = [
        ("PLAYGROUND_URL", url),
        ("PLAYGROUND_TOKEN", TOKEN),
        ("PLAYGROUND_TIMEOUT", timeout),
    ];
    let mut ran = ran(&command(&args).envs(settings).output().unwrap());
    ran.err = ran.err.replace(folder, "PLUGIN");
    ran
}

#[test]
fn gone() {
    assert_snapshot!(how_all_end(CLOSED, 3));
}

#[test]
fn silent() {
    assert_snapshot!(how_each_ends(&failing(Fault::Silence), "1", |_| 3));
}

#[test]
fn broken_off() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 5000\r\n\r\n{\"count\":";
    let url = failing(Fault::Bytes(head.to_owned()));
    // What wants no JSON sees something else than an Agent.
    let wants_another = |verb: &str| {
        let words: Vec<&str> = verb.split(' ').collect();
        words.contains(&"logs") || words.contains(&"rm") || words.contains(&"cancel")
    };
    assert_snapshot!(how_each_ends(
        &url,
        PATIENT,
        |verb| if wants_another(verb) { 1 } else { 3 }
    ));
}

/// A server whose log streams are cut after their first line, once; it is gone then.
fn cut_and_gone(line: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let event = format!("id: 1\ndata: {line}\n\nid: 2\ndata: a line that never en");
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
    let cut = Fault::Bytes(format!("{head}{event}"));
    thread::spawn(move || drop(fail(listener.accept().unwrap().0, &cut)));
    url
}

#[test]
fn a_log_that_is_cut_and_whose_server_is_gone() {
    let url = cut_and_gone("the first line");
    let ran = run("logs 1 --follow", "nowhere", &url, PATIENT);
    let told = ran.err.replace(&url, "AGENT");
    assert_eq!((ran.code, ran.out.as_str()), (Some(3), "the first line\n"));
    assert_snapshot!(told, @"
    error: the Agent at AGENT cannot be reached: Connection refused (os error 111)
    hint: is the Agent running (`playground agent`), and is --url or PLAYGROUND_URL its address?
    ");
}

#[test]
fn unauthorized() {
    let body = json!({"detail": "this token is not valid", "code": "unauthorized"});
    let fault = answer("401 Unauthorized", "application/json", &body.to_string());
    assert_snapshot!(how_all_end(&failing(fault), 4));
}

#[test]
fn full() {
    let body = json!({"detail": "the disk is full", "code": "disk_full", "hint": "`playground prune` makes room."});
    let fault = answer(
        "507 Insufficient Storage",
        "application/json",
        &body.to_string(),
    );
    assert_snapshot!(how_all_end(&failing(fault), 1));
}

#[test]
fn a_proxy_before_an_agent_that_is_away() {
    let fault = answer(
        "502 Bad Gateway",
        "text/html",
        "<html>\n<h1>502 Bad Gateway</h1>\n</html>\n",
    );
    assert_snapshot!(how_all_end(&failing(fault), 1));
}

#[test]
fn something_else_than_an_agent() {
    let fault = answer(
        "200 OK",
        "text/html",
        "<!doctype html>\n<title>A router</title>\n",
    );
    assert_snapshot!(how_all_end(&failing(fault), 1));
}
