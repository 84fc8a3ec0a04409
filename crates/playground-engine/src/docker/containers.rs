//! The calls about containers.

use std::collections::HashMap;
use std::time::Duration;

use bollard::models::ContainerInspectResponse;
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, InspectContainerOptionsBuilder, KillContainerOptionsBuilder,
    ListContainersOptionsBuilder, RemoveContainerOptionsBuilder, RenameContainerOptionsBuilder,
    RestartContainerOptionsBuilder, StopContainerOptionsBuilder, UploadToContainerOptionsBuilder,
};
use futures_util::{StreamExt, TryStreamExt, stream};
use playground_types::{EngineId, Limits};
use serde_json::Value;

use super::{DockerEngine, PATIENT, QUICK, cage, convert, within};
use crate::build::TarStream;
use crate::labels::{managed, owned_by};
use crate::{ContainerSpec, ContainerView, EngineError, Resources, Result, RunState};

/// How many containers are looked at in one go: enough to hide the engine's latency, few enough not to load it.
const LOOKS_AT_ONCE: usize = 16;
/// Measuring a writable layer walks over its files.
const WALK: Duration = Duration::from_secs(120);
/// Files that are put into a container may be large.
const UNPACK: Duration = Duration::from_secs(300);

impl DockerEngine {
    pub(crate) async fn create(&self, spec: &ContainerSpec) -> Result<EngineId> {
        let connected = self.connected().await?;
        let options = CreateContainerOptionsBuilder::new()
            .name(&spec.name)
            .build();
        let body = cage::container(spec, connected.cpus);
        let call = connected.client.create_container(Some(options), body);
        let created = within("create container", PATIENT, call).await?;
        for warning in created.warnings {
            tracing::warn!(engine.id = %created.id, warning, "the engine created a container with a warning");
        }
        Ok(EngineId(created.id))
    }

    pub(crate) async fn start(&self, id: &EngineId) -> Result<()> {
        let call = self.client().await?.start_container(id.as_str(), None);
        within("start container", PATIENT, call).await
    }

    pub(crate) async fn restart(&self, id: &EngineId, grace: Duration) -> Result<()> {
        let options = RestartContainerOptionsBuilder::new()
            .t(seconds(grace))
            .build();
        let call = self
            .client()
            .await?
            .restart_container(id.as_str(), Some(options));
        within("restart container", grace + 2 * PATIENT, call).await
    }

    pub(crate) async fn stop(&self, id: &EngineId, grace: Duration) -> Result<()> {
        let options = StopContainerOptionsBuilder::new().t(seconds(grace)).build();
        let call = self
            .client()
            .await?
            .stop_container(id.as_str(), Some(options));
        within("stop container", grace + PATIENT, call).await
    }

    pub(crate) async fn kill(&self, id: &EngineId) -> Result<()> {
        let call = self.client().await?.kill_container(id.as_str(), None);
        let outcome = within("kill container", PATIENT, call).await;
        let has_no_process =
            |state: &RunState| !matches!(state, RunState::Running | RunState::Paused);
        self.unless_already(id, outcome, has_no_process).await
    }

    pub(crate) async fn signal(&self, id: &EngineId, signal: &str) -> Result<()> {
        let options = KillContainerOptionsBuilder::new().signal(signal).build();
        let call = self
            .client()
            .await?
            .kill_container(id.as_str(), Some(options));
        within("signal container", QUICK, call).await
    }

    pub(crate) async fn unpack(&self, id: &EngineId, folder: &str, tar: TarStream) -> Result<()> {
        let options = UploadToContainerOptionsBuilder::new().path(folder).build();
        let client = self.client().await?;
        let call =
            client.upload_to_container(id.as_str(), Some(options), bollard::body_try_stream(tar));
        within("put files into a container", UNPACK, call).await
    }

    pub(crate) async fn remove(&self, id: &EngineId) -> Result<()> {
        let options = RemoveContainerOptionsBuilder::new()
            .force(true)
            .v(true)
            .build();
        let call = self
            .client()
            .await?
            .remove_container(id.as_str(), Some(options));
        match within("remove container", PATIENT, call).await {
            Err(EngineError::NoSuchContainer) => Ok(()),
            outcome => {
                self.unless_already(id, outcome, |state| *state == RunState::Removing)
                    .await
            }
        }
    }

    pub(crate) async fn limit(&self, id: &EngineId, limits: &Limits) -> Result<()> {
        let connected = self.connected().await?;
        let change = cage::update(&cage::resources(limits, connected.cpus));
        let call = connected.client.update_container(id.as_str(), change);
        within("update container", PATIENT, call).await
    }

