//! What a visitor gets of an app's answer: everything but what would reach beyond the app.

use std::net::SocketAddr;

use hyper::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, LOCATION,
    REFERRER_POLICY, SERVER, X_CONTENT_TYPE_OPTIONS,
};

use crate::{cookies, cross_site, hop_by_hop, location};

/// An app may reach no further than its own origin, so it has no say in who else reads its answers.
const CROSS_ORIGIN: &str = "access-control-";
/// These hold for a whole host, or for all below it.
const BEYOND: [HeaderName; 4] = [
    HeaderName::from_static("alt-svc"),
    HeaderName::from_static("clear-site-data"),
    HeaderName::from_static("service-worker-allowed"),
    HeaderName::from_static("strict-transport-security"),
];
/// Gradio names these files by their content and says nothing about how long they keep.
const NAMED_BY_CONTENT: &str = "/assets/";
const A_YEAR: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// Where the answer goes, for what depends on it.
#[derive(Debug)]
pub(crate) struct Way<'a> {
    /// The visitor's own word for the gateway: host and port.
    pub(crate) host: &'a str,
    /// The app's address.
    pub(crate) target: SocketAddr,
    /// What the app's paths begin with.
    pub(crate) prefix: &'a str,
    /// The path that was asked for, without the prefix.
    pub(crate) path: &'a str,
    /// What the app's pages may do. None on the app's own port: what other pages may do with the app there is for the app to
    /// say, as it is where Docker publishes.
    pub(crate) policy: Option<&'a HeaderValue>,
    /// Whether the path has a ticket: whoever asks is a page of the app, which has no origin.
    pub(crate) has_ticket: bool,
}

/// Makes an answer's headers those that the visitor gets.
pub(crate) fn clean(headers: &mut HeaderMap, is_success: bool, way: &Way<'_>) {
    hop_by_hop::strip(headers);
    cookies::keep_to_app(headers, way.prefix);
    let is_gateway = way.policy.is_some();
    hop_by_hop::remove_all(headers, |name| {
        *name == SERVER
            || BEYOND.contains(name)
            || (is_gateway && name.as_str().starts_with(CROSS_ORIGIN))
    });
    if let Some(asked) = headers.remove(LOCATION)
        && let Some(allowed) =
            location::for_visitor(&asked, way.host, &way.target.to_string(), way.prefix)
    {
        headers.insert(LOCATION, allowed);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    if let Some(policy) = way.policy {
        // Beside the app's own: where there are several, all of them hold.
        headers.append(CONTENT_SECURITY_POLICY, policy.clone());
    }
    if way.has_ticket {
        cross_site::let_ticketed_read(headers);
    }
    if is_success && way.path.starts_with(NAMED_BY_CONTENT) && !headers.contains_key(CACHE_CONTROL)
    {
        headers.insert(CACHE_CONTROL, A_YEAR);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_reaches_beyond_the_app_is_taken_off() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("access-control-allow-origin", "https://evil.example"),
            ("access-control-allow-credentials", "true"),
            ("service-worker-allowed", "/"),
            ("clear-site-data", "\"*\""),
            ("server", "uvicorn"),
            ("location", "http://127.0.0.1:7861/"),
            ("content-type", "text/javascript"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        let policy = HeaderValue::from_static("frame-ancestors 'self'");
        let way = Way {
            host: "localhost:8000",
            target: SocketAddr::from(([127, 0, 0, 1], 7860)),
            prefix: "/play/noether",
            path: "/assets/index-1a2b.js",
            policy: Some(&policy),
            has_ticket: false,
        };
        clean(&mut headers, true, &way);
        let mut got: Vec<(&str, &str)> = headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.to_str().unwrap_or_default()))
            .collect();
        got.sort_unstable();
        assert_eq!(
            got,
            [
                ("cache-control", "public, max-age=31536000, immutable"),
                ("content-security-policy", "frame-ancestors 'self'"),
                ("content-type", "text/javascript"),
                ("referrer-policy", "same-origin"),
                ("x-content-type-options", "nosniff"),
            ]
        );
    }
}
