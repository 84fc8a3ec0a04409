//! Who may see an app: everybody a public one, else whoever has a token of this Agent or came by a link.

use std::sync::Arc;

use axum::http::header::{AUTHORIZATION, UPGRADE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use playground_proxy::{App, Visitor};
use playground_store::StoreError;
use playground_types::Timestamp;

use super::links::Links;
use super::way::{LINK, Way};
use crate::Tokens;
use crate::auth::{Checked, cookies};

/// What becomes of a request for an app.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// It passes.
    Admitted,
    /// It is asked again at another address, without the link or with a ticket.
    Enters {
        /// The address.
        location: String,
        /// `Set-Cookie`, for whoever came by a link.
        cookies: Vec<String>,
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
    /// Whether nobody is asked who they are.
    pub(crate) fn is_open(&self) -> bool {
        !self.tokens.are_required()
    }

    /// Looks at a request for this app. A token of ours is taken off: it is not meant for the app.
    pub(crate) async fn admit(
        &self,
        parts: &mut Parts,
        app: &App,
        way: &Way,
        visitor: &Visitor,
    ) -> Result<Admission, StoreError> {
        let has_token = parts.headers.contains_key(AUTHORIZATION)
            && !self.is_open()
            && matches!(self.tokens.check(&parts.headers).await?, Checked::Valid(_));
        if has_token {
            parts.headers.remove(AUTHORIZATION);
        }
        let is_open = app.is_public || self.is_open();
        let now = Timestamp::now();
        if let Some(ticket) = way.ticket() {
            return Ok(self.admit_ticket(parts, app, ticket, is_open, now, way));
        }
        if has_token {
            return Ok(Admission::Admitted);
        }
        // Before the cookie of an earlier one: the visit lasts as long as the newest, and no app sees any.
        if let Some((link, until)) = self.link_in(parts, app, now) {
            let seconds = until.millis_since(now) / 1000;
            return Ok(Admission::Enters {
                location: way.address(Some(link).filter(|_| !way.has_own_host()), parts),
                cookies: link_cookies(app.pk, link, seconds, way, visitor),
            });
        }
        Ok(self.admit_known(parts, app, is_open, now, way))
    }

    /// The good link in an address that can be asked for again without it.
    fn link_in<'a>(
        &self,
        parts: &'a Parts,
        app: &App,
        now: Timestamp,
    ) -> Option<(&'a str, Timestamp)> {
        if !matches!(parts.method, Method::GET | Method::HEAD)
            || parts.headers.contains_key(UPGRADE)
        {
            return None;
        }
        let pairs = parts.uri.query()?.split('&');
        let mut named = pairs.filter_map(|pair| pair.split_once('='));
        let (_, link) = named.find(|(name, _)| *name == LINK)?;
        Some((link, self.links.read(app.pk, link, now)?))
    }

    /// Everybody at an open app, and whoever came by a link before.
    fn admit_known(
        &self,
        parts: &Parts,
        app: &App,
        is_open: bool,
        now: Timestamp,
        way: &Way,
    ) -> Admission {
        let is_good = |link: &&str| self.links.read(app.pk, link, now).is_some();
        let by_cookie = links_in_cookies(&parts.headers, app.pk).find(is_good);
        if !is_open && by_cookie.is_none() {
            return Admission::Refused;
        }
        if way.has_own_host() || !wants_page(parts) {
            return Admission::Admitted;
        }
        let ticket = by_cookie.map_or_else(|| self.links.ticket(app.pk, now), str::to_owned);
        Admission::Enters {
            location: way.address(Some(&ticket), parts),
            cookies: Vec::new(),
        }
    }

    /// A ticket is a link, or shows no more than that the page came through here. A page whose ticket has ended is asked for
    /// as if it had none.
    fn admit_ticket(
        &self,
        parts: &Parts,
        app: &App,
        ticket: &str,
        is_open: bool,
        now: Timestamp,
        way: &Way,
    ) -> Admission {
        if self.links.read(app.pk, ticket, now).is_some()
            || (is_open && self.links.is_ticket(app.pk, ticket, now))
        {
            Admission::Admitted
        } else if wants_page(parts) {
            Admission::Enters {
                location: way.address(None, parts),
                cookies: Vec::new(),
            }
        } else {
            Admission::Refused
        }
    }
}

/// Whether a browser asks for a page to show. At a plain address it does not say so, but for the kind that it takes.
fn wants_page(parts: &Parts) -> bool {
    let says = |name: &str, wanted: &str| {
        let value = parts.headers.get(name)?;
        Some(value.to_str().unwrap_or_default().contains(wanted))
    };
    matches!(parts.method, Method::GET | Method::HEAD)
        && says("accept", "text/html").unwrap_or(false)
        && says("sec-fetch-mode", "navigate").unwrap_or(true)
}

/// One for each app: where apps share an origin, each has its own.
fn cookie_name(pk: i64) -> String {
    format!("synapse-app-{pk}")
}

/// The same for a frame of a page of another site, the Playground's among them: `localhost` and what is below it are sites of
/// their own to a browser.
fn frame_cookie_name(pk: i64) -> String {
    format!("synapse-frame-{pk}")
}

/// What a link leaves behind. A browser that is not in a secure context drops the second, and has the first.
fn link_cookies(pk: i64, link: &str, seconds: i64, way: &Way, visitor: &Visitor) -> Vec<String> {
    let attributes = format!("Path={}/; Max-Age={seconds}; HttpOnly", way.root());
    let is_https = visitor.scheme == "https";
    let secure = if is_https { "; Secure" } else { "" };
    let mut cookies = vec![format!(
        "{}={link}; {attributes}; SameSite=Lax{secure}",
        cookie_name(pk)
    )];
    if way.has_own_host() {
        // Partitioned: only below the page around the frame that the link was opened in.
        cookies.push(format!(
            "{}={link}; {attributes}; SameSite=None; Secure; Partitioned",
            frame_cookie_name(pk)
        ));
    }
    cookies
}

fn links_in_cookies(headers: &HeaderMap, pk: i64) -> impl Iterator<Item = &str> {
    let wanted = [cookie_name(pk), frame_cookie_name(pk)];
    cookies(headers)
        .filter_map(move |(name, value)| wanted.iter().any(|it| it == name).then_some(value))
}
