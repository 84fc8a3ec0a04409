//! API tokens. The database holds digests only.

use playground_types::{Digest, Timestamp};

use crate::{Result, Store};

/// A token as the database knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRow {
    /// The row's key.
    pub id: i64,
    /// What the operator calls it.
    pub label: String,
    /// SHA-256 of the token, hex.
    pub hash: String,
    /// Whether it is the Agent's own, from its settings or its data directory.
    pub is_own: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last written down as used.
    pub last_used_at: Option<Timestamp>,
    /// When it ceases to work, if it does.
    pub expires_at: Option<Timestamp>,
}

#[derive(sqlx::FromRow)]
struct RawToken {
    id: i64,
    label: String,
    hash: String,
    is_own: bool,
    created_at: i64,
    last_used_at: Option<i64>,
    expires_at: Option<i64>,
}

impl From<RawToken> for TokenRow {
    fn from(raw: RawToken) -> Self {
        Self {
            id: raw.id,
            label: raw.label,
            hash: raw.hash,
            is_own: raw.is_own,
            created_at: Timestamp(raw.created_at),
            last_used_at: raw.last_used_at.map(Timestamp),
            expires_at: raw.expires_at.map(Timestamp),
        }
    }
}

/// What became of a token that was to be revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revoked {
    /// It opens nothing any more, and neither do the sessions that it opened.
    Done,
    /// It is the Agent's own: its settings say what that is.
    Own,
    /// There is none that is valid.
    Unknown,
}

const COLUMNS: &str = "id, label, hash, is_own, created_at, last_used_at, expires_at";
/// The token `t` is valid at `$1`.
pub(crate) const VALID: &str =
    "t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > $1)";

impl Store {
    /// Makes this the Agent's own token. What was before is valid no longer, unless it is the same.
    pub async fn set_own_token(&self, label: &str, hash: &Digest, now: Timestamp) -> Result<()> {
        let mut tx = self.write.begin().await?;
        sqlx::query("UPDATE tokens SET revoked_at = $1 WHERE is_own AND revoked_at IS NULL")
            .bind(now.0)
            .execute(&mut *tx)
            .await?;
        sqlx::query(
            "INSERT INTO tokens (label, hash, created_at, is_own) VALUES ($1, $2, $3, TRUE)
             ON CONFLICT (hash) DO UPDATE
             SET label = excluded.label, is_own = TRUE, expires_at = NULL, revoked_at = NULL",
        )
        .bind(label)
        .bind(hash.hex())
        .bind(now.0)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Stores the digest of a new token, which may cease to work by itself.
    pub async fn add_token(
        &self,
        label: &str,
        hash: &Digest,
        expires_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<TokenRow> {
        let sql = format!(
            "INSERT INTO tokens (label, hash, created_at, expires_at) VALUES ($1, $2, $3, $4) RETURNING {COLUMNS}"
        );
        let rows: Vec<RawToken> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(label)
            .bind(hash.hex())
            .bind(now.0)
            .bind(expires_at.map(|at| at.0))
            .fetch_all(&self.write)
            .await?;
        // The statement gives exactly one row.
        let row = rows.into_iter().next().ok_or(sqlx::Error::RowNotFound)?;
        Ok(row.into())
    }

    /// Revokes one token, unless it is the Agent's own.
    pub async fn revoke_token(&self, id: i64, now: Timestamp) -> Result<Revoked> {
        let sql = format!(
            "UPDATE tokens AS t SET revoked_at = $1 WHERE id = $2 AND NOT is_own AND {VALID}"
        );
        let done = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(now.0)
            .bind(id)
            .execute(&self.write)
            .await?;
        if done.rows_affected() > 0 {
            return Ok(Revoked::Done);
        }
        let valid = self.valid_tokens(now).await?;
        let is_own = valid.iter().any(|token| token.id == id && token.is_own);
        Ok(if is_own {
            Revoked::Own
        } else {
            Revoked::Unknown
        })
    }

    /// The tokens that are valid at `now`.
    pub async fn valid_tokens(&self, now: Timestamp) -> Result<Vec<TokenRow>> {
        let sql = format!("SELECT {COLUMNS} FROM tokens t WHERE {VALID} ORDER BY id");
        let rows: Vec<RawToken> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(now.0)
            .fetch_all(&self.read)
            .await?;
        Ok(rows.into_iter().map(TokenRow::from).collect())
    }

    /// Writes down that a token was used.
    pub async fn token_used(&self, id: i64, now: Timestamp) -> Result<()> {
        sqlx::query("UPDATE tokens SET last_used_at = $2 WHERE id = $1")
            .bind(id)
            .bind(now.0)
            .execute(&self.write)
            .await?;
        Ok(())
    }
}
