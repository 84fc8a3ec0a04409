//! What may go: ended builds that nobody refers to, content without a release, and which images records need.
//!
//! Whatever is removed is removed by a statement that names its own conditions again, so that nothing goes that came into
//! use since it was looked for.

use std::collections::{BTreeMap, BTreeSet};

use playground_types::{BuildId, Digest, PluginRelease, Timestamp};

use crate::{Result, Store, row};

/// An ended build that may go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpareBuild {
    /// The build's key.
    pub id: BuildId,
    /// The release that asked for it.
    pub release: PluginRelease,
    /// When it ended.
    pub finished_at: Timestamp,
}

/// Nobody needs the row `b`: its launches are forgotten, no record waits for it, and none runs what it made.
const UNNEEDED: &str = "b.status IN ('completed', 'failed', 'cancelled')
    AND NOT EXISTS (SELECT 1 FROM launches l WHERE l.build = b.id)
    AND NOT EXISTS (SELECT 1 FROM containers c WHERE c.build = b.id)
    AND NOT (b.status = 'completed' AND EXISTS (SELECT 1 FROM containers c WHERE c.context = b.context))";

/// No release, container or build refers to the content `s`, which was last stored a while ago: a create that has just
/// been checked against it is not accepted yet.
const UNUSED: &str = "s.created_at < $1 AND s.digest NOT IN (SELECT source FROM releases)
    AND s.digest NOT IN (SELECT source FROM containers)";

impl Store {
    /// Ended builds that nobody needs, oldest first: those that ended before a time, and those behind the newest so many
    /// of their release.
    pub async fn spare_builds(&self, keep: u64, before: Timestamp) -> Result<Vec<SpareBuild>> {
        let sql = format!(
            "SELECT b.id, b.plugin_release, b.finished_at FROM (
                 SELECT *, ROW_NUMBER() OVER (PARTITION BY plugin_release ORDER BY id DESC) AS place FROM builds) b
             WHERE {UNNEEDED} AND (b.finished_at < $1 OR b.place > $2) ORDER BY b.id"
        );
        let rows: Vec<(String, String, i64)> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(before.0)
            .bind(i64::try_from(keep).unwrap_or(i64::MAX))
            .fetch_all(&self.read)
            .await?;
        rows.into_iter()
            .map(|(id, release, finished_at)| {
                Ok(SpareBuild {
                    id: row::text("builds.id", &id)?,
                    release: row::text("builds.plugin_release", &release)?,
                    finished_at: Timestamp(finished_at),
                })
            })
            .collect()
    }

    /// Forgets an ended build that nobody needs. False when it is needed again, or gone.
    pub async fn forget_build(&self, id: BuildId) -> Result<bool> {
        let sql = format!(
            "DELETE FROM builds WHERE id IN (SELECT b.id FROM builds b WHERE b.id = $1 AND {UNNEEDED})"
        );
        let done = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(id.to_string())
            .execute(&self.write)
            .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Content that nothing would refer to if these builds were gone.
    pub async fn unused_sources(
        &self,
        without: &[BuildId],
        before: Timestamp,
    ) -> Result<Vec<Digest>> {
        // A list travels as JSON, so that the statement is one constant.
        let without: Vec<String> = without.iter().map(BuildId::to_string).collect();
        let sql = format!(
            "SELECT s.digest FROM sources s WHERE {UNUSED}
             AND s.digest NOT IN (SELECT source FROM builds WHERE id NOT IN (SELECT value FROM json_each($2)))
             ORDER BY s.digest"
        );
        let digests: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .bind(before.0)
            .bind(row::to_json(&without))
            .fetch_all(&self.read)
            .await?;
        parsed(&digests)
    }

    /// Removes content that nothing refers to and that was stored before a time; returns its digests so that the files
    /// follow.
    pub async fn remove_unused_sources(&self, before: Timestamp) -> Result<Vec<Digest>> {
        let sql = format!(
            "DELETE FROM sources AS s WHERE {UNUSED} AND s.digest NOT IN (SELECT source FROM builds)
             RETURNING digest"
        );
        let digests: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .bind(before.0)
            .fetch_all(&self.write)
            .await?;
        parsed(&digests)
    }

    /// The contexts whose images records need or are about to need: planned ones, what was ever built of a record's
    /// content, and what is being built.
    pub async fn needed_contexts(&self) -> Result<BTreeSet<String>> {
        let contexts: Vec<String> = sqlx::query_scalar(
            "SELECT context FROM containers WHERE context IS NOT NULL
             UNION SELECT b.context FROM builds b JOIN containers c ON c.source = b.source
             UNION SELECT context FROM builds WHERE status IN ('queued', 'building')",
        )
        .fetch_all(&self.read)
        .await?;
        Ok(contexts.into_iter().collect())
    }

    /// When each context was last built.
    pub async fn contexts_built_at(&self) -> Result<BTreeMap<String, Timestamp>> {
        let rows: Vec<(String, i64)> = sqlx::query_as(
            "SELECT context, MAX(finished_at) FROM builds
             WHERE status = 'completed' AND finished_at IS NOT NULL GROUP BY context",
        )
        .fetch_all(&self.read)
        .await?;
        Ok(rows
            .into_iter()
            .map(|(context, at)| (context, Timestamp(at)))
            .collect())
    }
}

fn parsed(digests: &[String]) -> Result<Vec<Digest>> {
    digests
        .iter()
        .map(|digest| row::text("sources.digest", digest))
        .collect()
}
