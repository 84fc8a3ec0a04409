//! `session/`: the Playground page, opened for somebody who has a token.

use playground_types::wire::LoginLink;
use reqwest::Method;

use crate::{Client, ClientError};

impl Client {
    /// An address that opens the page logged in: once, within ten minutes, as whoever asks for it.
    ///
    /// # Errors
    /// `Api` with `login_not_required` where nobody needs to log in; see [`ClientError`].
    pub async fn login_link(&self) -> Result<LoginLink, ClientError> {
        let post = self.request(Method::POST, self.address(&["session", "codes"]));
        self.read(self.send(post).await?).await
    }
}
