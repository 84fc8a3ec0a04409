//! Lists that come in pages.

use async_stream::try_stream;
use futures_util::Stream;
use playground_types::wire::Page;
use reqwest::{Method, Url};
use serde::de::DeserializeOwned;

use crate::{Client, ClientError};

/// Items on a page when all are wanted.
const SIZE: u64 = 100;

impl Client {
    /// The items of every page, by following `next`.
    ///
    /// Of a `next` link only its query is used: it is made from what the Agent took for its own address, which behind a
    /// proxy may be one that is not reached from here, and must not be one that gets the token.
    pub(crate) fn all_pages<T: DeserializeOwned + Send + 'static>(
        &self,
        segments: &[&str],
        query: Vec<(String, String)>,
    ) -> impl Stream<Item = Result<T, ClientError>> + Send + 'static + use<T> {
        let client = self.clone();
        let mut url = self.address(segments);
        url.query_pairs_mut()
            .extend_pairs(query)
            .append_pair("page_size", &SIZE.to_string());
        try_stream! {
            loop {
                let answer = client.send(client.request(Method::GET, url.clone())).await?;
                let page: Page<T> = client.read(answer).await?;
                for item in page.results {
                    yield item;
                }
                let Some(next) = page.next else { break };
                let following = client.next_address(&url, &next)?;
                if following == url {
                    Err(client.nonsense("its list of pages goes in a circle".to_owned()))?;
                }
                url = following;
            }
        }
    }

    fn next_address(&self, current: &Url, next: &str) -> Result<Url, ClientError> {
        let linked = current
            .join(next)
            .map_err(|error| self.nonsense(format!("the next page is at {next:?}: {error}")))?;
        let mut following = current.clone();
        following.set_query(linked.query());
        Ok(following)
    }

    pub(crate) fn nonsense(&self, reason: String) -> ClientError {
        ClientError::Protocol {
            url: self.url().to_owned(),
            reason,
        }
    }
}
