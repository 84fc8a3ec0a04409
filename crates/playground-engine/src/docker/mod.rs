//! A Docker Engine behind its API.
//!
//! | module | idea |
//! |---|---|
//! | `cage` | what a plugin container may do: the whole `HostConfig` |
//! | `containers` | create, start, stop, remove, and looking at containers |
//! | `networks`, `images` | our bridge; images, pulls, imports |
//! | `builds`, `progress` | image builds, and what a build's stream says in our words |
//! | `streams`, `lines` | logs and events; whole lines out of frames |
//! | `activity`, `sockets` | what a container does; who listens in it and is connected to it |
//! | `stats` | what a container uses |
//! | `convert`, `classify` | the one place each where Docker's models and Docker's errors are read |

mod activity;
mod builds;
mod cage;
mod classify;
mod containers;
mod convert;
mod images;
mod lines;
mod networks;
mod progress;
mod sockets;
mod stats;
mod streams;

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bollard::Docker;
use tokio::sync::OnceCell;

use crate::{EngineError, EngineVersion, Result};
use classify::classify;

/// The deadline of a call that only reads.
const QUICK: Duration = Duration::from_secs(20);
/// The deadline of a call that makes the engine do something to a container, above any grace period.
const PATIENT: Duration = Duration::from_secs(60);
/// The client's own deadline for an answer's head. It must never come before ours, which can name the call.
const NEVER: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// A Docker Engine. Connects at the first call; clones share the connection.
#[derive(Debug, Clone)]
pub struct DockerEngine {
    host: Option<Arc<str>>,
    connected: Arc<OnceCell<Connected>>,
}

/// What the first call found.
#[derive(Debug)]
struct Connected {
    client: Docker,
    /// How many CPUs there are to give out.
    cpus: u32,
}

impl DockerEngine {
    pub(crate) fn new(host: Option<&str>) -> Self {
        Self {
            host: host.map(Arc::from),
            connected: Arc::default(),
        }
    }

    pub(crate) async fn version(&self) -> Result<EngineVersion> {
        let client = self.client().await?;
        let version = within("version", QUICK, client.version()).await?;
        let info = within("info", QUICK, client.info()).await?;
        convert::version(version, info)
    }

    /// Only an engine behind a socket of this machine keeps its data here.
    pub(crate) async fn data_root(&self) -> Result<Option<PathBuf>> {
        let named = self.host.as_deref().map(str::to_owned);
        let host = named.or_else(|| std::env::var("DOCKER_HOST").ok());
        if host.is_some_and(|host| !host.is_empty() && !host.starts_with("unix:")) {
            return Ok(None);
        }
        let info = within("info", QUICK, self.client().await?.info()).await?;
        Ok(info.docker_root_dir.map(PathBuf::from))
    }

    async fn client(&self) -> Result<&Docker> {
        self.connected().await.map(|connected| &connected.client)
    }

    /// Connects, unless that was done. A failure is not kept: the next call tries again.
    async fn connected(&self) -> Result<&Connected> {
        self.connected.get_or_try_init(|| self.connect()).await
    }

    /// The only place that makes a client. It names no API version: each engine is spoken to in the newest it knows.
    async fn connect(&self) -> Result<Connected> {
        let client = match self.host.as_deref() {
            Some(host) => Docker::connect_with_host(host),
            None => Docker::connect_with_defaults(),
        };
        let client = client
            .map_err(|error| classify("connect", error))?
            .with_timeout(NEVER);
        let client = within("connect", QUICK, client.negotiate_version()).await?;
        let info = within("info", QUICK, client.info()).await?;
        let cpus = info.ncpu.and_then(|cpus| u32::try_from(cpus).ok());
        Ok(Connected {
            client,
            cpus: cpus.unwrap_or(1),
        })
    }
}

/// Waits for a call no longer than its deadline, and says in our words what went wrong.
async fn within<T>(
    operation: &'static str,
    deadline: Duration,
    call: impl Future<Output = Result<T, bollard::errors::Error>>,
) -> Result<T> {
    match tokio::time::timeout(deadline, call).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(classify(operation, error)),
        Err(_) => Err(EngineError::TimedOut(operation)),
    }
}
