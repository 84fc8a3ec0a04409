//! More than one token: made, listed, revoked.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use serde_json::{Value, json};

use crate::agent::TestAgent;

async fn status_with(agent: &TestAgent, token: &str) -> StatusCode {
    let request = Request::get("/health").header(header::AUTHORIZATION, token);
    agent
        .send(request.body(Body::empty()).unwrap())
        .await
        .status
}

async fn listed(agent: &TestAgent) -> Vec<Value> {
    let page = agent.get("/tokens/").await.json();
    page["results"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_token_is_shown_once_works_and_is_revoked() {
    let agent = TestAgent::start().await;
    let made = agent
        .post("/tokens/", json!({"label": " ci ", "expires_in": 60}))
        .await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let made = made.json();
    let token = made["token"].as_str().unwrap();
    assert_eq!(
        (&made["label"], &made["is_own"]),
        (&json!("ci"), &json!(false))
    );
    assert!(made["expires_at"].is_string() && made["last_used_at"].is_null());
    assert_eq!(status_with(&agent, token).await, StatusCode::OK);

    let tokens = listed(&agent).await;
    assert_eq!(tokens.len(), 2);
    assert_eq!(tokens[0]["is_own"], true);
    assert_eq!(tokens[1]["id"], made["id"]);
    assert!(tokens.iter().all(|it| it["last_used_at"].is_string()));
    assert!(tokens.iter().all(|it| it.get("token").is_none()));

    let path = format!("/tokens/{}/", made["id"]);
    let revoked = agent.call(Method::DELETE, &path, None).await;
    assert_eq!(revoked.status, StatusCode::NO_CONTENT);
    assert_eq!(status_with(&agent, token).await, StatusCode::UNAUTHORIZED);
    let again = agent.call(Method::DELETE, &path, None).await;
    assert_eq!(again.json()["code"], "token_unknown");
    assert_eq!(listed(&agent).await.len(), 1);
}

#[tokio::test]
async fn tokens_are_listed_in_pages() {
    let agent = TestAgent::start().await;
    for label in ["b", "c"] {
        agent.post("/tokens", json!({ "label": label })).await;
    }
    let page = agent.get("/tokens?page=2&page_size=2").await.json();
    assert_eq!((&page["count"], &page["next"]), (&json!(3), &Value::Null));
    assert_eq!(page["results"][0]["label"], "c");
}

#[tokio::test]
async fn the_agents_own_token_is_not_revoked_here() {
    let agent = TestAgent::start().await;
    let own = listed(&agent).await[0]["id"].clone();
    let path = format!("/tokens/{own}");
    let refused = agent.call(Method::DELETE, &path, None).await;
    insta::assert_snapshot!(refused.error(), @"409 token_own: this is the Agent's own token: it is changed where the Agent runs");
}

#[tokio::test]
async fn a_token_that_makes_no_sense_is_refused() {
    let agent = TestAgent::start().await;
    let refused = async |body| agent.post("/tokens", body).await.error();
    insta::assert_snapshot!(refused(json!({})).await, @"400 label_invalid: label must have 1 to 100 letters");
    insta::assert_snapshot!(refused(json!({"label": "a\nb"})).await, @"400 label_invalid: label must have 1 to 100 letters");
    insta::assert_snapshot!(refused(json!({"label": "가".repeat(101)})).await, @"400 label_invalid: label must have 1 to 100 letters");
    insta::assert_snapshot!(refused(json!({"label": "a", "expires_in": 0})).await, @"400 expires_in_invalid: expires_in is 0 seconds");
    assert_eq!(listed(&agent).await.len(), 1, "none was made");
}
