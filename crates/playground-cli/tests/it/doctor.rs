//! `doctor` on a machine with one thing missing. What the real engine says is looked at in `docker_doctor`.

use std::fs::{self, Permissions};
use std::io::{BufRead as _, BufReader, ErrorKind, Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt as _;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use insta::assert_snapshot;
use rcgen::{CertificateParams, DnType, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};

use crate::agent::FakeAgent;
use crate::faults::CLOSED;
use crate::run::{Ran, TOKEN, command, ran};

/// No engine, and no index but the one of the test.
const NOWHERE: &str = "unix:///nowhere/docker.sock";

/// Looks, and returns its lines.
fn doctor(args: &[&str], settings: &[(&str, &str)]) -> (Ran, Vec<Value>) {
    let dir = tempfile::tempdir().unwrap();
    let mut command = command(&["doctor", "--output", "json"]);
    // The variable outweighs a file.
    if !args.contains(&"--config") {
        command.env("PLAYGROUND_INDEX_URL", CLOSED);
    }
    let output = command
        .args(args)
        .current_dir(dir.path())
        .env("DOCKER_HOST", NOWHERE)
        .env("PLAYGROUND_URL", CLOSED)
        .envs(settings.iter().copied())
        .output()
        .unwrap();
    let ran = ran(&output);
    let lines = serde_json::from_str(&ran.out).unwrap();
    (ran, lines)
}

/// State, message and fix of one line.
fn line(lines: &[Value], name: &str) -> String {
    let found = lines.iter().find(|line| line["name"] == name).unwrap();
    let text = |key: &str| found[key].as_str().unwrap_or("-").to_owned();
    [text("state"), text("message"), text("fix")].join(" | ")
}

/// Answers everybody with this status and an hour-hand that is so far off.
fn index(behind: Duration, serve: impl Fn(std::net::TcpStream, &str) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for visitor in listener.incoming() {
            let date = httpdate::fmt_http_date(SystemTime::now() - behind);
            let answer = format!(
                "HTTP/1.1 200 OK\r\ndate: {date}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            );
            serve(visitor.unwrap(), &answer);
        }
    });
    address
}

/// Reads a request's head and answers it. A visitor who hangs up, as one who does not trust us, is let go.
fn serve(mut visitor: impl Read + Write, answer: &str) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match visitor.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => return,
        }
    }
    drop(
        visitor
            .write_all(answer.as_bytes())
            .and_then(|()| visitor.flush()),
    );
}

/// An index behind a certificate that nobody vouches for, and that certificate.
fn tls_index(behind: Duration) -> (String, String) {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let config = Arc::new(config);
    let address = index(behind, move |visitor, answer| {
        let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
        serve(StreamOwned::new(connection, visitor), answer);
    });
    (format!("https://{address}/simple/"), made.cert.pem())
}

/// A certificate of somebody who has nothing to do with the index.
fn stranger() -> String {
    let mut params = CertificateParams::new(["other.example".to_owned()]).unwrap();
    params
        .distinguished_name
        .push(DnType::CommonName, "a stranger");
    let key = KeyPair::generate().unwrap();
    params.self_signed(&key).unwrap().pem()
}

#[test]
fn no_engine_is_bad_and_what_stands_on_it_is_left_out() {
    let (ran, lines) = doctor(&[], &[]);
    assert_eq!(ran.code, Some(1));
    assert_snapshot!(line(&lines, "engine"), @"bad | there is no Docker Engine at unix:///nowhere/docker.sock | sudo apt-get install docker.io && sudo systemctl start docker");
    for name in [
        "socket",
        "storage",
        "image-disk",
        "base-image",
        "registry",
        "networks",
        "agent",
    ] {
        let found = line(&lines, name);
        assert!(found.starts_with("skipped |"), "{name}: {found}");
    }
    let names: Vec<_> = lines
        .iter()
        .map(|line| line["name"].as_str().unwrap())
        .collect();
    assert_snapshot!(names.join(" "), @"versions socket engine storage image-disk base-image registry networks gpu data-disk data-dir ports index certificate clock agent");
}

