//! Plugin releases.

use axum::http::{Method, StatusCode};
use serde_json::json;

use crate::agent::{TestAgent, plugin, settled};

#[tokio::test]
async fn a_release_is_stored_shown_and_forgotten() {
    let agent = TestAgent::start().await;
    let stored = agent
        .form(
            "/plugin_releases/",
            &[],
            Some(&plugin("my-plugin", "2.0.0", "")),
        )
        .await;
    assert_eq!(stored.status, StatusCode::CREATED);
    insta::assert_json_snapshot!(settled(stored.json()));
    assert_eq!(
        agent.get("/plugin_releases/my-plugin@2.0.0").await.json(),
        stored.json()
    );
    assert_eq!(agent.get("/plugin_releases/1/").await.json(), stored.json());
    assert_eq!(agent.get("/plugin_releases/").await.json()["count"], 1);
    assert_eq!(
        agent
            .call(Method::DELETE, "/plugin_releases/my-plugin@2.0.0", None)
            .await
            .status,
        StatusCode::NO_CONTENT
    );
    let gone = agent.get("/plugin_releases/my-plugin@2.0.0/").await;
    insta::assert_snapshot!(gone.error(), @"404 plugin_release_unknown: plugin release my-plugin@2.0.0 is not on this Agent");
}

#[tokio::test]
async fn a_release_in_use_is_kept() {
    let agent = TestAgent::start().await;
    agent.created(&[]).await;
    let answer = agent
        .call(Method::DELETE, "/plugin_releases/my-plugin@1.0.0", None)
        .await;
    insta::assert_snapshot!(answer.error(), @"409 plugin_release_in_use: plugin release my-plugin@1.0.0 is used by 1 container(s)");
}

#[tokio::test]
async fn jobs_are_not_run_here_and_the_answer_says_so() {
    let agent = TestAgent::start().await;
    for path in [
        "/plugin_releases/my-plugin@1.0.0/run/",
        "/plugin_releases/run_debug/",
    ] {
        let answer = agent.post(path, json!({"action": "train"})).await;
        insta::allow_duplicates! {
            insta::assert_snapshot!(answer.error(), @"501 jobs_not_supported: this Agent runs Gradio apps of plugins, not their jobs");
        }
    }
}
