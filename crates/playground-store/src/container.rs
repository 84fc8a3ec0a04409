//! The container record: the seed's model (container id, plugin release, model, host port, status, times) and what
//! reconciling needs beside it.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use playground_types::env::{Envs, Params};
use playground_types::{
    BuildId, ContainerPk, ContainerStatus, Digest, EngineId, Failure, HealthState, HostPort,
    IdleTimes, Limits, ModelId, PluginRelease, Tier, Timestamp, Visibility,
};
use serde_json::Value;

use crate::intent::by_identity;
use crate::{Result, Store, row};

/// What a record should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Desired {
    /// Its app answers.
    Running,
    /// Its container is stopped; its port stays.
    Stopped,
    /// Nothing of it is left.
    Absent,
}

/// What a container is made from. Any difference means that the container must be made anew, for Docker fixes all of it at
/// create; but the code of a live one is changed in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Spec {
    /// The plugin's content.
    pub source: Digest,
    /// `PLUGIN_PARAMS`.
    pub params: Params,
    /// Further environment variables.
    pub envs: Envs,
    /// Resource limits.
    pub limits: Limits,
    /// Whether its code is delivered into the container instead of the image, so that a change of it makes neither anew.
    pub live: bool,
}

/// One row of `containers`.
#[derive(Debug, Clone, PartialEq)]
pub struct ContainerRow {
    /// The record's key.
    pub pk: ContainerPk,
    /// Name on this Agent and on the engine.
    pub name: String,
    /// `code@version`.
    pub release: PluginRelease,
    /// The platform's model.
    pub model: Option<ModelId>,
    /// `plugin_runtime`.
    pub kind: String,
    /// The platform backend's key.
    pub backend_container_id: Option<i64>,
    /// What should be.
    pub desired: Desired,
    /// Counts what requests wanted; a failure belongs to one generation and is forgotten by the next.
    pub generation: i64,
    /// Counts forced re-creations; part of what the container is made from.
    pub epoch: i64,
    /// Restarts asked for. A level, so that no crash between asking and doing loses one.
    pub restart_wanted: i64,
    /// When what should be was last asked for.
    pub wanted_at: Timestamp,
    /// What it is made from.
    pub spec: Spec,
    /// Labels given at create.
    pub labels: Vec<String>,
    /// Metadata given at create.
    pub metadata: Value,
    /// What the record says of itself.
    pub status: ContainerStatus,
    /// Restarts done.
    pub restart_done: i64,
    /// Digest of the build context that its image was planned from.
    pub context: Option<Digest>,
    /// The image reference planned for it.
    pub image: Option<String>,
    /// The build it waits for, or waited for last.
    pub build: Option<BuildId>,
    /// Its host port, kept as long as the record lives.
    pub host_port: Option<HostPort>,
    /// Docker's id of its container.
    pub engine_id: Option<EngineId>,
    /// The run (Docker's `StartedAt`) whose app answered and whose address is out; none when withdrawn.
    pub published_run: Option<String>,
    /// The container's own address in that run, where the engine does not publish its port.
    pub address: Option<IpAddr>,
    /// The content that a live record's container was given last.
    pub delivered: Option<Digest>,
    /// Since when it is ready.
    pub ready_since: Option<Timestamp>,
    /// The generation that was ready last: a crash before that is a failed start, a crash after it is retried.
    pub ready_generation: Option<i64>,
    /// Since when the current start is on its way.
    pub starting_since: Option<Timestamp>,
    /// Crashes since it was last healthy for long.
    pub attempts: i64,
    /// When the next attempt may begin.
    pub retry_at: Option<Timestamp>,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// The generation that failed.
    pub failed_generation: Option<i64>,
    /// What the health checks of the published run say.
    pub health_state: HealthState,
    /// Health checks of the published run that were missed in a row.
    pub consecutive_failures: i64,
    /// When an app of this record was last asked.
    pub last_health_check_at: Option<Timestamp>,
    /// Why the last health check was missed; none when it was answered.
    pub last_health_error: Option<String>,
    /// Who may use its app through the gateway.
    pub visibility: Visibility,
    /// Docker's id of the container that serves on while its successor is on its way.
    pub previous_engine_id: Option<EngineId>,
    /// That container's host port, where Docker publishes it.
    pub previous_port: Option<HostPort>,
    /// That container's own address, where the Agent goes there.
    pub previous_address: Option<IpAddr>,
    /// How deep it sleeps because nobody looks at it; none while it is awake.
    pub asleep: Option<Tier>,
    /// Since when nobody looks at it; only while it sleeps.
    pub idle_since: Option<Timestamp>,
    /// When it sleeps, where it differs from the Agent's own times.
    pub idle_times: IdleTimes,
    /// When somebody was last there, to within a minute.
    pub last_visit_at: Option<Timestamp>,
    /// When the record was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// Which records a list shows.
#[derive(Debug, Clone, Default)]
pub struct ContainerFilter {
    /// Any of these statuses; all when empty.
    pub statuses: Vec<ContainerStatus>,
    /// `code@version`, or a bare code.
    pub release: Option<String>,
    /// The model.
    pub model: Option<ModelId>,
    /// All of these labels.
    pub labels: Vec<String>,
    /// Part of the name or release.
    pub search: Option<String>,
    /// Rows to skip.
    pub offset: u64,
    /// Rows to return.
    pub limit: u64,
}

impl ContainerRow {
    /// The failure of the current generation, if it failed.
    pub fn current_failure(&self) -> Option<&Failure> {
        self.failure
            .as_ref()
            .filter(|_| self.failed_generation == Some(self.generation))
    }

