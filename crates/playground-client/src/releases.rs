//! `plugin_releases/`: what the Agent keeps, so that a create needs only `code@version`.

use futures_util::Stream;
use playground_types::wire::{Page, Release};
use reqwest::Method;

use crate::{Archive, Client, ClientError};

impl Client {
    /// One page of the releases, newest first. Pages count from 1; a page has at most 500 items.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn releases(&self, page: u64, page_size: u64) -> Result<Page<Release>, ClientError> {
        let query = [("page", page), ("page_size", page_size)]
            .map(|(name, value)| (name.to_owned(), value.to_string()));
        self.get(&["plugin_releases"], &query).await
    }

    /// Every release, newest first, fetched page by page as they are taken. Ends after its first error.
    pub fn all_releases(
        &self,
    ) -> impl Stream<Item = Result<Release, ClientError>> + Send + 'static + use<> {
        self.all_pages(&["plugin_releases"], Vec::new())
    }

    /// One release, by `code@version` or its integer key.
    ///
    /// # Errors
    /// `Api` with `plugin_release_unknown`; see [`ClientError`].
    pub async fn release(&self, release: &str) -> Result<Release, ClientError> {
        self.get(&["plugin_releases", release], &[]).await
    }

    /// Stores a release without running it. `progress` hears how many bytes of the archive were taken so far.
    ///
    /// # Errors
    /// `Api` with the reason when the archive is refused; see [`ClientError`].
    pub async fn upload_release(
        &self,
        archive: Archive,
        progress: impl FnMut(u64) + Send + 'static,
    ) -> Result<Release, ClientError> {
        let post = self.endless(Method::POST, self.address(&["plugin_releases"]));
        self.upload(post, Vec::new(), archive, progress).await
    }

    /// Forgets a release that no container uses.
    ///
    /// # Errors
    /// `Api` with `plugin_release_in_use`; see [`ClientError`].
    pub async fn delete_release(&self, release: &str) -> Result<(), ClientError> {
        let url = self.address(&["plugin_releases", release]);
        self.send_away(self.request(Method::DELETE, url))
            .await
            .map(drop)
    }
}
