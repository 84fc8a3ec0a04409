//! What requests write: how a record should be. Each function is one transaction; none of them touches the engine.

use playground_types::wire::OnExisting;
use playground_types::{ContainerPk, ContainerStatus, LaunchId, ModelId, PluginRelease, Timestamp};
use serde_json::Value;
use sqlx::SqliteConnection;

use crate::container::RawContainer;
use crate::{ContainerRow, Desired, LaunchRow, Result, Spec, Store, StoreError, row};

/// A create request, checked and complete.
#[derive(Debug, Clone)]
pub struct CreateIntent {
    /// `code@version`.
    pub release: PluginRelease,
    /// The platform's model.
    pub model: Option<ModelId>,
    /// `plugin_runtime`.
    pub kind: String,
    /// The platform backend's key.
    pub backend_container_id: Option<i64>,
    /// What to make it from.
    pub spec: Spec,
    /// Labels to keep.
    pub labels: Vec<String>,
    /// Metadata to keep.
    pub metadata: Value,
    /// What to do when it is there already and nothing changed.
    pub on_existing: OnExisting,
    /// The name to give it when it is new.
    pub name: String,
    /// The launch's key, should one begin.
    pub launch: LaunchId,
}

/// What became of a create request.
#[derive(Debug, Clone, PartialEq)]
pub struct Accepted {
    /// The record.
    pub container: ContainerRow,
    /// The launch to wait for: a new one, or the one in flight.
    pub launch: LaunchRow,
    /// An existing container is used.
    pub restarted: bool,
    /// The existing container is replaced.
    pub recreated: bool,
}

/// What a create does to an existing record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    /// The same launch is on its way: wait with it.
    Join,
    /// It is ready and shall stay so.
    LeaveAlone,
    /// The container stays and its process starts anew.
    Restart,
    /// The container stays and is started.
    Start,
    /// The container is made anew from the same things.
    Recreate,
    /// The container is made anew because what it is made from changed.
    Change,
    /// The record was on its way out: it begins again.
    Revive,
}

impl Store {
    /// Writes a create request: a new record, or the existing one of the same (plugin release, model) with what the
    /// request changes. The same request while its launch is on its way joins it.
    pub async fn accept_create(&self, intent: &CreateIntent, now: Timestamp) -> Result<Accepted> {
        self.accept_create_within(intent, u64::MAX, now).await
    }

    /// The same, unless it needs a build and so many wait already.
    ///
    /// # Errors
    /// [`StoreError::QueueFull`]; nothing was written then.
    pub async fn accept_create_within(
        &self,
        intent: &CreateIntent,
        places: u64,
        now: Timestamp,
    ) -> Result<Accepted> {
        let mut tx = self.write.begin_with("BEGIN IMMEDIATE").await?;
        crate::queue::admit(&mut tx, intent, places).await?;
        let existing = by_identity(&mut tx, &intent.release, intent.model).await?;
        let accepted = match existing {
            None => {
                let container = insert(&mut tx, intent, now).await?;
                begin_launch(&mut tx, intent, container, false, false, now).await?
            }
            Some(container) => {
                let launch = open_launch(&mut tx, &container).await?;
                let effect = effect_on(&container, launch.is_some(), intent);
                apply(&mut tx, intent, container, launch, effect, now).await?
            }
        };
        tx.commit().await?;
        Ok(accepted)
    }

    /// Wants the record stopped. None when there is no such record; a record on its way out stays so.
    pub async fn want_stopped(
        &self,
        pk: ContainerPk,
        now: Timestamp,
    ) -> Result<Option<ContainerRow>> {
        const SQL: &str = "UPDATE containers SET
                 desired = CASE desired WHEN 'absent' THEN 'absent' ELSE 'stopped' END,
                 asleep = NULL, idle_since = NULL, wanted_at = MAX(wanted_at, $2), updated_at = $2
             WHERE pk = $1 RETURNING *";
        self.wish(SQL, pk, now).await
    }

    /// Wants the record running. A failed one is tried again with a fresh container; a ready one, healthy or not, is left
    /// alone.
    pub async fn want_running(
        &self,
        pk: ContainerPk,
        now: Timestamp,
    ) -> Result<Option<ContainerRow>> {
        const SQL: &str = "UPDATE containers SET
                 epoch = epoch + CASE WHEN status = 'failed' THEN 1 ELSE 0 END,
                 build = NULL, attempts = 0, retry_at = NULL,
                 generation = generation + CASE WHEN status IN ('running', 'unhealthy', 'paused') AND desired = 'running' THEN 0 ELSE 1 END,
                 desired = CASE desired WHEN 'absent' THEN 'absent' ELSE 'running' END,
                 asleep = NULL, idle_since = NULL, wanted_at = MAX(wanted_at, $2), updated_at = $2
             WHERE pk = $1 RETURNING *";
        self.wish(SQL, pk, now).await
    }