#[test]
fn a_socket_that_nobody_answers_is_an_engine_that_does_not_run() {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("docker.sock");
    drop(UnixListener::bind(&socket).unwrap());
    let host = format!("unix://{}", socket.display());
    let (ran, lines) = doctor(&["--docker-host", &host], &[]);
    assert_eq!(ran.code, Some(1));
    assert_snapshot!(line(&lines, "engine").replace(&host, "SOCKET"), @"bad | the Docker Engine at SOCKET does not run | sudo systemctl start docker");
}

/// An engine without images, and what it answers when it is to ask a registry.
fn engine(listener: UnixListener, status: &'static str, of_registry: &'static str) {
    std::thread::spawn(move || {
        for visitor in listener.incoming() {
            std::thread::spawn(move || answer(&visitor.unwrap(), status, of_registry));
        }
    });
}

/// Answers one request, and hangs up.
fn answer(visitor: &UnixStream, status: &str, of_registry: &str) {
    let mut lines = BufReader::new(visitor).lines();
    let request = lines.next().unwrap().unwrap();
    while lines.next().is_some_and(|line| !line.unwrap().is_empty()) {}
    let (status, body) = match request.split(' ').nth(1).unwrap() {
        path if path.ends_with("/version") => {
            ("200 OK", r#"{"Version": "20.10.24", "ApiVersion": "1.41"}"#)
        }
        path if path.ends_with("/info") => ("200 OK", "{}"),
        path if path.ends_with("/distribution/python:3.12-slim/json") => (status, of_registry),
        _ => ("404 Not Found", r#"{"message": "No such image: x"}"#),
    };
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    );
    let mut visitor = visitor;
    drop(visitor.write_all(format!("{head}{body}").as_bytes()));
}

#[test]
fn an_engine_without_a_base_image_is_asked_whether_it_reaches_the_registry() {
    let dir = tempfile::tempdir().unwrap();
    let look = |name: &str, status, of_registry| {
        let socket = dir.path().join(name);
        engine(UnixListener::bind(&socket).unwrap(), status, of_registry);
        let host = format!("unix://{}", socket.display());
        let (_, lines) = doctor(&["--docker-host", &host, "--base-image", "base:1"], &[]);
        line(&lines, "registry")
    };
    let silent = r#"{"message": "Get \"https://registry-1.docker.io/v2/\": no such host"}"#;
    assert_snapshot!(look("away", "500 Internal Server Error", silent), @r#"warning | the engine does not reach the registry of python:3.12-slim: Get "https://registry-1.docker.io/v2/": no such host | sudo playground base build --tag base:1 (makes it from Debian's or Ubuntu's packages); elsewhere bring python:3.12-slim as a file first: docker load -i python.tar"#);
    let found =
        r#"{"Descriptor": {"mediaType": "x", "digest": "sha256:00", "size": 1}, "Platforms": []}"#;
    assert_snapshot!(look("there", "200 OK", found), @"ok | the engine reaches the registry of python:3.12-slim | -");
}

/// Root may do everything, so it asks as somebody else; it is left out where that one may not even run the binary.
#[test]
fn a_socket_of_somebody_else_says_how_to_get_the_rights() {
    const NOBODY: u32 = 65534;
    let dir = tempfile::tempdir().unwrap();
    fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).unwrap();
    let socket = dir.path().join("docker.sock");
    let _listener = UnixListener::bind(&socket).unwrap();
    fs::set_permissions(&socket, Permissions::from_mode(0o000)).unwrap();
    let host = format!("unix://{}", socket.display());
    let mut command = command(&["doctor", "--output", "json", "--docker-host", &host]);
    command.args(["--url", CLOSED, "--index-url", CLOSED]);
    if socket.metadata().unwrap().uid() == 0 {
        command.uid(NOBODY).gid(NOBODY).current_dir("/");
    }
    let output = match command.output() {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            eprintln!("left out: nobody but root may run the binary here");
            return;
        }
        output => output.unwrap(),
    };
    let lines: Vec<Value> = serde_json::from_str(&ran(&output).out).unwrap();
    let shown = |name| line(&lines, name).replace(&socket.display().to_string(), "SOCKET");
    assert_snapshot!(shown("socket"), @r#"bad | this user may not use SOCKET | sudo usermod -aG docker "$USER" && newgrp docker"#);
    assert_snapshot!(shown("engine"), @"skipped | not known without rights to its socket | -");
}

#[test]
fn a_data_directory_whose_token_others_may_read_is_bad() {
    let dir = tempfile::tempdir().unwrap();
    fs::set_permissions(dir.path(), Permissions::from_mode(0o700)).unwrap();
    let token = dir.path().join("token");
    fs::write(&token, "").unwrap();
    let shown = dir.path().display().to_string();
    let look = |mode| {
        fs::set_permissions(&token, Permissions::from_mode(mode)).unwrap();
        let (_, lines) = doctor(&["--data-dir", &shown], &[]);
        line(&lines, "data-dir").replace(&shown, "DIR")
    };
    assert_snapshot!(look(0o644), @"bad | others may read DIR/token: it lets them in | chmod 600 DIR/token");
    assert_snapshot!(look(0o600), @"ok | DIR can be written (mode 700) | -");
}

#[test]
fn an_index_that_is_a_closed_port_is_bad() {
    let (ran, lines) = doctor(&[], &[("PLAYGROUND_INDEX_URL", CLOSED)]);
    assert_eq!(ran.code, Some(1));
    assert_snapshot!(line(&lines, "index").replace(CLOSED, "INDEX"), @"bad | INDEX/ cannot be reached: Connection refused (os error 111) | curl -fsSI INDEX/gradio/");
    assert!(line(&lines, "certificate").starts_with("skipped |"));
    assert!(line(&lines, "clock").starts_with("skipped |"));
}

#[test]
fn an_index_with_an_untrusted_certificate_points_to_the_setting_for_it() {
    let (url, pem) = tls_index(Duration::ZERO);
    let dir = tempfile::tempdir().unwrap();
    let bundles = [
        dir.path().join("theirs.pem"),
        dir.path().join("another.pem"),
    ];
    let another = stranger();
    std::fs::write(&bundles[0], pem).unwrap();
    std::fs::write(&bundles[1], another).unwrap();
    let [theirs, another] = bundles.map(|file| file.display().to_string());

    let (ran, lines) = doctor(&["--index-url", &url, "--build-ca-bundle", &another], &[]);
    assert_eq!(ran.code, Some(1));
    let shown = |text: String| text.replace(&url, "INDEX").replace(&another, "BUNDLE");
    assert_snapshot!(shown(line(&lines, "index")), @"skipped | INDEX answers, and is not trusted: see certificate | -");
    assert_snapshot!(shown(line(&lines, "certificate")), @"bad | the certificate of INDEX is not trusted (BUNDLE): UnknownIssuer | give builds the bundle with your organisation's CA: playground agent --build-ca-bundle FILE");
    assert!(line(&lines, "clock").starts_with("ok |"));

    let (_, lines) = doctor(&["--index-url", &url, "--build-ca-bundle", &theirs], &[]);
    assert!(line(&lines, "index").starts_with("ok |"), "{lines:?}");
    assert!(line(&lines, "certificate").starts_with("ok |"));
}

#[test]
fn an_index_whose_clock_is_an_hour_behind_is_a_warning_even_where_it_is_not_trusted() {
    let hour = Duration::from_secs(3600);
    let plain = format!("http://{}/simple", index(hour, serve));
    let (untrusted, _) = tls_index(hour);
    for url in [plain, untrusted] {
        let (_, lines) = doctor(&["--index-url", &url], &[]);
        let clock = line(&lines, "clock");
        let (state, rest) = clock.split_once(" | ").unwrap();
        let seconds: u64 = rest.split(' ').next().unwrap().parse().unwrap();
        assert!(
            state == "warning" && (3599..3700).contains(&seconds),
            "{clock}"
        );
        assert!(
            clock
                .ends_with("ahead: TLS and links to apps may fail | sudo timedatectl set-ntp true")
        );
    }
}

#[test]
fn a_password_of_the_index_is_never_shown() {
    let url = format!(
        "http://somebody:{TOKEN}@{}/simple/",
        index(Duration::ZERO, serve)
    );
    let (ran, lines) = doctor(&["--index-url", &url], &[]);
    assert!(line(&lines, "index").starts_with("ok |"), "{lines:?}");
    assert!(!ran.out.contains(TOKEN) && !ran.out.contains("somebody"));
}

#[test]
fn a_range_of_ports_that_are_all_taken_is_bad() {
    let held = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = held.local_addr().unwrap().port().to_string();
    let (ran, lines) = doctor(&["--port-range", &format!("{port}-{port}")], &[]);
    assert_eq!(ran.code, Some(1));
    let found = line(&lines, "ports");
    let found = found
        .split(" | playground")
        .next()
        .unwrap()
        .replace(&port, "N");
    assert!(
        found.starts_with("bad | 1 of 1 are taken (N-N) | ss -ltnp"),
        "{found}"
    );
}

#[test]
fn the_agents_own_settings_file_says_what_is_looked_at() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("agent.toml");
    std::fs::write(
        &file,
        format!("index_url = \"{CLOSED}\"\nport_range = \"7000-7001\"\n"),
    )
    .unwrap();
    let (_, lines) = doctor(&["--config", &file.display().to_string()], &[]);
    assert!(line(&lines, "index").contains(CLOSED));
    assert!(line(&lines, "ports").contains("of 2 are taken (7000-7001)"));
}

