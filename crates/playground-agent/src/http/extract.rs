//! What handlers take out of a request, with our own errors.

use std::convert::Infallible;
use std::net::IpAddr;

use axum::extract::FromRequestParts;
use axum::http::header::HOST;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};

use playground_proxy::Domains;

use super::error::ApiError;
use crate::auth::Scheme;
use crate::reached::reached;

const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const FORWARDED_PREFIX: HeaderName = HeaderName::from_static("x-forwarded-prefix");

/// Path parameters with our error.
#[derive(Debug, axum::extract::FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(ApiError))]
pub(crate) struct Path<T>(pub(crate) T);

/// A query with our error.
#[derive(Debug, axum::extract::FromRequestParts)]
#[from_request(via(axum::extract::Query), rejection(ApiError))]
pub(crate) struct Query<T>(pub(crate) T);

/// The address under which the caller reached the Agent: what its links and endpoints are made from.
///
/// Everything in it came from the caller and goes back to the caller only.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    origin: String,
    prefix: String,
    host: Option<String>,
}

impl Caller {
    fn of(headers: &HeaderMap) -> Self {
        let text = |name: &HeaderName| {
            headers
                .get(name)
                .and_then(|value| value.to_str().ok())
                .filter(|text| is_plain(text))
        };
        let authority = text(&HOST).map(one_that_is_reached);
        let scheme = text(&FORWARDED_PROTO)
            .filter(|scheme| *scheme == "https")
            .unwrap_or("http");
        let prefix = text(&FORWARDED_PREFIX)
            .map(|prefix| prefix.trim_end_matches('/'))
            .unwrap_or_default();
        Self {
            origin: format!("{scheme}://{}", authority.as_deref().unwrap_or("127.0.0.1")),
            prefix: prefix.to_owned(),
            host: authority.map(|authority| without_port(&authority).to_owned()),
        }
    }

    /// How the caller reached us.
    pub(crate) fn scheme(&self) -> Scheme {
        if self.origin.starts_with("https:") {
            Scheme::Https
        } else {
            Scheme::Http
        }
    }

    /// The port that the caller's address names, where it does.
    pub(crate) fn port(&self) -> Option<u16> {
        let (_, port) = self.origin.rsplit_once(':')?;
        port.parse().ok()
    }

    /// The same caller at `localhost`, where the address is this machine's own: apps have hosts below that, and none below a
    /// number.
    pub(crate) fn by_name(self) -> Self {
        let address = self
            .host
            .as_deref()
            .map(|host| host.trim_matches(['[', ']']));
        let address = address.and_then(|host| host.parse::<IpAddr>().ok());
        if !address.is_some_and(|address| address.is_loopback()) {
            return self;
        }
        let (scheme, _) = self.origin.split_once("://").unwrap_or(("http", ""));
        let port = self
            .port()
            .map_or_else(String::new, |port| format!(":{port}"));
        Self {
            origin: format!("{scheme}://localhost{port}"),
            host: Some("localhost".to_owned()),
            ..self
        }
    }

    /// The host name without a port.
    pub(crate) fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }

    /// An absolute address of ours.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{}/{path}", self.origin, self.prefix)
    }

    /// The address of an app through the gateway.
    pub(crate) fn app_url(&self, domains: &Domains, name: &str) -> String {
        let (scheme, authority) = self.origin.split_once("://").unwrap_or(("http", ""));
        domains.url(scheme, authority, name)
    }

    /// The same over WebSocket.
    pub(crate) fn ws_url(&self, path: &str) -> String {
        self.url(path).replacen("http", "ws", 1)
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers))
    }
}

/// A WebSocket upgrade, where the request is one.
pub(crate) struct Upgrade(pub(crate) Option<axum::extract::ws::WebSocketUpgrade>);

impl<S: Send + Sync> FromRequestParts<S> for Upgrade {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        use axum::extract::ws::WebSocketUpgrade;
        let upgrade =
            <WebSocketUpgrade as FromRequestParts<S>>::from_request_parts(parts, state).await;
        Ok(Self(upgrade.ok()))
    }
}

/// Nothing in a header of ours may break out of a URL.
fn is_plain(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_ascii_graphic() && !"\"'<>\\@?#".contains(c))
}

/// The same authority at an address that leads to a machine: who asked at "every address" asked this one.
fn one_that_is_reached(authority: &str) -> String {
    let host = without_port(authority);
    let port = &authority[host.len()..];
    match host.trim_matches(['[', ']']).parse::<IpAddr>() {
        Ok(address) if address.is_unspecified() => match reached(address) {
            IpAddr::V4(own) => format!("{own}{port}"),
            IpAddr::V6(own) => format!("[{own}]{port}"),
        },
        _ => authority.to_owned(),
    }
}

fn without_port(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port))
            if port.bytes().all(|byte| byte.is_ascii_digit()) && !host.ends_with(':') =>
        {
            host
        }
        _ => authority,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn caller(pairs: &[(&'static str, &'static str)]) -> Caller {
        let headers = pairs
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect();
        Caller::of(&headers)
    }

    #[test]
    fn links_lead_back_the_way_the_caller_came() {
        let plain = caller(&[("host", "agent.local:8000")]);
        assert_eq!(
            plain.url("containers/?page=2"),
            "http://agent.local:8000/containers/?page=2"
        );
        assert_eq!(plain.host(), Some("agent.local"));
        let proxied = caller(&[
            ("host", "x.io"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-prefix", "/agent/"),
        ]);
        assert_eq!(
            proxied.ws_url("builds/1/logs/"),
            "wss://x.io/agent/builds/1/logs/"
        );
    }

    #[test]
    fn this_machine_has_a_name_and_others_keep_theirs() {
        let url = |host| caller(&[("host", host)]).by_name().url("#/login/c");
        for host in ["127.0.0.1:8000", "[::1]:8000", "localhost:8000"] {
            assert_eq!(url(host), "http://localhost:8000/#/login/c");
        }
        assert_eq!(url("127.0.0.1"), "http://localhost/#/login/c");
        assert_eq!(url("192.0.2.7:80"), "http://192.0.2.7:80/#/login/c");
    }

    #[test]
    fn every_address_of_this_machine_is_no_address_of_an_app() {
        for (asked, host, origin) in [
            ("0.0.0.0:8000", "127.0.0.1", "http://127.0.0.1:8000/"),
            ("0.0.0.0", "127.0.0.1", "http://127.0.0.1/"),
            ("[::]:8000", "[::1]", "http://[::1]:8000/"),
            ("[::]", "[::1]", "http://[::1]/"),
            ("10.0.0.1:80", "10.0.0.1", "http://10.0.0.1:80/"),
        ] {
            let caller = caller(&[("host", asked)]);
            assert_eq!(caller.host(), Some(host), "{asked}");
            assert_eq!(caller.url(""), origin, "{asked}");
        }
    }

    #[test]
    fn ipv6_hosts_keep_their_brackets() {
        assert_eq!(caller(&[("host", "[::1]:8000")]).host(), Some("[::1]"));
        assert_eq!(caller(&[("host", "[::1]")]).host(), Some("[::1]"));
    }

    #[test]
    fn a_host_that_breaks_out_of_a_url_is_not_used() {
        assert_eq!(caller(&[("host", "a\"><script>")]).host(), None);
    }
}
