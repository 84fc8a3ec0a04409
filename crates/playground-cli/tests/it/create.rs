use insta::assert_snapshot;
use serde_json::json;

use crate::agent::{FakeAgent, container, created, failure, launch, with};
use crate::run::{Ran, against};

/// Times are no two runs' the same.
pub(crate) fn timeless(mut ran: Ran) -> Ran {
    ran.err = ran
        .err
        .split_inclusive('\n')
        .map(|line| match line.rsplit_once(", ") {
            Some((before, time)) if time.ends_with(" s\n") || time.ends_with("초\n") => {
                format!("{before}, TIME\n")
            }
            _ => line.to_owned(),
        })
        .collect();
    ran
}

pub(crate) fn completed() -> serde_json::Value {
    with(
        launch("completed"),
        json!({"result": created(container(1, "running"))}),
    )
}

#[test]
fn a_create_prints_the_address_and_nothing_else_to_standard_output() {
    let agent = FakeAgent::new()
        .on("POST /containers/", 202, &created(container(1, "building")))
        .on("GET /builds/b1/", 200, &launch("building"))
        .on("GET /builds/b1/", 200, &completed())
        .on_events(
            "GET /builds/b1/logs/stream/",
            &[
                ("status", "building"),
                ("log", "설치하는 중 \u{1b}[32mnumpy\u{1b}[0m"),
                ("status", "starting"),
                ("status", "completed"),
                ("complete", "completed"),
            ],
        );
    let ran = against(
        &agent,
        &[
            "create",
            "my-plugin@1.0.0",
            "--param",
            "size=512",
            "--param",
            "말=안녕",
            "-e",
            "A=b=c",
            "-l",
            "x",
        ],
    );
    assert_snapshot!(timeless(ran), @"
    exit 0
    --- stdout
    http://127.0.0.1:7860
    --- stderr
    my-plugin@1.0.0: building ...
      | 설치하는 중 numpy
    my-plugin@1.0.0: starting ...
    my-plugin@1.0.0 is ready: quirky_einstein_1 (new), TIME
    ");
    assert_snapshot!(agent.asked()[0].1, @r#"{"plugin_release":"my-plugin@1.0.0","params":{"size":512,"말":"안녕"},"envs":{"A":"b=c"},"labels":["x"],"on_existing":"reuse"}"#);
}

#[test]
fn a_plugin_that_fails_is_exit_5_with_kind_message_hint_and_last_lines() {
    let failed = with(
        launch("failed"),
        json!({"failure": failure(), "error": "there is no package nump"}),
    );
    let agent = FakeAgent::new()
        .on(
            "POST /containers/",
            201,
            &created(with(container(1, "failed"), json!({"failure": failure()}))),
        )
        .on("GET /builds/b1/", 200, &failed);
    assert_snapshot!(against(&agent, &["create", "my-plugin"]), @"
    exit 5
    --- stdout
    --- stderr
      | Resolving
      | error: nump was not found
    error: my-plugin@1.0.0 failed (no_such_package): there is no package nump
    hint: Check the spelling of the package, or whether it lives on another index.
    ");
    let ran = against(&agent, &["create", "my-plugin", "--output", "json"]);
    let told: playground_types::wire::Launch = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((ran.code, told.failure.is_some()), (Some(5), true));
}

#[test]
fn not_waiting_prints_the_builds_id() {
    let agent = FakeAgent::new().on("POST /containers/", 202, &created(container(1, "building")));
    assert_snapshot!(against(&agent, &["create", "my-plugin@1.0.0", "--no-wait"]), @"
    exit 0
    --- stdout
    b1
    --- stderr
    quirky_einstein_1 is building: see `playground builds show b1`
    ");
}

#[test]
fn a_directory_is_packed_and_sent() {
    let agent = FakeAgent::new()
        .on("POST /containers/", 201, &created(container(1, "running")))
        .on("GET /builds/b1/", 200, &completed());
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("plugin")).unwrap();
    std::fs::write(dir.path().join("config.yaml"), "code: my-plugin\n").unwrap();
    std::fs::write(dir.path().join("plugin/gradio_interface.py"), "demo = 1\n").unwrap();
    let ran = against(
        &agent,
        &[
            "create",
            "--file",
            dir.path().to_str().unwrap(),
            "--output",
            "json",
        ],
    );
    assert_eq!(ran.code, Some(0), "{ran}");
    let told: playground_types::wire::Created = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(
        told.container.endpoint.as_deref(),
        Some("http://127.0.0.1:7860")
    );
    let body = &agent.asked()[0].1;
    assert!(
        body.contains("name=\"on_existing\"\r\n\r\nreuse") && body.contains("gradio_interface.py")
    );
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let ran = against(
        &FakeAgent::new(),
        &["create", "--file", "/nowhere/plugin.zip"],
    );
    assert_snapshot!(ran, @"
    exit 1
    --- stdout
    --- stderr
    error: /nowhere/plugin.zip cannot be read: No such file or directory (os error 2)
    ");
}

#[test]
fn logs_are_followed_until_they_end() {
    let agent = FakeAgent::new()
        .on_events(
            "GET /containers/1/logs/stream/",
            &[("log", "안녕"), ("log", "two"), ("complete", "")],
        )
        .on_events(
            "GET /builds/b1/logs/stream/",
            &[("log", "one"), ("error", "there is no package nump")],
        );
    assert_snapshot!(against(&agent, &["logs", "1", "--follow", "--tail", "5"]), @"
    exit 0
    --- stdout
    안녕
    two
    --- stderr
    ");
    assert_snapshot!(against(&agent, &["builds", "logs", "b1", "-f"]), @"
    exit 5
    --- stdout
    one
    --- stderr
    error: there is no package nump
    ");
}

#[test]
fn a_create_that_waits_its_turn_says_where_it_stands_until_it_is_built() {
    let place = |position: u64, seconds: u64| {
        with(
            launch("queued"),
            json!({"position": position, "estimate_seconds": seconds}),
        )
    };
    let agent = FakeAgent::new()
        .on("POST /containers/", 202, &created(container(1, "building")))
        .on("GET /builds/b1/", 200, &place(3, 40))
        .on("GET /builds/b1/", 200, &completed())
        .on_events(
            "GET /builds/b1/logs/stream/",
            &[
                ("status", "queued"),
                ("status", "building"),
                ("complete", "completed"),
            ],
        );
    let ran = against(&agent, &["create", "my-plugin@1.0.0"]);
    assert_snapshot!(timeless(ran), @"
    exit 0
    --- stdout
    http://127.0.0.1:7860
    --- stderr
    my-plugin@1.0.0: queued, 3rd in line, about 40 s ...
    my-plugin@1.0.0: building ...
    my-plugin@1.0.0 is ready: quirky_einstein_1 (new), TIME
    ");
}
