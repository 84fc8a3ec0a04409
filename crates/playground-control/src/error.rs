//! What can go wrong in a request to the loop, and in a step of it.

use std::io;
use std::path::PathBuf;

use playground_engine::EngineError;
use playground_plugin::PluginError;
use playground_store::StoreError;
use playground_types::env::EnvError;
use playground_types::release::ReleaseError;

/// Why a request could not be accepted.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// The archive cannot become a plugin; the author can fix it.
    #[error(transparent)]
    Plugin(PluginError),
    /// The release's name breaks the grammar.
    #[error(transparent)]
    Release(ReleaseError),
    /// Limits that are out of bounds.
    #[error("limits: {0}")]
    Limits(String),
    /// Params or variables that cannot be.
    #[error(transparent)]
    Env(#[from] EnvError),
    /// Neither a release nor an archive was given.
    #[error("give a plugin_release (code@version), or upload an archive as `file`")]
    NothingToCreate,
    /// Nobody has this release.
    #[error("plugin release {0} is not on this Agent")]
    UnknownRelease(String),
    /// No record answers to this handle.
    #[error("there is no container {0}")]
    UnknownContainer(String),
    /// The handle is the beginning of several Docker ids.
    #[error("{0} is the beginning of several container ids: give more of it")]
    AmbiguousHandle(String),
    /// No build or launch has this id.
    #[error("there is no build {0}")]
    UnknownBuild(String),
    /// The build ended already.
    #[error("build {0} has ended already")]
    BuildEnded(String),
    /// Containers still use the release.
    #[error("plugin release {release} is used by {containers} container(s)")]
    ReleaseInUse {
        /// `code@version`.
        release: String,
        /// How many.
        containers: u64,
    },
    /// The address of its app is not out.
    #[error("the app of container {0} does not run")]
    AppNotReady(String),
    /// The app does not say what programs can call of it.
    #[error("the app of container {name} does not say what can be called: {reason}")]
    AppApiUnknown {
        /// The container's name.
        name: String,
        /// Why not.
        reason: crate::app_api::Unheard,
    },
    /// The container is being deleted.
    #[error("container {0} is being deleted")]
    BeingDeleted(String),
    /// No port is left.
    #[error("no host port is free in {0}")]
    PortsExhausted(playground_types::PortRange),
    /// Too little room on a disk.
    #[error("{}", crate::clean::nearly_full(.path, *.free_bytes, *.min_free_bytes))]
    DiskLow {
        /// A directory on it.
        path: PathBuf,
        /// What is left.
        free_bytes: u64,
        /// What must be.
        min_free_bytes: u64,
    },
    /// Too many builds wait.
    #[error("{waiting} builds are waiting already")]
    QueueFull {
        /// How many.
        waiting: u64,
        /// About when there is a place again.
        retry_after: std::time::Duration,
    },
    /// The platform backend did not give the release.
    #[error("the Synapse backend did not give plugin release {release}: {reason}")]
    Backend {
        /// `code@version`.
        release: String,
        /// What it said.
        reason: String,
    },
    /// No container without a record has this id.
    #[error("there is no orphan {0}")]
    UnknownOrphan(String),
    /// The container cannot get a record.
    #[error("container {id} cannot be adopted: {reason}")]
    NotAdoptable {
        /// Its Docker id, short.
        id: String,
        /// Why not, and what to do.
        reason: String,
    },
    /// The container is another Agent's.
    #[error("container {id} was made by Agent {agent}, which may be alive")]
    OtherAgents {
        /// Its Docker id, short.
        id: String,
        /// Whose it is.
        agent: String,
    },
    /// The database and the file name different Agents.
    #[error(
        "the database belongs to Agent {database}, but {path} says {file}: put back the one that belongs here, or remove \
         the file to go on as {database}", path = .path.display()
    )]
    AgentIdConflict {
        /// The id in the database.
        database: String,
        /// The id in the file.
        file: String,
        /// The file.
        path: PathBuf,
    },
    /// The file with the Agent's id holds something else.
    #[error("{path} holds no Agent id", path = .path.display())]
    AgentIdInvalid {
        /// The file.
        path: PathBuf,
    },
    /// The engine does not answer or refused.
    #[error("the container engine failed")]
    Engine(#[source] EngineError),
    /// The database failed.
    #[error("the store failed")]
    Store(#[source] StoreError),
    /// A file of ours could not be read or written.
    #[error("{path} could not be read or written", path = .path.display())]
    Disk {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The HTTP client could not be made.
    #[error("the HTTP client could not be made")]
    HttpClient(#[source] reqwest::Error),
    /// What intake wrote about a release does not read back.
    #[error("the stored facts of a plugin do not read back")]
    Facts(#[source] serde_json::Error),
}

impl ControlError {
    /// Whether the Agent's own disk is full. Nothing was changed; it can be tried again once there is space.
    pub fn is_disk_full(&self) -> bool {
        match self {
            Self::Store(error) => error.is_disk_full(),
            Self::Disk { source, .. } | Self::Plugin(PluginError::Spool(source)) => is_full(source),
            _ => false,
        }
    }
}

fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    )
}

/// Why a step could not be carried out. It is tried again.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// The engine failed.
    #[error("the container engine failed")]
    Engine(#[source] EngineError),
    /// The store, a file or stored facts failed.
    #[error("the Agent's own data failed")]
    Own(#[source] Box<ControlError>),
}

impl From<EngineError> for StepError {
    fn from(error: EngineError) -> Self {
        Self::Engine(error)
    }
}

impl From<StoreError> for StepError {
    fn from(error: StoreError) -> Self {
        Self::Own(Box::new(ControlError::Store(error)))
    }
}

impl From<ControlError> for StepError {
    fn from(error: ControlError) -> Self {
        Self::Own(Box::new(error))
    }
}

impl From<StoreError> for ControlError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<EngineError> for ControlError {
    fn from(error: EngineError) -> Self {
        Self::Engine(error)
    }
}
