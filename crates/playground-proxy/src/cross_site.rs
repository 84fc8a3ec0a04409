//! Requests that a page of another site makes with a visitor's browser, and so with the visitor's cookies. The apps here
//! are strangers to each other, so a sibling's page is as foreign as any.

use hyper::Method;
use hyper::header::{HeaderName, ORIGIN};
use hyper::http::request::Parts;

use crate::hop_by_hop;

const FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

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
