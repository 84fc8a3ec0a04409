//! Who may call: a token in `Authorization`, raw as the SDK sends it, or behind `Bearer` or `Token`.
//!
//! Tokens are random and long, so a fast digest is right: an expensive one would only let strangers keep us busy.

use std::path::Path;

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, HeaderMap};
use axum::middleware::Next;
use axum::response::Response;
use playground_store::{Store, StoreError};
use playground_types::{Digest, Timestamp};
use secrecy::{ExposeSecret as _, SecretString};
use subtle::ConstantTimeEq as _;

use crate::http::AppState;
use crate::http::error::ApiError;
use crate::private_file;

/// The file in the data directory that holds the token this Agent made, for the local command line.
pub const TOKEN_FILE: &str = "token";
/// The label of the token that comes from settings or was made at the first start.
const OWN_LABEL: &str = "agent";

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
        let now = Timestamp::now();
        // What was set last is valid; what was set before is not.
        self.store.revoke_tokens(OWN_LABEL, now).await?;
        self.store
            .add_token(OWN_LABEL, &Digest::of(token.as_bytes()), now)
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
            return Ok(Checked::Valid);
        }
        let header = headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok());
        match header.map(without_scheme).filter(|token| !token.is_empty()) {
            None => Ok(Checked::Missing),
            Some(token) if self.accepts(token).await? => Ok(Checked::Valid),
            Some(_) => Ok(Checked::Wrong),
        }
    }

    async fn accepts(&self, presented: &str) -> Result<bool, StoreError> {
        let presented = Digest::of(presented.as_bytes());
        let mut found = false;
        // Every token is compared, so that the time says nothing about which one was close.
        for token in self.store.valid_tokens(Timestamp::now()).await? {
            found |= bool::from(token.hash.as_bytes().ct_eq(presented.hex().as_bytes()));
        }
        Ok(found)
    }
}

/// What a request's `Authorization` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Checked {
    /// A token of this Agent, or none is needed.
    Valid,
    /// There is none.
    Missing,
    /// It is no token of this Agent.
    Wrong,
}

/// Lets a request through that carries a valid token.
pub(crate) async fn require_token(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    match state
        .tokens
        .check(request.headers())
        .await
        .map_err(playground_control::ControlError::from)?
    {
        Checked::Valid => Ok(next.run(request).await),
        Checked::Missing => Err(ApiError::unauthorized("this request carries no token")),
        Checked::Wrong => Err(ApiError::unauthorized("this token is not valid")),
    }
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

/// 160 random bits as 40 hex digits, the form the platform's own agent tokens have.
fn generate() -> String {
    use std::fmt::Write as _;
    let bytes: [u8; 20] = rand::random();
    bytes
        .iter()
        .fold(String::with_capacity(40), |mut text, byte| {
            write!(text, "{byte:02x}").expect("writing to a String cannot fail");
            text
        })
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

    #[test]
    fn a_made_token_has_the_platforms_form() {
        let token = generate();
        assert!(token.len() == 40 && token.bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert_ne!(token, generate());
    }
}
