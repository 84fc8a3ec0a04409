//! What every run begins with: an engine with the base image, an Agent on it, and a client of that.

use std::path::PathBuf;

use playground_client::Client;

use crate::Place;
use crate::agent::{self, Agent, Setup};
use crate::dockerd::Dockerd;

/// An engine and an Agent, both of the run's own.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) dockerd: Dockerd,
    pub(crate) agent: Agent,
    pub(crate) client: Client,
    /// The Agent's records and logs.
    pub(crate) data_dir: PathBuf,
}

impl Stage {
    /// Sets it up from nothing.
    pub(crate) async fn set(place: &Place) -> anyhow::Result<Self> {
        Self::set_with(place, &[]).await
    }

    /// The same, with further settings of the Agent.
    pub(crate) async fn set_with(place: &Place, settings: &[&str]) -> anyhow::Result<Self> {
        let dockerd = Dockerd::start(&place.folder).await?;
        dockerd.docker.copy_image(&place.base_image).await?;
        let data_dir = place.folder.join("data");
        let agent = Agent::start(Setup {
            binary: place.binary.clone(),
            data_dir: data_dir.clone(),
            docker_host: dockerd.docker.host().to_owned(),
            base_image: place.base_image.clone(),
            settings: settings.iter().map(|&setting| setting.to_owned()).collect(),
        })
        .await?;
        Ok(Self {
            dockerd,
            agent,
            client: agent::client()?,
            data_dir,
        })
    }
}
