//! The build queue: who waits, who runs, how long builds take, and whether one more may come.

use std::collections::HashMap;

use playground_types::{BuildId, BuildStatus, Digest, PluginRelease, Timestamp};
use sqlx::SqliteConnection;

use crate::{CreateIntent, Result, Store, StoreError, row};

/// A build that is queued or runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveBuild {
    /// The build's key; older ones are smaller.
    pub id: BuildId,
    /// The release that asked first.
    pub release: PluginRelease,
    /// `Queued` or `Building`.
    pub status: BuildStatus,
    /// When it was asked for.
    pub queued_at: Timestamp,
    /// When it began, once it runs.
    pub started_at: Option<Timestamp>,
}

impl Store {
    /// Everything that is queued or runs, oldest first.
    pub async fn live_builds(&self) -> Result<Vec<LiveBuild>> {
        let rows: Vec<(String, String, String, i64, Option<i64>)> = sqlx::query_as(
            "SELECT id, plugin_release, status, queued_at, started_at FROM builds
             WHERE status IN ('queued', 'building') ORDER BY id",
        )
        .fetch_all(&self.read)
        .await?;
        rows.into_iter()
            .map(|(id, release, status, queued_at, started_at)| {
                Ok(LiveBuild {
                    id: row::text("builds.id", &id)?,
                    release: row::text("builds.plugin_release", &release)?,
                    status: row::text("builds.status", &status)?,
                    queued_at: Timestamp(queued_at),
                    started_at: started_at.map(Timestamp),
                })
            })
            .collect()
    }

    /// When a build of each plugin last began, by the plugin's code.
    pub async fn plugins_last_begun(&self) -> Result<HashMap<String, Timestamp>> {
        let rows: Vec<(String, i64)> = sqlx::query_as(
            "SELECT plugin_release, MAX(started_at) FROM builds
             WHERE started_at IS NOT NULL GROUP BY plugin_release",
        )
        .fetch_all(&self.read)
        .await?;
        let mut begun: HashMap<String, Timestamp> = HashMap::new();
        for (release, at) in rows {
            let release: PluginRelease = row::text("builds.plugin_release", &release)?;
            let last = begun
                .entry(release.code().to_string())
                .or_insert(Timestamp(at));
            *last = Timestamp(at).max(*last);
        }
        Ok(begun)
    }

    /// How long the newest so many completed builds took, in milliseconds, newest first.
    pub async fn recent_build_millis(&self, count: u64) -> Result<Vec<i64>> {
        Ok(sqlx::query_scalar(
            "SELECT finished_at - started_at FROM builds
             WHERE status = 'completed' AND started_at IS NOT NULL AND finished_at IS NOT NULL
             ORDER BY finished_at DESC LIMIT $1",
        )
        .bind(i64::try_from(count).unwrap_or(i64::MAX))
        .fetch_all(&self.read)
        .await?)
    }

    /// How many builds wait: queued ones, and contents of accepted creates whose build is not queued yet.
    pub async fn waiting_builds(&self) -> Result<u64> {
        let mut tx = self.read.begin().await?;
        waiting(&mut tx).await
    }

    /// Whether an image of this content was built, or is on its way.
    pub async fn is_built(&self, source: &Digest) -> Result<bool> {
        let mut tx = self.read.begin().await?;
        is_built(&mut tx, source.hex()).await
    }
}

/// Whether a create brings a build to the queue, and there is a place for it. Part of the transaction that accepts it, so
/// that many creates at a time cannot pass together.
///
/// # Errors
/// [`StoreError::QueueFull`].
pub(crate) async fn admit(
    tx: &mut SqliteConnection,
    intent: &CreateIntent,
    places: u64,
) -> Result<()> {
    let source = intent.spec.source.hex();
    if is_built(tx, source).await? || is_awaited(tx, source).await? {
        return Ok(());
    }
    let waiting = waiting(tx).await?;
    if waiting >= places {
        return Err(StoreError::QueueFull(waiting));
    }
    Ok(())
}

/// Contents of records that were accepted a moment ago: no build of theirs was ever begun.
const ACCEPTED: &str = "FROM containers c
    WHERE c.desired = 'running' AND c.status IN ('requested', 'building') AND c.build IS NULL
      AND NOT EXISTS (SELECT 1 FROM builds b WHERE b.source = c.source
                      AND b.status IN ('queued', 'building', 'completed'))";

async fn waiting(connection: &mut SqliteConnection) -> Result<u64> {
    let sql = format!(
        "SELECT (SELECT COUNT(*) FROM builds WHERE status = 'queued') + (SELECT COUNT(DISTINCT c.source) {ACCEPTED})"
    );
    let count: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
        .fetch_one(connection)
        .await?;
    Ok(count.unsigned_abs())
}

async fn is_awaited(connection: &mut SqliteConnection, source: &str) -> Result<bool> {
    let sql = format!("SELECT EXISTS (SELECT 1 {ACCEPTED} AND c.source = $1)");
    Ok(sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
        .bind(source)
        .fetch_one(connection)
        .await?)
}

async fn is_built(connection: &mut SqliteConnection, source: &str) -> Result<bool> {
    Ok(sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM builds WHERE source = $1 AND status IN ('queued', 'building', 'completed'))",
    )
    .bind(source)
    .fetch_one(connection)
    .await?)
}
