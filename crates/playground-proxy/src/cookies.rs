//! Cookies between an app and its visitor. Ours never reach an app, and no app sets one for anybody but itself.

use hyper::HeaderMap;
use hyper::header::{COOKIE, HeaderValue, SET_COOKIE};

/// Cookies whose names begin so are ours: no app sees them, and none may set one.
pub(crate) const OURS: &str = "synapse-";

/// Takes our cookies off a request.
pub(crate) fn hide_ours(headers: &mut HeaderMap) {
    let kept: Vec<HeaderValue> = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(without_ours)
        .collect();
    headers.remove(COOKIE);
    for value in kept {
        headers.append(COOKIE, value);
    }
}

fn without_ours(value: &HeaderValue) -> Option<HeaderValue> {
    let kept: Vec<&[u8]> = value
        .as_bytes()
        .split(|byte| *byte == b';')
        .map(<[u8]>::trim_ascii)
        .filter(|pair| !pair.is_empty() && !is_ours(pair))
        .collect();
    let kept = kept.join(&b"; "[..]);
    (!kept.is_empty()).then(|| HeaderValue::from_bytes(&kept).ok())?
}

/// With a `__Host-` or `__Secure-` before it, too. A cookie without a name has the whole pair for its value, and is sent
/// back as that alone: `=synapse-session=x` comes as `synapse-session=x`.
fn is_ours(mut pair: &[u8]) -> bool {
    while let Some(rest) = pair.trim_ascii_start().strip_prefix(b"=") {
        pair = rest;
    }
    let pair = pair.trim_ascii_start();
    let pair = pair.strip_prefix(b"__Host-").unwrap_or(pair);
    let pair = pair.strip_prefix(b"__Secure-").unwrap_or(pair);
    pair.get(..OURS.len())
        .is_some_and(|begin| begin.eq_ignore_ascii_case(OURS.as_bytes()))
}

/// Keeps an app's cookies to the app: no domain, which would give them to its neighbours, and below its own prefix.
pub(crate) fn keep_to_app(headers: &mut HeaderMap, prefix: &str) {
    let kept: Vec<HeaderValue> = headers
        .get_all(SET_COOKIE)
        .iter()
        .filter_map(|value| kept_to_app(value, prefix))
        .collect();
    headers.remove(SET_COOKIE);
    for value in kept {
        headers.append(SET_COOKIE, value);
    }
}

fn kept_to_app(value: &HeaderValue, prefix: &str) -> Option<HeaderValue> {
    let text = std::str::from_utf8(value.as_bytes()).ok()?;
    let mut parts = text.split(';').map(str::trim);
    let pair = parts.next().filter(|pair| !is_ours(pair.as_bytes()))?;
    let mut kept = pair.to_owned();
    let mut path = "/".to_owned();
    for attribute in parts.filter(|part| !part.is_empty()) {
        let (name, value) = attribute.split_once('=').unwrap_or((attribute, ""));
        match name.trim().to_ascii_lowercase().as_str() {
            "domain" => {}
            "path" => value.trim().clone_into(&mut path),
            _ => {
                kept.push_str("; ");
                kept.push_str(attribute);
            }
        }
    }
    let path = if path.starts_with('/') { &path } else { "/" };
    // Where the prefix ends in the middle of a segment, the path is a neighbour's.
    let below = path
        .strip_prefix(prefix)
        .filter(|rest| rest.is_empty() || rest.starts_with('/'));
    let path = below.unwrap_or(path);
    kept.push_str("; Path=");
    kept.push_str(prefix);
    kept.push_str(if path.is_empty() { "/" } else { path });
    HeaderValue::from_str(&kept).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(text: &'static str, prefix: &str) -> Option<String> {
        let kept = kept_to_app(&HeaderValue::from_static(text), prefix)?;
        Some(kept.to_str().unwrap_or_default().to_owned())
    }

    #[test]
    fn our_cookies_are_hidden_and_others_pass() {
        let hide = |text| {
            without_ours(&HeaderValue::from_static(text))
                .map(|value| value.to_str().unwrap_or_default().to_owned())
        };
        assert_eq!(
            hide("a=1; synapse-session=x;b=2; __Host-Synapse-app=y"),
            Some("a=1; b=2".to_owned())
        );
        assert_eq!(hide("synapse-session=x"), None);
    }

    #[test]
    fn an_app_sets_cookies_for_itself_only() {
        assert_eq!(
            set("x=1; Domain=localhost; Path=/; HttpOnly", "").as_deref(),
            Some("x=1; HttpOnly; Path=/")
        );
        assert_eq!(
            set("x=1; path=/login; SameSite=Lax", "/play/noether").as_deref(),
            Some("x=1; SameSite=Lax; Path=/play/noether/login")
        );
        assert_eq!(
            set("x=1; Path=/play/noether/", "/play/noether").as_deref(),
            Some("x=1; Path=/play/noether/")
        );
        assert_eq!(set("x=1; Path=evil", "").as_deref(), Some("x=1; Path=/"));
        assert_eq!(
            set("x=1; Path=/play/noether-2/", "/play/noether").as_deref(),
            Some("x=1; Path=/play/noether/play/noether-2/")
        );
        for stolen in [
            "synapse-session=stolen; Path=/",
            "=synapse-session=stolen",
            " = synapse-session=stolen",
        ] {
            assert_eq!(set(stolen, ""), None, "{stolen}");
        }
    }
}
