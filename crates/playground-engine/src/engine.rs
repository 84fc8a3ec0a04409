//! One engine, real or scripted, behind one set of calls.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use futures_util::stream::BoxStream;
use playground_types::{EngineId, Limits};
use serde_json::Value;
use tokio::sync::mpsc;

use crate::build::TarStream;
use crate::docker::DockerEngine;
#[cfg(feature = "testing")]
use crate::fake::FakeEngine;
use crate::network::Reach;
use crate::{
    BuildEvent, BuildFailed, BuildRequest, ContainerSpec, ContainerView, EngineError, EngineEvent,
    EngineStats, EngineVersion, EventOptions, ImageView, LogLine, LogOptions, Resources,
};

/// Shorthand of this crate.
pub type Result<T, E = EngineError> = std::result::Result<T, E>;

/// The container runtime. Cheap to clone; clones share everything.
///
/// Every call has a deadline of its own, so a wedged engine holds nobody for ever. No call retries: the control loop does.
#[derive(Debug, Clone)]
pub enum Engine {
    /// A Docker Engine behind its API.
    Docker(DockerEngine),
    /// The scripted stand-in.
    #[cfg(feature = "testing")]
    Fake(FakeEngine),
}

macro_rules! dispatch {
    ($self:ident, $inner:ident => $call:expr) => {
        match $self {
            Engine::Docker($inner) => $call,
            #[cfg(feature = "testing")]
            Engine::Fake($inner) => $call,
        }
    };
}

impl Engine {
    /// The Docker Engine at `host` (`unix:///path`, `tcp://host:port`), or at `DOCKER_HOST`, or at the default socket.
    ///
    /// Connects at the first call, so that an Agent starts, and says what is wrong, while its engine is down.
    pub fn docker(host: Option<&str>) -> Self {
        Self::Docker(DockerEngine::new(host))
    }

    /// What the engine is and can do. Also the cheapest way to ask whether it answers.
    pub async fn version(&self) -> Result<EngineVersion> {
        dispatch!(self, engine => engine.version().await)
    }

    /// Makes sure that our bridge network exists: containers on it do not reach each other, and its interface on the
    /// host has a name that host rules can use (see [`bridge_name`](crate::bridge_name)).
    ///
    /// A network of that name without our label is [`EngineError::ForeignNetwork`], one that reaches further or less far
    /// [`EngineError::Conflict`].
    pub async fn ensure_network(
        &self,
        name: &str,
        reach: Reach,
        labels: &BTreeMap<String, String>,
    ) -> Result<()> {
        dispatch!(self, engine => engine.ensure_network(name, reach, labels).await)
    }

    /// Whether our network is there; the same errors as [`ensure_network`](Self::ensure_network) where it is another one.
    pub async fn has_network(&self, name: &str, reach: Reach) -> Result<bool> {
        dispatch!(self, engine => engine.has_network(name, reach).await)
    }

    /// Makes a network of this name and removes it: whether the engine has a range of addresses left for one more.
    ///
    /// A network of that name that is there already is removed, too: give a name that nobody else uses.
    pub async fn try_network(&self, name: &str) -> Result<()> {
        dispatch!(self, engine => engine.try_network(name).await)
    }

    /// The image that a reference or an id names, if it is there.
    pub async fn image(&self, reference: &str) -> Result<Option<ImageView>> {
        dispatch!(self, engine => engine.image(reference).await)
    }

    /// The images with all of these labels (`name=value`, or only `name`).
    pub async fn list_images(&self, labels: &[String]) -> Result<Vec<ImageView>> {
        dispatch!(self, engine => engine.list_images(labels).await)
    }

    /// Points `target` (`repo:tag`) at the image that `source` names, away from whatever it pointed at.
    pub async fn tag_image(&self, source: &str, target: &str) -> Result<()> {
        dispatch!(self, engine => engine.tag_image(source, target).await)
    }

