//! Requests that a page of another site makes with a visitor's browser, and so with the visitor's cookies. The apps here
//! are strangers to each other, so a sibling's page is as foreign as any.

use hyper::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, HeaderMap, HeaderName, HeaderValue, ORIGIN,
};
use hyper::http::request::Parts;
use hyper::{Method, Response, StatusCode};

use crate::body::Body;
use crate::hop_by_hop;

const FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// What a page without an origin calls itself.
const NOBODY: HeaderValue = HeaderValue::from_static("null");
/// Seconds for which a browser need not ask again. No browser keeps it for longer than a day.
const A_DAY: HeaderValue = HeaderValue::from_static("86400");

/// Whether somebody else's page asks, and not just for a page to show.
pub(crate) fn is_foreign(parts: &Parts, host: &str) -> bool {
    let header = |name: HeaderName| {
        let value = parts.headers.get(name)?;
        Some(value.to_str().unwrap_or_default())
    };
    let asks_for_page = matches!(parts.method, Method::GET | Method::HEAD)
        && !hop_by_hop::wants_websocket(&parts.headers)
        && header(FETCH_MODE) == Some("navigate");
    match header(FETCH_SITE) {
        Some("same-origin" | "none") => false,
        Some(_) => !asks_for_page,
        // No browser of today, or an address that browsers do not trust. What a page sends carries its origin.
        None => header(ORIGIN).is_some_and(|origin| !is_of_host(origin, host)),
    }
}

/// The same for a request with a ticket: an app's page below `/play/` has no origin, so that to a browser it is foreign
/// everywhere, and the ticket is what tells it from others.
pub(crate) fn is_foreign_with_ticket(parts: &Parts, host: &str) -> bool {
    let origin = parts.headers.get(ORIGIN);
    origin.is_some_and(|origin| {
        *origin != NOBODY && !is_of_host(origin.to_str().unwrap_or_default(), host)
    })
}

/// Lets a page without an origin read the answer to a request that had a ticket.
pub(crate) fn let_ticketed_read(headers: &mut HeaderMap) {
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, NOBODY);
    // Gradio asks for its own address with credentials. There are none that such a page could send.
    headers.insert(
        ACCESS_CONTROL_ALLOW_CREDENTIALS,
        HeaderValue::from_static("true"),
    );
}

/// The answer to a browser that asks what a page with a ticket may send; none to any other request. The app is not asked: it
/// does not know that its page has no origin.
pub(crate) fn preflight(parts: &Parts) -> Option<Response<Body>> {
    let method = parts.headers.get(ACCESS_CONTROL_REQUEST_METHOD)?;
    if parts.method != Method::OPTIONS {
        return None;
    }
    let mut response = Response::new(Body::own(""));
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    let_ticketed_read(headers);
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, method.clone());
    if let Some(asked) = parts.headers.get(ACCESS_CONTROL_REQUEST_HEADERS) {
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, asked.clone());
    }
    headers.insert(ACCESS_CONTROL_MAX_AGE, A_DAY);
    Some(response)
}

fn is_of_host(origin: &str, host: &str) -> bool {
    origin
        .split_once("://")
        .is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use hyper::Request;

    use super::*;

    fn foreign(method: &str, headers: &[(&str, &str)]) -> bool {
        let mut request = Request::builder().method(method);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).expect("a request").into_parts();
        is_foreign(&parts, "noether.localhost:8000")
    }

    #[test]
    fn programs_and_the_apps_own_pages_are_at_home() {
        assert!(!foreign("POST", &[]));
        assert!(!foreign("POST", &[("sec-fetch-site", "same-origin")]));
        assert!(!foreign(
            "POST",
            &[("origin", "http://noether.localhost:8000")]
        ));
        assert!(!foreign("GET", &[("sec-fetch-site", "none")]));
    }

    #[test]
    fn another_page_may_show_an_app_and_nothing_else() {
        for site in ["cross-site", "same-site"] {
            let asked = |mode| [("sec-fetch-site", site), ("sec-fetch-mode", mode)];
            assert!(!foreign("GET", &asked("navigate")), "{site}");
            assert!(foreign("POST", &asked("navigate")), "{site}: a form");
            assert!(foreign("GET", &asked("cors")), "{site}");
            assert!(foreign("GET", &asked("no-cors")), "{site}");
        }
        for origin in [
            "https://evil.example",
            "null",
            "http://other.localhost:8000",
            "http://noether.localhost:8001",
        ] {
            assert!(foreign("POST", &[("origin", origin)]), "{origin}");
        }
    }

    #[test]
    fn with_a_ticket_a_page_without_an_origin_is_at_home() {
        let foreign = |headers: &[(&str, &str)]| {
            let mut request = Request::builder().method("POST");
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let (parts, ()) = request.body(()).expect("a request").into_parts();
            is_foreign_with_ticket(&parts, "localhost:8000")
        };
        assert!(!foreign(&[
            ("origin", "null"),
            ("sec-fetch-site", "cross-site")
        ]));
        assert!(!foreign(&[("sec-fetch-site", "cross-site")]));
        assert!(!foreign(&[("origin", "http://localhost:8000")]));
        for origin in ["https://evil.example", "http://noether.localhost:8000", ""] {
            assert!(foreign(&[("origin", origin)]), "{origin}");
        }
    }

    #[test]
    fn a_foreign_page_opens_no_websocket() {
        assert!(foreign(
            "GET",
            &[
                ("connection", "Upgrade"),
                ("upgrade", "websocket"),
                ("origin", "https://evil.example"),
            ]
        ));
    }
}
