//! Plugins to try, from an Agent that has nothing yet.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;
use serde_json::json;
use tower::ServiceExt as _;

use crate::agent::{TOKEN, TestAgent};

#[tokio::test]
async fn every_example_becomes_a_container_as_it_is() {
    let agent = TestAgent::start().await;
    let examples = agent.get("/examples/").await.json();
    let examples = examples.as_array().unwrap();
    let names: Vec<_> = examples.iter().map(|it| &it["name"]).collect();
    assert_eq!(names, ["image-lab", "text-tools", "story-stream"]);
    for example in examples {
        for text in ["title", "description", "description_ko"] {
            assert!(example[text].as_str().unwrap().len() > 5, "{example}");
        }
        let path = format!("/examples/{}/archive/", example["name"].as_str().unwrap());
        let archive = bytes(&agent, &path).await;
        assert_eq!(example["size_bytes"], archive.len());
        let made = agent.form("/containers", &[], Some(&archive)).await;
        assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
        assert_eq!(made.json()["plugin_release"], example["plugin_release"]);
        assert_eq!(made.json()["status"], "running");
    }
    let shown = json!({"title": "Image Lab", "plugin_release": "image-lab@1.0.0"});
    for (field, value) in shown.as_object().unwrap() {
        assert_eq!(&examples[0][field], value);
    }
}

#[tokio::test]
async fn an_example_is_a_file_to_save_and_an_unknown_one_is_none() {
    let agent = TestAgent::start().await;
    let archive = agent.get("/examples/image-lab/archive").await;
    assert_eq!(archive.headers[header::CONTENT_TYPE], "application/zip");
    assert_eq!(
        archive.headers[header::CONTENT_DISPOSITION],
        "attachment; filename=\"image-lab.zip\""
    );
    let unknown = agent.get("/examples/nowhere/archive").await;
    insta::assert_snapshot!(unknown.error(), @r#"404 example_unknown: there is no example "nowhere""#);
}

/// An archive is no text.
async fn bytes(agent: &TestAgent, path: &str) -> Vec<u8> {
    let request = Request::get(path.trim_end_matches('/'))
        .header(header::AUTHORIZATION, TOKEN)
        .body(Body::empty())
        .unwrap();
    let response = agent.router().oneshot(request).await.unwrap();
    let body = response.into_body().collect().await.unwrap();
    body.to_bytes().to_vec()
}
