//! API tokens. The database holds digests only.

use playground_types::{Digest, Timestamp};

use crate::{Result, Store};

/// A token as the database knows it.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct TokenRow {
    /// The row's key.
    pub id: i64,
    /// What the operator calls it.
    pub label: String,
    /// SHA-256 of the token, hex.
    pub hash: String,
}

impl Store {
    /// Stores a token's digest under a label; one that was revoked is valid again.
    pub async fn add_token(&self, label: &str, hash: &Digest, now: Timestamp) -> Result<()> {
        sqlx::query("INSERT INTO tokens (label, hash, created_at) VALUES ($1, $2, $3) ON CONFLICT (hash) DO UPDATE SET label = excluded.label, revoked_at = NULL")
            .bind(label)
            .bind(hash.hex())
            .bind(now.0)
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// Revokes every token with this label.
    pub async fn revoke_tokens(&self, label: &str, now: Timestamp) -> Result<()> {
        sqlx::query("UPDATE tokens SET revoked_at = $2 WHERE label = $1 AND revoked_at IS NULL")
            .bind(label)
            .bind(now.0)
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// The tokens that are valid at `now`.
    pub async fn valid_tokens(&self, now: Timestamp) -> Result<Vec<TokenRow>> {
        let rows = sqlx::query_as(
            "SELECT id, label, hash FROM tokens
             WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $1) ORDER BY id",
        )
        .bind(now.0)
        .fetch_all(&self.read)
        .await?;
        Ok(rows)
    }
}
