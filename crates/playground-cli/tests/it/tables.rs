use insta::assert_snapshot;
use serde_json::json;

use crate::agent::{FakeAgent, container, failure, launch, page, three_hours_ago, with};
use crate::run::against;

fn containers() -> FakeAgent {
    let at = three_hours_ago();
    let first = with(
        container(2, "running"),
        json!({"model": 7, "labels": ["실험", "gpu"], "created_at": at}),
    );
    let second = with(
        container(1, "failed"),
        json!({"failure": failure(), "created_at": at}),
    );
    FakeAgent::new().on("GET /containers/", 200, &page(vec![first, second], 60))
}

#[test]
fn containers_are_a_table_for_people() {
    let agent = containers();
    let ran = against(
        &agent,
        &[
            "ls",
            "--status",
            "running,failed",
            "--label",
            "a",
            "--release",
            "my-plugin",
            "--model",
            "7",
        ],
    );
    assert_snapshot!(ran, @"
    exit 0
    --- stdout
    PK  NAME               RELEASE          MODEL  STATUS   ENDPOINT               LABELS    AGE
    2   quirky_einstein_2  my-plugin@1.0.0  7      running  http://127.0.0.1:7861  실험,gpu  3 h
    1   quirky_einstein_1  my-plugin@1.0.0  -      failed   -                      -         3 h
    --- stderr
    58 older ones are not shown: add --all
    ");
    assert_snapshot!(agent.asked()[0].0, @"GET /containers/?status=running&status=failed&label=a&plugin_release=my-plugin&model=7&page=1&page_size=50");
}

#[test]
fn containers_are_json_for_programs() {
    let ran = against(&containers(), &["ls", "--output", "json"]);
    let list: Vec<playground_types::wire::Container> = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(
        list.iter()
            .map(|container| container.pk)
            .collect::<Vec<_>>(),
        [2, 1]
    );
}

#[test]
fn wide_letters_keep_the_columns_in_line() {
    let release = |id: i64, name: &str, bytes: u64| {
        json!({"id": id, "plugin_release": format!("plugin-{id}@1.0.0"), "code": "x", "plugin": "x", "version": "1.0.0",
            "name": name, "category": "neural_net", "description": "이미지를 바꿉니다", "entrypoint": "plugin/gradio_interface.py",
            "checksum": "sha256:00", "size_bytes": bytes, "created_at": three_hours_ago(), "updated_at": three_hours_ago()})
    };
    let list = vec![
        release(1, "이미지 실험실", 2048),
        release(20, "seed", 5_000_000),
        release(3, "글\u{1b}[2J자", 1),
    ];
    let agent = FakeAgent::new().on("GET /plugin_releases/", 200, &page(list, 3));
    assert_snapshot!(against(&agent, &["releases"]), @"
    exit 0
    --- stdout
    RELEASE          NAME           CATEGORY    SIZE      AGE
    plugin-1@1.0.0   이미지 실험실  neural_net  2.00 KiB  3 h
    plugin-20@1.0.0  seed           neural_net  4.77 MiB  3 h
    plugin-3@1.0.0   글자           neural_net  1 B       3 h
    --- stderr
    ");
}

#[test]
fn one_container_is_shown_with_why_it_failed() {
    let shown = with(
        container(1, "failed"),
        json!({"failure": failure(), "params": {"말": "안녕"}, "envs": {"API_KEY": "********", "SIZE": "512"}, "labels": ["a", "b"]}),
    );
    let agent = FakeAgent::new().on("GET /containers/1/", 200, &shown);
    assert_snapshot!(against(&agent, &["show", "1"]), @r#"
    exit 0
    --- stdout
    name       quirky_einstein_1
    pk         1
    docker id  0123456789abcdef
    release    my-plugin@1.0.0
    model      -
    status     failed
    endpoint   -
    url        -
    host port  7860
    image      synapse-plugin-my-plugin-1.0.0
    limits     2.00 GiB memory, 2 CPUs, 512 processes, 2.00 GiB disk
    created    2020-01-01T00:00:00.000Z
    updated    2020-01-01T00:00:01.000Z
    labels     a, b
    params     {"말":"안녕"}
    env        API_KEY, SIZE

    failed (no_such_package): there is no package nump
    hint: Check the spelling of the package, or whether it lives on another index.
      | Resolving
      | error: nump was not found
    --- stderr
    "#);
    // What does not look like a secret may be one.
    let told = against(&agent, &["show", "1", "--envs"]).out;
    let envs: Vec<&str> = told
        .lines()
        .filter(|line| line.starts_with("env "))
        .collect();
    assert_snapshot!(envs.join("\n"), @"
    env        API_KEY=********
    env        SIZE=512
    ");
}

#[test]
fn an_unhealthy_container_is_shown_with_what_it_missed_and_when_it_starts_again() {
    let shown = with(
        container(1, "unhealthy"),
        json!({"health_state": "unhealthy", "consecutive_failures": 4, "last_health_check_at": three_hours_ago(),
            "last_health_error": "no answer within 10 s", "attempts": 2, "retry_at": "2020-01-01T00:00:04.000Z"}),
    );
    let agent = FakeAgent::new().on("GET /containers/1/", 200, &shown).on(
        "GET /containers/",
        200,
        &page(vec![shown.clone()], 1),
    );
    let told = against(&agent, &["show", "1"]).out;
    let lines: Vec<&str> = told
        .lines()
        .filter(|line| {
            ["status", "health", "crashes"]
                .iter()
                .any(|name| line.starts_with(name))
        })
        .collect();
    assert_snapshot!(lines.join("\n"), @"
    status     unhealthy
    health     unhealthy, 4 checks missed, no answer within 10 s, asked 3 h ago
    crashes    2, next start at 2020-01-01T00:00:04.000Z
    ");
    let listed = against(&agent, &["ls"]).out;
    assert!(listed.contains("unhealthy"), "{listed}");
}

#[test]
fn a_build_is_shown_with_its_steps() {
    let steps = json!([
        {"name": "[1/3] FROM synapse-gradio-base", "cached": true, "duration_ms": 0},
        {"name": "[2/3] COPY   . .", "cached": false, "duration_ms": 1234},
        {"name": "[3/3] RUN install", "cached": false, "duration_ms": 99, "error": "exit code 1"},
    ]);
    let image_build = json!({"id": "i1", "status": "failed", "plugin_release": "my-plugin@1.0.0",
        "context_digest": "00", "image": "synapse-plugin-my-plugin-1.0.0", "queue_position": null, "steps": steps,
        "failure": failure(), "queued_at": "2020-01-01T00:00:00.000Z", "started_at": null, "finished_at": null});
    let failed = with(
        launch("failed"),
        json!({"image_build": image_build, "failure": failure(), "error": "there is no package nump"}),
    );
    let agent = FakeAgent::new().on("GET /builds/b1/", 200, &failed).on(
        "GET /builds/",
        200,
        &page(
            vec![with(
                failed.clone(),
                json!({"created_at": three_hours_ago()}),
            )],
            1,
        ),
    );
    assert_snapshot!(against(&agent, &["builds", "show", "b1"]), @"
    exit 0
    --- stdout
    build      b1
    release    my-plugin@1.0.0
    status     failed
    container  1
    created    2020-01-01T00:00:00.000Z
    finished   -
    image      synapse-plugin-my-plugin-1.0.0
      [1/3] FROM synapse-gradio-base  cached
      [2/3] COPY . .  1.2 s
      [3/3] RUN install  0.1 s  failed

    failed (no_such_package): there is no package nump
    hint: Check the spelling of the package, or whether it lives on another index.
      | Resolving
      | error: nump was not found
    --- stderr
    ");
    assert_snapshot!(against(&agent, &["builds"]), @"
    exit 0
    --- stdout
    BUILD  RELEASE          STATUS  AGE  ERROR
    b1     my-plugin@1.0.0  failed  3 h  there is no package nump
    --- stderr
    ");
}

#[test]
fn health_fails_when_something_is_wrong() {
    let mut health = json!({
        "status": "ok", "version": "0.1.0", "agent_id": "a1",
        "docker": {"available": true, "version": "20.10.24", "api_version": "1.41", "error": null},
        "base_image": {"reference": "synapse-gradio-base:latest", "available": true, "gradio": "6.31.0"},
        "ports": {"range": "7860-8860", "used": 2, "total": 1001}, "containers": {"running": 2},
        "isolation": {"profile": "standard", "publish": "docker", "no_way_out": false, "inter_container_traffic_off": true, "host_rules": false, "seccomp": true},
        "readiness": {"ready": true, "records": 2, "compared": 2}, "problems": [], "tasks": 12
    });
    let disks = json!([{"name": "data", "path": "/var/lib/p", "free_bytes": 1_u64 << 30, "total_bytes": 1_u64 << 40,
        "min_free_bytes": 1_u64 << 31}]);
    health = with(health, json!({ "disks": disks }));
    let agent = FakeAgent::new().on("GET /health/", 200, &health);
    assert_snapshot!(against(&agent, &["health"]), @"
    exit 0
    --- stdout
    status      ok
    version     0.1.0
    agent       a1
    docker      20.10.24 (API 1.41)
    base image  synapse-gradio-base:latest (Gradio 6.31.0)
    ports       2 of 1001 in use (7860-8860)
    containers  2 running
    isolation   profile standard, seccomp yes, host rules no, traffic between apps off yes
    disk        data: 1.00 GiB free of 1.00 TiB (/var/lib/p)
    --- stderr
    ");
    health = with(
        health,
        json!({"status": "degraded", "problems": ["the base image is not there"],
        "base_image": {"reference": "synapse-gradio-base:latest", "available": false, "gradio": null}}),
    );
    let agent = FakeAgent::new().on("GET /health/", 200, &health);
    let ran = against(&agent, &["health", "--output", "json"]);
    assert_eq!(
        (ran.code, ran.err.as_str()),
        (Some(1), "error: the base image is not there\n")
    );
    let told: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(told, health);
    health = with(
        health,
        json!({"backend": {"waiting": 2, "refused": 1, "error": "it answered 503 Service Unavailable"}}),
    );
    let agent = FakeAgent::new().on("GET /health/", 200, &health);
    let ran = against(&agent, &["health"]);
    let backend = ran.out.lines().find(|line| line.starts_with("backend"));
    assert_snapshot!(backend.unwrap(), @"backend     2 states wait to be told, 1 refused, it answered 503 Service Unavailable");
}

#[test]
fn what_is_cleaned_is_a_table_with_a_reason_for_each() {
    let item = |kind: &str, name: &str, reason: &str, kept: Option<&str>| {
        json!({"kind": kind, "name": name, "plugin_release": "my-plugin@1.0.0", "reason": reason, "bytes": 1_048_576,
            "made_at": three_hours_ago(), "kept": kept})
    };
    let answer = |dry_run: bool| {
        // What another container uses is not counted.
        json!({"dry_run": dry_run, "bytes": 2_097_152, "items": [
            item("image", "synapse-plugin-my-plugin-1.0.0:d-00", "not_newest", None),
            item("image", "sha256:00", "leftover", Some("another container uses it")),
            item("build", "b1", "too_old", None),
        ]})
    };
    let agent = FakeAgent::new()
        .on("POST /cleanup/", 200, &answer(true))
        .on("POST /cleanup/", 200, &answer(false));
    assert_snapshot!(against(&agent, &["prune", "--dry-run"]), @"
    exit 0
    --- stdout
    KIND   NAME                                 RELEASE          SIZE      AGE  WHY
    image  synapse-plugin-my-plugin-1.0.0:d-00  my-plugin@1.0.0  1.00 MiB  3 h  there are enough newer ones
    image  sha256:00                            my-plugin@1.0.0  1.00 MiB  3 h  stays: another container uses it
    build  b1                                   my-plugin@1.0.0  1.00 MiB  3 h  too old
    --- stderr
    2 would be removed, up to 2.00 MiB
    ");
    // Its name of before.
    let ran = against(&agent, &["clean"]);
    assert_eq!(ran.err, "2 removed, up to 2.00 MiB\n");
    let asked: Vec<String> = agent.asked().into_iter().map(|(line, _)| line).collect();
    assert_eq!(
        asked,
        [
            "POST /cleanup/?dry_run=true",
            "POST /cleanup/?dry_run=false"
        ]
    );
}

#[test]
fn a_build_is_cancelled_by_either_verb() {
    let agent = FakeAgent::new().on("DELETE /builds/b1/", 202, &json!({}));
    for args in [&["cancel", "b1"][..], &["builds", "cancel", "b1"]] {
        let ran = against(&agent, args);
        assert_eq!((ran.code, ran.out.as_str()), (Some(0), "b1  cancelled\n"));
    }
    let asked: Vec<String> = agent.asked().into_iter().map(|(line, _)| line).collect();
    assert_eq!(asked, ["DELETE /builds/b1/", "DELETE /builds/b1/"]);
}

#[test]
fn a_build_that_waits_says_where_it_stands() {
    let waiting = with(
        launch("queued"),
        json!({"position": 3, "estimate_seconds": 40}),
    );
    let agent = FakeAgent::new().on("GET /builds/b1/", 200, &waiting);
    let ran = against(&agent, &["builds", "show", "b1"]);
    assert!(
        ran.out.contains("waits      3rd in line, about 40 s"),
        "{}",
        ran.out
    );
}

#[test]
fn what_became_of_one_thing_is_an_object_for_programs() {
    let nothing = serde_json::Value::Null;
    let agent = FakeAgent::new()
        .on("DELETE /builds/b1/", 202, &json!({}))
        .on("DELETE /plugin_releases/p@1/", 204, &nothing)
        .on("DELETE /orphans/abcd/", 204, &nothing);
    for (verb, id, status) in [
        ("cancel b1", "b1", "cancelled"),
        ("builds cancel b1", "b1", "cancelled"),
        ("releases rm p@1", "p@1", "deleted"),
        ("orphans rm abcd", "abcd", "removed"),
    ] {
        let args: Vec<&str> = verb.split(' ').chain(["--output", "json"]).collect();
        let ran = against(&agent, &args);
        let told: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!(told, json!({"id": id, "status": status}), "{verb}");
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{verb}");
    }
}
