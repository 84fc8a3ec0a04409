//! What an app is told of its visitor: what the gateway knows, and nothing that the visitor claims.

use std::net::IpAddr;

use hyper::header::{FORWARDED, HOST, HeaderMap, HeaderName, HeaderValue};

use crate::{cookies, hop_by_hop};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PREFIX: HeaderName = HeaderName::from_static("x-forwarded-prefix");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
/// Headers that are ours begin so: half of a session of the page is one of them.
const OURS: &str = "x-synapse-";
/// What Gradio and other servers believe, whoever says it. Everything that begins with `x-forwarded-` goes as well.
const CLAIMS: [HeaderName; 7] = [
    FORWARDED,
    HeaderName::from_static("x-direct-url"),
    HeaderName::from_static("x-real-ip"),
    HeaderName::from_static("x-gradio-server"),
    HeaderName::from_static("x-original-url"),
    HeaderName::from_static("x-rewrite-url"),
    HeaderName::from_static("x-script-name"),
];

/// Who asks, as the gateway knows it.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// The other end of the connection, or whom a trusted front named.
    pub address: IpAddr,
    /// `http` or `https`, as the visitor sees it.
    pub scheme: &'static str,
}

/// Makes a request's headers those that the app gets.
pub(crate) fn tell(headers: &mut HeaderMap, visitor: &Visitor, host: &HeaderValue, prefix: &str) {
    hop_by_hop::strip(headers);
    cookies::hide_ours(headers);
    hop_by_hop::remove_all(headers, |name| {
        let text = name.as_str();
        CLAIMS.contains(name) || text.starts_with("x-forwarded-") || text.starts_with(OURS)
    });
    headers.insert(HOST, host.clone());
    headers.insert(FORWARDED_HOST, host.clone());
    headers.insert(FORWARDED_PROTO, HeaderValue::from_static(visitor.scheme));
    if let Ok(address) = HeaderValue::from_str(&visitor.address.to_string()) {
        headers.insert(FORWARDED_FOR, address);
    }
    if !prefix.is_empty()
        && let Ok(prefix) = HeaderValue::from_str(prefix)
    {
        headers.insert(FORWARDED_PREFIX, prefix);
    }
}

#[cfg(test)]
mod tests {
    use hyper::header::COOKIE;

    use super::*;

    #[test]
    fn claims_are_replaced_by_what_is_known() {
        let mut headers = HeaderMap::new();
        for name in [
            "forwarded",
            "x-forwarded-for",
            "x-forwarded-host",
            "x-forwarded-port",
            "x-forwarded-prefix",
            "x-forwarded-anything",
            "x-gradio-server",
            "x-real-ip",
            "x-synapse-key",
        ] {
            headers.insert(
                HeaderName::from_static(name),
                HeaderValue::from_static("evil"),
            );
        }
        headers.insert(COOKIE, HeaderValue::from_static("synapse-session-1=s"));
        let visitor = Visitor {
            address: [192, 0, 2, 7].into(),
            scheme: "http",
        };
        let host = HeaderValue::from_static("localhost:8000");
        tell(&mut headers, &visitor, &host, "/play/noether");
        let mut told: Vec<(&str, &str)> = headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.to_str().unwrap_or_default()))
            .collect();
        told.sort_unstable();
        assert_eq!(
            told,
            [
                ("host", "localhost:8000"),
                ("x-forwarded-for", "192.0.2.7"),
                ("x-forwarded-host", "localhost:8000"),
                ("x-forwarded-prefix", "/play/noether"),
                ("x-forwarded-proto", "http"),
            ]
        );
    }
}
