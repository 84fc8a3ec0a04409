//! `tokens/`: further keys to the same Agent, which can be taken back one by one.

use std::time::Duration;

use futures_util::Stream;
use playground_types::wire::{NewToken, Token};
use reqwest::Method;
use serde_json::json;

use crate::{Client, ClientError};

impl Client {
    /// Every token that was made and not taken back, newest first. Ends after its first error.
    pub fn all_tokens(
        &self,
    ) -> impl Stream<Item = Result<Token, ClientError>> + Send + 'static + use<> {
        self.all_pages(&["tokens"], Vec::new())
    }

    /// Makes a token. The answer has it this once; with no time said it lasts until it is taken back.
    ///
    /// # Errors
    /// `Api` for a label or a time that cannot be; see [`ClientError`].
    pub async fn create_token(
        &self,
        label: &str,
        lasts: Option<Duration>,
    ) -> Result<NewToken, ClientError> {
        let body = json!({ "label": label, "expires_in": lasts.map(|lasts| lasts.as_secs()) });
        let post = self.request(Method::POST, self.address(&["tokens"]));
        self.read(self.send(post.json(&body)).await?).await
    }

    /// Takes a token back: from now on it opens nothing.
    ///
    /// # Errors
    /// `Api` with `token_unknown`; see [`ClientError`].
    pub async fn revoke_token(&self, id: i64) -> Result<(), ClientError> {
        let url = self.address(&["tokens", &id.to_string()]);
        self.send_away(self.request(Method::DELETE, url))
            .await
            .map(drop)
    }
}
