//! Checked plugin content, and the releases that point at it.

use playground_types::{Digest, PluginRelease, Timestamp};

use crate::{Result, Store, row};

/// Checked content. `facts` is opaque here: the plugin crate wrote it and reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceRow {
    /// Digest of the content.
    pub digest: Digest,
    /// What intake found out about it, as JSON.
    pub facts: String,
}

/// A release the Agent keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseRow {
    /// The row's key.
    pub id: i64,
    /// `code@version`.
    pub release: PluginRelease,
    /// Its current content.
    pub source: SourceRow,
    /// When it was first stored.
    pub created_at: Timestamp,
    /// When its content last changed.
    pub updated_at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct RawRelease {
    id: i64,
    plugin_release: String,
    source: String,
    facts: String,
    created_at: i64,
    updated_at: i64,
}

impl TryFrom<RawRelease> for ReleaseRow {
    type Error = crate::StoreError;

    fn try_from(raw: RawRelease) -> Result<Self> {
        Ok(Self {
            id: raw.id,
            release: row::text("releases.plugin_release", &raw.plugin_release)?,
            source: SourceRow {
                digest: row::text("releases.source", &raw.source)?,
                facts: raw.facts,
            },
            created_at: Timestamp(raw.created_at),
            updated_at: Timestamp(raw.updated_at),
        })
    }
}

const SELECT_RELEASE: &str =
    "SELECT r.id, r.plugin_release, r.source, s.facts, r.created_at, r.updated_at
     FROM releases r JOIN sources s ON s.digest = r.source";

impl Store {
    /// Stores content and points the release at it. Content that is there already keeps its row and is as new again, so
    /// that it is not removed as unused before a create refers to it.
    pub async fn put_release(
        &self,
        release: &PluginRelease,
        source: &SourceRow,
        now: Timestamp,
    ) -> Result<()> {
        let mut tx = self.write.begin().await?;
        sqlx::query(
            "INSERT INTO sources (digest, facts, created_at) VALUES ($1, $2, $3)
             ON CONFLICT (digest) DO UPDATE SET facts = excluded.facts, created_at = excluded.created_at",
        )
        .bind(source.digest.hex())
        .bind(&source.facts)
        .bind(now.0)
        .execute(&mut *tx)
        .await?;
        sqlx::query(
            "INSERT INTO releases (plugin_release, source, created_at, updated_at) VALUES ($1, $2, $3, $3)
             ON CONFLICT (plugin_release) DO UPDATE SET source = excluded.source, updated_at = excluded.updated_at
             WHERE releases.source <> excluded.source",
        )
        .bind(release.to_string())
        .bind(source.digest.hex())
        .bind(now.0)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }

    /// One release.
    pub async fn release(&self, release: &PluginRelease) -> Result<Option<ReleaseRow>> {
        let sql = concat_sql(SELECT_RELEASE, "WHERE r.plugin_release = $1");
        let raw: Option<RawRelease> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(release.to_string())
            .fetch_optional(&self.read)
            .await?;
        raw.map(ReleaseRow::try_from).transpose()
    }

    /// One release by its integer key.
    pub async fn release_by_id(&self, id: i64) -> Result<Option<ReleaseRow>> {
        let sql = concat_sql(SELECT_RELEASE, "WHERE r.id = $1");
        let raw: Option<RawRelease> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(id)
            .fetch_optional(&self.read)
            .await?;
        raw.map(ReleaseRow::try_from).transpose()
    }

    /// A code's most recently updated release: what a create by bare code means.
    pub async fn newest_release(&self, code: &str) -> Result<Option<ReleaseRow>> {
        let sql = concat_sql(
            SELECT_RELEASE,
            "WHERE substr(r.plugin_release, 1, length($1) + 1) = $1 || '@' ORDER BY r.updated_at DESC, r.id DESC LIMIT 1",
        );
        let raw: Option<RawRelease> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(code)
            .fetch_optional(&self.read)
            .await?;
        raw.map(ReleaseRow::try_from).transpose()
    }

    /// A page of releases, newest key first, and how many there are in all.
    pub async fn releases(&self, offset: u64, limit: u64) -> Result<(Vec<ReleaseRow>, u64)> {
        let sql = concat_sql(SELECT_RELEASE, "ORDER BY r.id DESC LIMIT $1 OFFSET $2");
        let raw: Vec<RawRelease> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(limit as i64)
            .bind(offset as i64)
            .fetch_all(&self.read)
            .await?;
        let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM releases")
            .fetch_one(&self.read)
            .await?;
        Ok((
            raw.into_iter()
                .map(ReleaseRow::try_from)
                .collect::<Result<_>>()?,
            count as u64,
        ))
    }

    /// All releases, newest key first.
    pub async fn all_releases(&self) -> Result<Vec<ReleaseRow>> {
        let sql = concat_sql(SELECT_RELEASE, "ORDER BY r.id DESC");
        let raw: Vec<RawRelease> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .fetch_all(&self.read)
            .await?;
        raw.into_iter().map(ReleaseRow::try_from).collect()
    }

    /// Forgets a release. Containers keep the content they were created with. False when there was none.
    pub async fn delete_release(&self, release: &PluginRelease) -> Result<bool> {
        let done = sqlx::query("DELETE FROM releases WHERE plugin_release = $1")
            .bind(release.to_string())
            .execute(&self.write)
            .await?;
        Ok(done.rows_affected() > 0)
    }

    /// How many containers use a release.
    pub async fn containers_of_release(&self, release: &PluginRelease) -> Result<u64> {
        let count: i64 =
            sqlx::query_scalar("SELECT COUNT(*) FROM containers WHERE plugin_release = $1")
                .bind(release.to_string())
                .fetch_one(&self.read)
                .await?;
        Ok(count as u64)
    }

    /// Content by digest.
    pub async fn source(&self, digest: &Digest) -> Result<Option<SourceRow>> {
        let facts: Option<String> =
            sqlx::query_scalar("SELECT facts FROM sources WHERE digest = $1")
                .bind(digest.hex())
                .fetch_optional(&self.read)
                .await?;
        Ok(facts.map(|facts| SourceRow {
            digest: digest.clone(),
            facts,
        }))
    }
}

/// Joins two constants of this file; nothing a caller sends ever gets in.
fn concat_sql(select: &'static str, rest: &'static str) -> String {
    format!("{select} {rest}")
}
