//! The calls about containers.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use futures_util::StreamExt as _;
use playground_types::{EngineId, HostPort, Limits};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::state::{Container, Ending, State, conflict, managed, owned_by};
use super::{AppBehaviour, FakeEngine, Op};
use crate::build::TarStream;
use crate::{
    Action, ContainerSpec, ContainerView, EngineError, EngineStats, Resources, Result, RunState,
};

impl FakeEngine {
    pub(crate) async fn create(&self, spec: &ContainerSpec) -> Result<EngineId> {
        self.call(Op::Create, |state| create(state, spec)).await
    }

    pub(crate) async fn start(&self, id: &EngineId) -> Result<()> {
        let pass = self.enter(Op::Start).await?;
        let answer = self.begin_run(id);
        self.leave(pass, answer).await
    }

    pub(crate) async fn restart(&self, id: &EngineId, grace: Duration) -> Result<()> {
        let pass = self.enter(Op::Restart).await?;
        let answer = match self.end_run(id, grace).await {
            Ok(()) => self.begin_run(id),
            Err(error) => Err(error),
        };
        if answer.is_ok() {
            self.change(|state| state.emit(id, Action::Other("restart".into())));
        }
        self.leave(pass, answer).await
    }

    pub(crate) async fn stop(&self, id: &EngineId, grace: Duration) -> Result<()> {
        let pass = self.enter(Op::Stop).await?;
        let answer = self.end_run(id, grace).await;
        self.leave(pass, answer).await
    }

    pub(crate) async fn kill(&self, id: &EngineId) -> Result<()> {
        self.call(Op::Kill, |state| {
            state.container(id)?;
            state.kill(id, 137);
            Ok(())
        })
        .await
    }

    /// As our launcher takes signals.
    pub(crate) async fn signal(&self, id: &EngineId, signal: &str) -> Result<()> {
        self.call(Op::Signal, |state| {
            let container = state.container(id)?;
            if container.view.state != RunState::Running {
                return Err(conflict("the container is not running"));
            }
            match signal {
                "SIGUSR1" => container.served = None,
                _ => {
                    container.served = Some(container.unpacked.clone());
                    container.running_since = Some(Instant::now());
                }
            }
            Ok(())
        })
        .await
    }

    pub(crate) async fn unpack(
        &self,
        id: &EngineId,
        _folder: &str,
        mut tar: TarStream,
    ) -> Result<()> {
        let mut bytes = Vec::new();
        while let Some(part) = tar.next().await {
            bytes.extend_from_slice(
                &part.map_err(|error| EngineError::Unintelligible(error.to_string()))?,
            );
        }
        self.call(Op::Unpack, |state| {
            state.container(id)?.unpacked = bytes;
            Ok(())
        })
        .await
    }

    pub(crate) async fn remove(&self, id: &EngineId) -> Result<()> {
        self.call(Op::Remove, |state| {
            state.remove(id);
            Ok(())
        })
        .await
    }

    pub(crate) async fn pause(&self, id: &EngineId) -> Result<()> {
        self.call(Op::Pause, |state| state.pause(id)).await
    }

    pub(crate) async fn unpause(&self, id: &EngineId) -> Result<()> {
        self.call(Op::Unpause, |state| state.unpause(id)).await
    }

    pub(crate) async fn rename(&self, id: &EngineId, name: &str) -> Result<()> {
        self.call(Op::Rename, |state| state.rename(id, name)).await
    }

    pub(crate) async fn inspect(&self, id: &EngineId) -> Result<Option<ContainerView>> {
        self.call(Op::Inspect, |state| {
            Ok(state.named(id).map(|found| found.view.clone()))
        })
        .await
    }

    pub(crate) async fn inspect_raw(&self, id: &EngineId) -> Result<Option<Value>> {
        self.call(Op::InspectRaw, |state| Ok(state.named(id).map(raw)))
            .await
    }

    pub(crate) async fn list(&self, agent_id: &str) -> Result<Vec<ContainerView>> {
        self.call(Op::List, |state| {
            Ok(state.views(|labels| owned_by(labels, agent_id)))
        })
        .await
    }

    pub(crate) async fn list_all_agents(&self) -> Result<Vec<ContainerView>> {
        self.call(Op::List, |state| Ok(state.views(managed))).await
    }

