//! How a request names its app, and under which address it is to ask again.

use axum::http::request::Parts;
use playground_proxy::Mount;

/// The part of a query that carries a link.
pub(crate) const LINK: &str = "synapse-link";

/// How a request names its app.
#[derive(Debug)]
pub(crate) struct Way {
    label: String,
    ticket: Option<String>,
    has_own_host: bool,
}

impl Way {
    pub(crate) fn new(label: &str, mount: Mount<'_>) -> Self {
        let ticket = match mount {
            Mount::Path { ticket } => ticket.map(str::to_owned),
            Mount::Host => None,
        };
        Self {
            label: label.to_owned(),
            ticket,
            has_own_host: mount == Mount::Host,
        }
    }

    /// Whether the app has an origin of its own, and with it cookies.
    pub(crate) fn has_own_host(&self) -> bool {
        self.has_own_host
    }

    /// What the path says of its page.
    pub(crate) fn ticket(&self) -> Option<&str> {
        self.ticket.as_deref()
    }

    /// What everything of the app begins with, without a ticket.
    pub(crate) fn root(&self) -> String {
        self.mount(None).prefix(&self.label)
    }

    /// The app's label, as it was written.
    pub(crate) fn label(&self) -> &str {
        &self.label
    }

    fn mount<'a>(&self, ticket: Option<&'a str>) -> Mount<'a> {
        if self.has_own_host {
            Mount::Host
        } else {
            Mount::Path { ticket }
        }
    }

    /// The address that was asked for, with this ticket or without one, and without a link.
    pub(crate) fn address(&self, ticket: Option<&str>, parts: &Parts) -> String {
        let was = self.mount(self.ticket.as_deref()).prefix(&self.label);
        let rest = parts.uri.path().get(was.len()..).unwrap_or("/");
        let query = parts.uri.query().unwrap_or_default();
        let path = format!("{}{rest}", self.mount(ticket).prefix(&self.label));
        without_link(&on_this_host(path), query)
    }
}

/// A browser takes what two slashes begin for a host, and leaves the dot away: the app is asked for the path as it was.
fn on_this_host(path: String) -> String {
    if path.starts_with("//") || path.starts_with("/\\") {
        format!("/.{path}")
    } else {
        path
    }
}

fn without_link(path: &str, query: &str) -> String {
    let rest: Vec<&str> = query
        .split('&')
        .filter(|pair| !pair.is_empty() && !pair.starts_with(&format!("{LINK}=")))
        .collect();
    if rest.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{}", rest.join("&"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_address_leads_to_another_host() {
        let ask = |path: &str| {
            let request = axum::http::Request::get(format!("http://app.localhost{path}"));
            let (parts, ()) = request.body(()).unwrap().into_parts();
            Way::new("app", Mount::Host).address(None, &parts)
        };
        assert_eq!(ask("//evil.example/?synapse-link=x"), "/.//evil.example/");
        assert_eq!(ask("/a//b?c=1"), "/a//b?c=1");
        assert_eq!(ask("/"), "/");
    }

    #[test]
    fn a_link_leaves_the_rest_of_the_query_alone() {
        assert_eq!(without_link("/x", "a=1&synapse-link=abc&b="), "/x?a=1&b=");
        assert_eq!(without_link("/", "synapse-link=abc"), "/");
    }
}
