//! Which app a request is for: by its host, or by its path where apps have no host of their own.

use std::net::IpAddr;

use hyper::http::uri::Authority;

use crate::apps::label;

/// Apps are found below this path.
const PLAY: &str = "/play/";
/// A ticket begins with it.
const TICKET: char = '~';

/// How a visitor addresses an app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mount<'a> {
    /// `http://{label}.{domain}/`: the app has an origin of its own.
    Host,
    /// `http://{host}/play/{label}/`: the app shares its host with others, so its pages get an origin that is nobody's.
    Path {
        /// From `http://{host}/play/{label}/~{ticket}/`. Such a page has no cookies and no origin to be known by: that a
        /// request is its own is told by the ticket, which stays in everything that the page links to.
        ticket: Option<&'a str>,
    },
}

/// Where a request goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destination<'a> {
    /// To an app.
    App {
        /// The app's label, as the visitor wrote it.
        label: &'a str,
        /// How it was addressed.
        mount: Mount<'a>,
    },
    /// To an app, by a path that lacks the slash at its end: relative links would lead astray.
    LacksSlash,
    /// Not to an app.
    Elsewhere,
    /// To an app, under a host that is not ours: a foreign name that was made to point here.
    UnknownHost,
}

/// The hosts under which apps are found.
#[derive(Debug, Clone)]
pub struct Domains {
    /// Each app is found at `{label}.{domain}`. Browsers resolve `localhost` and everything below it to loopback.
    pub domain: String,
    /// Other names of this machine, for `/play/`. Its addresses need not be listed.
    pub hosts: Vec<String>,
}

impl Default for Domains {
    /// Below `localhost`, which every browser finds without any name service.
    fn default() -> Self {
        Self {
            domain: "localhost".to_owned(),
            hosts: Vec::new(),
        }
    }
}

impl Domains {
    /// The address of an app for somebody who reached us at this host and port: one of its own where its domain is found
    /// as this one was, else a path.
    pub fn url(&self, scheme: &str, authority: &str, name: &str) -> String {
        let host = without_port(authority);
        let port = &authority[host.len()..];
        let label = label(name);
        let is_loopback = |host: &str| {
            let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
            host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|it| it.is_loopback())
        };
        let is_found = if is_loopback(&self.domain) {
            is_loopback(host)
        } else {
            host.eq_ignore_ascii_case(&self.domain)
                || self
                    .hosts
                    .iter()
                    .any(|name| host.eq_ignore_ascii_case(name))
        };
        if is_found {
            format!("{scheme}://{label}.{}{port}/", self.domain)
        } else {
            format!("{scheme}://{authority}{PLAY}{label}/")
        }
    }

    /// Where a request with this `Host` and path goes.
    pub fn destination<'a>(&self, host: Option<&'a str>, path: &'a str) -> Destination<'a> {
        let host = host.map(without_port).unwrap_or_default();
        if let Some(label) = self.label(host) {
            return Destination::App {
                label,
                mount: Mount::Host,
            };
        }
        let Some(rest) = path.strip_prefix(PLAY).filter(|rest| !rest.is_empty()) else {
            return Destination::Elsewhere;
        };
        if !self.is_ours(host) {
            return Destination::UnknownHost;
        }
        match rest.split_once('/') {
            Some(("", _)) => Destination::Elsewhere,
            Some((label, path)) => match path.strip_prefix(TICKET).map(|it| it.split_once('/')) {
                Some(None) => Destination::LacksSlash,
                ticket => Destination::App {
                    label,
                    mount: Mount::Path {
                        ticket: ticket.flatten().map(|(ticket, _)| ticket),
                    },
                },
            },
            None => Destination::LacksSlash,
        }
    }

    /// The one label before the domain.
    fn label<'a>(&self, host: &'a str) -> Option<&'a str> {
        let dot = host.len().checked_sub(self.domain.len() + 1)?;
        let (label, domain) = (host.get(..dot)?, host.get(dot..)?);
        let is_below = domain.starts_with('.') && domain[1..].eq_ignore_ascii_case(&self.domain);
        (is_below && !label.is_empty() && !label.contains('.')).then_some(label)
    }

    /// Whether a `Host` is one of ours. An address cannot be made to point elsewhere, so whoever came by one meant this
    /// machine.
    pub(crate) fn is_at_home(&self, authority: &str) -> bool {
        self.is_ours(without_port(authority))
    }

    fn is_ours(&self, host: &str) -> bool {
        let is = |name: &str| host.eq_ignore_ascii_case(name);
        is("localhost")
            || is(&self.domain)
            || self.hosts.iter().any(|name| is(name))
            || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok()
    }
}

