//! Our bridge.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use bollard::models::{NetworkCreateRequest, NetworkInspect};
use bollard::query_parameters::InspectNetworkOptions;
use tokio::time::Instant;

use super::{DockerEngine, PATIENT, QUICK, within};
use crate::labels::{LABEL_MANAGED_BY, MANAGED_BY};
use crate::network::{Reach, bridge_name};
use crate::{EngineError, Result};

/// Docker's option for traffic between the containers of a bridge.
const ICC: &str = "com.docker.network.bridge.enable_icc";
/// How long to leave another Agent that makes the same network.
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// Docker's option for the interface's name on the host.
const BRIDGE: &str = "com.docker.network.bridge.name";

impl DockerEngine {
    pub(crate) async fn ensure_network(
        &self,
        name: &str,
        reach: Reach,
        labels: &BTreeMap<String, String>,
    ) -> Result<()> {
        if self.has_network(name, reach).await? {
            return Ok(());
        }
        let mut labels: HashMap<_, _> = labels.clone().into_iter().collect();
        labels.insert(LABEL_MANAGED_BY.to_owned(), MANAGED_BY.to_owned());
        let request = NetworkCreateRequest {
            name: name.to_owned(),
            driver: Some("bridge".to_owned()),
            internal: Some(reach == Reach::Host),
            options: Some(HashMap::from([
                (ICC.to_owned(), "false".to_owned()),
                (BRIDGE.to_owned(), bridge_name(name)),
            ])),
            labels: Some(labels),
            ..NetworkCreateRequest::default()
        };
        let began = Instant::now();
        loop {
            let call = self.client().await?.create_network(request.clone());
            let refused = match within("create network", PATIENT, call).await {
                Ok(_) => return Ok(()),
                Err(refused) => refused,
            };
            if self.has_network(name, reach).await? {
                return Ok(());
            }
            // Another Agent is making it: Docker refuses a second network with the same interface some moments before
            // it shows the first.
            if !matches!(refused, EngineError::Conflict { .. }) || began.elapsed() > QUICK {
                return Err(refused);
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    pub(crate) async fn try_network(&self, name: &str) -> Result<()> {
        self.ensure_network(name, Reach::Everywhere, &BTreeMap::new())
            .await?;
        let call = self.client().await?.remove_network(name);
        within("remove network", PATIENT, call).await
    }

    /// Whether the network is there; an error when it is there and is not what we would make.
    pub(crate) async fn has_network(&self, name: &str, reach: Reach) -> Result<bool> {
        let client = self.client().await?;
        let call = client.inspect_network(name, None::<InspectNetworkOptions>);
        match within("inspect network", QUICK, call).await {
            // Docker also finds a network by the beginning of its id.
            Ok(found) if found.name.as_deref() == Some(name) => {
                is_ours(found, name, reach).map(|()| true)
            }
            Ok(_) | Err(EngineError::NoSuchNetwork(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

fn is_ours(found: NetworkInspect, name: &str, reach: Reach) -> Result<()> {
    let has = |map: Option<HashMap<String, String>>, key: &str, value: &str| {
        map.is_some_and(|map| map.get(key).is_some_and(|found| found == value))
    };
    if !has(found.labels, LABEL_MANAGED_BY, MANAGED_BY) {
        return Err(EngineError::ForeignNetwork(name.to_owned()));
    }
    if !has(found.options, ICC, "false") {
        return Err(EngineError::Conflict {
            message: format!(
                "network {name} has our label but lets containers reach each other: remove it"
            ),
        });
    }
    if (found.internal == Some(true)) != (reach == Reach::Host) {
        return Err(EngineError::Conflict {
            message: format!(
                "network {name} has our label and does not reach as far as it should, or further: remove it"
            ),
        });
    }
    Ok(())
}
