//! Records: found, listed, changed and removed.

use axum::http::{Method, StatusCode};
use serde_json::json;

use crate::agent::{TestAgent, settled};

#[tokio::test]
async fn a_container_is_found_by_key_name_id_and_the_beginning_of_an_id() {
    let agent = TestAgent::start().await;
    let created = agent.created(&[]).await;
    let id = created["id"].as_str().unwrap();
    for handle in [
        created["pk"].to_string(),
        created["name"].as_str().unwrap().to_owned(),
        id.to_owned(),
        id[..12].to_owned(),
    ] {
        let found = agent.get(&format!("/containers/{handle}")).await.json();
        assert_eq!(found["id"], created["id"], "{handle}");
        assert!(found["attrs"].is_object());
    }
    insta::assert_snapshot!(agent.get("/containers/nobody/").await.error(), @"404 container_unknown: there is no container nobody");
}

/// docs/security.md, item 25.
#[tokio::test]
async fn item_25_no_answer_shows_the_value_of_a_secret_looking_name() {
    let agent = TestAgent::start().await;
    let created = agent
        .created(&[
            ("envs", r#"{"HF_TOKEN": "canary-1"}"#),
            ("params", r#"{"db": {"password": "canary-2"}}"#),
            ("metadata", r#"{"token": "canary-3"}"#),
        ])
        .await;
    let id = created["id"].as_str().unwrap();
    let mut shown = created.to_string();
    for path in [
        format!("/containers/{id}"),
        "/containers/".into(),
        format!("/containers/docker/{id}"),
        "/containers/docker/".into(),
        format!("/containers/{id}/logs/"),
        "/builds/".into(),
    ] {
        shown.push_str(&agent.get(&path).await.text);
    }
    assert!(!shown.contains("canary"), "{shown}");
    assert!(shown.contains("********"));
}

#[tokio::test]
async fn lists_are_paged_and_the_next_page_keeps_the_filter() {
    let agent = TestAgent::start().await;
    for model in 0..5 {
        agent
            .created(&[("model", &model.to_string()), ("labels", "a b")])
            .await;
    }
    let page = agent
        .get("/containers/?status=running&label=a+b&page_size=2")
        .await
        .json();
    assert_eq!(
        (&page["count"], page["results"].as_array().unwrap().len()),
        (&json!(5), 2)
    );
    let next = page["next"].as_str().unwrap();
    insta::assert_snapshot!(next, @"http://agent.local:8000/containers/?status=running&label=a+b&page_size=2&page=2");
    let last = agent
        .get(
            next.trim_start_matches("http://agent.local:8000")
                .replace("page=2", "page=3")
                .as_str(),
        )
        .await
        .json();
    assert_eq!(
        (&last["next"], last["results"].as_array().unwrap().len()),
        (&json!(null), 1)
    );
    insta::assert_snapshot!(agent.get("/containers/?page=9").await.error(), @"404 page_unknown: there are 1 page(s)");
    insta::assert_snapshot!(agent.get("/containers/?page=x").await.error(), @r#"400 page_invalid: page is "x": give a number from 1 on"#);
    insta::assert_snapshot!(agent.get("/containers/?status=sleeping").await.error(), @r#"400 status_invalid: "sleeping" is not a status"#);
}

#[tokio::test]
async fn a_container_is_stopped_started_and_restarted() {
    let agent = TestAgent::start().await;
    let created = agent.created(&[]).await;
    let path = format!("/containers/{}", created["pk"]);
    let stopped = agent
        .call(Method::PATCH, &path, Some(json!({"status": "stopped"})))
        .await
        .json();
    assert_eq!(
        (
            &stopped["status"],
            &stopped["endpoint"],
            &stopped["host_port"]
        ),
        (&json!("stopped"), &json!(null), &created["host_port"])
    );
    let started = agent
        .call(Method::PATCH, &path, Some(json!({"status": "running"})))
        .await
        .json();
    assert_eq!(
        (&started["status"], &started["endpoint"]),
        (&json!("running"), &created["endpoint"])
    );
    let restarted = agent
        .call(Method::POST, &format!("{path}/restart/"), None)
        .await
        .json();
    assert_eq!(
        (&restarted["status"], &restarted["id"]),
        (&json!("running"), &created["id"])
    );
    let unchanged = agent.call(Method::PATCH, &path, Some(json!({}))).await;
    assert_eq!(unchanged.status, StatusCode::OK);
    let wrong = agent
        .call(Method::PATCH, &path, Some(json!({"status": "asleep"})))
        .await;
    insta::assert_snapshot!(wrong.error(), @r#"400 status_invalid: status "asleep" cannot be set"#);
}

#[tokio::test]
async fn the_docker_sub_tree_speaks_docker_ids_only() {
    let agent = TestAgent::start().await;
    let created = agent.created(&[]).await;
    let id = created["id"].as_str().unwrap();
    let listed = agent.get("/containers/docker/").await.json();
    assert_eq!(
        (&listed[0]["id"], &listed[0]["status"]),
        (&created["id"], &json!("running"))
    );
    assert_eq!(
        agent
            .get(&format!("/containers/docker/{}", created["pk"]))
            .await
            .status,
        StatusCode::NOT_FOUND
    );
    let stopped = agent
        .call(
            Method::POST,
            &format!("/containers/docker/{id}/stop/"),
            None,
        )
        .await;
    assert_eq!(
        (stopped.status, &stopped.json()["status"]),
        (StatusCode::OK, &json!("stopped"))
    );
    let started = agent
        .call(
            Method::POST,
            &format!("/containers/docker/{id}/start/"),
            None,
        )
        .await;
    assert_eq!(started.json()["status"], "running");
    let gone = agent
        .call(Method::DELETE, &format!("/containers/docker/{id}"), None)
        .await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn deleting_twice_is_no_error_and_deleting_nobody_is() {
    let agent = TestAgent::start().await;
    let created = agent.created(&[]).await;
    for handle in [
        created["pk"].to_string(),
        created["id"].as_str().unwrap().to_owned(),
        created["name"].as_str().unwrap().to_owned(),
    ] {
        let answer = agent
            .call(Method::DELETE, &format!("/containers/{handle}/"), None)
            .await;
        assert_eq!(
            (answer.status, answer.text.as_str()),
            (StatusCode::NO_CONTENT, ""),
            "{handle}"
        );
    }
    assert!(agent.fake.containers().is_empty());
    let nobody = agent.call(Method::DELETE, "/containers/4711", None).await;
    assert_eq!(nobody.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn records_answer_while_docker_is_away() {
    let agent = TestAgent::start().await;
    let created = agent.created(&[]).await;
    agent.fake.outside().go_down();
    assert_eq!(agent.get("/containers/").await.json()["count"], 1);
    let shown = agent.get(&format!("/containers/{}", created["pk"])).await;
    assert_eq!(
        (shown.status, &shown.json()["attrs"]),
        (StatusCode::OK, &json!(null))
    );
    let health = agent.get("/health/").await;
    assert_eq!(
        (health.status, &health.json()["status"]),
        (StatusCode::OK, &json!("degraded"))
    );
    let docker = agent.get("/containers/docker/").await;
    insta::assert_snapshot!(docker.error(), @"500 engine_unavailable: Docker does not answer");
}

#[tokio::test]
async fn health_says_what_there_is() {
    let agent = TestAgent::start().await;
    agent.created(&[]).await;
    let mut health = settled(agent.get("/health").await.json());
    health["disks"][0]["path"] = json!("[path]");
    insta::assert_json_snapshot!(health);
}

#[tokio::test]
async fn what_programs_can_call_is_asked_of_an_app_that_runs() {
    let agent = TestAgent::start().await;
    let created = agent.created(&[]).await;
    let name = created["name"].as_str().unwrap();
    let path = format!("/containers/{name}/api/");
    let asked = async || agent.get(&path).await.error().replace(name, "NAME");
    // The scripted engine's apps say nothing.
    insta::assert_snapshot!(asked().await, @"409 app_api_unknown: the app of container NAME does not say what can be called: it is no Gradio app at the root of its address");
    let stop = Some(json!({"status": "stopped"}));
    let record = format!("/containers/{name}");
    agent.call(Method::PATCH, &record, stop).await;
    insta::assert_snapshot!(asked().await, @"409 app_not_ready: the app of container NAME does not run");
    insta::assert_snapshot!(agent.get("/containers/nobody/api/").await.error(), @"404 container_unknown: there is no container nobody");
}
