//! Who a visitor is where another server stands in front: what that one says, if it is one of those that may say it.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, HeaderName};
use playground_proxy::Visitor;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The visitor behind a connection from `peer`. Nobody but a trusted front is believed.
pub(crate) fn visitor(headers: &HeaderMap, peer: SocketAddr, trusted: &[IpAddr]) -> Visitor {
    let peer = peer.ip().to_canonical();
    if !trusted.contains(&peer) {
        return Visitor {
            address: peer,
            scheme: "http",
        };
    }
    let is_https = last_first(headers, FORWARDED_PROTO).next() == Some("https");
    // Each front writes down whom it saw, behind what it was told: the first from the end that is no front of ours is
    // the visitor, and what stands before that one is what the visitor claims.
    let address = last_first(headers, FORWARDED_FOR)
        .map_while(|text| text.parse::<IpAddr>().ok())
        .map(|address| address.to_canonical())
        .find(|address| !trusted.contains(address));
    Visitor {
        address: address.unwrap_or(peer),
        scheme: if is_https { "https" } else { "http" },
    }
}

/// The parts of a header that may be there several times, from its end.
fn last_first(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let mut parts: Vec<&str> = headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .collect();
    parts.reverse();
    parts.into_iter()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    const FRONT: [u8; 4] = [10, 0, 0, 1];

    fn seen(peer: [u8; 4], forwarded_for: &'static str) -> (String, &'static str) {
        let mut headers = HeaderMap::new();
        headers.insert(FORWARDED_FOR, HeaderValue::from_static(forwarded_for));
        headers.insert(FORWARDED_PROTO, HeaderValue::from_static("https"));
        let visitor = visitor(&headers, SocketAddr::from((peer, 4711)), &[FRONT.into()]);
        (visitor.address.to_string(), visitor.scheme)
    }

    #[test]
    fn a_visitor_who_says_so_is_no_front() {
        let seen = seen([192, 0, 2, 7], "198.51.100.9");
        assert_eq!(seen, ("192.0.2.7".to_owned(), "http"));
    }

    #[test]
    fn a_front_is_believed_as_far_as_it_has_seen() {
        for (forwarded_for, address) in [
            ("198.51.100.9", "198.51.100.9"),
            ("203.0.113.5, 198.51.100.9", "198.51.100.9"),
            ("198.51.100.9, 10.0.0.1", "198.51.100.9"),
            ("nonsense", "10.0.0.1"),
            ("198.51.100.9, nonsense", "10.0.0.1"),
        ] {
            assert_eq!(
                seen(FRONT, forwarded_for),
                (address.to_owned(), "https"),
                "{forwarded_for}"
            );
        }
    }
}