    pub(crate) async fn limit(&self, id: &EngineId, limits: &Limits) -> Result<()> {
        self.call(Op::Limit, |state| state.update(id, resources(limits)))
            .await
    }

    /// No call: the engine told its CPUs when it was first met.
    pub(crate) async fn resources(&self, limits: &Limits) -> Result<Resources> {
        Ok(resources(limits))
    }

    pub(crate) async fn listening(&self, id: &EngineId) -> Result<Vec<SocketAddr>> {
        self.call(Op::Listening, |state| {
            let container = state.container(id)?;
            if container.view.state != RunState::Running {
                return Err(conflict("the container is not running"));
            }
            Ok(sockets(container))
        })
        .await
    }

    pub(crate) async fn connections(&self, id: &EngineId) -> Result<usize> {
        self.call(Op::Connections, |state| {
            Ok(state.container(id)?.connections)
        })
        .await
    }

    /// All of one CPU, or none. Of the rest a little, always the same.
    pub(crate) async fn stats(&self, id: &EngineId) -> Result<EngineStats> {
        self.call(Op::Stats, |state| {
            let at = state.now();
            let container = state.container(id)?;
            let all = container.running_for();
            Ok(EngineStats {
                at,
                cpu_time: if container.works { all } else { Duration::ZERO },
                memory_bytes: 64 << 20,
                memory_limit_bytes: Some(container.spec.limits.memory_bytes),
                received_bytes: 0,
                sent_bytes: 0,
                read_bytes: 0,
                written_bytes: container.writable_bytes,
                processes: 1,
            })
        })
        .await
    }

    pub(crate) async fn writable_bytes(&self, id: &EngineId) -> Result<Option<u64>> {
        self.call(Op::WritableBytes, |state| {
            Ok(state.containers.get(id).map(|found| found.writable_bytes))
        })
        .await
    }

    /// Starts, and puts the end of an app that ends by itself on the clock.
    pub(super) fn begin_run(&self, id: &EngineId) -> Result<()> {
        let Some(ending) = self.change(|state| state.start(id))? else {
            return Ok(());
        };
        let engine = self.clone();
        let at = Instant::now() + ending.after;
        tokio::spawn(async move {
            tokio::time::sleep_until(at).await;
            engine.change(|state| state.end_by_itself(&ending));
        });
        Ok(())
    }

    /// Asks the process to end, waits, and kills it after the grace period.
    async fn end_run(&self, id: &EngineId, grace: Duration) -> Result<()> {
        let (is_up, needs) = {
            let mut state = self.state();
            let container = state.container(id)?;
            (container.is_up(), container.behaviour.stops_after)
        };
        if is_up {
            tokio::time::sleep(needs.min(grace)).await;
            let exit_code = if needs > grace { 137 } else { 143 };
            self.change(|state| state.stop(id, exit_code));
        }
        Ok(())
    }
}

impl State {
    pub(super) fn pause(&mut self, id: &EngineId) -> Result<()> {
        let container = self.container(id)?;
        match container.view.state {
            RunState::Paused => Ok(()),
            RunState::Running => {
                container.view.state = RunState::Paused;
                self.emit(id, Action::Pause);
                Ok(())
            }
            _ => Err(conflict("the container is not running")),
        }
    }

    pub(super) fn unpause(&mut self, id: &EngineId) -> Result<()> {
        let container = self.container(id)?;
        match container.view.state {
            RunState::Running => Ok(()),
            RunState::Paused => {
                container.view.state = RunState::Running;
                let overdue = container.overdue_exit.take();
                self.emit(id, Action::Unpause);
                if let Some(exit_code) = overdue {
                    self.exit(id, exit_code, false);
                }
                Ok(())
            }
            _ => Err(conflict("the container is not paused")),
        }
    }

    pub(super) fn update(&mut self, id: &EngineId, resources: Resources) -> Result<()> {
        self.container(id)?.view.resources = resources;
        self.emit(id, Action::Other("update".to_owned()));
        Ok(())
    }

