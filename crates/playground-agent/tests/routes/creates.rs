//! Creates: what is accepted, what is refused, and what a second one does.

use std::time::Duration;

use axum::http::StatusCode;
use playground_engine::fake::{AppBehaviour, BuildScript};
use playground_types::ContainerPk;
use serde_json::json;

use crate::agent::{TestAgent, plugin, settled, zip_of};

#[tokio::test]
async fn an_archive_becomes_a_ready_container() {
    let agent = TestAgent::start().await;
    let fields = [
        ("plugin_release", "my-plugin@1.0.0"),
        ("model", "123"),
        ("params", r#"{"input_size": 512, "api_key": "canary"}"#),
        (
            "envs",
            r#"{"CUDA_VISIBLE_DEVICES": "0", "HF_TOKEN": "canary"}"#,
        ),
        ("metadata", r#"{"created_by": "admin"}"#),
        ("labels", "gradio"),
        ("labels", "production"),
    ];
    let answer = agent
        .form(
            "/containers/",
            &fields,
            Some(&plugin("my-plugin", "1.0.0", "")),
        )
        .await;
    assert_eq!(answer.status, StatusCode::CREATED);
    insta::assert_json_snapshot!(settled(answer.json()));
}

#[tokio::test]
async fn a_stored_release_needs_no_archive_the_second_time() {
    let agent = TestAgent::start().await;
    agent.created(&[]).await;
    for body in [
        json!({"plugin_release": "my-plugin@1.0.0", "model": 1}),
        json!({"plugin_release": "my-plugin", "version": "1.0.0", "plugin": null, "model": 2}),
        json!({"plugin": "my-plugin", "version": "1.0.0", "model": 3}),
        json!({"plugin_release": "my-plugin", "model": 4}),
    ] {
        let answer = agent.post("/containers", body.clone()).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{body} {answer:?}");
        assert_eq!(answer.json()["plugin_release"], "my-plugin@1.0.0");
    }
}

#[tokio::test]
async fn a_second_create_restarts_and_says_so() {
    let agent = TestAgent::start().await;
    let first = agent.created(&[]).await;
    let second = agent
        .post("/containers/", json!({"plugin_release": "my-plugin@1.0.0"}))
        .await;
    assert_eq!(second.status, StatusCode::OK);
    let second = second.json();
    assert_eq!(
        (&second["restarted"], &second["id"], &second["endpoint"]),
        (&json!(true), &first["id"], &first["endpoint"])
    );
    assert_eq!(second.get("recreated"), None);
    let build = agent
        .get(&format!(
            "/builds/{}/",
            second["build_id"].as_str().unwrap()
        ))
        .await
        .json();
    assert_eq!(
        (&build["status"], &build["result"]["restarted"]),
        (&json!("completed"), &json!(true))
    );
}

#[tokio::test]
async fn a_plugin_that_fails_is_data_with_a_reason() {
    let agent = TestAgent::start().await;
    let line = r#"SYNAPSE {"event":"error","reason":"missing_dependency","message":"m","type":"ModuleNotFoundError","module":"torch","package":"torch"}"#;
    agent.fake.behave_by_default(AppBehaviour::crashes(
        std::time::Duration::from_millis(5),
        67,
        &[
            "Traceback (most recent call last):",
            "ModuleNotFoundError: No module named 'torch'",
            line,
        ],
    ));
    let created = agent.created(&[]).await;
    assert_eq!(
        (&created["status"], &created["endpoint"]),
        (&json!("failed"), &json!(null))
    );
    insta::assert_json_snapshot!(created["failure"], @r#"
    {
      "exit_code": 67,
      "hint": "Add torch to requirements.txt.",
      "kind": "missing_module",
      "ko": {
        "hint": "requirements.txt에 다음 패키지를 추가하세요: torch",
        "message": "플러그인에 필요한 모듈이 설치되어 있지 않습니다: torch"
      },
      "log_tail": [
        "Traceback (most recent call last):",
        "ModuleNotFoundError: No module named 'torch'"
      ],
      "message": "the plugin imports torch, which is not installed"
    }
    "#);
    let build = agent
        .get(&format!(
            "/builds/{}/",
            created["build_id"].as_str().unwrap()
        ))
        .await
        .json();
    assert_eq!(
        (&build["status"], &build["error"]),
        (&json!("failed"), &created["failure"]["message"])
    );
    let path = format!(
        "/builds/{}/logs/stream/",
        created["build_id"].as_str().unwrap()
    );
    let stream = agent.get(&path).await.text;
    let last = stream.trim_end().rsplit("data: ").next().unwrap();
    let last: serde_json::Value = serde_json::from_str(last).unwrap();
    assert_eq!(
        (&last["type"], &last["failure"]),
        (&json!("error"), &created["failure"])
    );
}

/// docs/security.md, item 53.
#[tokio::test]
async fn a_full_port_range_is_507() {
    let agent = TestAgent::with(|config| config.port_range = "7860-7860".parse().unwrap()).await;
    agent.created(&[]).await;
    let answer = agent
        .post(
            "/containers/",
            json!({"plugin_release": "my-plugin@1.0.0", "model": 1}),
        )
        .await;
    insta::assert_snapshot!(answer.error(), @"507 ports_exhausted: no host port is free in 7860-7860");
    // The record is there and gets the port once it is free.
    agent
        .call(axum::http::Method::DELETE, "/containers/1", None)
        .await;
    let is_running = |row: &playground_store::ContainerRow| {
        row.status == playground_types::ContainerStatus::Running
    };
    let waited = agent
        .control
        .await_container(
            playground_types::ContainerPk(2),
            std::time::Duration::from_secs(10),
            is_running,
        )
        .await;
    assert!(waited.unwrap().is_some_and(|row| is_running(&row)));
}

#[tokio::test]
async fn what_cannot_be_created_is_refused_with_a_reason() {
    let agent = TestAgent::start().await;
    let refused = async |body: serde_json::Value| agent.post("/containers/", body).await.error();
    insta::assert_snapshot!(refused(json!({})).await, @"400 plugin_release_missing: give a plugin_release (code@version), or upload an archive as `file`");
    insta::assert_snapshot!(refused(json!({"plugin_release": "nobody@1.0.0"})).await, @"404 plugin_release_unknown: plugin release nobody@1.0.0 is not on this Agent");
    insta::assert_snapshot!(refused(json!({"plugin_release": "a b@1"})).await, @r#"400 plugin_release_invalid: plugin code "a b" is not valid: use letters, digits, '.', '_' and '-', starting with a letter or digit, at most 100 characters"#);
    insta::assert_snapshot!(refused(json!({"plugin_release": "x@1", "model": -1})).await, @"400 model_invalid: model must not be negative");
    insta::assert_snapshot!(refused(json!({"plugin_release": "x@1", "envs": {"LD_PRELOAD": "x"}})).await, @r#"400 env_name_denied: envs: "LD_PRELOAD" cannot be set here, the Agent owns it"#);
    insta::assert_snapshot!(refused(json!({"plugin_release": "x@1", "envs": {"A B": "x"}})).await, @r#"400 env_name_invalid: envs: "A B" is not a variable name: use letters, digits and '_', not starting with a digit, at most 128 characters"#);
    insta::assert_snapshot!(refused(json!({"plugin_release": "x@1", "kind": "code_server"})).await, @r#"400 kind_invalid: this Agent runs no containers of kind "code_server""#);
}

/// Who edits one param of an app was shown the others masked.
#[tokio::test]
async fn a_masked_value_stays_as_it_is() {
    let agent = TestAgent::start().await;
    let fields = [
        ("params", r#"{"size": 1, "hubs": [{"api_key": "canary"}]}"#),
        ("envs", r#"{"HF_TOKEN": "canary", "MODE": "a"}"#),
    ];
    let made = agent.created(&fields).await;
    let mut again = json!({
        "plugin_release": "my-plugin@1.0.0", "params": made["params"], "envs": made["envs"], "on_existing": "reuse",
    });
    let same = agent.post("/containers", again.clone()).await.json();
    assert_eq!(same["id"], made["id"], "nothing has changed");

    again["params"]["size"] = json!(2);
    let changed = agent.post("/containers", again.clone()).await.json();
    assert_eq!(changed["recreated"], true);
    assert_eq!(changed["params"]["hubs"][0]["api_key"], "********");
    let pk = ContainerPk(made["pk"].as_i64().unwrap());
    let spec = agent
        .control
        .store()
        .container(pk)
        .await
        .unwrap()
        .unwrap()
        .spec;
    assert_eq!(
        spec.params.to_json(),
        r#"{"hubs":[{"api_key":"canary"}],"size":2}"#
    );
    assert!(spec.envs.iter().eq([("HF_TOKEN", "canary"), ("MODE", "a")]));

    again["envs"] = json!({"OTHER_TOKEN": "********"});
    let refused = agent.post("/containers", again.clone()).await;
    insta::assert_snapshot!(refused.error(), @"400 value_masked: envs.OTHER_TOKEN is masked, and there is no value that it could stand for");
    again["model"] = json!(7);
    again["envs"] = json!({});
    let refused = agent.post("/containers", again).await;
    insta::assert_snapshot!(refused.error(), @"400 value_masked: params.hubs[0].api_key is masked, and there is no value that it could stand for");
}

/// docs/security.md, item 23.
#[tokio::test]
async fn item_23_params_that_cannot_reach_the_app_are_refused_before_docker_is_asked() {
    let agent = TestAgent::start().await;
    agent.created(&[]).await;
    let before = agent.fake.call_count();
    let params = json!({"x": "a".repeat(131_058)});
    let answer = agent
        .post(
            "/containers/",
            json!({"plugin_release": "my-plugin@1.0.0", "model": 9, "params": params}),
        )
        .await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{answer:?}");
    assert_eq!(answer.json()["code"], "params_too_large");
    let listed = agent.get("/containers/?model=9").await.json();
    assert_eq!(listed["count"], 0);
    assert!(
        agent.fake.call_count() <= before + 5,
        "only the loop's own looks may have happened"
    );
}

#[tokio::test]
async fn broken_bodies_are_refused_as_json() {
    let agent = TestAgent::start().await;
    let not_a_zip = agent.form("/containers/", &[], Some(b"hello")).await;
    assert_eq!(
        (not_a_zip.status, &not_a_zip.json()["code"]),
        (StatusCode::BAD_REQUEST, &json!("archive_type"))
    );
    let cut = agent
        .raw_form(
            "/containers/",
            b"--a-boundary-that-no-test-contains\r\nContent-Dis".to_vec(),
        )
        .await;
    assert_eq!(
        (cut.status, &cut.json()["code"]),
        (StatusCode::BAD_REQUEST, &json!("form_invalid"))
    );
    let no_config = agent
        .form("/containers/", &[], Some(&zip_of(&[("a.txt", "")])))
        .await;
    assert_eq!(no_config.json()["code"], "manifest_missing");
    let other = agent
        .form(
            "/containers/",
            &[("plugin_release", "other@1.0.0")],
            Some(&plugin("my-plugin", "1.0.0", "")),
        )
        .await;
    assert_eq!(
        (other.status, &other.json()["code"]),
        (StatusCode::BAD_REQUEST, &json!("release_mismatch"))
    );
    assert_eq!(
        agent.get("/containers/").await.json()["count"],
        0,
        "nothing was left behind"
    );
    assert_eq!(agent.get("/plugin_releases/").await.json()["count"], 0);
}

/// docs/security.md, item 12: nothing of a refused upload stays on disk.
#[tokio::test]
async fn item_12_a_refused_upload_leaves_no_file() {
    let agent = TestAgent::start().await;
    agent
        .form("/containers/", &[], Some(b"PK\x03\x04 not really"))
        .await;
    let spool = agent.control.config().spool_dir();
    let left: Vec<_> = std::fs::read_dir(spool).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

/// docs/security.md, item 51.
#[tokio::test]
async fn item_51_twenty_identical_creates_get_equal_answers() {
    let agent = TestAgent::start().await;
    // Long enough that the last of them comes while the launch of the first one is under way.
    agent.fake.build_next(BuildScript {
        takes: Duration::from_secs(2),
        ..BuildScript::default()
    });
    let archive = plugin("my-plugin", "1.0.0", "");
    let creates = (0..20).map(|_| agent.form("/containers/", &[], Some(&archive)));
    let answers: Vec<_> = futures_util::future::join_all(creates).await;
    let first = answers[0].json();
    for answer in &answers {
        let answer = answer.json();
        assert_eq!(
            (&answer["pk"], &answer["id"], &answer["build_id"]),
            (&first["pk"], &first["id"], &first["build_id"])
        );
        assert_eq!(answer.get("restarted"), None);
    }
    assert_eq!(agent.get("/containers/").await.json()["count"], 1);
    assert_eq!(agent.fake.containers().len(), 1);
}
