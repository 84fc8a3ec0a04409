//! Logins of the page, and the codes that open one. The database holds digests only.
//!
//! A session lives no longer than the token behind it, so every look asks about that too.

use playground_types::{Digest, Timestamp};

use crate::token::VALID;
use crate::{Result, Store};

/// A login of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// The row's key.
    pub id: i64,
    /// The token that opened it.
    pub token: i64,
    /// SHA-256 of the half that the browser keeps as a cookie, hex.
    pub cookie_hash: String,
    /// Until when it lasts if nobody uses it.
    pub expires_at: Timestamp,
}

impl Store {
    /// Stores a code that opens one session. What has expired goes.
    pub async fn add_session_code(
        &self,
        hash: &Digest,
        token: i64,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<()> {
        let mut tx = self.write.begin().await?;
        sqlx::query("DELETE FROM session_codes WHERE expires_at <= $1")
            .bind(now.0)
            .execute(&mut *tx)
            .await?;
        sqlx::query("INSERT INTO session_codes (hash, token, expires_at) VALUES ($1, $2, $3)")
            .bind(hash.hex())
            .bind(token)
            .bind(expires_at.0)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }

    /// The token behind a code, which is spent by that. None when it is spent, has expired or never was.
    pub async fn spend_session_code(&self, hash: &Digest, now: Timestamp) -> Result<Option<i64>> {
        let sql = format!(
            "DELETE FROM session_codes WHERE hash = $2 AND expires_at > $1
             AND token IN (SELECT t.id FROM tokens t WHERE {VALID}) RETURNING token"
        );
        let tokens: Vec<i64> = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .bind(now.0)
            .bind(hash.hex())
            .fetch_all(&self.write)
            .await?;
        Ok(tokens.into_iter().next())
    }

    /// Stores a session by the digests of its halves. What has expired goes.
    pub async fn add_session(
        &self,
        key: &Digest,
        cookie: &Digest,
        token: i64,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<()> {
        let mut tx = self.write.begin().await?;
        sqlx::query("DELETE FROM sessions WHERE expires_at <= $1")
            .bind(now.0)
            .execute(&mut *tx)
            .await?;
        sqlx::query(
            "INSERT INTO sessions (token, key_hash, cookie_hash, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(token)
        .bind(key.hex())
        .bind(cookie.hex())
        .bind(now.0)
        .bind(expires_at.0)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }

    /// The valid session with this key half.
    pub async fn session(&self, key: &Digest, now: Timestamp) -> Result<Option<SessionRow>> {
        let sql = format!(
            "SELECT s.id, s.token, s.cookie_hash, s.expires_at FROM sessions s JOIN tokens t ON t.id = s.token
             WHERE s.key_hash = $2 AND s.expires_at > $1 AND {VALID}"
        );
        let row: Option<(i64, i64, String, i64)> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(now.0)
            .bind(key.hex())
            .fetch_optional(&self.read)
            .await?;
        Ok(row.map(|(id, token, cookie_hash, expires_at)| SessionRow {
            id,
            token,
            cookie_hash,
            expires_at: Timestamp(expires_at),
        }))
    }

    /// Whether a session is still valid.
    pub async fn has_session(&self, id: i64, now: Timestamp) -> Result<bool> {
        let sql = format!(
            "SELECT COUNT(*) FROM sessions s JOIN tokens t ON t.id = s.token
             WHERE s.id = $2 AND s.expires_at > $1 AND {VALID}"
        );
        let count: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .bind(now.0)
            .bind(id)
            .fetch_one(&self.read)
            .await?;
        Ok(count > 0)
    }

    /// Lets a session last longer.
    pub async fn extend_session(&self, id: i64, expires_at: Timestamp) -> Result<()> {
        sqlx::query("UPDATE sessions SET expires_at = $2 WHERE id = $1")
            .bind(id)
            .bind(expires_at.0)
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// Ends a session.
    pub async fn end_session(&self, id: i64) -> Result<()> {
        sqlx::query("DELETE FROM sessions WHERE id = $1")
            .bind(id)
            .execute(&self.write)
            .await?;
        Ok(())
    }
}
