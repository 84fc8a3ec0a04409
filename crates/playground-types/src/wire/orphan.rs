//! Containers that no record has.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A container with the labels of a Playground Agent that no record of this one has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Orphan {
    /// Docker's container id.
    pub id: String,
    /// Docker's name.
    pub name: String,
    /// Docker's word for its state.
    pub status: String,
    /// The Agent that made it.
    pub agent_id: String,
    /// Whether that is this Agent. Another one may be alive, and want it.
    pub of_this_agent: bool,
    /// `code@version`, where its label can be read.
    pub plugin_release: Option<String>,
    /// The platform's model, if it belongs to one.
    pub model: Option<i64>,
    /// The key of the record that it was made for.
    pub record: Option<i64>,
    /// Its host port.
    pub host_port: Option<u16>,
    /// Why no record has it.
    pub reason: OrphanReason,
    /// The same as a sentence, with what to do.
    pub detail: String,
    /// What adopts it; null where nothing can.
    pub adopt_command: Option<String>,
    /// What removes it.
    pub remove_command: String,
}

/// Why no record has a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrphanReason {
    /// The database knows nothing of it: it is adopted, unless the policy says otherwise.
    NoRecord,
    /// A record of the same plugin release and model was asked for later, and has another container or none.
    IdentityTaken,
    /// Another record holds its host port.
    PortTaken,
    /// Its labels do not say enough to make a record from it.
    LabelsIncomplete,
    /// Its record was deleted on purpose.
    Deleted,
    /// The engine is just removing it, or could not remove all of it.
    Ending,
    /// Another Agent made it.
    OtherAgent,
}
