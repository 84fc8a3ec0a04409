//! A stream that goes on for as long as somebody listens was let in once. It ends with the login that let it in.

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use futures_util::StreamExt as _;
use playground_store::{Store, StoreError};
use playground_types::Timestamp;
use tokio::sync::watch;

use super::Login;

const EVENTS: &str = "text/event-stream";

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
    async fn of(self, login: Login) {
        let mut changed = self.changed.subscribe();
        loop {
            changed.borrow_and_update();
            // Who cannot be looked up is not turned away for that.
            if !self.holds(login).await.unwrap_or(true) || changed.changed().await.is_err() {
                return;
            }
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
