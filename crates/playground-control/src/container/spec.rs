//! What a record's container is made from, and the digest that tells whether the one there still fits.

use std::collections::BTreeMap;

use playground_engine::labels::{
    LABEL_AGENT, LABEL_CONTEXT, LABEL_MANAGED_BY, LABEL_MODEL, LABEL_ORIGIN, LABEL_PORT,
    LABEL_RECORD, LABEL_RELEASE, LABEL_SPEC, LABEL_USER_PREFIX, MANAGED_BY,
};
use playground_engine::{ContainerSpec, ContainerView};
use playground_plugin::Entrypoint;
use playground_store::{ContainerRow, Spec};
use playground_types::digest::Digester;
use playground_types::port::APP_PORT;
use playground_types::{Digest, HostPort, Limits};

use super::origin::Origin;
use crate::{ControlConfig, Publish};

/// The seed's variable with the params as JSON.
pub(crate) const PARAMS: &str = "PLUGIN_PARAMS";
/// The launcher's variable with what to start.
pub(crate) const ENTRYPOINT: &str = "SYNAPSE_ENTRYPOINT";
/// The launcher's variable of a live container: the tar with the code.
const LIVE: &str = "SYNAPSE_LIVE";
/// Where that lies in the container.
const CODE_FILE: &str = "/opt/synapse/code.tar";

/// The digest of everything that Docker fixes at create. None while the image or the port is not known.
pub(crate) fn wanted_digest(row: &ContainerRow, config: &ControlConfig) -> Option<Digest> {
    let context = row.context.as_ref()?;
    let HostPort(port) = row.host_port?;
    // Field by field, so that a new field does not compile until somebody decides whether it matters.
    let Spec {
        source,
        params,
        envs,
        limits,
        live,
    } = &row.spec;
    let Limits {
        memory_bytes,
        cpus,
        pids,
        open_files,
        shm_bytes,
        disk_bytes: _,
    } = limits;
    // The code of a live container is changed in it; the context covers what it was built from.
    let code = if *live { "live" } else { source.hex() };
    let mut digester = Digester::default()
        .part(code)
        .part(context.hex())
        .part(params.to_json())
        .part(row.epoch.to_le_bytes())
        .part(port.to_le_bytes())
        .part(memory_bytes.to_le_bytes())
        .part(cpus.to_le_bytes())
        .part(pids.to_le_bytes())
        .part(open_files.to_le_bytes())
        .part(shm_bytes.to_le_bytes())
        .part(published_by(config))
        .part(&config.network)
        .part(config.profile.to_string())
        .part(config.runtime.as_deref().unwrap_or_default());
    for (name, value) in envs.iter() {
        digester = digester.part(name).part(value);
    }
    Some(digester.finish())
}

/// Where Docker publishes, the address is fixed at create; where the Agent does, it is the Agent's own matter.
fn published_by(config: &ControlConfig) -> String {
    match config.publish {
        Publish::Docker => config.publish_address.to_string(),
        Publish::Agent => config.publish.as_str().to_owned(),
    }
}

/// The container to create. None while the image or the port is not known.
pub(crate) fn container_spec(
    row: &ContainerRow,
    entrypoint: &Entrypoint,
    config: &ControlConfig,
    agent_id: &str,
) -> Option<ContainerSpec> {
    Some(ContainerSpec {
        name: row.name.clone(),
        image: row.image.clone()?,
        env: environment(row, entrypoint),
        labels: labels(row, agent_id, config)?,
        host_port: row.host_port?,
        publish_address: match config.publish {
            Publish::Docker => Some(config.publish_address),
            Publish::Agent => None,
        },
        network: config.network.clone(),
        limits: row.spec.limits,
        profile: config.profile,
        runtime: config.runtime.clone(),
        // Not in the digest: every stop of ours names it, so a container that was made with another one serves on.
        stop_grace: config.stop_grace,
    })
}

/// Whether a container was made for this record, by its labels: same key, same release, same model.
pub(crate) fn is_made_for(view: &ContainerView, row: &ContainerRow) -> bool {
    view.labels.get(LABEL_RECORD) == Some(&row.pk.to_string()) && is_same_app(view, row)
}

/// Whether a container and a record are of one plugin release and model, which there is one container for.
pub(crate) fn is_same_app(view: &ContainerView, row: &ContainerRow) -> bool {
    let label = |name: &str| view.labels.get(name).map(String::as_str);
    label(LABEL_RELEASE) == Some(row.release.to_string().as_str())
        && label(LABEL_MODEL) == row.model.map(|model| model.to_string()).as_deref()
}

/// Whether a container was made for a later wish than the record knows: the record was restored from before.
pub(crate) fn is_newer(view: &ContainerView, row: &ContainerRow) -> bool {
    view.labels
        .get(LABEL_ORIGIN)
        .and_then(|text| serde_json::from_str::<Origin>(text).ok())
        .is_some_and(|origin| origin.wanted_at > row.wanted_at)
}

/// The seed's variables first: `PLUGIN_PARAMS`, then what the caller gave. None of the caller's names can be one of ours.
fn environment(row: &ContainerRow, entrypoint: &Entrypoint) -> Vec<(String, String)> {
    let ours = [
        (PARAMS, row.spec.params.to_json()),
        (ENTRYPOINT, entrypoint.to_string()),
        ("SYNAPSE_PLUGIN_RELEASE", row.release.to_string()),
        ("GRADIO_SERVER_NAME", "0.0.0.0".to_owned()),
        ("GRADIO_SERVER_PORT", APP_PORT.to_string()),
    ];
    let given = row
        .spec
        .envs
        .iter()
        .map(|(name, value)| (name, value.to_owned()));
    let live = row.spec.live.then(|| (LIVE, CODE_FILE.to_owned()));
    ours.into_iter()
        .chain(live)
        .chain(given)
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

fn labels(
    row: &ContainerRow,
    agent_id: &str,
    config: &ControlConfig,
) -> Option<BTreeMap<String, String>> {
    let digest = wanted_digest(row, config)?;
    let mut labels: BTreeMap<String, String> = row
        .labels
        .iter()
        .map(|label| (format!("{LABEL_USER_PREFIX}{label}"), String::new()))
        .collect();
    labels.extend(
        [
            (LABEL_MANAGED_BY, MANAGED_BY.to_owned()),
            (LABEL_AGENT, agent_id.to_owned()),
            (LABEL_RECORD, row.pk.to_string()),
            (LABEL_RELEASE, row.release.to_string()),
            (LABEL_SPEC, digest.hex().to_owned()),
            (LABEL_ORIGIN, Origin::of(row).to_label()),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    );
    if let Some(model) = row.model {
        labels.insert(LABEL_MODEL.to_owned(), model.to_string());
    }
    if let Some(context) = &row.context {
        labels.insert(LABEL_CONTEXT.to_owned(), context.hex().to_owned());
    }
    if config.publish == Publish::Agent {
        labels.insert(LABEL_PORT.to_owned(), row.host_port?.to_string());
    }
    Some(labels)
}
