//! `builds/`: the launches that creates started.

use std::time::Duration;

use futures_util::Stream;
use playground_types::wire::{Launch, Page};
use reqwest::Method;
use tokio::time::{Instant, sleep, timeout_at};

use crate::{Client, ClientError};

/// How soon a launch is looked at again, at first and at last.
const SOON: Duration = Duration::from_millis(200);
const LATER: Duration = Duration::from_secs(2);

impl Client {
    /// One page of the launches, newest first. Pages count from 1; a page has at most 500 items.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn builds(&self, page: u64, page_size: u64) -> Result<Page<Launch>, ClientError> {
        let query = [("page", page), ("page_size", page_size)]
            .map(|(name, value)| (name.to_owned(), value.to_string()));
        self.get(&["builds"], &query).await
    }

    /// Every launch, newest first, fetched page by page as they are taken. Ends after its first error.
    pub fn all_builds(
        &self,
    ) -> impl Stream<Item = Result<Launch, ClientError>> + Send + 'static + use<> {
        self.all_pages(&["builds"], Vec::new())
    }

    /// Where a launch stands. The id of an image build works too.
    ///
    /// # Errors
    /// `Api` with `build_unknown`; see [`ClientError`].
    pub async fn build(&self, id: &str) -> Result<Launch, ClientError> {
        self.get(&["builds", id], &[]).await
    }

    /// Cancels a launch, or an image build with everything that waits for it.
    ///
    /// # Errors
    /// `Api` with `build_ended` when there is nothing to cancel any more; see [`ClientError`].
    pub async fn cancel_build(&self, id: &str) -> Result<(), ClientError> {
        let delete = self.request(Method::DELETE, self.address(&["builds", id]));
        self.send_away(delete).await.map(drop)
    }

    /// Waits until a launch has ended, well or not: look at its `status`, `result` and `failure`.
    ///
    /// # Errors
    /// [`ClientError::Timeout`] past the deadline; the launch itself goes on. Else see [`ClientError`].
    pub async fn wait_for_build(
        &self,
        id: &str,
        deadline: Duration,
    ) -> Result<Launch, ClientError> {
        let wait = async {
            let mut pause = SOON;
            loop {
                let launch = self.build(id).await?;
                if launch.status.is_final() {
                    return Ok(launch);
                }
                sleep(pause).await;
                pause = (pause * 2).min(LATER);
            }
        };
        timeout_at(Instant::now() + deadline, wait)
            .await
            .unwrap_or_else(|_| {
                Err(ClientError::Timeout {
                    what: format!("build {id}"),
                    after: deadline,
                })
            })
    }
}
