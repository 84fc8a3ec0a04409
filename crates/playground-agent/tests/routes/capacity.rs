//! What the machine has no room for: ports, builds, disk. And how it is given back.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::http::{StatusCode, header};
use playground_control::{ControlConfig, DiskGauge, DiskSpace};
use playground_engine::fake::BuildScript;
use serde_json::{Value, json};

use crate::agent::{TestAgent, plugin};

/// One build at a time, and one that waits.
fn narrow(config: &mut ControlConfig) {
    config.build.concurrent = 1;
    config.build.queue = 1;
}

fn hanging() -> BuildScript {
    BuildScript {
        hangs: true,
        ..BuildScript::default()
    }
}

async fn create(agent: &TestAgent, code: &str) -> crate::agent::Answer {
    let archive = plugin(code, "1.0.0", "");
    agent.form("/containers/", &[], Some(&archive)).await
}

/// docs/security.md, item 52.
#[tokio::test(start_paused = true)]
async fn item_52_a_full_queue_is_429_with_retry_after_and_places_are_told() {
    let agent = TestAgent::with(narrow).await;
    agent.fake.build_by_default(hanging());
    let running = create(&agent, "running").await;
    assert_eq!(running.status, StatusCode::ACCEPTED, "{running:?}");
    assert_eq!(running.json().get("position"), None);
    let waiting = create(&agent, "waiting").await;
    assert_eq!(waiting.status, StatusCode::ACCEPTED);
    assert_eq!(waiting.json()["position"], 1);
    let id = waiting.json()["build_id"].as_str().unwrap().to_owned();
    let launch = agent.get(&format!("/builds/{id}/")).await.json();
    assert_eq!(
        (
            &launch["status"],
            &launch["position"],
            &launch["estimate_seconds"]
        ),
        (&json!("queued"), &json!(1), &Value::Null)
    );
    let build = &launch["image_build"];
    assert_eq!(
        (&build["queue_position"], &build["position"]),
        (&json!(0), &json!(1))
    );
    let refused = create(&agent, "refused").await;
    insta::assert_snapshot!(refused.error(), @"429 queue_full: 1 builds are waiting already");
    let after = refused.headers[header::RETRY_AFTER].to_str().unwrap();
    assert!((1..=60).contains(&after.parse::<u64>().unwrap()), "{after}");
    // Lists and stops go on meanwhile.
    assert_eq!(agent.get("/containers/").await.json()["count"], 2);
    let pk = running.json()["pk"].clone();
    let stopped = agent
        .call(
            axum::http::Method::DELETE,
            &format!("/containers/{pk}"),
            None,
        )
        .await;
    assert_eq!(stopped.status, StatusCode::NO_CONTENT);
}

/// docs/security.md, item 58.
#[tokio::test]
async fn item_58_a_nearly_full_disk_is_507_before_anything_is_written() {
    let free = Arc::new(AtomicU64::new(50 << 30));
    let gauge = free.clone();
    let agent = TestAgent::with(|config| {
        config.clean.gauge = DiskGauge::of(move |_| {
            Ok(DiskSpace {
                free_bytes: gauge.load(Ordering::Relaxed),
                total_bytes: 100 << 30,
            })
        });
    })
    .await;
    let ready = agent.created(&[]).await;
    free.store(1 << 30, Ordering::Relaxed);
    let data = agent.control.config().data_dir.clone();
    for path in ["/containers/", "/containers/docker/", "/plugin_releases/"] {
        let archive = plugin("another", "1.0.0", "");
        let answer = agent.form(path, &[], Some(&archive)).await;
        assert_eq!(answer.status, StatusCode::INSUFFICIENT_STORAGE, "{path}");
        let body = answer.json();
        assert_eq!(body["code"], "insufficient_storage");
        assert!(
            body["detail"].as_str().is_some_and(
                |text| text.ends_with("is nearly full: 1024 MiB are free, 2048 MiB must be")
            ),
            "{body}"
        );
        assert!(
            body["hint"]
                .as_str()
                .is_some_and(|hint| hint.contains("playground clean"))
        );
    }
    for folder in ["spool", "sources"] {
        let count = std::fs::read_dir(data.join(folder)).unwrap().count();
        assert_eq!(count, usize::from(folder == "sources"), "{folder}");
    }
    assert_eq!(agent.get("/plugin_releases/").await.json()["count"], 1);
    let health = agent.get("/health/").await.json();
    assert_eq!(health["status"], "degraded");
    // What is built already needs no room for a build.
    let again = agent
        .post("/containers/", json!({"plugin_release": "my-plugin@1.0.0"}))
        .await;
    assert_eq!(
        (again.status, &again.json()["pk"]),
        (StatusCode::OK, &ready["pk"])
    );
}

