//! `doctor` on the real engine, where nothing is bad.
//!
//! When no engine answers this fails, unless `PLAYGROUND_SKIP_DOCKER=1` says that it may be left out.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::collections::BTreeSet;
use std::fs::Permissions;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Output};

use serde_json::Value;

fn networks() -> BTreeSet<String> {
    let mut docker = Command::new("docker");
    let output = docker
        .args(["network", "ls", "--format", "{{.Name}}"])
        .output();
    let names = String::from_utf8(output.unwrap().stdout).unwrap();
    names.lines().map(str::to_owned).collect()
}

/// A package index on this machine: which one the internet has is no matter of the engine.
fn index() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/simple/", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for visitor in listener.incoming() {
            let mut visitor = visitor.unwrap();
            let mut head = BufReader::new(&visitor).lines();
            while head.next().is_some_and(|line| !line.unwrap().is_empty()) {}
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            visitor.write_all(answer).unwrap();
        }
    });
    url
}

fn doctor(data_dir: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_playground"))
        .args(["doctor", "--output", "json", "--data-dir", data_dir])
        .args(["--index-url", &index(), "--url", "http://127.0.0.1:9/"])
        // Those that no other test and no Agent has.
        .args(["--port-range", "32500-32599"])
        .env("NO_PROXY", "127.0.0.1")
        .output()
        .unwrap()
}

#[test]
fn what_stands_on_the_engine_is_fine_and_nothing_is_left_on_it() {
    if std::env::var_os("PLAYGROUND_SKIP_DOCKER").is_some_and(|value| value == "1") {
        eprintln!("left out: PLAYGROUND_SKIP_DOCKER=1");
        return;
    }
    let private = Permissions::from_mode(0o700);
    let dir = tempfile::Builder::new().permissions(private).tempdir();
    let dir = dir.unwrap();
    let output = doctor(&dir.path().display().to_string());
    let lines: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let state = |name: &str| {
        let line = lines.iter().find(|line| line["name"] == name).unwrap();
        (line["state"].as_str().unwrap().to_owned(), line.clone())
    };
    for name in [
        "versions",
        "socket",
        "engine",
        "storage",
        "base-image",
        "networks",
        "data-dir",
        "ports",
        "index",
    ] {
        let (state, line) = state(name);
        assert_eq!(state, "ok", "{line}");
    }
    for name in ["image-disk", "data-disk", "gpu"] {
        let (state, line) = state(name);
        assert!(state == "ok" || state == "warning", "{line}");
    }
    assert_eq!(output.status.code(), Some(0));
    // Other tests make networks of other names at the same time.
    let left = networks()
        .into_iter()
        .find(|name| name.starts_with("playground-doctor-"));
    assert_eq!(left, None);
}
