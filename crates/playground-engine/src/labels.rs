//! The labels on everything we create. Adopting and sweeping go by these and never by a name.

/// Marks what the Agent made; its value is [`MANAGED_BY`].
pub const LABEL_MANAGED_BY: &str = "synapse.managed-by";
/// The value of [`LABEL_MANAGED_BY`].
pub const MANAGED_BY: &str = "synapse-playground";
/// Which Agent made it: two Agents on one engine leave each other's things alone.
pub const LABEL_AGENT: &str = "synapse.agent";
/// The key of our record of the container.
pub const LABEL_RECORD: &str = "synapse.record";
/// The plugin release, `code@version`.
pub const LABEL_RELEASE: &str = "synapse.plugin_release";
/// The platform's model, where there is one.
pub const LABEL_MODEL: &str = "synapse.model";
/// The digest of the spec that the container was created from.
pub const LABEL_SPEC: &str = "synapse.spec";
/// The digest of the build context that an image was built from.
pub const LABEL_CONTEXT: &str = "synapse.context";
/// What only the record knows of a container, as JSON, so that the record can be made again from it. Never a secret.
pub const LABEL_ORIGIN: &str = "synapse.origin";
/// The host port that a container was created for, where the engine does not publish it.
pub const LABEL_PORT: &str = "synapse.host_port";
/// What a caller's own labels are prefixed with, so that they can never pass for ours.
pub const LABEL_USER_PREFIX: &str = "synapse.label.";

/// The filter that finds everything of every Agent.
pub(crate) fn managed() -> Vec<String> {
    vec![format!("{LABEL_MANAGED_BY}={MANAGED_BY}")]
}

/// The filter that finds everything of one Agent, as Docker's `label` filter wants it.
pub(crate) fn owned_by(agent_id: &str) -> Vec<String> {
    vec![
        format!("{LABEL_MANAGED_BY}={MANAGED_BY}"),
        format!("{LABEL_AGENT}={agent_id}"),
    ]
}