#[tokio::test]
async fn a_cleanup_tells_what_it_would_remove_and_then_removes_it() {
    let agent = TestAgent::with(|config| {
        config.clean.keep_newest = 0;
        config.clean.hours = "never".parse().unwrap();
    })
    .await;
    let created = agent.created(&[]).await;
    let empty = agent.post("/cleanup/?dry_run=true", Value::Null).await;
    assert_eq!(
        empty.json(),
        json!({"dry_run": true, "bytes": 0, "items": []}),
        "its container is there"
    );
    let path = format!("/containers/{}", created["pk"]);
    let deleted = agent.call(axum::http::Method::DELETE, &path, None).await;
    assert_eq!(deleted.status, StatusCode::NO_CONTENT);
    let dry = agent
        .post("/cleanup/?dry_run=true", Value::Null)
        .await
        .json();
    let item = &dry["items"][0];
    assert_eq!(
        (
            &item["kind"],
            &item["reason"],
            &item["plugin_release"],
            &item["kept"]
        ),
        (
            &json!("image"),
            &json!("not_newest"),
            &json!("my-plugin@1.0.0"),
            &Value::Null
        )
    );
    let images = agent.fake.images().len();
    let done = agent.post("/cleanup", Value::Null).await.json();
    assert_eq!(
        (&done["dry_run"], &done["items"]),
        (&json!(false), &dry["items"])
    );
    assert_eq!(agent.fake.images().len(), images - 1);
    let wrong = agent.post("/cleanup?dry_run=maybe", Value::Null).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
}

/// docs/security.md, item 53.
#[tokio::test]
async fn item_53_no_free_port_is_507() {
    let agent = TestAgent::with(|config| config.port_range = "7860-7860".parse().unwrap()).await;
    agent.created(&[]).await;
    let second = agent
        .post(
            "/containers/",
            json!({"plugin_release": "my-plugin@1.0.0", "model": 1}),
        )
        .await;
    insta::assert_snapshot!(second.error(), @"507 ports_exhausted: no host port is free in 7860-7860");
    assert!(second.json()["hint"].is_string());
}

/// docs/security.md, item 30.
#[tokio::test]
async fn item_30_the_log_of_an_app_that_floods_is_answered_in_bounded_size_with_its_end() {
    let agent = TestAgent::start().await;
    let created = agent.created(&[]).await;
    let name = created["name"].as_str().unwrap();
    let line = "x".repeat(4000);
    for number in 0..5_000 {
        agent
            .fake
            .outside()
            .print(name, &format!("{number} {line}"));
    }
    let path = format!("/containers/{}/logs/?tail=10000", created["pk"]);
    let log = tokio::time::timeout(Duration::from_secs(30), agent.get(&path)).await;
    let log = log.unwrap();
    assert_eq!(log.status, StatusCode::OK);
    assert!(
        (3 << 20..=4 << 20).contains(&log.text.len()),
        "{}",
        log.text.len()
    );
    assert!(log.text.lines().last().unwrap().starts_with("4999 "));
    assert!(
        log.text.lines().all(|line| line.len() > 4000),
        "whole lines only"
    );
}
