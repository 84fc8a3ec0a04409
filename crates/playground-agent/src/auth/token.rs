//! Tokens: one in `Authorization`, raw as the SDK sends it, or behind `Bearer` or `Token`.

use std::path::Path;

use axum::http::header::{AUTHORIZATION, HeaderMap};
use playground_store::{Revoked, Store, StoreError, TokenRow};
use playground_types::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};

use super::secret::{digest, generate, is_same};
use crate::private_file;

/// The file in the data directory that holds the token this Agent made, for the local command line.
pub const TOKEN_FILE: &str = "token";
/// The label of the token that comes from settings or was made at the first start.
const OWN_LABEL: &str = "agent";
/// How exactly it is written down when a token was used: a busy client must not make a write of every request.
const USED_MILLIS: i64 = 60_000;

/// The check of tokens.
#[derive(Debug, Clone)]
pub struct Tokens {
    store: Store,
    required: bool,
}

impl Tokens {
    /// A check against the store's tokens, or none at all.
    pub fn new(store: Store, required: bool) -> Self {
        Self { store, required }
    }

    /// Makes sure that a token exists: the one that was set, the one made earlier, or a new one.
    ///
    /// Returns a token that was made just now, so that it can be printed once.
    ///
    /// # Errors
    /// When the data directory or the store cannot be written.
    pub async fn ensure(
        &self,
        set: Option<&SecretString>,
        data_dir: &Path,
    ) -> Result<Option<SecretString>, anyhow::Error> {
        if !self.required {
            return Ok(None);
        }
        let file = data_dir.join(TOKEN_FILE);
        let kept = std::fs::read_to_string(&file)
            .ok()
            .map(|text| text.trim().to_owned())
            .filter(|text| !text.is_empty());
        let (token, is_new) = match (set, kept) {
            (Some(token), _) => (token.expose_secret().to_owned(), false),
            (None, Some(token)) => (token, false),
            (None, None) => (generate(), true),
        };
        self.store
            .set_own_token(OWN_LABEL, &digest(&token), Timestamp::now())
            .await?;
        private_file::write(&file, &token)?;
        Ok(is_new.then(|| SecretString::from(token)))
    }

    /// Whether requests need a token at all.
    pub(crate) fn are_required(&self) -> bool {
        self.required
    }

    /// Whether a request may be made.
    pub(crate) async fn check(&self, headers: &HeaderMap) -> Result<Checked, StoreError> {
        if !self.required {
            return Ok(Checked::Valid(None));
        }
        let header = headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok());
        // Another scheme is whoever stands before us asking for a password of theirs.
        let is_token = |token: &&str| !token.is_empty() && !token.contains(' ');
        let Some(token) = header.map(without_scheme).filter(is_token) else {
            return Ok(Checked::Missing);
        };
        let found = self.find(token).await?;
        Ok(found.map_or(Checked::Wrong, |row| Checked::Valid(Some(row.id))))
    }

    /// The valid token that this is.
    pub(crate) async fn find(&self, presented: &str) -> Result<Option<TokenRow>, StoreError> {
        let now = Timestamp::now();
        let presented = digest(presented);
        let mut found = None;
        // Every token is compared, so that the time says nothing about which one was close.
        for token in self.store.valid_tokens(now).await? {
            if is_same(&presented, &token.hash) {
                found = Some(token);
            }
        }
        if let Some(token) = &found {
            self.note_use(token, now).await;
        }
        Ok(found)
    }

    /// Nobody is turned away because this could not be written down.
    async fn note_use(&self, token: &TokenRow, now: Timestamp) {
        let is_known = |at: Timestamp| now.millis_since(at) < USED_MILLIS;
        if token.last_used_at.is_some_and(is_known) {
            return;
        }
        if let Err(error) = self.store.token_used(token.id, now).await {
            tracing::warn!(%error, token.id, "it is not known when this token was last used");
        }
    }

    /// The tokens that are valid, oldest first.
    pub(crate) async fn list(&self) -> Result<Vec<TokenRow>, StoreError> {
        self.store.valid_tokens(Timestamp::now()).await
    }

    /// A new token, which is known this once.
    pub(crate) async fn make(
        &self,
        label: &str,
        expires_at: Option<Timestamp>,
    ) -> Result<(TokenRow, SecretString), StoreError> {
        let token = generate();
        let row = self
            .store
            .add_token(label, &digest(&token), expires_at, Timestamp::now())
            .await?;
        Ok((row, SecretString::from(token)))
    }

    /// Ends a token, and with it the sessions that it opened.
    pub(crate) async fn revoke(&self, id: i64) -> Result<Revoked, StoreError> {
        self.store.revoke_token(id, Timestamp::now()).await
    }
}

/// What a request's `Authorization` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Checked {
    /// A token of this Agent, by its key; none where none is needed.
    Valid(Option<i64>),
    /// There is none.
    Missing,
    /// It is no token of this Agent.
    Wrong,
}

fn without_scheme(value: &str) -> &str {
    let value = value.trim();
    match value.split_once(' ') {
        Some((scheme, token))
            if scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("token") =>
        {
            token.trim()
        }
        _ => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_raw_token_and_both_schemes_are_understood() {
        for value in ["abc", "Bearer abc", "token abc", "Token  abc"] {
            assert_eq!(without_scheme(value), "abc");
        }
    }
}
