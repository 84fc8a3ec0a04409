//! Where an app sends its visitor. An app knows neither its address nor its prefix, and may name an address of this
//! machine that it was never given.

use std::net::IpAddr;

use hyper::Uri;
use hyper::header::HeaderValue;
use hyper::http::uri::Authority;

use crate::address::is_same_host;

/// The redirect as the visitor gets it; none where it leads into this machine or its network.
pub(crate) fn for_visitor(
    location: &HeaderValue,
    host: &str,
    target: &str,
    prefix: &str,
) -> Option<HeaderValue> {
    let text = location.to_str().ok()?;
    // A browser takes a backslash for a slash and leaves out tabs, so a path may turn into a host.
    if text.contains(['\\', '\t']) {
        return None;
    }
    let is_absolute_path = text.starts_with('/') && !text.starts_with("//");
    if is_absolute_path {
        return HeaderValue::from_str(&below(text, prefix)).ok();
    }
    // Relative ones, and those with a scheme that leads nowhere in this machine.
    let absolute = text
        .strip_prefix("//")
        .map(|rest| format!("http://{rest}"))
        .unwrap_or_else(|| text.to_owned());
    let uri: Uri = match absolute.parse() {
        Ok(uri) => uri,
        // Browsers are more tolerant than this parser, so what it does not read is not passed on where it may have a
        // host: `https:/127.0.0.1` is enough for that.
        Err(_) if text.contains("//") || text.contains(":/") => return None,
        Err(_) => return Some(location.clone()),
    };
    let Some(authority) = uri.authority() else {
        return Some(location.clone());
    };
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    if is_same_host(authority, target) {
        return HeaderValue::from_str(&below(path, prefix)).ok();
    }
    if is_same_host(authority, host) || !is_inside(authority) {
        return Some(location.clone());
    }
    None
}

fn below(path: &str, prefix: &str) -> String {
    let is_below = path
        .strip_prefix(prefix)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']));
    if is_below {
        path.to_owned()
    } else {
        format!("{prefix}{path}")
    }
}

/// An address, or a name of this very machine: nothing that an app of the internet would send somebody to.
fn is_inside(authority: &Authority) -> bool {
    // A name may end with a dot, and everything below localhost is this machine.
    let host = authority.host().trim_end_matches('.').to_ascii_lowercase();
    host == "localhost"
        || host.ends_with(".localhost")
        || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok()
        // 2130706433, 0x7f000001 and 127.1 are addresses to a browser.
        || host.bytes().next_back().is_some_and(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn goes(text: &'static str, prefix: &str) -> Option<String> {
        let location = HeaderValue::from_static(text);
        for_visitor(
            &location,
            "noether.localhost:8000",
            "127.0.0.1:7860",
            prefix,
        )
        .map(|value| value.to_str().unwrap_or_default().to_owned())
    }

    #[test]
    fn paths_stay_below_the_prefix() {
        assert_eq!(goes("/login?x=1", "").as_deref(), Some("/login?x=1"));
        assert_eq!(goes("/login", "/play/a").as_deref(), Some("/play/a/login"));
        assert_eq!(goes("/play/a/x", "/play/a").as_deref(), Some("/play/a/x"));
        assert_eq!(
            goes("/play/abc", "/play/a").as_deref(),
            Some("/play/a/play/abc")
        );
        assert_eq!(goes("next", "/play/a").as_deref(), Some("next"));
    }

    #[test]
    fn the_apps_own_address_becomes_a_path() {
        assert_eq!(
            goes("http://127.0.0.1:7860/login", "/play/a").as_deref(),
            Some("/play/a/login")
        );
    }

    #[test]
    fn other_places_inside_are_not_named_and_those_outside_pass() {
        for text in [
            "http://127.0.0.1:7861/",
            "http://localhost:22/",
            "//10.0.0.1/",
            "http://2130706433/",
            "http://[::1]/",
            "\\\\127.0.0.1/",
            "http:\\\\127.0.0.1/",
            "/\\127.0.0.1/",
            "/\t/127.0.0.1/",
            "https:/127.0.0.1/",
            "http://localhost.:22/",
            "http://127.0.0.1./",
            "http://x.localhost:22/",
        ] {
            assert_eq!(goes(text, ""), None, "{text}");
        }
        for text in [
            "https://huggingface.co/oauth",
            "http://noether.localhost:8000/x",
        ] {
            assert_eq!(goes(text, "").as_deref(), Some(text));
        }
    }
}
