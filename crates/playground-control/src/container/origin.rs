//! What a container carries of its record, so that the record can be made again when the database is lost.
//!
//! Docker keeps the image, the environment and the port of a container, and our other labels say whose it is. This is
//! the rest, in one label. It holds no secret: values of variables and params stay in the environment, where Docker has
//! them anyway, and metadata is masked.

use playground_store::ContainerRow;
use playground_types::env::masked_json;
use playground_types::{Digest, Limits, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Metadata longer than this as JSON is left out: labels travel with every event and list.
const MOST_METADATA: usize = 16 * 1024;

/// The content of [`LABEL_ORIGIN`](playground_engine::labels::LABEL_ORIGIN). Fields that are added later get a default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Origin {
    /// The plugin's content.
    pub(crate) source: Digest,
    /// Whether that is delivered into the container.
    #[serde(default)]
    pub(crate) live: bool,
    /// Forced re-creations.
    pub(crate) epoch: i64,
    /// The limits that were asked for; the engine may apply fewer CPUs, and others may have changed what it applies.
    pub(crate) limits: Limits,
    /// Which of its variables the caller gave.
    pub(crate) envs: Vec<String>,
    /// Labels given at create, in their order.
    pub(crate) labels: Vec<String>,
    /// Metadata given at create, masked.
    pub(crate) metadata: Value,
    /// `plugin_runtime`.
    pub(crate) kind: String,
    /// The platform backend's key.
    pub(crate) backend_container_id: Option<i64>,
    /// When the wish that it was made for was made.
    pub(crate) wanted_at: Timestamp,
    /// When the record was made.
    pub(crate) created_at: Timestamp,
}

impl Origin {
    /// What a record's container is to remember.
    pub(crate) fn of(row: &ContainerRow) -> Self {
        let metadata = masked_json(&row.metadata);
        let fits = metadata.to_string().len() <= MOST_METADATA;
        Self {
            source: row.spec.source.clone(),
            live: row.spec.live,
            epoch: row.epoch,
            limits: row.spec.limits,
            envs: row
                .spec
                .envs
                .iter()
                .map(|(name, _)| name.to_owned())
                .collect(),
            labels: row.labels.clone(),
            metadata: if fits { metadata } else { Value::Null },
            kind: row.kind.clone(),
            backend_container_id: row.backend_container_id,
            wanted_at: row.wanted_at,
            created_at: row.created_at,
        }
    }

    /// The label's value.
    pub(crate) fn to_label(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}
