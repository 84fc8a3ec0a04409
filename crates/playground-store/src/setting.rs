//! Facts about this Agent that must outlive it.

use crate::{Result, Store};

impl Store {
    /// The setting's value, if it was ever stored.
    pub async fn setting(&self, name: &str) -> Result<Option<String>> {
        Ok(
            sqlx::query_scalar("SELECT value FROM settings WHERE name = $1")
                .bind(name)
                .fetch_optional(&self.read)
                .await?,
        )
    }

    /// The setting's value, storing `default` first when there is none. Two processes get the same answer.
    pub async fn setting_or(&self, name: &str, default: &str) -> Result<String> {
        let values: Vec<String> = sqlx::query_scalar(
            "INSERT INTO settings (name, value) VALUES ($1, $2)
             ON CONFLICT (name) DO UPDATE SET value = settings.value RETURNING value",
        )
        .bind(name)
        .bind(default)
        .fetch_all(&self.write)
        .await?;
        // The statement gives exactly one row.
        Ok(values
            .into_iter()
            .next()
            .unwrap_or_else(|| default.to_owned()))
    }
}