    /// Wants the record's process started anew. A failed one is tried again with a fresh container.
    pub async fn want_restart(
        &self,
        pk: ContainerPk,
        now: Timestamp,
    ) -> Result<Option<ContainerRow>> {
        const SQL: &str = "UPDATE containers SET
                 epoch = epoch + CASE WHEN status = 'failed' THEN 1 ELSE 0 END,
                 build = NULL, attempts = 0, retry_at = NULL,
                 generation = generation + 1, restart_wanted = restart_wanted + 1,
                 desired = CASE desired WHEN 'absent' THEN 'absent' ELSE 'running' END,
                 asleep = NULL, idle_since = NULL, wanted_at = MAX(wanted_at, $2), updated_at = $2
             WHERE pk = $1 RETURNING *";
        self.wish(SQL, pk, now).await
    }

    /// Wants nothing of the record to be left. None when there is no such record.
    pub async fn want_absent(
        &self,
        pk: ContainerPk,
        now: Timestamp,
    ) -> Result<Option<ContainerRow>> {
        const SQL: &str = "UPDATE containers SET desired = 'absent', status = 'deleting',
                 asleep = NULL, idle_since = NULL, wanted_at = MAX(wanted_at, $2), updated_at = $2
             WHERE pk = $1 RETURNING *";
        self.wish(SQL, pk, now).await
    }

    /// One statement about one record, and the record as it is then.
    async fn wish(
        &self,
        sql: &'static str,
        pk: ContainerPk,
        now: Timestamp,
    ) -> Result<Option<ContainerRow>> {
        let raw: Vec<RawContainer> = sqlx::query_as(sql)
            .bind(pk.0)
            .bind(now.0)
            .fetch_all(&self.write)
            .await?;
        raw.into_iter()
            .next()
            .map(ContainerRow::try_from)
            .transpose()
    }
}

/// Decides, from the record as it is, what a create for it means (design: a second create).
fn effect_on(container: &ContainerRow, in_flight: bool, intent: &CreateIntent) -> Effect {
    if container.desired == Desired::Absent {
        return Effect::Revive;
    }
    if container.spec != intent.spec {
        return Effect::Change;
    }
    if in_flight && container.desired == Desired::Running {
        return Effect::Join;
    }
    // Whatever a failed start left behind must not be what the next one runs.
    if container.status == ContainerStatus::Failed {
        return Effect::Recreate;
    }
    match intent.on_existing {
        OnExisting::Recreate => Effect::Recreate,
        OnExisting::Restart => Effect::Restart,
        OnExisting::Reuse if is_serving(container) => Effect::LeaveAlone,
        OnExisting::Reuse => Effect::Start,
    }
}

/// Ready, and awake: one that sleeps is started, which wakes it.
fn is_serving(container: &ContainerRow) -> bool {
    container.desired == Desired::Running && container.is_published() && container.asleep.is_none()
}

/// Only the code of a live container changed: that is changed in it.
fn is_edit(there: &Spec, wanted: &Spec) -> bool {
    let with_its_code = Spec {
        source: there.source.clone(),
        ..wanted.clone()
    };
    wanted.live && with_its_code == *there
}

async fn apply(
    tx: &mut SqliteConnection,
    intent: &CreateIntent,
    container: ContainerRow,
    launch: Option<LaunchRow>,
    effect: Effect,
    now: Timestamp,
) -> Result<Accepted> {
    let (restarted, recreated) = match effect {
        Effect::Join | Effect::LeaveAlone => {
            let launch = match launch {
                Some(launch) => launch,
                None => latest_launch(tx, intent, &container, now).await?,
            };
            let restarted = effect == Effect::Join && launch.restarted;
            let recreated = effect == Effect::Join && launch.recreated;
            return Ok(Accepted {
                container,
                launch,
                restarted,
                recreated,
            });
        }
        Effect::Restart | Effect::Start => (true, false),
        Effect::Change if is_edit(&container.spec, &intent.spec) => (true, false),
        Effect::Recreate | Effect::Change => (true, true),
        Effect::Revive => (false, false),
    };
    let container = update(tx, intent, &container, effect, now).await?;
    begin_launch(tx, intent, container, restarted, recreated, now).await
}