impl Mount<'_> {
    /// What the app's own paths begin with as visitors see them; nothing where it has its own host.
    pub fn prefix(self, label: &str) -> String {
        match self {
            Self::Host => String::new(),
            Self::Path { ticket: None } => format!("{PLAY}{label}"),
            Self::Path {
                ticket: Some(ticket),
            } => format!("{PLAY}{label}/{TICKET}{ticket}"),
        }
    }
}

/// The host of `host:port`, `[::1]:port` and the like.
fn without_port(host: &str) -> &str {
    let port = host.rsplit_once(':').filter(|(before, port)| {
        port.bytes().all(|byte| byte.is_ascii_digit())
            && (!before.contains(':') || before.ends_with(']'))
    });
    port.map_or(host, |(before, _)| before)
}

/// Whether two authorities name the same place, each with a port or without.
pub(crate) fn is_same_host(one: &Authority, other: &str) -> bool {
    one.as_str().eq_ignore_ascii_case(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn domains() -> Domains {
        Domains {
            domain: "apps.example.com".to_owned(),
            hosts: vec!["agent.example.com".to_owned()],
        }
    }

    fn goes<'a>(host: &'a str, path: &'a str) -> Destination<'a> {
        // The same for every call, and never changed.
        domains().destination(Some(host), path)
    }

    fn app<'a>(label: &'a str, mount: Mount<'a>) -> Destination<'a> {
        Destination::App { label, mount }
    }

    #[test]
    fn one_label_before_the_domain_is_an_app() {
        for host in [
            "swift-noether.apps.example.com",
            "swift-noether.apps.example.com:8000",
        ] {
            assert_eq!(goes(host, "/a//b"), app("swift-noether", Mount::Host));
        }
        assert_eq!(
            goes("Swift.APPS.example.com", "/play/x/"),
            app("Swift", Mount::Host)
        );
        for host in [
            "apps.example.com",
            ".apps.example.com",
            "a.b.apps.example.com",
            "xapps.example.com",
        ] {
            assert_eq!(goes(host, "/"), Destination::Elsewhere, "{host}");
        }
    }

    #[test]
    fn a_path_is_an_app_on_hosts_that_are_ours() {
        for host in [
            "localhost:8000",
            "127.0.0.1:8000",
            "[::1]:8000",
            "10.0.0.7",
            "AGENT.example.com",
            "apps.example.com:80",
        ] {
            assert_eq!(
                goes(host, "/play/noether/x"),
                app("noether", Mount::Path { ticket: None }),
                "{host}"
            );
        }
        assert_eq!(
            goes("evil.example", "/play/noether/"),
            Destination::UnknownHost
        );
        assert_eq!(
            domains().destination(None, "/play/noether/"),
            Destination::UnknownHost
        );
    }

    #[test]
    fn a_ticket_is_the_first_part_of_a_path() {
        let with = |ticket| {
            app(
                "noether",
                Mount::Path {
                    ticket: Some(ticket),
                },
            )
        };
        assert_eq!(goes("localhost", "/play/noether/~1.ab/x/~y"), with("1.ab"));
        assert_eq!(goes("localhost", "/play/noether/~/"), with(""));
        assert_eq!(
            goes("localhost", "/play/noether/~1.ab"),
            Destination::LacksSlash
        );
        assert_eq!(
            goes("localhost", "/play/noether/x/~1.ab/"),
            app("noether", Mount::Path { ticket: None })
        );
        let ticket = Some("1.ab");
        assert_eq!(
            Mount::Path { ticket }.prefix("noether"),
            "/play/noether/~1.ab"
        );
    }

    #[test]
    fn an_apps_address_is_found_as_ours_was() {
        let url = |authority| domains().url("https", authority, "swift_noether");
        assert_eq!(
            url("agent.example.com:8443"),
            "https://swift-noether.apps.example.com:8443/"
        );
        assert_eq!(
            url("10.0.0.7:8000"),
            "https://10.0.0.7:8000/play/swift-noether/"
        );
        let local = |authority| Domains::default().url("http", authority, "swift_noether");
        for authority in ["localhost:8000", "127.0.0.1:8000", "[::1]:8000"] {
            assert_eq!(local(authority), "http://swift-noether.localhost:8000/");
        }
        assert_eq!(
            local("box.lan:8000"),
            "http://box.lan:8000/play/swift-noether/"
        );
    }

    #[test]
    fn everything_else_goes_elsewhere() {
        for path in [
            "/",
            "/containers/",
            "/play",
            "/play/",
            "/play//x",
            "/player/x/",
        ] {
            assert_eq!(goes("localhost", path), Destination::Elsewhere, "{path}");
        }
        assert_eq!(goes("localhost", "/play/noether"), Destination::LacksSlash);
        assert_eq!(goes("evil.example", "/containers/"), Destination::Elsewhere);
    }
}
