//! Image builds: a queue, and the history of what came of it.

use playground_types::wire::BuildStep;
use playground_types::{
    BuildId, BuildStatus, ContainerPk, Digest, Failure, PluginRelease, Timestamp,
};
use sqlx::SqliteConnection;

use crate::{Result, Store, row};

/// A build to queue.
#[derive(Debug, Clone)]
pub struct NewBuild {
    /// The release that asks.
    pub release: PluginRelease,
    /// Its content.
    pub source: Digest,
    /// Digest of the whole build context.
    pub context: Digest,
    /// The image to make.
    pub image: String,
}

/// One row of `builds`.
#[derive(Debug, Clone, PartialEq)]
pub struct BuildRow {
    /// The build's key.
    pub id: BuildId,
    /// The release that asked first.
    pub release: PluginRelease,
    /// Its content.
    pub source: Digest,
    /// Digest of the whole build context.
    pub context: Digest,
    /// The image it makes.
    pub image: String,
    /// Where it stands.
    pub status: BuildStatus,
    /// Whether it shall be ended.
    pub cancel_wanted: bool,
    /// How often it was begun: more than once when the Agent died in the middle.
    pub attempt: i64,
    /// Its steps so far.
    pub steps: Vec<BuildStep>,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// When it was asked for.
    pub queued_at: Timestamp,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

#[derive(sqlx::FromRow)]
struct RawBuild {
    id: String,
    plugin_release: String,
    source: String,
    context: String,
    image: String,
    status: String,
    cancel_wanted: bool,
    attempt: i64,
    steps: String,
    failure: Option<String>,
    queued_at: i64,
    started_at: Option<i64>,
    finished_at: Option<i64>,
}

impl TryFrom<RawBuild> for BuildRow {
    type Error = crate::StoreError;

    fn try_from(raw: RawBuild) -> Result<Self> {
        Ok(Self {
            id: row::text("builds.id", &raw.id)?,
            release: row::text("builds.plugin_release", &raw.plugin_release)?,
            source: row::text("builds.source", &raw.source)?,
            context: row::text("builds.context", &raw.context)?,
            image: raw.image,
            status: row::text("builds.status", &raw.status)?,
            cancel_wanted: raw.cancel_wanted,
            attempt: raw.attempt,
            steps: row::json("builds.steps", &raw.steps)?,
            failure: row::optional_json("builds.failure", raw.failure.as_deref())?,
            queued_at: Timestamp(raw.queued_at),
            started_at: raw.started_at.map(Timestamp),
            finished_at: raw.finished_at.map(Timestamp),
        })
    }
}

impl Store {
    /// The live build of this context, queued anew when there is none. The record and its open launches wait for it from
    /// now on, unless it is just being cancelled: then a new one can be queued once it ended.
    ///
    /// One transaction, so that nobody finds a build unneeded between its being joined and its being waited for.
    pub async fn queue_build(
        &self,
        pk: ContainerPk,
        new: &NewBuild,
        now: Timestamp,
    ) -> Result<BuildRow> {
        let mut tx = self.write.begin().await?;
        let raw: RawBuild = sqlx::query_as(
            "INSERT INTO builds (id, plugin_release, source, context, image, status, queued_at)
             VALUES ($1, $2, $3, $4, $5, 'queued', $6)
             ON CONFLICT (context) WHERE status IN ('queued', 'building') DO UPDATE SET context = excluded.context
             RETURNING *",
        )
        .bind(BuildId::generate().to_string())
        .bind(new.release.to_string())
        .bind(new.source.hex())
        .bind(new.context.hex())
        .bind(&new.image)
        .bind(now.0)
        .fetch_one(&mut *tx)
        .await?;
        let build = BuildRow::try_from(raw)?;
        if !build.cancel_wanted {
            wait_for_build(&mut tx, pk, build.id).await?;
        }
        tx.commit().await?;
        Ok(build)
    }

    /// Takes a queued build to run it. None when it is not queued any more.
    pub async fn begin_build(&self, id: BuildId, now: Timestamp) -> Result<Option<BuildRow>> {
        let raw: Vec<RawBuild> = sqlx::query_as(
            "UPDATE builds SET status = 'building', started_at = $2, attempt = attempt + 1
             WHERE id = $1 AND status = 'queued' RETURNING *",
        )
        .bind(id.to_string())
        .bind(now.0)
        .fetch_all(&self.write)
        .await?;
        raw.into_iter().next().map(BuildRow::try_from).transpose()
    }

    /// Puts builds back that were running when the Agent died.
    pub async fn requeue_interrupted_builds(&self) -> Result<u64> {
        let done = sqlx::query("UPDATE builds SET status = 'queued', started_at = NULL, steps = '[]' WHERE status = 'building'")
            .execute(&self.write)
            .await?;
        Ok(done.rows_affected())
    }