    /// Whether its address is out.
    pub fn is_published(&self) -> bool {
        self.published_run.is_some()
    }
}

impl Desired {
    /// The word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Stopped => "stopped",
            Self::Absent => "absent",
        }
    }
}

impl fmt::Display for Desired {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Desired {
    type Err = ();

    fn from_str(text: &str) -> std::result::Result<Self, ()> {
        match text {
            "running" => Ok(Self::Running),
            "stopped" => Ok(Self::Stopped),
            "absent" => Ok(Self::Absent),
            _ => Err(()),
        }
    }
}

#[derive(sqlx::FromRow)]
pub(crate) struct RawContainer {
    pk: i64,
    name: String,
    plugin_release: String,
    model: Option<i64>,
    kind: String,
    backend_container_id: Option<i64>,
    desired: String,
    generation: i64,
    epoch: i64,
    restart_wanted: i64,
    wanted_at: i64,
    source: String,
    params: String,
    envs: String,
    limits: String,
    live: bool,
    labels: String,
    metadata: String,
    status: String,
    restart_done: i64,
    context: Option<String>,
    image: Option<String>,
    build: Option<String>,
    host_port: Option<i64>,
    engine_id: Option<String>,
    published_run: Option<String>,
    address: Option<String>,
    delivered: Option<String>,
    ready_since: Option<i64>,
    ready_generation: Option<i64>,
    starting_since: Option<i64>,
    attempts: i64,
    retry_at: Option<i64>,
    failure: Option<String>,
    failed_generation: Option<i64>,
    health_state: String,
    consecutive_failures: i64,
    last_health_check_at: Option<i64>,
    last_health_error: Option<String>,
    visibility: String,
    previous_engine_id: Option<String>,
    previous_port: Option<i64>,
    previous_address: Option<String>,
    asleep: Option<String>,
    idle_since: Option<i64>,
    idle_times: String,
    last_visit_at: Option<i64>,
    created_at: i64,
    updated_at: i64,
}

impl TryFrom<RawContainer> for ContainerRow {
    type Error = crate::StoreError;

