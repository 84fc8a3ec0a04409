//! The page's login: two halves, each worth nothing alone.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use playground_types::Timestamp;
use reqwest::Client;
use serde_json::{Value, json};

use crate::agent::{Answer, TOKEN, TestAgent};

const PATIENT: Duration = Duration::from_secs(600);
const KEY: &str = "x-synapse-key";

/// Both halves of a session, as the browser has them.
#[derive(Clone)]
struct Halves {
    cookie: String,
    key: String,
}

/// A request as the page sends it: no token.
async fn ask(
    agent: &TestAgent,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: Value,
) -> Answer {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, "localhost:8000");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = match body {
        Value::Null => Body::empty(),
        body => Body::from(body.to_string()),
    };
    agent.send(request.body(body).unwrap()).await
}

async fn log_in(agent: &TestAgent, with: Value) -> Answer {
    ask(agent, Method::POST, "/session/", &[], with).await
}

fn halves(answer: &Answer) -> Halves {
    assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
    let cookie = answer.headers[header::SET_COOKIE].to_str().unwrap();
    Halves {
        cookie: cookie.split(';').next().unwrap().to_owned(),
        key: answer.json()["key"].as_str().unwrap().to_owned(),
    }
}

async fn opened(agent: &TestAgent) -> Halves {
    halves(&log_in(agent, json!({"token": TOKEN})).await)
}

async fn seen_with(agent: &TestAgent, headers: &[(&str, &str)]) -> Answer {
    ask(agent, Method::GET, "/session/", headers, Value::Null).await
}

async fn invited(agent: &TestAgent) -> String {
    let made = agent.post("/session/codes/", Value::Null).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    made.json()["url"].as_str().unwrap().to_owned()
}

fn code_of(url: &str) -> Value {
    let (_, code) = url.split_once("#/login/").unwrap();
    json!({ "code": code })
}

#[tokio::test]
async fn a_session_has_two_halves_and_the_cookie_is_for_this_site_only() {
    let agent = TestAgent::start().await;
    let answer = log_in(&agent, json!({"token": TOKEN})).await;
    let id = agent.control.agent_id();
    let id = &id[id.len() - 8..];
    let cookie = answer.headers[header::SET_COOKIE].to_str().unwrap();
    let (pair, attributes) = cookie.split_once("; ").unwrap();
    let (name, value) = pair.split_once('=').unwrap();
    assert_eq!(name, format!("synapse-session-{id}"));
    assert_eq!(
        attributes,
        "Path=/; HttpOnly; SameSite=Strict; Max-Age=604800"
    );
    assert_eq!(value.len(), 40);
    assert!(!answer.text.contains(value), "the halves never meet");
    let Halves { cookie, key } = halves(&answer);
    let seen = seen_with(&agent, &[("cookie", &cookie), (KEY, &key)]).await;
    assert_eq!(seen.status, StatusCode::OK, "{seen:?}");
    assert_eq!(seen.json()["login_required"], true);
    assert_eq!(seen.json()["expires_at"], answer.json()["expires_at"]);
    assert!(seen.headers.get(header::SET_COOKIE).is_none());
}

#[tokio::test]
async fn over_https_the_cookie_is_of_this_host_alone() {
    let agent = TestAgent::start().await;
    let https = [("x-forwarded-proto", "https")];
    let with = json!({"token": TOKEN});
    let answer = ask(&agent, Method::POST, "/session", &https, with).await;
    let cookie = answer.headers[header::SET_COOKIE].to_str().unwrap();
    assert!(cookie.starts_with("__Host-synapse-session-"), "{cookie}");
    assert!(
        cookie.ends_with("Path=/; HttpOnly; SameSite=Strict; Max-Age=604800; Secure"),
        "{cookie}"
    );
    let Halves { cookie, key } = halves(&answer);
    let seen = seen_with(&agent, &[("cookie", &cookie), (KEY, &key)]).await;
    assert_eq!(seen.status, StatusCode::OK, "{seen:?}");
}

#[tokio::test]
async fn neither_half_alone_nor_a_wrong_pair_opens_anything() {
    let agent = TestAgent::start().await;
    let (one, other) = (opened(&agent).await, opened(&agent).await);
    let value = one.cookie.split_once('=').unwrap().1;
    let elsewhere = format!("synapse-session-00000000={value}");
    for wrong in [
        &[("cookie", &*one.cookie)][..],
        &[(KEY, &one.key)],
        &[("cookie", &one.cookie), (KEY, &other.key)],
        &[("cookie", &other.cookie), (KEY, &one.key)],
        &[("cookie", &one.cookie), (KEY, value)],
        &[("cookie", &one.cookie), (KEY, "")],
        &[("cookie", &elsewhere), (KEY, &one.key)],
        &[("cookie", &one.cookie), ("authorization", &one.key)],
        &[("authorization", value), (KEY, &one.key)],
        // A token that is sent is what counts.
        &[
            ("authorization", "wrong"),
            ("cookie", &one.cookie),
            (KEY, &one.key),
        ],
    ] {
        for path in ["/session", "/containers", "/health"] {
            let refused = ask(&agent, Method::GET, path, wrong, Value::Null).await;
            assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{path} {wrong:?}");
            assert_eq!(refused.json()["code"], "unauthorized");
        }
    }
    let both = [("cookie", &*one.cookie), (KEY, &*one.key)];
    assert_eq!(seen_with(&agent, &both).await.status, StatusCode::OK);
}