    /// Puts one build back that could not be run. Nothing happens when it ended meanwhile.
    pub async fn requeue_build(&self, id: BuildId) -> Result<()> {
        sqlx::query("UPDATE builds SET status = 'queued', started_at = NULL, steps = '[]' WHERE id = $1 AND status = 'building'")
            .bind(id.to_string())
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// Writes the steps so far.
    pub async fn set_build_steps(&self, id: BuildId, steps: &[BuildStep]) -> Result<()> {
        sqlx::query("UPDATE builds SET steps = $2 WHERE id = $1")
            .bind(id.to_string())
            .bind(row::to_json(&steps))
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// Ends a build: completed without a failure, cancelled or failed with one.
    pub async fn finish_build(
        &self,
        id: BuildId,
        status: BuildStatus,
        failure: Option<&Failure>,
        now: Timestamp,
    ) -> Result<()> {
        sqlx::query("UPDATE builds SET status = $2, failure = $3, finished_at = $4 WHERE id = $1")
            .bind(id.to_string())
            .bind(status.as_str())
            .bind(failure.map(row::to_json))
            .bind(now.0)
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// Wants a live build ended; one that is still queued ends at once. None when it is not live.
    pub async fn want_build_cancelled(
        &self,
        id: BuildId,
        failure: &Failure,
        now: Timestamp,
    ) -> Result<Option<BuildRow>> {
        self.cancel_live_build(id, failure, now, false).await
    }

    /// The same, but only when no record that wants to run waits for it.
    pub async fn want_unneeded_build_cancelled(
        &self,
        id: BuildId,
        failure: &Failure,
        now: Timestamp,
    ) -> Result<Option<BuildRow>> {
        self.cancel_live_build(id, failure, now, true).await
    }

    async fn cancel_live_build(
        &self,
        id: BuildId,
        failure: &Failure,
        now: Timestamp,
        only_unneeded: bool,
    ) -> Result<Option<BuildRow>> {
        let raw: Vec<RawBuild> = sqlx::query_as(
            "UPDATE builds SET cancel_wanted = TRUE,
                 failure = CASE status WHEN 'queued' THEN $2 ELSE failure END,
                 finished_at = CASE status WHEN 'queued' THEN $3 ELSE finished_at END,
                 status = CASE status WHEN 'queued' THEN 'cancelled' ELSE status END
             WHERE id = $1 AND status IN ('queued', 'building')
               AND NOT ($4 AND EXISTS (SELECT 1 FROM containers WHERE build = $1 AND desired = 'running'))
             RETURNING *",
        )
        .bind(id.to_string())
        .bind(row::to_json(failure))
        .bind(now.0)
        .bind(only_unneeded)
        .fetch_all(&self.write)
        .await?;
        raw.into_iter().next().map(BuildRow::try_from).transpose()
    }

    /// One build.
    pub async fn build(&self, id: BuildId) -> Result<Option<BuildRow>> {
        let raw: Option<RawBuild> = sqlx::query_as("SELECT * FROM builds WHERE id = $1")
            .bind(id.to_string())
            .fetch_optional(&self.read)
            .await?;
        raw.map(BuildRow::try_from).transpose()
    }

    /// Those of these builds that are there.
    pub async fn builds(&self, ids: &[BuildId]) -> Result<Vec<BuildRow>> {
        let ids: Vec<String> = ids.iter().map(BuildId::to_string).collect();
        let raw: Vec<RawBuild> =
            sqlx::query_as("SELECT * FROM builds WHERE id IN (SELECT value FROM json_each($1))")
                .bind(row::to_json(&ids))
                .fetch_all(&self.read)
                .await?;
        raw.into_iter().map(BuildRow::try_from).collect()
    }

    /// How many builds are queued.
    pub async fn queued_builds(&self) -> Result<u64> {
        let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM builds WHERE status = 'queued'")
            .fetch_one(&self.read)
            .await?;
        Ok(count as u64)
    }
}

async fn wait_for_build(tx: &mut SqliteConnection, pk: ContainerPk, build: BuildId) -> Result<()> {
    sqlx::query("UPDATE containers SET build = $2 WHERE pk = $1")
        .bind(pk.0)
        .bind(build.to_string())
        .execute(&mut *tx)
        .await?;
    sqlx::query("UPDATE launches SET build = $2 WHERE container = $1 AND outcome IS NULL")
        .bind(pk.0)
        .bind(build.to_string())
        .execute(&mut *tx)
        .await?;
    Ok(())
}
