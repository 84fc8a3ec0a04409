//! What the platform's backend is told of a container that it asked for, through the real API.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use playground_control::BackendConfig;
use serde_json::{Value, json};

use crate::agent::{TestAgent, plugin};
use crate::log::logged;

const SECRET: &str = "canary-0123456789abcdef0123456789abcdef";

type Told = Arc<Mutex<Vec<(i64, String, Value)>>>;

async fn listen(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

/// A backend that is told of containers.
async fn backend() -> (String, Told) {
    let told = Told::default();
    let health = async |State(told): State<Told>,
                        Path(id): Path<i64>,
                        headers: HeaderMap,
                        Json(body): Json<Value>| {
        let token = headers["authorization"].to_str().unwrap().to_owned();
        told.lock().unwrap().push((id, token, body.clone()));
        Json(
            json!({"updated": true, "container_id": id, "status": body["status"], "health_state": body["health_state"]}),
        )
    };
    let router = Router::new()
        .route("/v2/_agent/containers/{id}/health/", post(health))
        .with_state(told.clone());
    (listen(router).await, told)
}

async fn agent(url: String) -> TestAgent {
    TestAgent::with(|config| {
        config.backend = Some(BackendConfig {
            url,
            token: Some(SECRET.to_owned()),
            tenant: None,
            allow_private: true,
        });
    })
    .await
}

/// Waits until the backend was told this.
async fn knows(told: &Told, status: &str) {
    let began = Instant::now();
    while told
        .lock()
        .unwrap()
        .last()
        .is_none_or(|last| last.2["status"] != status)
    {
        assert!(
            began.elapsed() < Duration::from_secs(20),
            "never {status}: {:#?}",
            told.lock().unwrap()
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn the_backend_follows_a_container_that_it_asked_for_and_its_token_is_in_no_log() {
    let (url, told) = backend().await;
    let agent = agent(url).await;
    let created = agent
        .created(&[
            ("backend_container_id", "4711"),
            ("envs", &json!({"HF_TOKEN": SECRET}).to_string()),
        ])
        .await;
    assert_eq!(created["health_state"], "healthy");
    knows(&told, "running").await;
    let pk = created["pk"].as_i64().unwrap();
    let answer = agent
        .call(Method::DELETE, &format!("/containers/{pk}"), None)
        .await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    knows(&told, "deleted").await;
    for (id, token, body) in told.lock().unwrap().iter() {
        assert_eq!((*id, token), (4711, &format!("Token {SECRET}")));
        assert!(!body.to_string().contains("canary"), "{body}");
    }
    let log = logged();
    assert!(log.contains("is ready"), "{log}");
    assert!(!log.contains("canary"), "{log}");
}

#[tokio::test]
async fn a_backend_that_never_answers_holds_nobody_up() {
    // It takes connections and says nothing.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let agent = agent(format!("http://{}", listener.local_addr().unwrap())).await;
    let began = Instant::now();
    for model in ["1", "2", "3"] {
        let fields = [("model", model), ("backend_container_id", model)];
        let answer = agent
            .form(
                "/containers/",
                &fields,
                Some(&plugin("my-plugin", "1.0.0", "")),
            )
            .await;
        assert_eq!(answer.json()["status"], "running");
    }
    let deleted = agent.call(Method::DELETE, "/containers/1", None).await;
    assert_eq!(deleted.status, StatusCode::NO_CONTENT);
    // Those that wait for a silent backend take ten seconds each.
    assert!(
        began.elapsed() < Duration::from_secs(20),
        "{:?}",
        began.elapsed()
    );
    let health = agent.get("/health/").await.json();
    assert_eq!(health["backend"]["waiting"], 3);
    let stopping = Instant::now();
    agent.control.stop().await;
    assert!(
        stopping.elapsed() < Duration::from_secs(8),
        "it stops at once"
    );
}
