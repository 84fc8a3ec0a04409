//! Launches and their logs.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use playground_engine::fake::BuildScript;
use playground_plugin::Requested;
use playground_testkit::{Plugin, TestControl};
use serde_json::{Value, json};

use crate::agent::{TestAgent, plugin};

fn build_id(created: &Value) -> String {
    created["build_id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_launch_that_takes_longer_than_clients_wait_is_polled() {
    let agent = TestAgent::start().await;
    let agent = agent.holding(Duration::from_secs(1));
    // Far longer, so that it still goes on when it is asked for, on a machine that is busy too.
    agent.fake.build_next(BuildScript {
        takes: Duration::from_secs(6),
        ..BuildScript::default()
    });
    let answer = agent
        .form("/containers/", &[], Some(&plugin("my-plugin", "1.0.0", "")))
        .await;
    let created = answer.json();
    assert_eq!(
        (answer.status, &created["status"], &created["id"]),
        (StatusCode::ACCEPTED, &json!("building"), &json!(null))
    );
    let path = format!("/builds/{}/", build_id(&created));
    assert_eq!(agent.get(&path).await.json()["status"], "building");
    let launch = build_id(&created).parse().unwrap();
    agent
        .control
        .await_launch(launch, Duration::from_secs(30))
        .await
        .unwrap();
    let ended = agent.get(&path).await.json();
    assert_eq!(
        (&ended["status"], &ended["result"]["status"]),
        (&json!("completed"), &json!("running"))
    );
}

#[tokio::test]
async fn a_build_is_cancelled_once() {
    let agent = TestAgent::start().await;
    agent.fake.build_next(BuildScript {
        hangs: true,
        ..BuildScript::default()
    });
    let created = agent.created(&[]).await;
    let path = format!("/builds/{}", build_id(&created));
    assert_eq!(
        agent.call(Method::DELETE, &path, None).await.status,
        StatusCode::ACCEPTED
    );
    let launch = build_id(&created).parse().unwrap();
    agent
        .control
        .await_launch(launch, Duration::from_secs(10))
        .await
        .unwrap();
    let ended = agent.get(&path).await.json();
    assert_eq!(
        (&ended["status"], &ended["error"]),
        (&json!("cancelled"), &json!("the build was cancelled"))
    );
    assert_eq!(
        agent.call(Method::DELETE, &path, None).await.status,
        StatusCode::CONFLICT
    );
}

#[tokio::test]
async fn a_result_outlives_its_container() {
    let agent = TestAgent::start().await;
    let created = agent.created(&[]).await;
    agent
        .call(
            Method::DELETE,
            &format!("/containers/{}", created["pk"]),
            None,
        )
        .await;
    let ended = agent
        .get(&format!("/builds/{}/", build_id(&created)))
        .await
        .json();
    assert_eq!(
        (&ended["status"], &ended["result"]["id"]),
        (&json!("completed"), &created["id"])
    );
    assert_eq!(
        (&ended["result"]["status"], &ended["result"]["endpoint"]),
        (&json!("deleted"), &json!(null))
    );
}

#[tokio::test]
async fn a_log_is_text_and_a_stream_that_resumes() {
    let agent = TestAgent::start().await;
    agent.fake.build_next(BuildScript {
        log: vec!["installing".into()],
        takes: Duration::from_millis(20),
        ..BuildScript::default()
    });
    let created = agent.created(&[]).await;
    let path = format!("/builds/{}/logs/", build_id(&created));
    let text = agent.get(&path).await.text;
    assert!(text.contains("installing"), "{text}");
    let stream = agent.get(&format!("{path}stream/")).await.text;
    let whole: Vec<&str> = stream
        .split("\n\n")
        .filter(|event| !event.is_empty())
        .collect();
    assert!(
        whole.last().unwrap().contains(r#""type":"complete""#),
        "{stream}"
    );
    let id = whole[0]
        .lines()
        .find_map(|line| line.strip_prefix("id: "))
        .unwrap();
    let request = axum::http::Request::get(format!("{path}stream/"))
        .header("authorization", crate::agent::TOKEN)
        .header("last-event-id", id)
        .body(axum::body::Body::empty())
        .unwrap();
    let rest = agent.send(request).await.text;
    let lines = |text: &str| text.matches(r#""type":"log""#).count();
    assert_eq!(
        lines(&rest),
        lines(&stream) - 1,
        "exactly the first line is not repeated"
    );
}

#[tokio::test]
async fn an_unknown_build_is_404() {
    let agent = TestAgent::start().await;
    insta::assert_snapshot!(agent.get("/builds/x/").await.error(), @"404 build_unknown: there is no build x");
    let nobody = "01a203dc-7bce-73a2-8011-f59679796b48";
    for path in [
        format!("/builds/{nobody}"),
        format!("/builds/{nobody}/logs"),
        format!("/builds/{nobody}/logs/stream"),
    ] {
        assert_eq!(
            agent.get(&path).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_live_log_ends_with_a_last_event_when_the_agent_is_told_to_end() {
    let agent = TestAgent::start().await;
    agent.fake.build_by_default(BuildScript {
        takes: Duration::from_secs(3600),
        ..BuildScript::default()
    });
    let facts = agent
        .control
        .take_in(Plugin::new("slow", "1.0.0").upload(), Requested::default())
        .await
        .unwrap();
    let accepted = agent
        .control
        .create_container(TestControl::request(&facts))
        .await
        .unwrap();
    let path = format!("/builds/{}/logs/stream", accepted.launch.id);
    let building = async {
        agent
            .fake
            .until(Duration::from_secs(30), |fake| fake.builds_running() == 1)
            .await;
        assert!(agent.control.stop().await);
    };
    let (answer, ()) = tokio::join!(agent.get(&path), building);
    let last = answer.text.trim_end().lines().last().unwrap();
    assert_eq!(last, r#"data: {"type":"status","message":"stopping"}"#);
    assert!(!answer.text.contains("complete"), "{}", answer.text);
}
