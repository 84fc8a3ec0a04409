//! A Docker Engine behind its API.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::stream::BoxStream;
use playground_types::EngineId;
use serde_json::Value;
use tokio::sync::mpsc;

use crate::build::TarStream;
use crate::{
    BuildEvent, BuildFailed, BuildRequest, ContainerSpec, ContainerView, EngineError, EngineEvent,
    EngineVersion, EventOptions, ImageView, LogLine, LogOptions, Result,
};

/// A Docker Engine.
#[derive(Debug, Clone)]
pub struct DockerEngine {}

fn not_yet() -> EngineError {
    EngineError::Unintelligible("not connected yet".into())
}

impl DockerEngine {
    pub(crate) fn new(_host: Option<&str>) -> Self {
        Self {}
    }

    pub(crate) async fn version(&self) -> Result<EngineVersion> {
        Err(not_yet().into())
    }

    pub(crate) async fn ensure_network(
        &self,
        _name: &str,
        _labels: &BTreeMap<String, String>,
    ) -> Result<()> {
        Err(not_yet().into())
    }

    pub(crate) async fn image(&self, _reference: &str) -> Result<Option<ImageView>> {
        Err(not_yet().into())
    }

    pub(crate) async fn list_images(&self, _labels: &[String]) -> Result<Vec<ImageView>> {
        Err(not_yet().into())
    }

    pub(crate) async fn tag_image(&self, _source: &str, _target: &str) -> Result<()> {
        Err(not_yet().into())
    }

    pub(crate) async fn remove_image(&self, _reference: &str) -> Result<()> {
        Err(not_yet().into())
    }

    pub(crate) async fn pull_image(&self, _reference: &str, _timeout: Duration) -> Result<()> {
        Err(not_yet().into())
    }

    pub(crate) async fn import_image(&self, _tar: TarStream, _target: &str) -> Result<()> {
        Err(not_yet().into())
    }

    pub(crate) async fn build(
        &self,
        _request: &BuildRequest,
        _context: TarStream,
        _events: mpsc::Sender<BuildEvent>,
    ) -> Result<(), BuildFailed> {
        Err(not_yet().into())
    }

    pub(crate) async fn create(&self, _spec: &ContainerSpec) -> Result<EngineId> {
        Err(not_yet().into())
    }

    pub(crate) async fn start(&self, _id: &EngineId) -> Result<()> {
        Err(not_yet().into())
    }

    pub(crate) async fn restart(&self, _id: &EngineId, _grace: Duration) -> Result<()> {
        Err(not_yet().into())
    }

    pub(crate) async fn stop(&self, _id: &EngineId, _grace: Duration) -> Result<()> {
        Err(not_yet().into())
    }

    pub(crate) async fn kill(&self, _id: &EngineId) -> Result<()> {
        Err(not_yet().into())
    }

    pub(crate) async fn remove(&self, _id: &EngineId) -> Result<()> {
        Err(not_yet().into())
    }

    pub(crate) async fn pause(&self, _id: &EngineId) -> Result<()> {
        Err(not_yet().into())
    }

    pub(crate) async fn unpause(&self, _id: &EngineId) -> Result<()> {
        Err(not_yet().into())
    }

    pub(crate) async fn rename(&self, _id: &EngineId, _name: &str) -> Result<()> {
        Err(not_yet().into())
    }

    pub(crate) async fn inspect(&self, _id: &EngineId) -> Result<Option<ContainerView>> {
        Err(not_yet().into())
    }

    pub(crate) async fn inspect_raw(&self, _id: &EngineId) -> Result<Option<Value>> {
        Err(not_yet().into())
    }

    pub(crate) async fn list(&self, _agent_id: &str) -> Result<Vec<ContainerView>> {
        Err(not_yet().into())
    }

    pub(crate) async fn logs(
        &self,
        _id: &EngineId,
        _options: LogOptions,
    ) -> Result<BoxStream<'static, Result<LogLine>>> {
        Err(not_yet().into())
    }

    pub(crate) async fn events(
        &self,
        _agent_id: &str,
        _options: EventOptions,
    ) -> Result<BoxStream<'static, Result<EngineEvent>>> {
        Err(not_yet().into())
    }

    pub(crate) async fn listening(&self, _id: &EngineId) -> Result<Vec<SocketAddr>> {
        Err(not_yet().into())
    }

    pub(crate) async fn writable_bytes(&self, _id: &EngineId) -> Result<Option<u64>> {
        Err(not_yet().into())
    }
}
