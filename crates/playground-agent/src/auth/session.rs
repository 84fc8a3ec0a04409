//! The page's login: a secret in two halves. Cookies know no ports, so the browser sends one half to whatever listens on this
//! host, an app among it. The other half is kept where only the page's own origin reads it, and comes in a header, which no
//! form and no foreign page can set. Neither is worth anything alone.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use playground_store::{SessionRow, Store, StoreError};
use playground_types::Timestamp;
use secrecy::SecretString;

use super::Login;
use super::cookies::cookies;
use super::secret::{digest, generate, is_same};

/// The half that the page keeps.
pub(crate) const KEY: HeaderName = HeaderName::from_static("x-synapse-key");
/// Begins the name of the cookie with the other half. The gateway shows no app a cookie that begins with `synapse-`.
const COOKIE_NAME: &str = "synapse-session-";
/// Letters of the Agent's id in that name, from its end: Agents on one host share its cookies, and ids that were made in the same
/// minute begin alike.
const ID_LETTERS: usize = 8;
/// A browser sends such a cookie to this host by https only, and takes it from nobody else.
const HOST_ONLY: &str = "__Host-";
/// A session lasts so long after its last use: 7 days.
const LASTS_MILLIS: i64 = 7 * 24 * 3600 * 1000;
/// How exactly that is kept: a page that is open must not make a write of every request.
const USED_MILLIS: i64 = 3600 * 1000;

/// How the browser reaches us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    Http,
    Https,
}

/// A session that was just opened.
#[derive(Debug)]
pub(crate) struct Opened {
    /// The page's half.
    pub(crate) key: SecretString,
    /// `Set-Cookie` with the other half.
    pub(crate) cookie: HeaderValue,
    /// Until when it lasts if nobody uses it.
    pub(crate) expires_at: Timestamp,
}

/// A session that a request belongs to, and its cookie once more where it lasts longer from now on.
type Found = (Login, Option<HeaderValue>);

/// The check of sessions.
#[derive(Debug, Clone)]
pub(crate) struct Sessions {
    store: Store,
    cookie_name: String,
}

impl Sessions {
    /// The sessions in this Agent's store.
    pub(crate) fn new(store: Store, agent_id: &str) -> Self {
        let letters = agent_id.chars().filter(char::is_ascii_alphanumeric);
        let letters: Vec<char> = letters.collect();
        let end = &letters[letters.len().saturating_sub(ID_LETTERS)..];
        Self {
            store,
            cookie_name: format!("{COOKIE_NAME}{}", end.iter().collect::<String>()),
        }
    }

    /// A code that opens one session, once.
    pub(crate) async fn invite(
        &self,
        token: i64,
        expires_at: Timestamp,
    ) -> Result<SecretString, StoreError> {
        let code = generate();
        self.store
            .add_session_code(&digest(&code), token, expires_at, Timestamp::now())
            .await?;
        Ok(SecretString::from(code))
    }

    /// The token behind a code, which is spent by that.
    pub(crate) async fn spend(&self, code: &str) -> Result<Option<i64>, StoreError> {
        self.store
            .spend_session_code(&digest(code), Timestamp::now())
            .await
    }

    /// A new session, worth what this token is worth.
    pub(crate) async fn open(&self, token: i64, scheme: Scheme) -> Result<Opened, StoreError> {
        let now = Timestamp::now();
        let expires_at = now.plus_millis(LASTS_MILLIS);
        let (key, cookie) = (generate(), generate());
        self.store
            .add_session(&digest(&key), &digest(&cookie), token, expires_at, now)
            .await?;
        Ok(Opened {
            key: SecretString::from(key),
            cookie: set_cookie(&self.name(scheme), &cookie, LASTS_MILLIS / 1000),
            expires_at,
        })
    }

    /// The session that a request has both halves of.
    pub(super) async fn check(&self, headers: &HeaderMap) -> Result<Option<Found>, StoreError> {
        let Some(key) = headers.get(KEY).and_then(|key| key.to_str().ok()) else {
            return Ok(None);
        };
        let now = Timestamp::now();
        let Some(session) = self.store.session(&digest(key), now).await? else {
            return Ok(None);
        };
        let Some((name, cookie)) = self.other_half(headers, &session) else {
            return Ok(None);
        };
        let expires_at = self.use_of(&session, now).await;
        let renewed = (expires_at != session.expires_at)
            .then(|| set_cookie(name, cookie, LASTS_MILLIS / 1000));
        let login = Login {
            token: Some(session.token),
            session: Some(session.id),
            expires_at: Some(expires_at),
        };
        Ok(Some((login, renewed)))
    }

    /// Until when the session lasts, used now. Nobody is turned away because that could not be written down.
    async fn use_of(&self, session: &SessionRow, now: Timestamp) -> Timestamp {
        let longer = now.plus_millis(LASTS_MILLIS);
        if longer.millis_since(session.expires_at) < USED_MILLIS {
            return session.expires_at;
        }
        match self.store.extend_session(session.id, longer).await {
            Ok(()) => longer,
            Err(error) => {
                tracing::warn!(%error, session.id, "a session that is used does not last longer");
                session.expires_at
            }
        }
    }

    /// Ends a session. Returns `Set-Cookie` that makes the browser forget its half.
    pub(crate) async fn end(&self, id: i64, scheme: Scheme) -> Result<HeaderValue, StoreError> {
        self.store.end_session(id).await?;
        Ok(set_cookie(&self.name(scheme), "", 0))
    }

    fn name(&self, scheme: Scheme) -> String {
        match scheme {
            Scheme::Http => self.cookie_name.clone(),
            Scheme::Https => format!("{HOST_ONLY}{}", self.cookie_name),
        }
    }

    /// The cookie with this session's other half. There may be others of its name: an app on another port of this host can set
    /// them too, and theirs may come first.
    fn other_half<'a>(
        &self,
        headers: &'a HeaderMap,
        session: &SessionRow,
    ) -> Option<(&'a str, &'a str)> {
        cookies(headers)
            .filter(|(name, _)| name.strip_prefix(HOST_ONLY).unwrap_or(name) == self.cookie_name)
            .find(|(_, value)| is_same(&digest(value), &session.cookie_hash))
    }
}

fn set_cookie(name: &str, value: &str, seconds: i64) -> HeaderValue {
    let secure = if name.starts_with(HOST_ONLY) {
        "; Secure"
    } else {
        ""
    };
    let text =
        format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}");
    let mut header = HeaderValue::from_str(&text).expect("name, value and attributes are ours");
    header.set_sensitive(true);
    header
}
