//! What is on the fake engine, and the changes Docker would make to it.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use playground_types::{EngineId, HostPort, Timestamp};
use tokio::time::Instant;

use super::app::AppBehaviour;
use super::builds::BuildScript;
use crate::Reach;
use crate::labels::{LABEL_AGENT, LABEL_MANAGED_BY, MANAGED_BY};
use crate::{
    Action, ContainerSpec, ContainerView, EngineError, EngineEvent, ImageView, LogLine, LogSource,
    Result, RunState,
};

/// What the engine's clock shows at the start: 2026-01-01.
const EPOCH: Timestamp = Timestamp(1_767_225_600_000);

pub(super) struct State {
    began: Instant,
    made: u64,
    pub(super) containers: BTreeMap<EngineId, Container>,
    pub(super) images: BTreeMap<String, ImageView>,
    pub(super) networks: BTreeMap<String, Network>,
    pub(super) network_history: Vec<(String, EngineEvent)>,
    /// References that a pull finds.
    pub(super) registry: BTreeSet<String>,
    pub(super) foreign_ports: HashSet<HostPort>,
    pub(super) default_behaviour: AppBehaviour,
    pub(super) behaviours: Vec<(String, AppBehaviour)>,
    pub(super) history: Vec<EngineEvent>,
    pub(super) events_dropped: bool,
    /// Counts the times that streams were cut.
    pub(super) cuts: u64,
    pub(super) build_scripts: VecDeque<BuildScript>,
    pub(super) default_build: BuildScript,
    pub(super) has_buildkit: bool,
    pub(super) builds_running: usize,
    pub(super) builds_cancelled: usize,
    pub(super) data_root: Option<PathBuf>,
}

/// A bridge. One that is removed and made again under its name is another one, as in Docker.
pub(super) struct Network {
    pub(super) id: String,
    pub(super) reach: Reach,
    pub(super) labels: BTreeMap<String, String>,
}

pub(super) struct Container {
    pub(super) spec: ContainerSpec,
    pub(super) view: ContainerView,
    /// The network it was connected to when it was first started.
    pub(super) network: Option<String>,
    pub(super) behaviour: AppBehaviour,
    pub(super) running_since: Option<Instant>,
    pub(super) run: u64,
    /// The exit that came due while the container was frozen.
    pub(super) overdue_exit: Option<i64>,
    pub(super) log: Vec<LogLine>,
    pub(super) writable_bytes: u64,
    /// Connections to its app's own port.
    pub(super) connections: usize,
    /// Whether it keeps a CPU busy.
    pub(super) works: bool,
    /// What was unpacked in it.
    pub(super) unpacked: Vec<u8>,
    /// What of that its app runs: a start and SIGHUP take it over, and SIGUSR1 ends the app until then.
    pub(super) served: Option<Vec<u8>>,
    /// The run in which it answers nothing.
    pub(super) hanging_run: Option<u64>,
}

/// A run that will end by itself.
pub(super) struct Ending {
    pub(super) id: EngineId,
    pub(super) run: u64,
    pub(super) after: Duration,
    pub(super) exit_code: i64,
}

impl Container {
    /// Whether it holds its host port: while it has a process.
    pub(super) fn is_up(&self) -> bool {
        matches!(self.view.state, RunState::Running | RunState::Paused)
    }

    pub(super) fn is_connected(&self) -> bool {
        !self.view.networks.is_empty()
    }

    pub(super) fn running_for(&self) -> Duration {
        self.running_since
            .map(|since| since.elapsed())
            .unwrap_or_default()
    }
}

