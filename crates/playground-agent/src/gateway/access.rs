//! Who may see an app: everybody a public one, else whoever has a token of this Agent or came by a link.

use std::sync::Arc;

use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, COOKIE};
use axum::http::request::Parts;
use playground_proxy::{App, Visitor};
use playground_store::StoreError;
use playground_types::Timestamp;

use super::links::Links;
use crate::Tokens;
use crate::auth::Checked;

/// The part of a query that carries a link.
pub(crate) const LINK: &str = "synapse-link";

/// What becomes of a request for an app.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// It passes.
    Admitted,
    /// It came by a link: it gets a cookie, and asks again without the link.
    Enters {
        /// The address without the link.
        location: String,
        /// `Set-Cookie`.
        cookie: String,
    },
    /// It does not pass.
    Refused,
}

/// The check.
#[derive(Debug, Clone)]
pub(crate) struct Access {
    pub(crate) tokens: Arc<Tokens>,
    pub(crate) links: Arc<Links>,
}

impl Access {
    /// Looks at a request for this app, whose paths begin with `prefix`. A token of ours is taken off: it is not meant for
    /// the app.
    pub(crate) async fn admit(
        &self,
        parts: &mut Parts,
        app: &App,
        prefix: &str,
        visitor: &Visitor,
    ) -> Result<Admission, StoreError> {
        if parts.headers.contains_key(AUTHORIZATION)
            && self.tokens.are_required()
            && self.tokens.check(&parts.headers).await? == Checked::Valid
        {
            parts.headers.remove(AUTHORIZATION);
            return Ok(Admission::Admitted);
        }
        if app.is_public || !self.tokens.are_required() {
            return Ok(Admission::Admitted);
        }
        let now = Timestamp::now();
        let by_cookie = cookie(&parts.headers, app.pk);
        if by_cookie.is_some_and(|link| self.links.read(app.pk, link, now).is_some()) {
            return Ok(Admission::Admitted);
        }
        let query = parts.uri.query().unwrap_or_default();
        let link = query.split('&').find_map(|pair| {
            let (name, value) = pair.split_once('=')?;
            (name == LINK).then_some(value)
        });
        let Some((link, until)) =
            link.and_then(|link| Some((link, self.links.read(app.pk, link, now)?)))
        else {
            return Ok(Admission::Refused);
        };
        let seconds = until.millis_since(now) / 1000;
        let secure = if visitor.scheme == "https" {
            "; Secure"
        } else {
            ""
        };
        Ok(Admission::Enters {
            location: without_link(parts.uri.path(), query),
            cookie: format!(
                "{}={link}; Path={prefix}/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}",
                cookie_name(app.pk)
            ),
        })
    }
}

/// One for each app: where apps share an origin, each has its own.
fn cookie_name(pk: i64) -> String {
    format!("synapse-app-{pk}")
}

fn cookie(headers: &HeaderMap, pk: i64) -> Option<&str> {
    let wanted = cookie_name(pk);
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(name, value)| (name == wanted).then_some(value))
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
    fn a_link_leaves_the_rest_of_the_query_alone() {
        assert_eq!(without_link("/x", "a=1&synapse-link=abc&b="), "/x?a=1&b=");
        assert_eq!(without_link("/", "synapse-link=abc"), "/");
    }
}