async fn update(
    tx: &mut SqliteConnection,
    intent: &CreateIntent,
    container: &ContainerRow,
    effect: Effect,
    now: Timestamp,
) -> Result<ContainerRow> {
    let fresh = matches!(effect, Effect::Recreate | Effect::Revive);
    let replan = fresh
        || container.spec.source != intent.spec.source
        || container.spec.live != intent.spec.live;
    let raw: RawContainer = sqlx::query_as(
        "UPDATE containers SET
             desired = 'running', status = 'requested', generation = generation + 1,
             epoch = epoch + $2, restart_wanted = restart_wanted + $3,
             source = $4, params = $5, envs = $6, limits = $7, labels = $8, metadata = $9,
             kind = $10, backend_container_id = COALESCE($11, backend_container_id),
             live = $14,
             context = CASE WHEN $12 THEN NULL ELSE context END,
             image = CASE WHEN $12 THEN NULL ELSE image END,
             build = NULL, attempts = 0, retry_at = NULL, asleep = NULL, idle_since = NULL,
             wanted_at = MAX(wanted_at, $13), updated_at = $13
         WHERE pk = $1 RETURNING *",
    )
    .bind(container.pk.0)
    .bind(i64::from(fresh))
    .bind(i64::from(effect == Effect::Restart))
    .bind(intent.spec.source.hex())
    .bind(row::to_json(&intent.spec.params))
    .bind(row::to_json(&intent.spec.envs))
    .bind(row::to_json(&intent.spec.limits))
    .bind(row::to_json(&intent.labels))
    .bind(row::to_json(&intent.metadata))
    .bind(&intent.kind)
    .bind(intent.backend_container_id)
    .bind(replan)
    .bind(now.0)
    .bind(intent.spec.live)
    .fetch_one(tx)
    .await?;
    raw.try_into()
}

async fn insert(
    tx: &mut SqliteConnection,
    intent: &CreateIntent,
    now: Timestamp,
) -> Result<ContainerRow> {
    // A name that is taken gets the number the record will have, which no other record can have.
    let raw: RawContainer = sqlx::query_as(
        "INSERT INTO containers (name, plugin_release, model, kind, backend_container_id, desired, source, params, envs,
                                 limits, labels, metadata, live, status, wanted_at, created_at, updated_at)
         SELECT CASE WHEN EXISTS (SELECT 1 FROM containers WHERE name = $1)
                     THEN $1 || '_' || (SELECT COALESCE(MAX(seq), 0) + 1 FROM sqlite_sequence WHERE name = 'containers')
                     ELSE $1 END,
                $2, $3, $4, $5, 'running', $6, $7, $8, $9, $10, $11, $13, 'requested', $12, $12, $12
         RETURNING *",
    )
    .bind(&intent.name)
    .bind(intent.release.to_string())
    .bind(intent.model.map(|model| model.0))
    .bind(&intent.kind)
    .bind(intent.backend_container_id)
    .bind(intent.spec.source.hex())
    .bind(row::to_json(&intent.spec.params))
    .bind(row::to_json(&intent.spec.envs))
    .bind(row::to_json(&intent.spec.limits))
    .bind(row::to_json(&intent.labels))
    .bind(row::to_json(&intent.metadata))
    .bind(now.0)
    .bind(intent.spec.live)
    .fetch_one(tx)
    .await?;
    raw.try_into()
}

pub(crate) async fn by_identity(
    tx: &mut SqliteConnection,
    release: &PluginRelease,
    model: Option<ModelId>,
) -> Result<Option<ContainerRow>> {
    let raw: Option<RawContainer> =
        sqlx::query_as("SELECT * FROM containers WHERE plugin_release = $1 AND COALESCE(model, -1) = COALESCE($2, -1)")
            .bind(release.to_string())
            .bind(model.map(|model| model.0))
            .fetch_optional(tx)
            .await?;
    raw.map(ContainerRow::try_from).transpose()
}

async fn open_launch(
    tx: &mut SqliteConnection,
    container: &ContainerRow,
) -> Result<Option<LaunchRow>> {
    Ok(LaunchRow::newest(tx, container.pk)
        .await?
        .filter(|launch| launch.outcome.is_none()))
}

/// The launch that made the container ready; a record that never had one (adopted, started by hand) gets its first.
async fn latest_launch(
    tx: &mut SqliteConnection,
    intent: &CreateIntent,
    container: &ContainerRow,
    now: Timestamp,
) -> Result<LaunchRow> {
    if let Some(launch) = LaunchRow::newest(tx, container.pk).await? {
        return Ok(launch);
    }
    Ok(
        begin_launch(tx, intent, container.clone(), false, false, now)
            .await?
            .launch,
    )
}

async fn begin_launch(
    tx: &mut SqliteConnection,
    intent: &CreateIntent,
    container: ContainerRow,
    restarted: bool,
    recreated: bool,
    now: Timestamp,
) -> Result<Accepted> {
    sqlx::query(
        "INSERT INTO launches (id, container, plugin_release, generation, restarted, recreated, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(intent.launch.to_string())
    .bind(container.pk.0)
    .bind(container.release.to_string())
    .bind(container.generation)
    .bind(restarted)
    .bind(recreated)
    .bind(now.0)
    .execute(&mut *tx)
    .await?;
    let launch = LaunchRow::newest(tx, container.pk)
        .await?
        .ok_or(StoreError::Corrupt {
            column: "launches.id",
            value: intent.launch.to_string(),
        })?;
    Ok(Accepted {
        container,
        launch,
        restarted,
        recreated,
    })
}
