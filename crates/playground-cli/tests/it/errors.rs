use std::io::Read as _;
use std::process::Stdio;

use insta::assert_snapshot;
use serde_json::json;

use crate::agent::{FakeAgent, container, failure, page, with};
use crate::faults::CLOSED;
use crate::run::{TOKEN, against, command, playground, ran};

#[test]
fn an_agent_that_is_not_there_is_exit_3() {
    let mut ran = playground(&["ls", "--url", CLOSED]);
    ran.err = ran.err.replace(CLOSED, "AGENT");
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
fn the_rest_is_done_though_nobody_reads_what_became_of_it() {
    let agent = [1, 2, 3].into_iter().fold(FakeAgent::new(), |agent, pk| {
        agent.on(
            &format!("PATCH /containers/{pk}/"),
            200,
            &container(pk, "stopped"),
        )
    });
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = command(&["stop", "1", "2", "3", "--url", &agent.url, "--token", TOKEN])
        .stdout(writer)
        .output()
        .unwrap();
    assert_eq!(ran(&output).code, Some(0));
    assert_eq!(agent.asked().len(), 3);
}

#[test]
fn a_start_is_waited_for_until_the_app_is_up_or_has_failed() {
    let starting = container(1, "starting");
    let fails = with(container(1, "failed"), json!({"failure": failure()}));
    let ends = |last: &serde_json::Value| {
        FakeAgent::new()
            .on("PATCH /containers/1/", 200, &starting)
            .on("POST /containers/1/restart/", 200, &starting)
            .on("GET /containers/1/", 200, &starting)
            .on("GET /containers/1/", 200, last)
    };
    let told = |last: &serde_json::Value| {
        let [start, restart] =
            ["start", "restart"].map(|verb| against(&ends(last), &[verb, "1"]).to_string());
        assert_eq!(start, restart);
        start
    };
    assert_snapshot!(told(&container(1, "running")), @"
    exit 0
    --- stdout
    quirky_einstein_1  running  http://127.0.0.1:7860
    --- stderr
    ");
    assert_snapshot!(told(&fails), @"
    exit 5
    --- stdout
    --- stderr
      | Resolving
      | error: nump was not found
    error: quirky_einstein_1 failed (no_such_package): there is no package nump
    hint: Check the spelling of the package, or whether it lives on another index.
    ");
    assert_snapshot!(told(&container(1, "stopped")), @"
    exit 1
    --- stdout
    --- stderr
    error: quirky_einstein_1 did not come up: it is stopped
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
