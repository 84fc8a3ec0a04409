//! Replacing without a gap: the container there is steps aside and serves on, and the record begins anew with another.

use playground_types::{ContainerPk, EngineId, Timestamp};

use crate::{ContainerRow, Result, Store};

impl Store {
    /// The record's container becomes the previous one, and takes its port along unless the Agent itself publishes that; a start of its successor fulfils every restart asked for
    /// until then. False, and nothing written, where a request wanted something else since the row was read.
    pub async fn step_aside(&self, row: &ContainerRow, now: Timestamp) -> Result<bool> {
        let done = sqlx::query(
            "UPDATE containers SET previous_engine_id = engine_id, engine_id = NULL, delivered = NULL,
                    previous_port = CASE WHEN address IS NULL THEN host_port END,
                    previous_address = address, address = NULL,
                    host_port = CASE WHEN address IS NULL THEN NULL ELSE host_port END, published_run = NULL, ready_since = NULL, starting_since = NULL,
                    restart_done = MAX(restart_done, $3), health_state = 'unknown', consecutive_failures = 0,
                    updated_at = $4
             WHERE pk = $1 AND engine_id = $2 AND previous_engine_id IS NULL AND desired = 'running' AND generation = $5",
        )
        .bind(row.pk.0)
        .bind(row.engine_id.as_ref().map(EngineId::as_str))
        .bind(row.restart_wanted)
        .bind(now.0)
        .bind(row.generation)
        .execute(&self.write)
        .await?;
        Ok(done.rows_affected() > 0)
    }

    /// The previous container is gone, and its port is free.
    pub async fn clear_previous(&self, pk: ContainerPk, now: Timestamp) -> Result<()> {
        sqlx::query(
            "UPDATE containers SET previous_engine_id = NULL, previous_port = NULL, previous_address = NULL,
                    updated_at = $2 WHERE pk = $1",
        )
        .bind(pk.0)
        .bind(now.0)
        .execute(&self.write)
        .await?;
        Ok(())
    }
}
