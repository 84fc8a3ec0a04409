use std::io::Read as _;
use std::process::Stdio;

use insta::assert_snapshot;
use serde_json::json;

use crate::agent::{FakeAgent, container, page};
use crate::run::{TOKEN, against, command, playground, ran};

#[test]
fn an_agent_that_is_not_there_is_exit_3() {
    // Bound and let go: nobody listens there now.
    let address = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let url = format!("http://{address}");
    let mut ran = playground(&["ls", "--url", &url]);
    ran.err = ran.err.replace(&url, "AGENT");
    assert_snapshot!(ran, @"
    exit 3
    --- stdout
    --- stderr
    error: the Agent at AGENT cannot be reached: Connection refused (os error 111)
    hint: is the Agent running (`playground agent`), and is --url or PLAYGROUND_URL its address?
    ");
}

#[test]
fn a_wrong_token_is_exit_4() {
    let agent = FakeAgent::new();
    let ran = against(&agent, &["health", "--token", "another"]);
    assert_snapshot!(ran, @"
    exit 4
    --- stdout
    --- stderr
    error: the Agent does not let us in: this token is not valid
    hint: `playground login` keeps a token; or set PLAYGROUND_TOKEN, or point --data-dir at the Agent's data directory
    ");
}

#[test]
fn the_local_agents_token_is_read_from_its_data_directory() {
    let agent = FakeAgent::new().on("GET /containers/", 200, &page(vec![], 0));
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("token"), format!("{TOKEN}\n")).unwrap();
    let output = command(&["ls", "--url", &agent.url])
        .env("PLAYGROUND_DATA_DIR", dir.path())
        .output()
        .unwrap();
    assert_snapshot!(ran(&output), @"
    exit 0
    --- stdout
    --- stderr
    no containers
    ");
}

#[test]
fn what_the_agent_says_is_passed_on_with_its_hint() {
    let body = json!({"detail": "my-plugin@9 is not known here", "code": "plugin_release_unknown",
        "hint": "Upload its archive once as `file`."});
    let agent = FakeAgent::new().on("POST /containers/", 404, &body);
    assert_snapshot!(against(&agent, &["create", "my-plugin@9"]), @"
    exit 1
    --- stdout
    --- stderr
    error: my-plugin@9 is not known here
    hint: Upload its archive once as `file`.
    ");
    let bug = json!({"detail": "something went wrong inside the Agent", "code": "internal", "request_id": "r-1"});
    let agent = FakeAgent::new().on("GET /health/", 500, &bug);
    assert_snapshot!(against(&agent, &["health"]), @"
    exit 1
    --- stdout
    --- stderr
    error: something went wrong inside the Agent (request r-1)
    ");
}

#[test]
fn wrong_usage_is_exit_2() {
    assert_eq!(playground(&["create"]).code, Some(2));
    assert_eq!(
        playground(&["create", "x@1", "--param", "novalue"]).code,
        Some(2)
    );
    assert_eq!(playground(&["rm"]).code, Some(2));
    assert_eq!(playground(&["rm", ""]).code, Some(2));
    assert_snapshot!(playground(&["ls", "--url", "127.0.0.1:8000"]), @r#"
    exit 2
    --- stdout
    --- stderr
    error: "127.0.0.1:8000" is not an address of an Agent: write it as http://host:port or https://host
    "#);
}

#[test]
fn one_failure_does_not_keep_the_others_from_being_done() {
    let unknown = json!({"detail": "there is no container x", "code": "container_unknown"});
    let agent = FakeAgent::new()
        .on("PATCH /containers/1/", 200, &container(1, "stopped"))
        .on("PATCH /containers/x/", 404, &unknown)
        .on("PATCH /containers/2/", 200, &container(2, "stopped"));
    assert_snapshot!(against(&agent, &["stop", "x", "1", "2"]), @"
    exit 1
    --- stdout
    quirky_einstein_1  stopped
    quirky_einstein_2  stopped
    --- stderr
    error: there is no container x
    ");
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let lines = "a line that is printed again and again\n".repeat(20_000);
    let agent = FakeAgent::new().on_text("GET /containers/1/logs/", &lines);
    let mut child = command(&["logs", "1", "--url", &agent.url, "--token", TOKEN])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = child.stdout.take().unwrap();
    let mut first = [0; 6];
    out.read_exact(&mut first).unwrap();
    drop(out);
    let ended = child.wait_with_output().unwrap();
    assert_eq!((&first, ended.status.code()), (b"a line", Some(0)));
    assert_eq!(String::from_utf8(ended.stderr).unwrap(), "");
}
