//! One line for each request, with everything that explains it. Never a query, a header or a body: they carry secrets.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use http_body_util::BodyExt as _;
use playground_types::wire::ErrorBody;
use tokio::time::Instant;
use uuid::Uuid;

use super::error::Cause;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Gives the request an id, runs it, and logs it once.
pub(crate) async fn log(request: Request, next: Next) -> Response {
    let id = Uuid::now_v7().to_string();
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let begun = Instant::now();
    let mut response = next.run(request).await;
    let status = response.status();
    let cause = response
        .extensions()
        .get::<Cause>()
        .map(|cause| cause.0.clone());
    let millis = begun.elapsed().as_secs_f64() * 1000.0;
    if status.is_server_error()
        && status != StatusCode::NOT_IMPLEMENTED
        && status != StatusCode::INSUFFICIENT_STORAGE
    {
        tracing::error!(request.id = %id, http.status = status.as_u16(), duration_ms = millis, cause, "{method} {path}");
    } else {
        tracing::info!(request.id = %id, http.status = status.as_u16(), duration_ms = millis, cause, "{method} {path}");
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    if status.is_server_error() {
        with_request_id(response, &id).await
    } else {
        response
    }
}

/// Puts the request's id into an error body, so that what a user pastes leads to the log line.
async fn with_request_id(response: Response, id: &str) -> Response {
    let (mut parts, body) = response.into_parts();
    let Ok(collected) = body.collect().await else {
        return Response::from_parts(parts, Body::empty());
    };
    let bytes = collected.to_bytes();
    let Ok(mut error) = serde_json::from_slice::<ErrorBody>(&bytes) else {
        return Response::from_parts(parts, Body::from(bytes));
    };
    error.request_id = Some(id.to_owned());
    parts.headers.remove(header::CONTENT_LENGTH);
    let body = serde_json::to_vec(&error).unwrap_or_else(|_| bytes.to_vec());
    Response::from_parts(parts, Body::from(body))
}
