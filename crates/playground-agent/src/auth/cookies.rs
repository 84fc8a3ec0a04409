//! The cookies of a request (RFC 6265, section 5.4).

use axum::http::HeaderMap;
use axum::http::header::COOKIE;

/// Names and values, in their order. A name may be there more than once: apps on other ports of this host set cookies too.
pub(crate) fn cookies(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
}