    /// The ids of the images that any container on the engine was made from, running or not, ours or not.
    pub async fn images_in_use(&self) -> Result<BTreeSet<String>> {
        dispatch!(self, engine => engine.images_in_use().await)
    }

    /// Where the engine keeps its data on this machine; none when it is on another one.
    pub async fn data_root(&self) -> Result<Option<PathBuf>> {
        match self {
            Self::Docker(engine) => engine.data_root().await,
            #[cfg(feature = "testing")]
            Self::Fake(engine) => Ok(engine.data_root()),
        }
    }

    /// Removes a reference, and the image with its last one. One that is not there is success; one in use a conflict.
    /// Images without a name that it was made from stay: they may be somebody else's.
    pub async fn remove_image(&self, reference: &str) -> Result<()> {
        dispatch!(self, engine => engine.remove_image(reference).await)
    }

    /// Fetches an image from its registry.
    pub async fn pull_image(&self, reference: &str, timeout: Duration) -> Result<()> {
        dispatch!(self, engine => engine.pull_image(reference, timeout).await)
    }

    /// Asks an image's registry for it, and fetches nothing. The engine asks, by its own proxies and certificates, as it
    /// would for a pull.
    pub async fn ask_registry(&self, reference: &str, timeout: Duration) -> Result<()> {
        dispatch!(self, engine => engine.ask_registry(reference, timeout).await)
    }

    /// Makes an image of one layer from a root file system.
    pub async fn import_image(&self, tar: TarStream, target: &str) -> Result<()> {
        dispatch!(self, engine => engine.import_image(tar, target).await)
    }

    /// Builds an image from a context. Dropping the future cancels the build in the engine.
    ///
    /// Events go out as they come; a receiver that is full slows the build, one that is gone does not.
    pub async fn build(
        &self,
        request: &BuildRequest,
        context: TarStream,
        events: mpsc::Sender<BuildEvent>,
    ) -> Result<(), BuildFailed> {
        dispatch!(self, engine => engine.build(request, context, events).await)
    }

    /// Creates a container in its cage, without starting it.
    pub async fn create(&self, spec: &ContainerSpec) -> Result<EngineId> {
        dispatch!(self, engine => engine.create(spec).await)
    }

    /// Starts a container. One that runs already is success. A taken port shows here.
    pub async fn start(&self, id: &EngineId) -> Result<()> {
        dispatch!(self, engine => engine.start(id).await)
    }

    /// Stops, then starts. `grace` is the time between asking the process to end and ending it.
    pub async fn restart(&self, id: &EngineId, grace: Duration) -> Result<()> {
        dispatch!(self, engine => engine.restart(id, grace).await)
    }

    /// Stops a container. One that does not run is success.
    pub async fn stop(&self, id: &EngineId, grace: Duration) -> Result<()> {
        dispatch!(self, engine => engine.stop(id, grace).await)
    }

    /// Ends a container at once. One that does not run is success.
    pub async fn kill(&self, id: &EngineId) -> Result<()> {
        dispatch!(self, engine => engine.kill(id).await)
    }

    /// Sends a signal (`SIGHUP`) to the first process of a running container, which passes it on to its only child.
    pub async fn signal(&self, id: &EngineId, signal: &str) -> Result<()> {
        dispatch!(self, engine => engine.signal(id, signal).await)
    }

    /// Unpacks a tar in a folder of a container, running or not, over what is there.
    pub async fn unpack(&self, id: &EngineId, folder: &str, tar: TarStream) -> Result<()> {
        dispatch!(self, engine => engine.unpack(id, folder, tar).await)
    }

    /// Removes a container, running or not, with its anonymous volumes. One that is not there is success.
    pub async fn remove(&self, id: &EngineId) -> Result<()> {
        dispatch!(self, engine => engine.remove(id).await)
    }

