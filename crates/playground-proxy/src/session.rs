//! Which page of a Gradio app a request is from. Each page makes a hash for itself when it is opened, and says it with whatever it
//! waits for: in the query (`queue/data?session_hash=`), or as the last part of the path (`heartbeat/`).

use hyper::Uri;

const QUERY: &str = "session_hash=";
const BEAT: &str = "/heartbeat/";
/// Gradio's are of about eleven letters. What is longer is none, and is not kept.
const LONGEST: usize = 64;

/// The page's hash, where the request says one.
pub(crate) fn of(uri: &Uri) -> Option<String> {
    let query = uri.query().unwrap_or_default().split('&');
    let in_query = query.filter_map(|part| part.strip_prefix(QUERY));
    let in_path = uri.path().split_once(BEAT).map(|(_, hash)| hash);
    in_query
        .chain(in_path)
        .find(|hash| is_hash(hash))
        .map(str::to_owned)
}

fn is_hash(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (1..=LONGEST).contains(&text.len()) && text.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_told_by_its_hash() {
        let told = |uri: &str| of(&uri.parse().unwrap());
        for uri in [
            "/gradio_api/queue/data?session_hash=k2j9x0v1aq",
            "/play/a/queue/data?x=1&session_hash=k2j9x0v1aq",
            "/gradio_api/heartbeat/k2j9x0v1aq",
        ] {
            assert_eq!(told(uri).as_deref(), Some("k2j9x0v1aq"), "{uri}");
        }
        let long = format!("/heartbeat/{}", "a".repeat(65));
        for uri in ["/", "/events?session_hash=", "/heartbeat/a/b", &long] {
            assert_eq!(told(uri), None, "{uri}");
        }
    }
}
