//! A stream that goes on for as long as somebody listens was let in once. It ends with the login that let it in.

use std::time::Duration;

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use futures_util::StreamExt as _;
use playground_store::{Store, StoreError};
use playground_types::Timestamp;
use tokio::sync::watch;

use super::Login;

const EVENTS: &str = "text/event-stream";
/// Time ends logins as well, and tells nobody.
const LOOK: Duration = Duration::from_secs(60);

/// Tells whoever listens that some login has ended.
#[derive(Debug, Clone)]
pub(crate) struct Endings {
    store: Store,
    changed: watch::Sender<()>,
}

impl Endings {
    pub(crate) fn new(store: Store) -> Self {
        Self {
            store,
            changed: watch::Sender::new(()),
        }
    }

    /// A token was revoked or a session closed.
    pub(crate) fn note(&self) {
        self.changed.send_replace(());
    }

    /// Returns once this login is worth nothing any more.
    pub(crate) async fn of(self, login: Login) {
        let mut changed = self.changed.subscribe();
        // Who cannot be looked up is not turned away for that.
        while self.holds(login).await.unwrap_or(true) {
            // Cancel-safe: a change that was not seen is there the next time. Which of the two it was does not matter.
            drop(tokio::time::timeout(LOOK, changed.changed()).await);
        }
    }

    async fn holds(&self, login: Login) -> Result<bool, StoreError> {
        let now = Timestamp::now();
        if let Some(session) = login.session {
            return self.store.has_session(session, now).await;
        }
        let Some(token) = login.token else {
            return Ok(true);
        };
        let valid = self.store.valid_tokens(now).await?;
        Ok(valid.iter().any(|row| row.id == token))
    }
}

/// The answer as it is; a stream of events until the login has ended.
pub(super) fn ending_with(login: Login, endings: &Endings, response: Response) -> Response {
    let kind = response.headers().get(CONTENT_TYPE);
    if kind.is_none_or(|kind| !kind.as_bytes().starts_with(EVENTS.as_bytes())) {
        return response;
    }
    let ended = endings.clone().of(login);
    response.map(|body| Body::from_stream(body.into_data_stream().take_until(Box::pin(ended))))
}