impl State {
    pub(super) fn new() -> Self {
        Self {
            began: Instant::now(),
            made: 0,
            containers: BTreeMap::new(),
            images: BTreeMap::new(),
            networks: BTreeMap::new(),
            network_history: Vec::new(),
            registry: BTreeSet::new(),
            foreign_ports: HashSet::new(),
            default_behaviour: AppBehaviour::default(),
            behaviours: Vec::new(),
            history: Vec::new(),
            events_dropped: false,
            cuts: 0,
            build_scripts: VecDeque::new(),
            default_build: BuildScript::default(),
            has_buildkit: true,
            builds_running: 0,
            builds_cancelled: 0,
            data_root: None,
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        let passed = self.began.elapsed().as_millis();
        EPOCH.plus_millis(i64::try_from(passed).unwrap_or(i64::MAX))
    }

    /// 64 hex digits that are never given twice, different from the first one on.
    pub(super) fn new_id(&mut self) -> String {
        self.made += 1;
        let mixed = self.made.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        format!("{mixed:016x}{:048x}", self.made)
    }

    pub(super) fn container(&mut self, id: &EngineId) -> Result<&mut Container> {
        self.containers
            .get_mut(id)
            .ok_or(EngineError::NoSuchContainer)
    }

    pub(super) fn views(
        &self,
        wanted: impl Fn(&BTreeMap<String, String>) -> bool,
    ) -> Vec<ContainerView> {
        self.containers
            .values()
            .filter(|container| wanted(&container.view.labels))
            .map(|container| container.view.clone())
            .collect()
    }

    /// The container of this name or id.
    pub(super) fn find(&self, name_or_id: &str) -> Option<EngineId> {
        self.containers
            .values()
            .find(|container| {
                container.view.name == name_or_id || container.view.id.as_str() == name_or_id
            })
            .map(|container| container.view.id.clone())
    }

    /// The same, as callers name it: Docker takes a name wherever it takes an id.
    pub(super) fn named(&self, name_or_id: &EngineId) -> Option<&Container> {
        self.containers.get(&self.find(name_or_id.as_str())?)
    }

    pub(super) fn name_is_taken(&self, name: &str) -> bool {
        self.containers
            .values()
            .any(|container| container.view.name == name)
    }

    pub(super) fn port_is_taken(&self, port: HostPort) -> bool {
        self.foreign_ports.contains(&port)
            || self.containers.values().any(|container| {
                container.is_up()
                    && container.is_connected()
                    && container.spec.publish_address.is_some()
                    && container.spec.host_port == port
            })
    }

    fn running_on(&self, port: HostPort) -> Option<&Container> {
        self.containers.values().find(|container| {
            container.view.state == RunState::Running
                && container.is_connected()
                && container.spec.host_port == port
        })
    }

    pub(super) fn hangs(&self, port: HostPort) -> bool {
        self.running_on(port).is_some_and(|container| {
            container.behaviour.hangs || container.hanging_run == Some(container.run)
        })
    }

    pub(super) fn answers(&self, port: HostPort) -> Option<u16> {
        self.running_on(port)
            .filter(|container| container.served.is_some())
            .filter(|container| container.behaviour.is_reachable(container.running_for()))
            .map(|container| container.behaviour.status)
    }

    /// The behaviour that a start of this container gets.
    fn behaviour_of(&self, container: &Container) -> AppBehaviour {
        let is_its = |key: &String| {
            *key == container.spec.image
                || *key == container.view.name
                || container.view.labels.values().any(|value| value == key)
        };
        self.behaviours
            .iter()
            .rev()
            .find(|(key, _)| is_its(key))
            .map_or_else(
                || self.default_behaviour.clone(),
                |(_, found)| found.clone(),
            )
    }

    /// Starts a container's process, as Docker does: the port is taken now, and a conflict leaves the state as it was.
    pub(super) fn start(&mut self, id: &EngineId) -> Result<Option<Ending>> {
        let container = self.container(id)?;
        let (port, network) = (container.spec.host_port, container.spec.network.clone());
        let is_published = container.spec.publish_address.is_some();
        match container.view.state {
            RunState::Running => return Ok(None),
            RunState::Paused => {
                return Err(conflict(
                    "cannot start a paused container, try unpause instead",
                ));
            }
            RunState::Created
            | RunState::Restarting
            | RunState::Exited { .. }
            | RunState::Removing
            | RunState::Dead => {}
        }
        // One that was disconnected starts without a network, and nothing is published.
        if self.container(id)?.is_connected() {
            let there = self.networks.get(&network).map(|found| found.id.clone());
            let container = self.container(id)?;
            match (&container.network, there) {
                (None, None) => return Err(EngineError::NoSuchNetwork(network)),
                (None, Some(there)) => container.network = Some(there),
                (Some(known), Some(there)) if *known == there => {}
                (Some(known), _) => return Err(EngineError::NoSuchNetwork(known.clone())),
            }
            if is_published && self.port_is_taken(port) {
                return Err(EngineError::PortTaken(port));
            }
        }
        let now = self.now();
        let behaviour = self
            .containers
            .get(id)
            .map(|container| self.behaviour_of(container))
            .unwrap_or_default();
        self.made += 1;
        let run = self.made;
        let container = self.container(id)?;
        container.run = run;
        container.served = Some(container.unpacked.clone());
        container.view.state = RunState::Running;
        container.view.started_at = Some(start_text(now, run));
        container.running_since = Some(Instant::now());
        container.view.addresses = container
            .view
            .networks
            .iter()
            .map(|network| (network.clone(), address_of(run)))
            .collect();
        container.overdue_exit = None;
        container
            .log
            .extend(behaviour.log.iter().map(|text| LogLine {
                stream: LogSource::Stderr,
                at: Some(now),
                text: text.clone(),
            }));
        let ending = behaviour.exits_after.map(|(after, exit_code)| Ending {
            id: id.clone(),
            run,
            after,
            exit_code,
        });
        container.behaviour = behaviour;
        self.emit(id, Action::Start);
        Ok(ending)
    }

    /// Ends a container's process, if it has one.
    pub(super) fn exit(&mut self, id: &EngineId, exit_code: i64, oom_killed: bool) -> bool {
        let now = self.now();
        let Some(container) = self.containers.get_mut(id).filter(|found| found.is_up()) else {
            return false;
        };
        container.running_since = None;
        container.view.addresses.clear();
        container.view.state = RunState::Exited {
            exit_code,
            oom_killed,
            finished_at: Some(now),
            error: None,
        };
        if oom_killed {
            self.emit(id, Action::Oom);
        }
        self.emit(
            id,
            Action::Die {
                exit_code: Some(exit_code),
            },
        );
        true
    }

    /// Ends a container's process by a signal, if it has one.
    pub(super) fn kill(&mut self, id: &EngineId, exit_code: i64) -> bool {
        if self.containers.get(id).is_some_and(Container::is_up) {
            self.emit(id, Action::Kill);
        }
        self.exit(id, exit_code, false)
    }

    /// The same on request.
    pub(super) fn stop(&mut self, id: &EngineId, exit_code: i64) {
        if self.kill(id, exit_code) {
            self.emit(id, Action::Stop);
        }
    }

    pub(super) fn remove(&mut self, id: &EngineId) -> bool {
        self.kill(id, 137);
        let there = self.containers.contains_key(id);
        if there {
            self.emit(id, Action::Destroy);
            self.containers.remove(id);
        }
        there
    }

    /// Takes a container off its network.
    pub(super) fn disconnect(&mut self, id: &EngineId) {
        let Ok(container) = self.container(id) else {
            return;
        };
        let network = container.spec.network.clone();
        if container.is_connected() {
            container.view.networks.clear();
            self.emit_network(&network, id.clone(), "disconnect");
        }
    }

    pub(super) fn emit_network(&mut self, network: &str, id: EngineId, word: &str) {
        if self.events_dropped {
            return;
        }
        let event = EngineEvent {
            id,
            action: Action::Other(word.to_owned()),
            labels: BTreeMap::new(),
            at: self.now(),
        };
        self.network_history.push((network.to_owned(), event));
    }

    pub(super) fn emit(&mut self, id: &EngineId, action: Action) {
        let at = self.now();
        let Some(container) = self.containers.get(id) else {
            return;
        };
        if self.events_dropped {
            return;
        }
        let labels = container.view.labels.clone();
        self.history.push(EngineEvent {
            id: id.clone(),
            action,
            labels,
            at,
        });
    }
}

/// Whether these labels say that the thing is some Agent's.
pub(super) fn managed(labels: &BTreeMap<String, String>) -> bool {
    labels.get(LABEL_MANAGED_BY).map(String::as_str) == Some(MANAGED_BY)
}

/// Whether these labels say that the thing is this Agent's.
pub(super) fn owned_by(labels: &BTreeMap<String, String>, agent_id: &str) -> bool {
    let is = |label: &str, value: &str| labels.get(label).is_some_and(|found| found == value);
    is(LABEL_MANAGED_BY, MANAGED_BY) && is(LABEL_AGENT, agent_id)
}

pub(super) fn conflict(message: &str) -> EngineError {
    EngineError::Conflict {
        message: message.to_owned(),
    }
}

/// A start time as Docker writes it, with nine digits of fraction; no two runs share one.
fn start_text(now: Timestamp, run: u64) -> String {
    format!(
        "{}{:06}Z",
        now.to_string().trim_end_matches('Z'),
        run % 1_000_000
    )
}

/// Every run has another address, so that whoever keeps an old one is found out.
fn address_of(run: u64) -> IpAddr {
    let [.., high, low] = run.to_be_bytes();
    IpAddr::from([172, 30, high, low])
}