    fn try_from(raw: RawContainer) -> Result<Self> {
        Ok(Self {
            pk: ContainerPk(raw.pk),
            name: raw.name,
            release: row::text("containers.plugin_release", &raw.plugin_release)?,
            model: raw.model.map(ModelId),
            kind: raw.kind,
            backend_container_id: raw.backend_container_id,
            desired: row::text("containers.desired", &raw.desired)?,
            generation: raw.generation,
            epoch: raw.epoch,
            restart_wanted: raw.restart_wanted,
            wanted_at: Timestamp(raw.wanted_at),
            spec: Spec {
                source: row::text("containers.source", &raw.source)?,
                params: row::json("containers.params", &raw.params)?,
                envs: row::json("containers.envs", &raw.envs)?,
                limits: row::json("containers.limits", &raw.limits)?,
                live: raw.live,
            },
            labels: row::json("containers.labels", &raw.labels)?,
            metadata: row::json("containers.metadata", &raw.metadata)?,
            status: row::text("containers.status", &raw.status)?,
            restart_done: raw.restart_done,
            context: row::optional("containers.context", raw.context.as_deref())?,
            image: raw.image,
            build: row::optional("containers.build", raw.build.as_deref())?,
            host_port: port(raw.host_port),
            engine_id: raw.engine_id.map(EngineId),
            published_run: raw.published_run,
            address: row::optional("containers.address", raw.address.as_deref())?,
            delivered: row::optional("containers.delivered", raw.delivered.as_deref())?,
            ready_since: raw.ready_since.map(Timestamp),
            ready_generation: raw.ready_generation,
            starting_since: raw.starting_since.map(Timestamp),
            attempts: raw.attempts,
            retry_at: raw.retry_at.map(Timestamp),
            failure: row::optional_json("containers.failure", raw.failure.as_deref())?,
            failed_generation: raw.failed_generation,
            health_state: row::text("containers.health_state", &raw.health_state)?,
            consecutive_failures: raw.consecutive_failures,
            last_health_check_at: raw.last_health_check_at.map(Timestamp),
            last_health_error: raw.last_health_error,
            visibility: row::text("containers.visibility", &raw.visibility)?,
            previous_engine_id: raw.previous_engine_id.map(EngineId),
            previous_port: port(raw.previous_port),
            previous_address: row::optional(
                "containers.previous_address",
                raw.previous_address.as_deref(),
            )?,
            asleep: row::optional("containers.asleep", raw.asleep.as_deref())?,
            idle_since: raw.idle_since.map(Timestamp),
            idle_times: row::json("containers.idle_times", &raw.idle_times)?,
            last_visit_at: raw.last_visit_at.map(Timestamp),
            created_at: Timestamp(raw.created_at),
            updated_at: Timestamp(raw.updated_at),
        })
    }
}

fn port(column: Option<i64>) -> Option<HostPort> {
    let port = column.and_then(|port| u16::try_from(port).ok());
    port.map(HostPort)
}

impl Store {
    /// One record.
    pub async fn container(&self, pk: ContainerPk) -> Result<Option<ContainerRow>> {
        let raw: Option<RawContainer> = sqlx::query_as("SELECT * FROM containers WHERE pk = $1")
            .bind(pk.0)
            .fetch_optional(&self.read)
            .await?;
        raw.map(ContainerRow::try_from).transpose()
    }

    /// Records by name, full Docker id or the beginning of one (two at most: enough to tell that it is ambiguous).
    pub async fn containers_by_handle(&self, handle: &str) -> Result<Vec<ContainerRow>> {
        let raw: Vec<RawContainer> = sqlx::query_as(
            "SELECT * FROM containers WHERE name = $1 OR engine_id = $1
                OR (length($1) >= 4 AND substr(engine_id, 1, length($1)) = $1)
             ORDER BY name = $1 DESC, engine_id = $1 DESC, pk LIMIT 2",
        )
        .bind(handle)
        .fetch_all(&self.read)
        .await?;
        raw.into_iter().map(ContainerRow::try_from).collect()
    }

    /// The record of this identity.
    pub async fn container_of(
        &self,
        release: &PluginRelease,
        model: Option<ModelId>,
    ) -> Result<Option<ContainerRow>> {
        let mut tx = self.read.begin().await?;
        by_identity(&mut tx, release, model).await
    }

