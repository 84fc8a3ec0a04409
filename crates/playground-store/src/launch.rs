//! Launches: what a create request started, and what clients poll. A launch outlives its container, so that a client
//! that polls late still learns how it ended.

use playground_types::{BuildId, ContainerPk, Failure, LaunchId, PluginRelease, Timestamp};
use sqlx::SqliteConnection;

use crate::{Result, Store, row};

/// How a launch ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The app answered.
    Completed,
    /// It was given up.
    Failed,
    /// It was stopped, deleted or cancelled before it was ready.
    Cancelled,
}

/// One row of `launches`.
#[derive(Debug, Clone, PartialEq)]
pub struct LaunchRow {
    /// The launch's key, which clients know as `build_id`.
    pub id: LaunchId,
    /// The record it is for.
    pub container: ContainerPk,
    /// `code@version`.
    pub release: PluginRelease,
    /// The record's generation that it began.
    pub generation: i64,
    /// An existing container is used.
    pub restarted: bool,
    /// The existing container is replaced.
    pub recreated: bool,
    /// The image build it waited for.
    pub build: Option<BuildId>,
    /// How it ended; none while on its way.
    pub outcome: Option<Outcome>,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// The container as it was when the launch completed, as JSON.
    pub result: Option<String>,
    /// When it began.
    pub created_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

#[derive(sqlx::FromRow)]
struct RawLaunch {
    id: String,
    container: i64,
    plugin_release: String,
    generation: i64,
    restarted: bool,
    recreated: bool,
    build: Option<String>,
    outcome: Option<String>,
    failure: Option<String>,
    result: Option<String>,
    created_at: i64,
    finished_at: Option<i64>,
}

impl TryFrom<RawLaunch> for LaunchRow {
    type Error = crate::StoreError;

    fn try_from(raw: RawLaunch) -> Result<Self> {
        let outcome = match raw.outcome.as_deref() {
            None => None,
            Some("completed") => Some(Outcome::Completed),
            Some("failed") => Some(Outcome::Failed),
            Some("cancelled") => Some(Outcome::Cancelled),
            Some(other) => {
                return Err(crate::StoreError::Corrupt {
                    column: "launches.outcome",
                    value: other.to_owned(),
                });
            }
        };
        Ok(Self {
            id: row::text("launches.id", &raw.id)?,
            container: ContainerPk(raw.container),
            release: row::text("launches.plugin_release", &raw.plugin_release)?,
            generation: raw.generation,
            restarted: raw.restarted,
            recreated: raw.recreated,
            build: row::optional("launches.build", raw.build.as_deref())?,
            outcome,
            failure: row::optional_json("launches.failure", raw.failure.as_deref())?,
            result: raw.result,
            created_at: Timestamp(raw.created_at),
            finished_at: raw.finished_at.map(Timestamp),
        })
    }
}

impl LaunchRow {
    pub(crate) async fn newest(tx: &mut SqliteConnection, pk: ContainerPk) -> Result<Option<Self>> {
        let raw: Option<RawLaunch> = sqlx::query_as(
            "SELECT * FROM launches WHERE container = $1 ORDER BY generation DESC LIMIT 1",
        )
        .bind(pk.0)
        .fetch_optional(tx)
        .await?;
        raw.map(Self::try_from).transpose()
    }
}

impl Outcome {
    fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

impl Store {
    /// One launch.
    pub async fn launch(&self, id: LaunchId) -> Result<Option<LaunchRow>> {
        let raw: Option<RawLaunch> = sqlx::query_as("SELECT * FROM launches WHERE id = $1")
            .bind(id.to_string())
            .fetch_optional(&self.read)
            .await?;
        raw.map(LaunchRow::try_from).transpose()
    }

    /// A page of launches, newest first, and how many there are in all.
    pub async fn launches(&self, offset: u64, limit: u64) -> Result<(Vec<LaunchRow>, u64)> {
        let raw: Vec<RawLaunch> =
            sqlx::query_as("SELECT * FROM launches ORDER BY id DESC LIMIT $1 OFFSET $2")
                .bind(limit as i64)
                .bind(offset as i64)
                .fetch_all(&self.read)
                .await?;
        let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM launches")
            .fetch_one(&self.read)
            .await?;
        Ok((
            raw.into_iter()
                .map(LaunchRow::try_from)
                .collect::<Result<_>>()?,
            count as u64,
        ))
    }

    /// The newest launches, so many, and all that are on their way; newest first.
    pub async fn recent_launches(&self, newest: u64) -> Result<Vec<LaunchRow>> {
        let raw: Vec<RawLaunch> = sqlx::query_as(
            "SELECT * FROM launches WHERE outcome IS NULL
                OR id IN (SELECT id FROM launches ORDER BY id DESC LIMIT $1)
             ORDER BY id DESC",
        )
        .bind(newest as i64)
        .fetch_all(&self.read)
        .await?;
        raw.into_iter().map(LaunchRow::try_from).collect()
    }

    /// Ends every open launch of a record up to a generation: what an older request waited for is this outcome too.
    pub async fn finish_launches(
        &self,
        pk: ContainerPk,
        generation: i64,
        outcome: Outcome,
        failure: Option<&Failure>,
        result: Option<&str>,
        now: Timestamp,
    ) -> Result<u64> {
        let done = sqlx::query(
            "UPDATE launches SET outcome = $3, failure = $4, result = $5, finished_at = $6
             WHERE container = $1 AND generation <= $2 AND outcome IS NULL",
        )
        .bind(pk.0)
        .bind(generation)
        .bind(outcome.as_str())
        .bind(failure.map(row::to_json))
        .bind(result)
        .bind(now.0)
        .execute(&self.write)
        .await?;
        Ok(done.rows_affected())
    }

    /// Forgets launches that ended before a time.
    pub async fn forget_launches(&self, before: Timestamp) -> Result<u64> {
        let done = sqlx::query("DELETE FROM launches WHERE finished_at < $1")
            .bind(before.0)
            .execute(&self.write)
            .await?;
        Ok(done.rows_affected())
    }
}