    pub(crate) async fn resources(&self, limits: &Limits) -> Result<Resources> {
        Ok(cage::resources(limits, self.connected().await?.cpus))
    }

    pub(crate) async fn pause(&self, id: &EngineId) -> Result<()> {
        let call = self.client().await?.pause_container(id.as_str());
        let outcome = within("pause container", PATIENT, call).await;
        self.unless_already(id, outcome, |state| *state == RunState::Paused)
            .await
    }

    pub(crate) async fn unpause(&self, id: &EngineId) -> Result<()> {
        let call = self.client().await?.unpause_container(id.as_str());
        let outcome = within("unpause container", PATIENT, call).await;
        self.unless_already(id, outcome, |state| *state == RunState::Running)
            .await
    }

    /// A conflict is success when the container is in the wanted state.
    async fn unless_already(
        &self,
        id: &EngineId,
        outcome: Result<()>,
        is_wanted: impl Fn(&RunState) -> bool,
    ) -> Result<()> {
        match outcome {
            Err(EngineError::Conflict { message }) => match self.inspect(id).await? {
                Some(view) if is_wanted(&view.state) => Ok(()),
                Some(_) => Err(EngineError::Conflict { message }),
                None => Err(EngineError::NoSuchContainer),
            },
            outcome => outcome,
        }
    }

    pub(crate) async fn rename(&self, id: &EngineId, name: &str) -> Result<()> {
        let options = RenameContainerOptionsBuilder::new().name(name).build();
        let call = self.client().await?.rename_container(id.as_str(), options);
        within("rename container", QUICK, call).await
    }

    pub(crate) async fn inspect(&self, id: &EngineId) -> Result<Option<ContainerView>> {
        let found = self.look(id, false, QUICK).await?;
        found.map(convert::container).transpose()
    }

    pub(crate) async fn inspect_raw(&self, id: &EngineId) -> Result<Option<Value>> {
        let Some(found) = self.look(id, false, QUICK).await? else {
            return Ok(None);
        };
        match serde_json::to_value(found) {
            Ok(value) => Ok(Some(convert::without_nulls(value))),
            Err(error) => Err(EngineError::Unintelligible(error.to_string())),
        }
    }

    pub(crate) async fn list(&self, agent_id: &str) -> Result<Vec<ContainerView>> {
        self.list_labelled(owned_by(agent_id)).await
    }

    pub(crate) async fn list_all_agents(&self) -> Result<Vec<ContainerView>> {
        self.list_labelled(managed()).await
    }

    async fn list_labelled(&self, labels: Vec<String>) -> Result<Vec<ContainerView>> {
        let filters = HashMap::from([("label".to_owned(), labels)]);
        let options = ListContainersOptionsBuilder::new()
            .all(true)
            .filters(&filters)
            .build();
        let call = self.client().await?.list_containers(Some(options));
        let listed = within("list containers", QUICK, call).await?;
        let ids: Vec<_> = listed
            .into_iter()
            .filter_map(|found| found.id)
            .map(EngineId)
            .collect();
        // The list has neither exit codes nor start times; what is gone by the time we look was removed.
        stream::iter(ids)
            .map(async |id| match self.inspect(&id).await {
                // One that the engine cannot describe hides no other.
                Err(error @ (EngineError::Refused { .. } | EngineError::Unintelligible(_))) => {
                    tracing::warn!(engine.id = id.short(), %error, "a container is left out of the list");
                    Ok(None)
                }
                found => found,
            })
            .buffered(LOOKS_AT_ONCE)
            .try_filter_map(|found| std::future::ready(Ok(found)))
            .try_collect()
            .await
    }

    pub(crate) async fn writable_bytes(&self, id: &EngineId) -> Result<Option<u64>> {
        let found = self.look(id, true, WALK).await?;
        Ok(found.map(|found| convert::unsigned(found.size_rw)))
    }

    async fn look(
        &self,
        id: &EngineId,
        size: bool,
        deadline: Duration,
    ) -> Result<Option<ContainerInspectResponse>> {
        let options = InspectContainerOptionsBuilder::new().size(size).build();
        let call = self
            .client()
            .await?
            .inspect_container(id.as_str(), Some(options));
        match within("inspect container", deadline, call).await {
            Ok(found) => Ok(Some(found)),
            Err(EngineError::NoSuchContainer) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Docker counts a grace period in whole seconds; a part of one rounds up.
pub(super) fn seconds(grace: Duration) -> i32 {
    let whole = grace.as_secs() + u64::from(grace.subsec_nanos() > 0);
    i32::try_from(whole).unwrap_or(i32::MAX)
}