/// An app on another port of this host can set cookies of any name.
#[tokio::test]
async fn cookies_that_others_planted_hide_nothing() {
    let agent = TestAgent::start().await;
    let Halves { cookie, key } = opened(&agent).await;
    let (name, _) = cookie.split_once('=').unwrap();
    let planted = format!("{name}=junk; x=1; {cookie}; {name}=");
    let seen = seen_with(&agent, &[("cookie", &planted), (KEY, &key)]).await;
    assert_eq!(seen.status, StatusCode::OK, "{seen:?}");
}

#[tokio::test]
async fn a_session_that_is_used_lasts_longer_and_so_does_its_cookie() {
    let agent = TestAgent::start().await;
    let Halves { cookie, key } = opened(&agent).await;
    let both = [("cookie", &*cookie), (KEY, &*key)];
    let tomorrow = Timestamp::now().plus_millis(24 * 3600 * 1000);
    let store = agent.control.store();
    store.extend_session(1, tomorrow).await.unwrap();
    let seen = seen_with(&agent, &both).await;
    let until = seen.json()["expires_at"].as_str().unwrap().to_owned();
    let until = Timestamp::parse(&until).unwrap();
    assert!(
        until.millis_since(tomorrow) > 5 * 24 * 3600 * 1000,
        "{seen:?}"
    );
    let renewed = seen.headers[header::SET_COOKIE].to_str().unwrap();
    assert!(
        renewed.starts_with(&cookie) && renewed.contains("Max-Age=604800"),
        "{renewed}"
    );
    let again = seen_with(&agent, &both).await;
    assert!(again.headers.get(header::SET_COOKIE).is_none());
    store.extend_session(1, Timestamp::now()).await.unwrap();
    assert_eq!(
        seen_with(&agent, &both).await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn a_session_ends_for_good() {
    let agent = TestAgent::start().await;
    let Halves { cookie, key } = opened(&agent).await;
    let both = [("cookie", &*cookie), (KEY, &*key)];
    let ended = ask(&agent, Method::DELETE, "/session/", &both, Value::Null).await;
    assert_eq!(ended.status, StatusCode::NO_CONTENT);
    let forget = ended.headers[header::SET_COOKIE].to_str().unwrap();
    assert!(
        forget.contains("=; ") && forget.contains("Max-Age=0"),
        "{forget}"
    );
    let refused = seen_with(&agent, &both).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    let of_token = agent.call(Method::DELETE, "/session", None).await;
    assert_eq!(
        of_token.status,
        StatusCode::NO_CONTENT,
        "there is none to end"
    );
}

#[tokio::test]
async fn a_login_link_works_once_and_names_this_machine() {
    let agent = TestAgent::start().await;
    let url = invited(&agent).await;
    assert!(url.starts_with("http://agent.local:8000/#/login/"), "{url}");
    let by_number = [("host", "127.0.0.1:8000"), ("authorization", TOKEN)];
    let mut request = Request::post("/session/codes");
    for (name, value) in by_number {
        request = request.header(name, value);
    }
    let made = agent.send(request.body(Body::empty()).unwrap()).await;
    let url_of_number = made.json()["url"].as_str().unwrap().to_owned();
    assert!(
        url_of_number.starts_with("http://localhost:8000/#/login/"),
        "{url_of_number}"
    );

    let session = halves(&log_in(&agent, code_of(&url)).await);
    let both = [("cookie", &*session.cookie), (KEY, &*session.key)];
    assert_eq!(seen_with(&agent, &both).await.status, StatusCode::OK);
    insta::assert_snapshot!(log_in(&agent, code_of(&url)).await.error(), @"401 login_code_invalid: this link was used already, or has expired");

    // Whoever came by a link may invite others.
    let made = ask(&agent, Method::POST, "/session/codes", &both, Value::Null).await;
    let url = made.json()["url"].as_str().unwrap().to_owned();
    assert_eq!(
        log_in(&agent, code_of(&url)).await.status,
        StatusCode::CREATED
    );
}

#[tokio::test]
async fn what_opens_no_session_says_why() {
    let agent = TestAgent::start().await;
    let refused = async |with| log_in(&agent, with).await.error();
    insta::assert_snapshot!(refused(json!({"token": "wrong"})).await, @"401 token_invalid: this is no token of this Agent");
    insta::assert_snapshot!(refused(json!({"code": "wrong"})).await, @"401 login_code_invalid: this link was used already, or has expired");
    insta::assert_snapshot!(refused(json!({})).await, @"400 login_invalid: give either a token or a code");
    insta::assert_snapshot!(refused(json!({"token": TOKEN, "code": "x"})).await, @"400 login_invalid: give either a token or a code");
}

/// A restart, and another process on the same records.
#[tokio::test]
async fn a_session_outlives_the_agent_and_ends_with_its_token() {
    let dir = tempfile::tempdir().unwrap();
    let agent = TestAgent::at(dir.path(), |_| {}).await;
    let Halves { cookie, key } = opened(&agent).await;
    let made = agent.post("/tokens", json!({"label": "laptop"})).await;
    let (id, token) = (made.json()["id"].clone(), made.json()["token"].clone());
    let other = halves(&log_in(&agent, json!({ "token": token })).await);
    agent.control.stop().await;

    let again = TestAgent::at(dir.path(), |_| {}).await;
    let both = [("cookie", &*cookie), (KEY, &*key)];
    let others = [("cookie", &*other.cookie), (KEY, &*other.key)];
    assert_eq!(seen_with(&again, &both).await.status, StatusCode::OK);
    assert_eq!(seen_with(&again, &others).await.status, StatusCode::OK);
    let path = format!("/tokens/{id}");
    let revoked = again.call(Method::DELETE, &path, None).await;
    assert_eq!(revoked.status, StatusCode::NO_CONTENT);
    let ended = seen_with(&again, &others).await;
    assert_eq!(ended.status, StatusCode::UNAUTHORIZED);
    assert_eq!(seen_with(&again, &both).await.status, StatusCode::OK);
}

#[tokio::test]
async fn where_nobody_logs_in_the_page_is_told_so() {
    let agent = TestAgent::without_login().await;
    let seen = seen_with(&agent, &[]).await;
    assert_eq!(
        seen.json(),
        json!({"expires_at": null, "login_required": false})
    );
    for path in ["/session", "/session/codes"] {
        let refused = ask(&agent, Method::POST, path, &[], json!({"token": TOKEN})).await;
        assert_eq!(refused.json()["code"], "login_not_required", "{path}");
    }
}

/// Beside the header, which a foreign page cannot set: what it sends does not even get to the API.
#[tokio::test]
async fn another_page_can_neither_use_a_session_nor_open_one() {
    let agent = TestAgent::start().await;
    let Halves { cookie, key } = opened(&agent).await;
    let address = agent.listen(PATIENT).await;
    let client = Client::builder().no_proxy().build().unwrap();
    let send = async |method: Method, path: &str, from: &[(&str, &str)]| {
        let mut request = client
            .request(method, format!("http://{address}{path}"))
            .header("cookie", &cookie)
            .header(KEY, &key)
            .body(json!({"token": TOKEN}).to_string());
        for (name, value) in from {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap().status()
    };
    let home = format!("http://{address}");
    for from in [&[("sec-fetch-site", "same-origin")], &[("origin", &*home)]] {
        assert_eq!(send(Method::GET, "/session", from).await, StatusCode::OK);
        assert_eq!(
            send(Method::POST, "/session", from).await,
            StatusCode::CREATED
        );
    }
    for from in [
        &[("sec-fetch-site", "cross-site")][..],
        // An app on another port of this host, or on a host below it.
        &[("sec-fetch-site", "same-site")],
        &[
            ("sec-fetch-site", "same-site"),
            ("sec-fetch-mode", "navigate"),
        ],
        &[("origin", "http://localhost:7861")],
        &[("origin", "null")],
    ] {
        for (method, path) in [
            (Method::POST, "/session"),
            (Method::DELETE, "/session"),
            (Method::POST, "/session/codes"),
            (Method::POST, "/tokens"),
            (Method::POST, "/containers"),
        ] {
            let status = send(method, path, from).await;
            assert_eq!(status, StatusCode::FORBIDDEN, "{path} {from:?}");
        }
    }
    let still = send(
        Method::GET,
        "/session",
        &[("sec-fetch-site", "same-origin")],
    );
    assert_eq!(still.await, StatusCode::OK, "it was not ended");
}

#[tokio::test]
async fn no_half_and_no_code_is_logged() {
    let agent = TestAgent::start().await;
    let url = invited(&agent).await;
    let Halves { cookie, key } = halves(&log_in(&agent, code_of(&url)).await);
    let (name, cookie) = cookie.split_once('=').unwrap();
    let both = format!("{name}={cookie}");
    seen_with(&agent, &[("cookie", &both), (KEY, &key)]).await;
    let made = agent.post("/tokens", json!({"label": "a"})).await;
    let token = made.json()["token"].as_str().unwrap().to_owned();
    let logged = crate::log::logged();
    assert!(logged.contains("POST /session"), "{logged}");
    let everywhere = crate::log::logged_anywhere();
    for secret in [url.rsplit('/').next().unwrap(), cookie, &key, &token] {
        assert!(secret.len() == 40 && !everywhere.contains(secret));
    }
}
