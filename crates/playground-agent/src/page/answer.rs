//! How the page's files are sent: who may frame them, what they may load, and for how long a browser keeps them.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    IF_NONE_MATCH, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use axum::response::Response;
use playground_proxy::Domains;

use super::files::{INDEX, Packing, Page};
use crate::auth::Scheme;
use crate::http::AppState;
use crate::http::error::ApiError;
use crate::http::extract::Caller;

const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// Asked for again each time, and sent again only when it is another.
const FRESH: HeaderValue = HeaderValue::from_static("no-cache");
/// For files whose name changes with what is in them: a year, which is for ever.
const LASTING: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// `/`
pub(crate) async fn index(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let mut response = send(&state.page, INDEX, &headers, FRESH)?;
    let answer = response.headers_mut();
    answer.insert(
        CONTENT_SECURITY_POLICY,
        policy(state.gateway.domains(), &caller),
    );
    answer.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    answer.insert(OPENER_POLICY, HeaderValue::from_static("same-origin"));
    Ok(response)
}

/// `/assets/...`
pub(crate) async fn asset(
    State(state): State<AppState>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let name = uri.path().trim_start_matches('/');
    send(&state.page, name, &headers, LASTING)
}

/// `/favicon.svg`
pub(crate) async fn favicon(
    State(state): State<AppState>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    send(&state.page, "favicon.svg", &headers, FRESH)
}

fn send(
    page: &Page,
    name: &str,
    asked: &HeaderMap,
    keep: HeaderValue,
) -> Result<Response, ApiError> {
    let packings = Packing::ALL
        .into_iter()
        .filter(|packing| is_taken(asked, *packing));
    let Some((file, packing)) = page.find(name, packings) else {
        return Err(ApiError::not_found(
            "route_unknown",
            format!("there is nothing at /{name}"),
        ));
    };
    let is_known = is_known(asked, &file.etag);
    let body = if is_known {
        Bytes::new()
    } else {
        file.bytes.clone()
    };
    let mut response = Response::new(Body::from(body));
    let headers = response.headers_mut();
    headers.insert(ETAG, file.etag.clone());
    headers.insert(CACHE_CONTROL, keep);
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(RESOURCE_POLICY, HeaderValue::from_static("same-origin"));
    if is_known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return Ok(response);
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind(name)));
    if let Some(packing) = packing {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static(packing.coding()));
    }
    Ok(response)
}

/// What the page may do. It loads nothing from anywhere else, runs no script of its own text, and frames apps only: those with
/// a host of their own, and those below `/play/`.
fn policy(domains: &Domains, caller: &Caller) -> HeaderValue {
    let scheme = match caller.scheme() {
        Scheme::Http => "http",
        Scheme::Https => "https",
    };
    let port = caller
        .port()
        .map_or_else(String::new, |port| format!(":{port}"));
    let apps = format!("{scheme}://*.{}{port}", domains.domain);
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; \
         frame-src 'self' {apps}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    HeaderValue::from_str(&policy)
        .unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'"))
}

/// Whether the browser takes a file packed so: it is named, and not with a weight of nothing.
fn is_taken(asked: &HeaderMap, packing: Packing) -> bool {
    parts(asked, &ACCEPT_ENCODING).any(|part| {
        let (coding, weight) = part.split_once(';').unwrap_or((part, ""));
        let weight = weight.trim().strip_prefix("q=").unwrap_or("1");
        coding.trim().eq_ignore_ascii_case(packing.coding())
            && weight.parse::<f32>().is_ok_and(|weight| weight > 0.0)
    })
}

/// Whether the browser has these bytes.
fn is_known(asked: &HeaderMap, etag: &HeaderValue) -> bool {
    parts(asked, &IF_NONE_MATCH).any(|part| {
        let part = part.strip_prefix("W/").unwrap_or(part);
        part == "*" || part.as_bytes() == etag.as_bytes()
    })
}

/// The parts of a header between its commas.
fn parts<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
}

/// The kinds of files that a page is made of.
fn kind(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "woff2" => "font/woff2",
        "json" | "map" => "application/json",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