#[test]
fn an_agent_with_another_token_or_with_problems_is_bad() {
    let mut health = json!({
        "status": "ok", "version": env!("CARGO_PKG_VERSION"), "agent_id": "a1",
        "docker": {"available": true, "version": "20.10.24", "api_version": "1.41", "error": null},
        "base_image": {"reference": "base", "available": true, "gradio": null},
        "ports": {"range": "7860-8860", "used": 2, "total": 1001}, "containers": {},
        "isolation": {"profile": "standard", "inter_container_traffic_off": true, "host_rules": false, "seccomp": true},
        "problems": []
    });
    let agent = FakeAgent::new().on("GET /health/", 200, &health);
    let look = |agent: &FakeAgent, token: &str| {
        let (_, lines) = doctor(&["--url", &agent.url, "--token", token], &[]);
        line(&lines, "agent").replace(&agent.url, "AGENT")
    };
    assert_snapshot!(look(&agent, TOKEN), @"ok | AGENT, version 0.1.0 | -");
    assert_snapshot!(look(&agent, "another"), @"bad | the Agent at AGENT wants a token, or another one | playground login --url AGENT");
    health["problems"] = json!(["Docker does not answer"]);
    let agent = FakeAgent::new().on("GET /health/", 200, &health);
    assert_snapshot!(look(&agent, TOKEN), @"bad | AGENT, version 0.1.0: Docker does not answer | playground health");
}

#[test]
fn a_person_reads_a_table_in_their_language() {
    let output = command(&["doctor", "--url", CLOSED, "--index-url", CLOSED])
        .env("LANG", "ko_KR.UTF-8")
        .env("DOCKER_HOST", NOWHERE)
        .output()
        .unwrap();
    let ran = ran(&output);
    assert_eq!(ran.code, Some(1));
    assert!(ran.out.contains("문제    engine"), "{ran}");
    assert!(ran.err.starts_with("오류: 16개 항목 중 문제"), "{ran}");
}
