//! Who may call.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};

use crate::agent::{TOKEN, TestAgent};

/// Every route of the API, both forms.
fn every_route() -> Vec<(Method, String)> {
    let document: serde_json::Value =
        serde_json::from_str(&playground_agent::openapi_json()).unwrap();
    let mut routes = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            let method: Method = method.to_uppercase().parse().unwrap();
            let path = path
                .replace("{id}", "1")
                .replace("{lookup}", "1")
                .replace("{name}", "1");
            routes.push((method.clone(), path.clone()));
            routes.push((method, format!("{path}/")));
        }
    }
    routes
}

/// docs/security.md, item 49.
#[tokio::test]
async fn item_49_no_route_answers_without_a_valid_token_and_every_refusal_is_alike() {
    let agent = TestAgent::start().await;
    let routes = every_route();
    assert!(routes.len() > 40, "{}", routes.len());
    for (method, path) in routes {
        if method == Method::POST && path.trim_end_matches('/') == "/session" {
            // The way in.
            continue;
        }
        for token in [
            None,
            Some(""),
            Some("wrong"),
            Some("Bearer wrong"),
            Some(&TOKEN[..39]),
        ] {
            let mut request = Request::builder().method(method.clone()).uri(&path);
            if let Some(token) = token {
                request = request.header(header::AUTHORIZATION, token);
            }
            let answer = agent.send(request.body(Body::empty()).unwrap()).await;
            assert_eq!(
                answer.status,
                StatusCode::UNAUTHORIZED,
                "{method} {path} {token:?}"
            );
            assert_eq!(answer.json()["code"], "unauthorized");
        }
    }
}

#[tokio::test]
async fn the_raw_token_is_what_the_sdk_sends_and_two_schemes_are_understood() {
    let agent = TestAgent::start().await;
    for value in [
        TOKEN.to_owned(),
        format!("Bearer {TOKEN}"),
        format!("Token {TOKEN}"),
    ] {
        let request = Request::get("/health/")
            .header(header::AUTHORIZATION, value)
            .body(Body::empty())
            .unwrap();
        assert_eq!(agent.send(request).await.status, StatusCode::OK);
    }
}

/// A server in front may ask for a password of its own, which browsers then send along.
#[tokio::test]
async fn another_scheme_than_ours_leaves_the_session_to_decide() {
    let agent = TestAgent::start().await;
    let opened = agent
        .post("/session", serde_json::json!({"token": TOKEN}))
        .await;
    let key = opened.json()["key"].as_str().unwrap().to_owned();
    let cookie = opened.headers[header::SET_COOKIE].to_str().unwrap();
    let ask = || Request::get("/health/").header(header::AUTHORIZATION, "Basic dTpw");
    let alone = agent.send(ask().body(Body::empty()).unwrap()).await;
    assert_eq!(alone.status, StatusCode::UNAUTHORIZED);
    let known = ask()
        .header(header::COOKIE, cookie.split(';').next().unwrap())
        .header("x-synapse-key", key);
    let answer = agent.send(known.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert_eq!(answer.headers["x-content-type-options"], "nosniff");
}

#[tokio::test]
async fn no_form_of_a_path_is_ever_redirected() {
    let agent = TestAgent::start().await;
    for (method, path) in every_route() {
        let request = TestAgent::request(method.clone(), &path, None);
        let status = agent.begin(request).await.status();
        assert!(!status.is_redirection(), "{method} {path}");
        assert_ne!(status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
    }
}

#[tokio::test]
async fn what_is_not_there_says_so_in_json() {
    let agent = TestAgent::start().await;
    insta::assert_snapshot!(agent.get("/nowhere/").await.error(), @"404 route_unknown: there is nothing at /nowhere");
    let wrong = agent.call(Method::PUT, "/containers/", None).await;
    insta::assert_snapshot!(wrong.error(), @"405 method_not_allowed: /containers cannot be called with this method");
}
