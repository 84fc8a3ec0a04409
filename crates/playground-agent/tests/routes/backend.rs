//! Releases that are not here are looked up at the platform's backend.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse as _;
use axum::routing::get;
use axum::{Json, Router};
use playground_control::BackendConfig;
use serde_json::json;

use crate::agent::{TestAgent, plugin};

/// The token of this Agent at the backend, with the mark that `cargo xtask test` looks for in every log.
const AGENT_TOKEN: &str = "agent-5ec2e7ca9a59";

/// A backend that knows one release, on a loopback port.
async fn backend() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new()
        .route(
            "/plugin_releases/{release}/",
            get(|State(url): State<String>, Path(release): Path<String>, headers: HeaderMap| async move {
                let knows_us = headers.get("SYNAPSE-Agent").is_some_and(|value| *value == format!("Token {AGENT_TOKEN}"));
                match release.as_str() {
                    _ if !knows_us => StatusCode::FORBIDDEN.into_response(),
                    "my-plugin@1.0.0+cu121" => {
                        Json(json!({"id": 1, "version": "1.0.0+cu121", "file": format!("{url}/files/plugin.zip?signature=canary")}))
                            .into_response()
                    }
                    _ => StatusCode::NOT_FOUND.into_response(),
                }
            }),
        )
        .route(
            "/files/plugin.zip",
            get(|headers: HeaderMap| async move {
                // A presigned address gets nobody's token.
                assert!(headers.get("SYNAPSE-Agent").is_none() && headers.get("authorization").is_none());
                plugin("my-plugin", "1.0.0+cu121", "")
            }),
        )
        .with_state(url.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

async fn agent(url: String, allow_private: bool, token: &str) -> TestAgent {
    let token = Some(token.to_owned());
    TestAgent::with(|config| {
        config.backend = Some(BackendConfig {
            url,
            token,
            tenant: None,
            allow_private,
        })
    })
    .await
}

#[tokio::test]
async fn a_release_that_is_not_here_comes_from_the_backend_once() {
    let agent = agent(backend().await, true, AGENT_TOKEN).await;
    let body = json!({"plugin_release": "my-plugin@1.0.0+cu121"});
    let created = agent.post("/containers/", body).await;
    assert_eq!(
        (created.status, &created.json()["status"]),
        (StatusCode::CREATED, &json!("running")),
        "{created:?}"
    );
    let stored = agent.get("/plugin_releases/my-plugin@1.0.0+cu121").await;
    assert_eq!(stored.json()["version"], "1.0.0+cu121");
    let by_fields = agent
        .post(
            "/plugin_releases/",
            json!({"plugin": "my-plugin", "version": "1.0.0+cu121"}),
        )
        .await;
    assert_eq!(by_fields.status, StatusCode::CREATED);
}

#[tokio::test]
async fn what_the_backend_does_not_have_or_give_is_told_apart() {
    let url = backend().await;
    let unknown = agent(url.clone(), true, AGENT_TOKEN)
        .await
        .post("/containers/", json!({"plugin_release": "other@1.0.0"}))
        .await;
    insta::assert_snapshot!(unknown.error(), @"404 plugin_release_unknown: plugin release other@1.0.0 is not on this Agent");
    let refused = agent(url, true, "wrong")
        .await
        .post("/containers/", json!({"plugin_release": "other@1.0.0"}))
        .await;
    insta::assert_snapshot!(refused.error(), @"500 backend_failed: the Synapse backend did not give plugin release other@1.0.0: it answered 403");
}

/// docs/security.md, item 59.
#[tokio::test]
async fn item_59_an_archive_on_a_private_address_is_not_fetched_unless_the_operator_allows_it() {
    let agent = agent(backend().await, false, AGENT_TOKEN).await;
    let answer = agent
        .post(
            "/containers/",
            json!({"plugin_release": "my-plugin@1.0.0+cu121"}),
        )
        .await;
    assert_eq!(answer.json()["code"], "backend_failed");
    assert!(
        !answer.text.contains("canary"),
        "a presigned address is a secret: {}",
        answer.text
    );
}
