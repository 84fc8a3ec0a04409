//! Requests as intent: what should be is written, the record is woken, and whoever wants to may wait.

use std::time::Duration;

use playground_engine::{Profile, RunState};
use playground_plugin::PluginFacts;
use playground_store::{Accepted, ContainerRow, CreateIntent, LaunchRow, Spec, StoreError};
use playground_types::env::{Envs, Params};
use playground_types::wire::OnExisting;
use playground_types::{
    BuildId, ContainerPk, IdleTimes, LaunchId, Limits, ModelId, PluginRelease, Visibility,
};
use serde_json::Value;
use tokio::time::Instant;

use crate::{Control, ControlError, names};

/// A create, checked, for content that is stored.
#[derive(Debug, Clone)]
pub struct CreateRequest {
    /// The release's facts, from intake or the store.
    pub facts: PluginFacts,
    /// The platform's model.
    pub model: Option<ModelId>,
    /// `PLUGIN_PARAMS`.
    pub params: Params,
    /// Further environment variables.
    pub envs: Envs,
    /// Resource limits; the Agent's defaults when none are given.
    pub limits: Option<Limits>,
    /// Labels to keep.
    pub labels: Vec<String>,
    /// Metadata to keep.
    pub metadata: Value,
    /// `plugin_runtime`.
    pub kind: String,
    /// The platform backend's key.
    pub backend_container_id: Option<i64>,
    /// What to do when it is there already and nothing changed.
    pub on_existing: OnExisting,
    /// Whether its code is to be changed in the container. The strict profile has nothing that can be written there: then it
    /// is made anew for each change, as any other.
    pub live: bool,
}

/// How callers name a container: its integer key, its name, its Docker id or the beginning of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handle(pub String);

impl Control {
    /// Accepts a create. Whether it ends well shows in its launch.
    pub async fn create_container(&self, request: CreateRequest) -> Result<Accepted, ControlError> {
        let limits = request.limits.unwrap_or(self.config.default_limits);
        self.check_limits(&limits)?;
        if !self.store.is_built(&request.facts.content).await? {
            self.ensure_room().await?;
        }
        let (params, envs) = self
            .unmasked(
                &request.facts.release,
                request.model,
                request.params,
                request.envs,
            )
            .await?;
        let intent = CreateIntent {
            release: request.facts.release.clone(),
            model: request.model,
            kind: request.kind,
            backend_container_id: request.backend_container_id,
            spec: Spec {
                source: request.facts.content,
                params,
                envs,
                limits,
                live: request.live && self.config.profile == Profile::Standard,
            },
            labels: request.labels,
            metadata: request.metadata,
            on_existing: request.on_existing,
            name: names::fresh(),
            launch: LaunchId::generate(),
        };
        let mut accepted = self.accept(&intent).await?;
        let is_left_alone =
            accepted.launch.id != intent.launch && accepted.launch.outcome.is_some();
        if is_left_alone && !self.still_runs(&accepted.container).await {
            // The record did not know yet: it is no longer ready, and the same request means a start.
            self.store
                .set_withdrawn(accepted.container.pk, self.clock.now())
                .await?;
            accepted = self.accept(&intent).await?;
        }
        self.wake(accepted.container.pk);
        self.changes.note();
        Ok(accepted)
    }

    /// Puts what the record has in the place of what was only shown masked.
    async fn unmasked(
        &self,
        release: &PluginRelease,
        model: Option<ModelId>,
        params: Params,
        envs: Envs,
    ) -> Result<(Params, Envs), ControlError> {
        if !params.has_mask() && !envs.has_mask() {
            return Ok((params, envs));
        }
        let record = self.store.container_of(release, model).await?;
        let before = record.as_ref().map(|row| &row.spec);
        Ok((
            params.unmasked(before.map(|spec| &spec.params))?,
            envs.unmasked(before.map(|spec| &spec.envs))?,
        ))
    }

