use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use futures_util::StreamExt as _;
use playground_client::{Archive, Client, ClientError, CreateRequest};
use serde_json::json;
use tokio::net::TcpListener;

use crate::answers::answer;
use crate::stub::Stub;

async fn error_of(response: Response) -> ClientError {
    let stub = Stub::start([response]).await;
    stub.client().container("x").await.unwrap_err()
}

#[tokio::test]
async fn a_refusal_keeps_every_word_of_the_agent() {
    let body = json!({"detail": "there is no container x", "code": "container_unknown", "hint": "Look again.",
        "request_id": "r1"});
    let ClientError::Api {
        status,
        code,
        detail,
        hint,
        request_id,
    } = error_of(answer(404, &body)).await
    else {
        panic!("an answer of the API expected")
    };
    assert_eq!(
        (status, code.as_str(), detail.as_str(), hint.as_deref()),
        (
            404,
            "container_unknown",
            "there is no container x",
            Some("Look again.")
        )
    );
    assert_eq!(request_id.as_deref(), Some("r1"));
}

#[tokio::test]
async fn a_refused_token_is_its_own_error() {
    let body = json!({"detail": "this token is not valid", "code": "unauthorized"});
    let error = error_of(answer(401, &body)).await;
    assert!(
        matches!(&error, ClientError::Unauthorized { detail } if detail == "this token is not valid")
    );
}

#[tokio::test]
async fn an_answer_that_is_not_the_agents_is_named_by_its_status() {
    let gateway = Response::builder()
        .status(502)
        .body(Body::from("<html>Bad gateway</html>"))
        .unwrap();
    let error = error_of(gateway).await;
    assert!(
        matches!(&error, ClientError::Api { status: 502, code, .. } if code == "http_502"),
        "{error:?}"
    );
    assert_eq!(error.to_string(), "the answer was HTTP 502 Bad Gateway");
}

#[tokio::test]
async fn a_redirect_is_not_followed_with_the_token() {
    let redirect = Response::builder()
        .status(302)
        .header("location", "http://evil.example/")
        .body(Body::empty())
        .unwrap();
    let error = error_of(redirect).await;
    assert!(matches!(error, ClientError::Protocol { .. }));
    assert!(error.to_string().contains("evil.example"), "{error}");
}

#[tokio::test]
async fn an_answer_of_another_shape_makes_no_sense() {
    for response in [
        answer(200, &json!({"hello": "world"})),
        Response::new(Body::from("<html>")),
    ] {
        let error = error_of(response).await;
        assert!(matches!(error, ClientError::Protocol { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn nobody_at_the_address_is_unreachable() {
    let url = "http://127.0.0.1:9";
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    let error = Client::new(url, None).unwrap().health().await.unwrap_err();
    assert!(
        matches!(error, ClientError::Unreachable { .. }),
        "{error:?}"
    );
    assert_eq!(
        error.to_string(),
        format!("the Agent at {url} cannot be reached")
    );
}

#[tokio::test]
async fn an_agent_that_says_nothing_is_given_up_in_time() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    let client = Client::new(&url, None)
        .unwrap()
        .with_timeout(Duration::from_millis(200));
    let error = client.health().await.unwrap_err();
    assert!(matches!(error, ClientError::Timeout { .. }), "{error:?}");
    drop(listener);
}

/// A head that promises JSON, the beginning of a body, and nothing more.
fn unfinished(status: u16) -> Response {
    let beginning = futures_util::stream::once(async { Ok::<_, std::io::Error>("{\"detail\":") });
    Response::builder()
        .status(status)
        .header("content-type", "application/json")
        .body(Body::from_stream(
            beginning.chain(futures_util::stream::pending()),
        ))
        .unwrap()
}

#[tokio::test]
async fn an_answer_that_never_ends_is_given_up_in_time_after_an_upload_too() {
    for status in [201, 409] {
        let stub = Stub::start([unfinished(status), unfinished(status)]).await;
        let client = stub.client().with_timeout(Duration::from_millis(200));
        let archive = || Archive::from_bytes("a.zip", "bytes");
        let release = client.upload_release(archive(), |_| ()).await;
        let request = CreateRequest::default();
        let created = client.create_container_from(archive(), &request, |_| ());
        for error in [release.unwrap_err(), created.await.unwrap_err()] {
            assert!(matches!(error, ClientError::Timeout { .. }), "{error:?}");
        }
    }
}
