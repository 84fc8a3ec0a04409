//! `containers/docker/`: the same containers by Docker's ids only, in Docker's words.

use std::collections::BTreeMap;

use playground_types::wire::{Container, Created};
use reqwest::Method;
use serde::{Deserialize, Serialize};

use crate::{Client, ClientError, CreateRequest, Removal};

/// A container of the Agent's as Docker lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DockerContainer {
    /// Docker's id.
    pub id: String,
    /// Docker's name.
    pub name: String,
    /// Docker's word for its state.
    pub status: String,
    /// Docker's id of its image.
    pub image: String,
    /// `code@version`.
    pub plugin_release: Option<String>,
    /// Its host port.
    pub host_port: Option<u16>,
    /// Its labels.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
}

impl Client {
    /// Docker's containers that this Agent made; those of others are none of its business.
    ///
    /// # Errors
    /// `Api` with `engine_unavailable` when Docker does not answer; see [`ClientError`].
    pub async fn docker_containers(&self) -> Result<Vec<DockerContainer>, ClientError> {
        self.get(&["containers", "docker"], &[]).await
    }

    /// One container by Docker's id or the beginning of one.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn docker_container(&self, id: &str) -> Result<Container, ClientError> {
        self.get(&["containers", "docker", id], &[]).await
    }

    /// The same as [`create_container`](Self::create_container), at the address that older callers use.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn create_docker_container(
        &self,
        request: &CreateRequest,
    ) -> Result<Created, ClientError> {
        let url = self.address(&["containers", "docker"]);
        let post = self.request(Method::POST, url).json(request);
        self.read(self.send(post).await?).await
    }

    /// Stops a container by Docker's id, without removing it.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn stop_docker_container(&self, id: &str) -> Result<Container, ClientError> {
        self.docker_post(id, "stop").await
    }

    /// Starts a stopped container by Docker's id, and waits a few seconds for its app.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn start_docker_container(&self, id: &str) -> Result<Container, ClientError> {
        self.docker_post(id, "start").await
    }

    /// Stops and removes a container by Docker's id, and its record. Repeating it is no error.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn delete_docker_container(&self, id: &str) -> Result<Removal, ClientError> {
        let url = self.address(&["containers", "docker", id]);
        let delete = self.request(Method::DELETE, url);
        self.send_away(delete).await.map(Removal::of)
    }

    async fn docker_post(&self, id: &str, verb: &str) -> Result<Container, ClientError> {
        let url = self.address(&["containers", "docker", id, verb]);
        self.read(self.send(self.request(Method::POST, url)).await?)
            .await
    }
}