    /// Every record's key.
    pub async fn container_keys(&self) -> Result<Vec<ContainerPk>> {
        let keys: Vec<i64> = sqlx::query_scalar("SELECT pk FROM containers ORDER BY pk")
            .fetch_all(&self.read)
            .await?;
        Ok(keys.into_iter().map(ContainerPk).collect())
    }

    /// The record whose container this is.
    pub async fn container_of_engine(&self, id: &EngineId) -> Result<Option<ContainerPk>> {
        let key: Option<i64> =
            sqlx::query_scalar("SELECT pk FROM containers WHERE engine_id = $1 LIMIT 1")
                .bind(id.as_str())
                .fetch_optional(&self.read)
                .await?;
        Ok(key.map(ContainerPk))
    }

    /// The records that wait for a build, or waited for it last.
    pub async fn containers_of_build(&self, build: BuildId) -> Result<Vec<ContainerPk>> {
        let keys: Vec<i64> =
            sqlx::query_scalar("SELECT pk FROM containers WHERE build = $1 ORDER BY pk")
                .bind(build.to_string())
                .fetch_all(&self.read)
                .await?;
        Ok(keys.into_iter().map(ContainerPk).collect())
    }

    /// A page of records, newest first, and how many match in all.
    pub async fn containers(&self, filter: &ContainerFilter) -> Result<(Vec<ContainerRow>, u64)> {
        // Lists travel as JSON, so that the statement is one constant whatever the filter.
        const MATCHING: &str = "FROM containers c WHERE
            ($1 = '[]' OR c.status IN (SELECT value FROM json_each($1)))
            AND ($2 IS NULL OR c.plugin_release = $2 OR substr(c.plugin_release, 1, length($2) + 1) = $2 || '@')
            AND ($3 IS NULL OR c.model = $3)
            AND NOT EXISTS (SELECT 1 FROM json_each($4) wanted
                            WHERE wanted.value NOT IN (SELECT value FROM json_each(c.labels)))
            AND ($5 IS NULL OR instr(lower(c.name || ' ' || c.plugin_release), lower($5)) > 0)";
        let statuses: Vec<&str> = filter
            .statuses
            .iter()
            .map(|status| status.as_str())
            .collect();
        let (statuses, labels) = (row::to_json(&statuses), row::to_json(&filter.labels));
        let count: i64 =
            sqlx::query_scalar(sqlx::AssertSqlSafe(format!("SELECT COUNT(*) {MATCHING}")))
                .bind(&statuses)
                .bind(&filter.release)
                .bind(filter.model.map(|model| model.0))
                .bind(&labels)
                .bind(&filter.search)
                .fetch_one(&self.read)
                .await?;
        let raw: Vec<RawContainer> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
            "SELECT c.* {MATCHING} ORDER BY c.pk DESC LIMIT $6 OFFSET $7"
        )))
        .bind(&statuses)
        .bind(&filter.release)
        .bind(filter.model.map(|model| model.0))
        .bind(&labels)
        .bind(&filter.search)
        .bind(filter.limit as i64)
        .bind(filter.offset as i64)
        .fetch_all(&self.read)
        .await?;
        Ok((
            raw.into_iter()
                .map(ContainerRow::try_from)
                .collect::<Result<_>>()?,
            count as u64,
        ))
    }

    /// All records, newest first.
    pub async fn all_containers(&self) -> Result<Vec<ContainerRow>> {
        let raw: Vec<RawContainer> = sqlx::query_as("SELECT * FROM containers ORDER BY pk DESC")
            .fetch_all(&self.read)
            .await?;
        raw.into_iter().map(ContainerRow::try_from).collect()
    }

    /// How many records there are of each status.
    pub async fn container_counts(&self) -> Result<Vec<(ContainerStatus, u64)>> {
        let rows: Vec<(String, i64)> = sqlx::query_as(
            "SELECT status, COUNT(*) FROM containers GROUP BY status ORDER BY status",
        )
        .fetch_all(&self.read)
        .await?;
        rows.into_iter()
            .map(|(status, count)| Ok((row::text("containers.status", &status)?, count as u64)))
            .collect()
    }
}
