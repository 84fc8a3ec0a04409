//! A container's app: who may open it, what programs can call in it, and what it uses.

use std::time::Duration;

use playground_types::wire::{AppApi, AppLink, ContainerStats};
use reqwest::Method;
use serde_json::json;

use crate::{Client, ClientError};

impl Client {
    /// A link that opens this container's app through the gateway, for whoever has it, until it expires: after a day where
    /// nothing is said, after 90 days at most.
    ///
    /// # Errors
    /// `Api` with `expires_in_invalid` or `container_unknown`; see [`ClientError`].
    pub async fn app_link(
        &self,
        id: &str,
        lasts: Option<Duration>,
    ) -> Result<AppLink, ClientError> {
        let post = self
            .request(Method::POST, self.address(&["containers", id, "links"]))
            .json(&match lasts {
                Some(lasts) => json!({ "expires_in": lasts.as_secs() }),
                None => json!({}),
            });
        self.read(self.send(post).await?).await
    }

    /// The functions of the app that programs can call, with their parameters, as Gradio tells them.
    ///
    /// # Errors
    /// `Api` where the app does not run or is not of Gradio; see [`ClientError`].
    pub async fn app_api(&self, id: &str) -> Result<AppApi, ClientError> {
        self.get(&["containers", id, "api"], &[]).await
    }

    /// What the container used in the last minutes: processor, memory, disk, network, and GPUs where there are any.
    ///
    /// # Errors
    /// `Api` with `container_unknown`; see [`ClientError`].
    pub async fn container_stats(&self, id: &str) -> Result<ContainerStats, ClientError> {
        self.get(&["containers", id, "stats"], &[]).await
    }
}