    /// Writes a create down, unless it needs a build and as many wait as may.
    async fn accept(&self, intent: &CreateIntent) -> Result<Accepted, ControlError> {
        let places = self.config.build.queue;
        let accepted = self
            .store
            .accept_create_within(intent, places, self.clock.now());
        match accepted.await {
            Err(StoreError::QueueFull(waiting)) => Err(ControlError::QueueFull {
                waiting,
                retry_after: self.next_place().await?,
            }),
            accepted => Ok(accepted?),
        }
    }

    /// Whether the run that was published is still the one that runs. An engine that does not answer is believed to
    /// have changed nothing.
    async fn still_runs(&self, row: &ContainerRow) -> bool {
        match self.find_container(row).await {
            Ok(Some(view)) => {
                view.state == RunState::Running && view.started_at == row.published_run
            }
            Ok(None) => false,
            Err(_) => true,
        }
    }

    /// Wants a container stopped; its port and its address stay reserved.
    pub async fn want_stopped(&self, pk: ContainerPk) -> Result<ContainerRow, ControlError> {
        let row = self.store.want_stopped(pk, self.clock.now()).await?;
        self.woken(pk, row)
    }

    /// Wants a container running.
    pub async fn want_running(&self, pk: ContainerPk) -> Result<ContainerRow, ControlError> {
        let row = self.store.want_running(pk, self.clock.now()).await?;
        self.woken(pk, row)
    }

    /// Wants a container's process started anew.
    pub async fn want_restart(&self, pk: ContainerPk) -> Result<ContainerRow, ControlError> {
        let row = self.store.want_restart(pk, self.clock.now()).await?;
        self.woken(pk, row)
    }

    /// Wants a container gone, with its record.
    pub async fn want_absent(&self, pk: ContainerPk) -> Result<ContainerRow, ControlError> {
        let row = self.store.want_absent(pk, self.clock.now()).await?;
        self.woken(pk, row)
    }

    /// Says who may use a container's app through the gateway.
    pub async fn set_visibility(
        &self,
        pk: ContainerPk,
        visibility: Visibility,
    ) -> Result<ContainerRow, ControlError> {
        let now = self.clock.now();
        self.store.set_visibility(pk, visibility, now).await?;
        let row = self.store.container(pk).await?;
        self.woken(pk, row)
    }

    /// Says when a container's app falls asleep.
    pub async fn set_idle_times(
        &self,
        pk: ContainerPk,
        times: IdleTimes,
    ) -> Result<ContainerRow, ControlError> {
        let now = self.clock.now();
        self.store.set_idle_times(pk, times, now).await?;
        let row = self.store.container(pk).await?;
        self.woken(pk, row)
    }

    fn woken(
        &self,
        pk: ContainerPk,
        row: Option<ContainerRow>,
    ) -> Result<ContainerRow, ControlError> {
        self.wake(pk);
        self.changes.note();
        row.ok_or_else(|| ControlError::UnknownContainer(pk.to_string()))
    }

    /// The record a handle names. Digits are tried as the integer key first, then as the beginning of a Docker id.
    pub async fn find(&self, handle: &Handle) -> Result<ContainerRow, ControlError> {
        let text = handle.0.as_str();
        if let Ok(pk) = text.parse()
            && let Some(row) = self.store.container(ContainerPk(pk)).await?
        {
            return Ok(row);
        }
        let mut rows = self.store.containers_by_handle(text).await?;
        let is_exact = |row: &ContainerRow| {
            row.name == text || row.engine_id.as_ref().is_some_and(|id| id.as_str() == text)
        };
        match rows.len() {
            0 => Err(ControlError::UnknownContainer(text.to_owned())),
            1 => Ok(rows.remove(0)),
            _ if is_exact(&rows[0]) => Ok(rows.remove(0)),
            _ => Err(ControlError::AmbiguousHandle(text.to_owned())),
        }
    }

