//! `examples/`: plugins that the Agent brings along.

use playground_types::wire::Example;
use reqwest::Method;

use crate::{Archive, Client, ClientError};

impl Client {
    /// The examples, in the order they are offered.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn examples(&self) -> Result<Vec<Example>, ClientError> {
        self.get(&["examples"], &[]).await
    }

    /// An example's archive, to be created from or unpacked.
    ///
    /// # Errors
    /// `Api` with `example_unknown`; see [`ClientError`].
    pub async fn example_archive(&self, name: &str) -> Result<Archive, ClientError> {
        let url = self.address(&["examples", name, "archive"]);
        let get = self.request(Method::GET, url);
        let answer = self.of_kind(self.send(get).await?, "application/zip")?;
        let bytes = answer.bytes().await.map_err(|error| self.broken(error))?;
        Ok(Archive::from_bytes(format!("{name}.zip"), bytes))
    }
}
