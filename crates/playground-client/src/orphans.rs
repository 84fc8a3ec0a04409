//! `orphans/`: containers with a Playground Agent's labels that no record of the asked one has.

use futures_util::Stream;
use playground_types::wire::{Container, Orphan};
use reqwest::{Method, Url};

use crate::{Client, ClientError};

impl Client {
    /// Every container without a record, fetched page by page as they are taken; with `all_agents` those of other Agents
    /// too, which may be alive. Ends after its first error.
    pub fn orphans(
        &self,
        all_agents: bool,
    ) -> impl Stream<Item = Result<Orphan, ClientError>> + Send + 'static + use<> {
        let query = vec![("all_agents".to_owned(), all_agents.to_string())];
        self.all_pages(&["orphans"], query)
    }

    /// Gives a container a record again. `all_agents` also takes one of another Agent over: a new container takes its
    /// place.
    ///
    /// # Errors
    /// `Api` with `orphan_unknown`, `orphan_not_adoptable` or `orphan_of_other_agent`; see [`ClientError`].
    pub async fn adopt_orphan(&self, id: &str, all_agents: bool) -> Result<Container, ClientError> {
        let url = asking(self.address(&["orphans", id, "adopt"]), all_agents);
        self.read(self.send(self.request(Method::POST, url)).await?)
            .await
    }

    /// Stops and removes a container without a record; with `all_agents` also one of another Agent.
    ///
    /// # Errors
    /// `Api` with `orphan_unknown` or `orphan_of_other_agent`; see [`ClientError`].
    pub async fn remove_orphan(&self, id: &str, all_agents: bool) -> Result<(), ClientError> {
        let url = asking(self.address(&["orphans", id]), all_agents);
        self.send_away(self.request(Method::DELETE, url))
            .await
            .map(drop)
    }
}

fn asking(mut url: Url, all_agents: bool) -> Url {
    if all_agents {
        url.query_pairs_mut().append_pair("all_agents", "true");
    }
    url
}
