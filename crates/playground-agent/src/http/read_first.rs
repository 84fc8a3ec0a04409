//! Small bodies are read before anything is answered.
//!
//! An HTTP/1 connection whose request was answered before it was read is closed. Clients that keep connections (the SDK's
//! does) send the head and the body of a request one after the other, and would find theirs dead at the next call.

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http_body_util::BodyExt as _;

use super::error::ApiError;

/// Bytes that are read for nothing when the answer does not depend on them. Uploads are left to their handler.
const SMALL: usize = 64 * 1024;

pub(super) async fn read_first(request: Request, next: Next) -> Response {
    if !is_small(&request) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    match body.collect().await {
        Ok(body) => {
            let request = Request::from_parts(parts, Body::from(body.to_bytes()));
            next.run(request).await
        }
        Err(error) => ApiError::stalled(&error)
            .unwrap_or_else(|| {
                ApiError::bad_request("body_cut_off", "the request body was cut off")
            })
            .into_response(),
    }
}

fn is_small(request: &Request) -> bool {
    let header = |name| {
        let value = request.headers().get(name);
        value.and_then(|value| value.to_str().ok())
    };
    let length = header(CONTENT_LENGTH).and_then(|length| length.parse::<usize>().ok());
    let is_upload = header(CONTENT_TYPE).is_some_and(|kind| kind.starts_with("multipart/"));
    length.is_some_and(|length| length <= SMALL) && !is_upload
}
