//! What goes over the wire for each call.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::TryStreamExt as _;
use playground_client::{
    Archive, ClientError, CreateRequest, IdleTimes, Removal, Visibility, WantedStatus,
};
use playground_types::LaunchStatus;
use serde_json::json;

use crate::answers::{answer, container, created, launch};
use crate::stub::{Stub, TOKEN};

#[tokio::test]
async fn each_call_has_its_own_route() {
    let gone = || answer(204, &json!(null));
    let list = || answer(200, &json!([]));
    let page = || {
        answer(
            200,
            &json!({"count": 0, "next": null, "previous": null, "results": []}),
        )
    };
    let one = || answer(200, &container(1));
    let stub = Stub::start([
        one(),
        one(),
        one(),
        answer(202, &json!(null)),
        list(),
        one(),
        one(),
        one(),
        gone(),
        page(),
        answer(202, &json!(null)),
        page(),
        gone(),
        answer(
            201,
            &json!({"url": "http://localhost:8000/#/login/c", "expires_at": "2026-01-01T00:00:00.000Z"}),
        ),
    ])
    .await;
    let client = stub.client();
    client.container("한글 name").await.unwrap();
    client
        .update_container("7", WantedStatus::Stopped)
        .await
        .unwrap();
    client.restart_container("7").await.unwrap();
    assert_eq!(
        client.delete_container("7").await.unwrap(),
        Removal::OnItsWay
    );
    client.docker_containers().await.unwrap();
    client.docker_container("ab").await.unwrap();
    client.stop_docker_container("ab").await.unwrap();
    client.start_docker_container("ab").await.unwrap();
    assert_eq!(
        client.delete_docker_container("ab").await.unwrap(),
        Removal::Done
    );
    client.builds(2, 10).await.unwrap();
    client.cancel_build("b1").await.unwrap();
    client.releases(1, 20).await.unwrap();
    client.delete_release("p@1.0+cu1").await.unwrap();
    let link = client.login_link().await.unwrap();
    assert_eq!(link.url, "http://localhost:8000/#/login/c");
    assert_eq!(
        stub.lines(),
        [
            "GET /containers/%ED%95%9C%EA%B8%80%20name/",
            "PATCH /containers/7/",
            "POST /containers/7/restart/",
            "DELETE /containers/7/",
            "GET /containers/docker/",
            "GET /containers/docker/ab/",
            "POST /containers/docker/ab/stop/",
            "POST /containers/docker/ab/start/",
            "DELETE /containers/docker/ab/",
            "GET /builds/?page=2&page_size=10",
            "DELETE /builds/b1/",
            "GET /plugin_releases/?page=1&page_size=20",
            "DELETE /plugin_releases/p@1.0+cu1/",
            "POST /session/codes/",
        ]
    );
    let asked = stub.asked();
    assert!(
        asked
            .iter()
            .all(|asked| asked.header("authorization") == Some(TOKEN))
    );
    assert_eq!(asked[1].body, r#"{"status":"stopped"}"#);
}

#[tokio::test]
async fn an_apps_settings_links_and_use_have_routes_of_their_own() {
    let link =
        json!({"url": "http://a.localhost/?link=x", "expires_at": "2026-01-01T00:00:00.000Z"});
    let stub = Stub::start([
        answer(200, &container(1)),
        answer(200, &container(1)),
        answer(201, &link),
        answer(201, &link),
        answer(200, &json!({"prefix": "/gradio_api", "endpoints": []})),
        answer(200, &json!({"interval_seconds": 5, "samples": []})),
    ])
    .await;
    let client = stub.client();
    client
        .set_visibility("7", Visibility::Public)
        .await
        .unwrap();
    let times = IdleTimes {
        pause_after: Some(300),
        ..IdleTimes::default()
    };
    client.set_idle("7", times).await.unwrap();
    let opens = client.app_link("7", None).await.unwrap();
    assert_eq!(opens.url, "http://a.localhost/?link=x");
    let an_hour = Duration::from_secs(3600);
    client.app_link("7", Some(an_hour)).await.unwrap();
    assert_eq!(client.app_api("7").await.unwrap().prefix, "/gradio_api");
    let stats = client.container_stats("7").await.unwrap();
    assert!(stats.samples.is_empty());
    let asked: Vec<_> = stub.asked();
    let told: Vec<_> = asked
        .iter()
        .map(|asked| (asked.line.as_str(), asked.body.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ("PATCH /containers/7/", r#"{"visibility":"public"}"#),
            ("PATCH /containers/7/", r#"{"idle":{"pause_after":300}}"#),
            ("POST /containers/7/links/", "{}"),
            ("POST /containers/7/links/", r#"{"expires_in":3600}"#),
            ("GET /containers/7/api/", ""),
            ("GET /containers/7/stats/", ""),
        ]
    );
}

#[tokio::test]
async fn tokens_are_made_listed_and_taken_back() {
    let token = json!({"id": 3, "label": "ci", "created_at": "2026-01-01T00:00:00.000Z", "expires_at": null,
        "last_used_at": null, "is_own": false});
    let mut new = token.clone();
    new["token"] = json!("secret");
    let stub = Stub::start([
        answer(201, &new),
        answer(
            200,
            &json!({"count": 1, "next": null, "previous": null, "results": [token]}),
        ),
        answer(204, &json!(null)),
    ])
    .await;
    let client = stub.client();
    let made = client.create_token("ci", None).await.unwrap();
    assert_eq!(made.token, "secret");
    let listed: Vec<_> = client.all_tokens().try_collect().await.unwrap();
    assert_eq!(listed, std::slice::from_ref(&made.known));
    client.revoke_token(made.known.id).await.unwrap();
    assert_eq!(stub.lines()[2], "DELETE /tokens/3/");
}

#[tokio::test]
async fn who_watches_a_launch_does_not_have_its_answer_held() {
    let stub = Stub::start([answer(202, &created(1)), answer(202, &created(1))]).await;
    let mut request = CreateRequest::of("p@1");
    stub.client().create_container(&request).await.unwrap();
    request.answer_at_once = true;
    stub.client().create_container(&request).await.unwrap();
    let preferences: Vec<_> = stub
        .asked()
        .iter()
        .map(|asked| asked.header("prefer").map(str::to_owned))
        .collect();
    assert_eq!(preferences, [None, Some("respond-async".to_owned())]);
}

#[tokio::test]
async fn an_answer_that_is_not_the_agents_is_no_success() {
    let page = || {
        let mut page = answer(200, &json!("a page"));
        let html = "text/html".parse().unwrap();
        page.headers_mut().insert("content-type", html);
        page
    };
    let stub = Stub::start([page(), page(), page()]).await;
    let client = stub.client();
    let ended = [
        client.delete_container("7").await.map(drop),
        client.build_log("b").await.map(drop),
        client.health().await.map(drop),
    ];
    for ended in ended {
        assert!(
            matches!(ended, Err(ClientError::Protocol { .. })),
            "{ended:?}"
        );
    }
}

#[tokio::test]
async fn an_upload_carries_its_length_its_fields_and_says_how_far_it_is() {
    let stub = Stub::start([answer(202, &created(1))]).await;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("plugin.zip");
    std::fs::write(&path, vec![b'z'; 200_000]).unwrap();
    let archive = Archive::open(&path).await.unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let progress = {
        let seen = Arc::clone(&seen);
        move |bytes| seen.lock().unwrap().push(bytes)
    };
    let request = CreateRequest {
        model: Some(3),
        labels: vec!["a".into(), "b".into()],
        ..CreateRequest::default()
    };
    let created = stub
        .client()
        .create_container_from(archive, &request, progress)
        .await
        .unwrap();
    assert_eq!(created.build_id, "0198c0de-0000-7000-8000-000000000001");
    let asked = &stub.asked()[0];
    assert_eq!(asked.line, "POST /containers/");
    assert!(asked.header("content-length").is_some(), "never chunked");
    for part in [
        "name=\"model\"\r\n\r\n3",
        "name=\"labels\"\r\n\r\na",
        "name=\"labels\"\r\n\r\nb",
    ] {
        assert!(asked.body.contains(part), "{part}");
    }
    assert!(
        asked
            .body
            .contains("name=\"file\"; filename=\"plugin.zip\"")
    );
    let seen = seen.lock().unwrap();
    assert!(
        seen.len() > 2 && seen.is_sorted() && seen.last() == Some(&200_000),
        "{seen:?}"
    );
}

#[tokio::test]
async fn a_missing_archive_is_named() {
    let error = Archive::open("/nowhere/plugin.zip").await.unwrap_err();
    assert_eq!(error.to_string(), "/nowhere/plugin.zip cannot be read");
    assert!(Archive::open("/").await.is_err());
}

#[tokio::test]
async fn waiting_ends_with_the_launch_or_with_the_deadline() {
    let stub = Stub::start([
        answer(200, &launch("building")),
        answer(200, &launch("starting")),
        answer(200, &launch("failed")),
    ])
    .await;
    let ended = stub
        .client()
        .wait_for_build("b1", Duration::from_secs(30))
        .await
        .unwrap();
    assert_eq!(ended.status, LaunchStatus::Failed);

    let stub = Stub::start((0..20).map(|_| answer(200, &launch("queued")))).await;
    let error = stub
        .client()
        .wait_for_build("b1", Duration::from_millis(500))
        .await
        .unwrap_err();
    assert!(matches!(error, ClientError::Timeout { .. }), "{error:?}");
}