    /// Waits until a launch ends, at most so long, and returns it as it is then.
    pub async fn await_launch(
        &self,
        id: LaunchId,
        patience: Duration,
    ) -> Result<LaunchRow, ControlError> {
        let deadline = Instant::now() + patience;
        let mut changes = self.changes.subscribe();
        loop {
            let launch = self
                .store
                .launch(id)
                .await?
                .ok_or_else(|| ControlError::UnknownBuild(id.to_string()))?;
            if launch.outcome.is_some() || !self.change_before(&mut changes, deadline).await {
                return Ok(launch);
            }
        }
    }

    /// Waits until a record satisfies a condition or is gone, at most so long, and returns it as it is then.
    pub async fn await_container(
        &self,
        pk: ContainerPk,
        patience: Duration,
        is_there: impl Fn(&ContainerRow) -> bool,
    ) -> Result<Option<ContainerRow>, ControlError> {
        let deadline = Instant::now() + patience;
        let mut changes = self.changes.subscribe();
        loop {
            let row = self.store.container(pk).await?;
            let done = row.as_ref().is_none_or(&is_there);
            if done || !self.change_before(&mut changes, deadline).await {
                return Ok(row);
            }
        }
    }

    /// Ends a launch's build, or an image build, that is still on its way.
    pub async fn cancel(&self, id: &str) -> Result<(), ControlError> {
        let unknown = || ControlError::UnknownBuild(id.to_owned());
        let launch = self
            .store
            .launch(id.parse().map_err(|_| unknown())?)
            .await?;
        let build = match launch {
            Some(launch) if launch.outcome.is_some() => {
                return Err(ControlError::BuildEnded(id.to_owned()));
            }
            Some(launch) => {
                let row = self.store.container(launch.container).await?;
                let still_builds = match launch.build {
                    Some(build) => self
                        .store
                        .build(build)
                        .await?
                        .filter(|build| !build.status.is_final()),
                    None => None,
                };
                match (still_builds, row) {
                    (Some(build), _) => build.id,
                    // Past its build, or not there yet: the container is what is stopped.
                    (None, Some(row)) => return self.want_stopped(row.pk).await.map(|_| ()),
                    (None, None) => return Err(ControlError::BuildEnded(id.to_owned())),
                }
            }
            None => id.parse::<BuildId>().map_err(|_| unknown())?,
        };
        if self.store.build(build).await?.is_none() {
            return Err(unknown());
        }
        if !self.cancel_build(build).await? {
            return Err(ControlError::BuildEnded(id.to_owned()));
        }
        Ok(())
    }

    /// True when something changed before the deadline; false when time is up or the Agent stops.
    async fn change_before(
        &self,
        changes: &mut tokio::sync::watch::Receiver<u64>,
        deadline: Instant,
    ) -> bool {
        // Cancel-safe: `changed` marks a value as seen only when it returns.
        tokio::select! {
            changed = changes.changed() => changed.is_ok(),
            () = tokio::time::sleep_until(deadline) => false,
            () = self.shutdown.cancelled() => false,
        }
    }

    fn check_limits(&self, limits: &Limits) -> Result<(), ControlError> {
        if let Some(problem) = limits.problem() {
            return Err(ControlError::Limits(problem));
        }
        let max = &self.config.max_limits;
        let bounds = [
            (
                "memory_bytes",
                limits.memory_bytes as f64,
                max.memory_bytes as f64,
            ),
            ("cpus", limits.cpus, max.cpus),
            ("pids", f64::from(limits.pids), f64::from(max.pids)),
            (
                "open_files",
                f64::from(limits.open_files),
                f64::from(max.open_files),
            ),
            ("shm_bytes", limits.shm_bytes as f64, max.shm_bytes as f64),
            (
                "disk_bytes",
                limits.disk_bytes as f64,
                max.disk_bytes as f64,
            ),
        ];
        match bounds.into_iter().find(|(_, wanted, most)| wanted > most) {
            Some((name, wanted, most)) => Err(ControlError::Limits(format!(
                "{name} is {wanted}, this Agent allows {most}"
            ))),
            None => Ok(()),
        }
    }
}