    /// Puts the limits of a container back to these, whatever others made of them, without restarting it.
    pub async fn limit(&self, id: &EngineId, limits: &Limits) -> Result<()> {
        dispatch!(self, engine => engine.limit(id, limits).await)
    }

    /// How the engine applies these limits: one with fewer CPUs gives fewer.
    pub async fn resources(&self, limits: &Limits) -> Result<Resources> {
        dispatch!(self, engine => engine.resources(limits).await)
    }

    /// Freezes a running container: no CPU, memory stays.
    pub async fn pause(&self, id: &EngineId) -> Result<()> {
        dispatch!(self, engine => engine.pause(id).await)
    }

    /// Thaws a frozen container. One that runs is success.
    pub async fn unpause(&self, id: &EngineId) -> Result<()> {
        dispatch!(self, engine => engine.unpause(id).await)
    }

    /// Gives a container another name.
    pub async fn rename(&self, id: &EngineId, name: &str) -> Result<()> {
        dispatch!(self, engine => engine.rename(id, name).await)
    }

    /// What the engine says about a container, if it is there.
    pub async fn inspect(&self, id: &EngineId) -> Result<Option<ContainerView>> {
        dispatch!(self, engine => engine.inspect(id).await)
    }

    /// The same in Docker's own JSON, without its nulls. It holds the environment: mask it before showing it.
    pub async fn inspect_raw(&self, id: &EngineId) -> Result<Option<Value>> {
        dispatch!(self, engine => engine.inspect_raw(id).await)
    }

    /// Every container of this Agent, in any state.
    pub async fn list(&self, agent_id: &str) -> Result<Vec<ContainerView>> {
        dispatch!(self, engine => engine.list(agent_id).await)
    }

    /// Every container of every Agent, this one's too, in any state. For looking only.
    pub async fn list_all_agents(&self) -> Result<Vec<ContainerView>> {
        dispatch!(self, engine => engine.list_all_agents().await)
    }

    /// What a container printed, line by line. Without `follow` the stream ends with the last line there is.
    pub async fn logs(
        &self,
        id: &EngineId,
        options: LogOptions,
    ) -> Result<BoxStream<'static, Result<LogLine>>> {
        dispatch!(self, engine => engine.logs(id, options).await)
    }

    /// What happens to this Agent's containers from now on, or from `since` on. Ends with an error, always: subscribe
    /// again, then list.
    pub async fn events(
        &self,
        agent_id: &str,
        options: EventOptions,
    ) -> Result<BoxStream<'static, Result<EngineEvent>>> {
        dispatch!(self, engine => engine.events(agent_id, options).await)
    }

    /// Who leaves this network, and that it is removed, as [`events`](Self::events). Such events have no labels; the id
    /// is the container's, or the network's where it is removed.
    pub async fn network_events(
        &self,
        network: &str,
        options: EventOptions,
    ) -> Result<BoxStream<'static, Result<EngineEvent>>> {
        dispatch!(self, engine => engine.network_events(network, options).await)
    }

    /// Where the processes of a running container listen, as seen inside it: tells an app on the wrong port or on
    /// loopback from one that is still starting.
    pub async fn listening(&self, id: &EngineId) -> Result<Vec<SocketAddr>> {
        dispatch!(self, engine => engine.listening(id).await)
    }

    /// How many connections to its app's port a running container has, from wherever they come.
    pub async fn connections(&self, id: &EngineId) -> Result<usize> {
        dispatch!(self, engine => engine.connections(id).await)
    }

    /// What the current run of a container has used.
    pub async fn stats(&self, id: &EngineId) -> Result<EngineStats> {
        dispatch!(self, engine => engine.stats(id).await)
    }

    /// How much a container wrote over its image, if it is there. Costs the engine a walk over those files.
    pub async fn writable_bytes(&self, id: &EngineId) -> Result<Option<u64>> {
        dispatch!(self, engine => engine.writable_bytes(id).await)
    }
}