    pub(super) fn rename(&mut self, id: &EngineId, name: &str) -> Result<()> {
        self.container(id)?;
        if self.name_is_taken(name) {
            return Err(EngineError::NameTaken(name.to_owned()));
        }
        self.container(id)?.view.name = name.to_owned();
        self.emit(id, Action::Rename);
        Ok(())
    }

    /// The app's own end, unless that run is over. A frozen app ends once it is thawed.
    fn end_by_itself(&mut self, ending: &Ending) {
        let Ok(container) = self.container(&ending.id) else {
            return;
        };
        if container.run != ending.run {
            return;
        }
        if container.view.state == RunState::Paused {
            container.overdue_exit = Some(ending.exit_code);
        } else {
            self.exit(&ending.id, ending.exit_code, false);
        }
    }
}

fn create(state: &mut State, spec: &ContainerSpec) -> Result<EngineId> {
    let image = state
        .image(&spec.image)
        .ok_or_else(|| EngineError::NoSuchImage(spec.image.clone()))?;
    if state.name_is_taken(&spec.name) {
        return Err(EngineError::NameTaken(spec.name.clone()));
    }
    let mut labels: BTreeMap<_, _> = image.labels.clone();
    labels.extend(spec.labels.clone());
    let id = EngineId(state.new_id());
    let view = ContainerView {
        id: id.clone(),
        name: spec.name.clone(),
        labels,
        image_id: image.id,
        state: RunState::Created,
        host_port: Some(spec.host_port),
        started_at: None,
        restart_count: 0,
        networks: vec![spec.network.clone()],
        addresses: BTreeMap::new(),
        resources: resources(&spec.limits),
    };
    let container = Container {
        spec: spec.clone(),
        view,
        network: None,
        behaviour: AppBehaviour::default(),
        running_since: None,
        run: 0,
        overdue_exit: None,
        log: Vec::new(),
        writable_bytes: 0,
        connections: 0,
        works: false,
        unpacked: Vec::new(),
        served: None,
        hanging_run: None,
    };
    state.containers.insert(id.clone(), container);
    state.emit(&id, Action::Create);
    Ok(id)
}

/// As Docker would have them, on an engine with CPUs enough for everybody.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "limits in tests are small"
)]
fn resources(limits: &Limits) -> Resources {
    Resources {
        memory: limits.memory_bytes as i64,
        memory_swap: limits.memory_bytes as i64,
        nano_cpus: (limits.cpus * 1e9) as i64,
        pids: i64::from(limits.pids),
        restarts_itself: false,
    }
}

fn sockets(container: &Container) -> Vec<SocketAddr> {
    let behaviour = &container.behaviour;
    if !behaviour.listens(container.running_for()) {
        return Vec::new();
    }
    let address = if behaviour.loopback_only {
        Ipv4Addr::LOCALHOST
    } else {
        Ipv4Addr::UNSPECIFIED
    };
    vec![SocketAddr::new(IpAddr::V4(address), behaviour.port)]
}

/// The part of Docker's JSON that our clients read.
fn raw(container: &Container) -> Value {
    let ContainerSpec {
        image,
        env,
        host_port: HostPort(port),
        ..
    } = &container.spec;
    let (status, exit_code, oom_killed) = match &container.view.state {
        RunState::Created => ("created", 0, false),
        RunState::Running => ("running", 0, false),
        RunState::Paused => ("paused", 0, false),
        RunState::Restarting => ("restarting", 0, false),
        RunState::Exited {
            exit_code,
            oom_killed,
            ..
        } => ("exited", *exit_code, *oom_killed),
        RunState::Removing => ("removing", 0, false),
        RunState::Dead => ("dead", 0, false),
    };
    let env: Vec<_> = env
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    json!({
        "Id": container.view.id,
        "Name": format!("/{}", container.view.name),
        "Image": container.view.image_id,
        "Config": {"Image": image, "Env": env, "Labels": container.view.labels},
        "State": {
            "Status": status,
            "Running": container.is_up(),
            "ExitCode": exit_code,
            "OOMKilled": oom_killed,
            "StartedAt": container.view.started_at.as_deref().unwrap_or("0001-01-01T00:00:00Z"),
        },
        "NetworkSettings": {"Ports": {"7860/tcp": [{"HostIp": "0.0.0.0", "HostPort": port.to_string()}]}},
    })
}
