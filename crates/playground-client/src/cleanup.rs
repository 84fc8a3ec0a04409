//! `cleanup/`: room on the Agent's disks.

use playground_types::wire::Cleanup;
use reqwest::Method;

use crate::{Client, ClientError};

impl Client {
    /// Removes images, builds and contents that the Agent's policy lets go, now. With `dry_run` nothing is removed, and
    /// the answer is what would be.
    ///
    /// # Errors
    /// `Api` with `engine_unavailable` when Docker does not answer; see [`ClientError`].
    pub async fn clean(&self, dry_run: bool) -> Result<Cleanup, ClientError> {
        let mut address = self.address(&["cleanup"]);
        address.set_query(Some(&format!("dry_run={dry_run}")));
        let post = self.request(Method::POST, address);
        self.read(self.send(post).await?).await
    }
}
