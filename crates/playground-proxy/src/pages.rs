//! What an app's pages may do in a visitor's browser: the policy that goes with every answer of an app.

use hyper::header::HeaderValue;

use crate::entrance::Entrance;

/// Below `/play/` an app shares its host with the API and with other apps, so its pages get an origin that is nobody's: they
/// reach no storage, no cookie and no window but their own. No `allow-same-origin`, which would undo that, and no
/// `allow-top-navigation`: a page in a frame does not lead away the one around it.
const SANDBOX: &str = "sandbox allow-scripts allow-forms allow-downloads allow-popups allow-modals";
/// Pages of Gradio 3 to 5 wait for fonts and a script of other hosts before they show anything. Where those hosts can neither
/// be reached nor fail at once, that is for ever.
const OFFLINE: &str =
    "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; connect-src 'self' data: blob:";

/// The policies, as `Content-Security-Policy` has them.
#[derive(Debug)]
pub(crate) struct Pages {
    own_host: HeaderValue,
    shared_host: HeaderValue,
}

impl Pages {
    /// For pages that these may show in a frame (`frame-ancestors ...`), with or without what other hosts have.
    pub(crate) fn new(framed_by: &HeaderValue, offline: bool) -> Self {
        let framed_by = framed_by.to_str().unwrap_or("frame-ancestors 'self'");
        let mut policy = framed_by.to_owned();
        if offline {
            policy = format!("{policy}; {OFFLINE}");
        }
        let value = |text: &str| {
            HeaderValue::from_str(text)
                .unwrap_or(HeaderValue::from_static("frame-ancestors 'self'"))
        };
        Self {
            own_host: value(&policy),
            shared_host: value(&format!("{policy}; {SANDBOX}")),
        }
    }

    /// The policy of an app that was entered like this; none on its own port.
    pub(crate) fn policy(&self, entrance: Entrance) -> Option<&HeaderValue> {
        match entrance {
            Entrance::OwnPort => None,
            Entrance::OwnHost => Some(&self.own_host),
            Entrance::Path | Entrance::Ticket => Some(&self.shared_host),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policies(offline: bool) -> [String; 2] {
        let pages = Pages::new(
            &HeaderValue::from_static("frame-ancestors 'self' http://ui"),
            offline,
        );
        assert_eq!(pages.policy(Entrance::OwnPort), None);
        [Entrance::OwnHost, Entrance::Path].map(|entrance| {
            let policy = pages.policy(entrance).expect("there is one");
            policy.to_str().expect("it is text").to_owned()
        })
    }

    #[test]
    fn only_a_page_that_shares_its_host_is_shut_in() {
        for offline in [false, true] {
            let [own, shared] = policies(offline);
            assert!(!own.contains("sandbox"), "{own}");
            assert!(shared.contains("; sandbox allow-scripts "), "{shared}");
            for given in ["allow-same-origin", "allow-top-navigation"] {
                assert!(!shared.contains(given), "{shared}");
            }
        }
    }

    #[test]
    fn other_hosts_are_left_out_where_it_was_asked_for() {
        for policy in policies(false) {
            assert!(policy.starts_with("frame-ancestors 'self' http://ui"));
            assert!(!policy.contains("default-src"), "{policy}");
        }
        for policy in policies(true) {
            assert!(policy.contains("; default-src 'self' "), "{policy}");
            assert!(!policy.contains('*'), "{policy}");
        }
    }
}
