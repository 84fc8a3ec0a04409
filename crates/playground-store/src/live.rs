//! Live containers: which code they were given.

use playground_types::{Digest, EngineId, Timestamp};

use crate::{ContainerRow, Result, Store};

impl ContainerRow {
    /// Whether its container was not given the code yet that the record wants.
    pub fn lacks_code(&self) -> bool {
        self.spec.live && self.delivered.as_ref() != Some(&self.spec.source)
    }
}

impl Store {
    /// A container was given this code, and has to start its app anew for it. Written only while it is still the record's.
    pub async fn set_delivered(
        &self,
        row: &ContainerRow,
        id: &EngineId,
        code: &Digest,
        now: Timestamp,
    ) -> Result<()> {
        sqlx::query(
            "UPDATE containers SET engine_id = $2, last_engine_id = $2, delivered = $3,
                    restart_wanted = MAX(restart_wanted, restart_done + 1), updated_at = $4
             WHERE pk = $1 AND COALESCE(engine_id, $2) = $2",
        )
        .bind(row.pk.0)
        .bind(id.as_str())
        .bind(code.hex())
        .bind(now.0)
        .execute(&self.write)
        .await?;
        Ok(())
    }
}
