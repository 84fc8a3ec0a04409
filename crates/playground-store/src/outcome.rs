//! What the driver writes: what was done to a record and what was seen of it. Each function is one statement that names
//! the columns it owns, so that an intent written meanwhile is never overwritten.

use std::net::IpAddr;

use playground_types::{
    ContainerPk, ContainerStatus, Digest, EngineId, Failure, FailureKind, Timestamp, Visibility,
};

use crate::{Result, Store, row};

impl Store {
    /// The image planned for the record's content. Nothing is written when the content changed meanwhile.
    pub async fn set_image_plan(
        &self,
        pk: ContainerPk,
        source: &Digest,
        context: &Digest,
        image: &str,
    ) -> Result<()> {
        sqlx::query("UPDATE containers SET context = $3, image = $4 WHERE pk = $1 AND source = $2")
            .bind(pk.0)
            .bind(source.hex())
            .bind(context.hex())
            .bind(image)
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// The status; `updated_at` moves only when the word changes.
    pub async fn set_status(
        &self,
        pk: ContainerPk,
        status: ContainerStatus,
        now: Timestamp,
    ) -> Result<()> {
        sqlx::query(
            "UPDATE containers SET status = $2, updated_at = $3 WHERE pk = $1 AND status <> $2",
        )
        .bind(pk.0)
        .bind(status.as_str())
        .bind(now.0)
        .execute(&self.write)
        .await?;
        Ok(())
    }

    /// Docker's id of the record's container, or that it has none.
    pub async fn set_engine_id(
        &self,
        pk: ContainerPk,
        id: Option<&EngineId>,
        now: Timestamp,
    ) -> Result<()> {
        sqlx::query("UPDATE containers SET engine_id = $2, last_engine_id = COALESCE($2, last_engine_id),
                    delivered = CASE WHEN engine_id = $2 THEN delivered END, updated_at = $3 WHERE pk = $1",
        )
            .bind(pk.0)
            .bind(id.map(EngineId::as_str))
            .bind(now.0)
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// A name that a foreign container has on the engine is exchanged.
    pub async fn set_name(&self, pk: ContainerPk, name: &str, now: Timestamp) -> Result<()> {
        sqlx::query("UPDATE containers SET name = $2, updated_at = $3 WHERE pk = $1")
            .bind(pk.0)
            .bind(name)
            .bind(now.0)
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// A start was made; it fulfils every restart asked for until then.
    pub async fn set_started(
        &self,
        pk: ContainerPk,
        restart_done: i64,
        now: Timestamp,
    ) -> Result<()> {
        sqlx::query(
            "UPDATE containers SET restart_done = MAX(restart_done, $2), starting_since = $3, retry_at = NULL,
                    published_run = NULL, ready_since = NULL, health_state = 'unknown', consecutive_failures = 0,
                    updated_at = $3 WHERE pk = $1",
        )
        .bind(pk.0)
        .bind(restart_done)
        .bind(now.0)
        .execute(&self.write)
        .await?;
        Ok(())
    }

    /// The app of this run answered, which is the first of its health checks. `address` is the container's own, where the
    /// app is reached there and not on a port of the host.
    pub async fn set_published(
        &self,
        pk: ContainerPk,
        run: &str,
        address: Option<IpAddr>,
        generation: i64,
        now: Timestamp,
    ) -> Result<()> {
        sqlx::query(
            "UPDATE containers SET published_run = $2, address = $5, ready_since = $4, ready_generation = $3, starting_since = NULL,
                    status = 'running', failure = NULL, failed_generation = NULL, health_state = 'healthy',
                    consecutive_failures = 0, last_health_check_at = $4, last_health_error = NULL, updated_at = $4
             WHERE pk = $1",
        )
        .bind(pk.0)
        .bind(run)
        .bind(generation)
        .bind(now.0)
        .bind(address.map(|address| address.to_string()))
        .execute(&self.write)
        .await?;
        Ok(())
    }

    /// The record's address is no longer given out, and whatever its container does next is no crash.
    pub async fn set_withdrawn(&self, pk: ContainerPk, now: Timestamp) -> Result<()> {
        sqlx::query(
            "UPDATE containers SET published_run = NULL, ready_since = NULL, starting_since = NULL,
                    health_state = 'unknown', consecutive_failures = 0, updated_at = $2
             WHERE pk = $1 AND (published_run IS NOT NULL OR starting_since IS NOT NULL)",
        )
        .bind(pk.0)
        .bind(now.0)
        .execute(&self.write)
        .await?;
        Ok(())
    }

    /// A crash that will be retried, not before `retry_at`.
    pub async fn set_crashed(
        &self,
        pk: ContainerPk,
        attempts: i64,
        retry_at: Timestamp,
        now: Timestamp,
    ) -> Result<()> {
        sqlx::query(
            "UPDATE containers SET attempts = $2, retry_at = $3, published_run = NULL, ready_since = NULL,
                    starting_since = NULL, health_state = 'unknown', consecutive_failures = 0, updated_at = $4
             WHERE pk = $1",
        )
        .bind(pk.0)
        .bind(attempts)
        .bind(retry_at.0)
        .bind(now.0)
        .execute(&self.write)
        .await?;
        Ok(())
    }

    /// Who may use its app through the gateway.
    pub async fn set_visibility(
        &self,
        pk: ContainerPk,
        visibility: Visibility,
        now: Timestamp,
    ) -> Result<()> {
        sqlx::query("UPDATE containers SET visibility = $2, updated_at = $3 WHERE pk = $1")
            .bind(pk.0)
            .bind(visibility.as_str())
            .bind(now.0)
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// It has been healthy for long: earlier crashes count no more.
    pub async fn clear_attempts(&self, pk: ContainerPk) -> Result<()> {
        sqlx::query("UPDATE containers SET attempts = 0 WHERE pk = $1")
            .bind(pk.0)
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// The generation is given up. Nothing is written when a request began another one meanwhile.
    pub async fn set_failed(
        &self,
        pk: ContainerPk,
        generation: i64,
        failure: &Failure,
        now: Timestamp,
    ) -> Result<()> {
        sqlx::query(
            "UPDATE containers SET failure = $3, failed_generation = $2, status = 'failed', published_run = NULL,
                    ready_since = NULL, starting_since = NULL, retry_at = NULL, health_state = 'unknown',
                    consecutive_failures = 0, updated_at = $4
             WHERE pk = $1 AND generation = $2",
        )
        .bind(pk.0)
        .bind(generation)
        .bind(row::to_json(failure))
        .bind(now.0)
        .execute(&self.write)
        .await?;
        Ok(())
    }

    /// Takes back the failures of one kind whose cause is gone, and returns whose they were.
    pub async fn retry_failed_for(
        &self,
        kind: FailureKind,
        now: Timestamp,
    ) -> Result<Vec<ContainerPk>> {
        let keys: Vec<i64> = sqlx::query_scalar(
            "UPDATE containers SET failure = NULL, failed_generation = NULL, status = 'requested', updated_at = $2
             WHERE failed_generation = generation AND json_extract(failure, '$.kind') = $1 RETURNING pk",
        )
        .bind(kind.as_str())
        .bind(now.0)
        .fetch_all(&self.write)
        .await?;
        Ok(keys.into_iter().map(ContainerPk).collect())
    }

    /// The last step of a removal, which ends whatever launch is still open: a create and a delete may have come after the
    /// row was read. False when a request wants the record back.
    pub async fn forget_container(&self, pk: ContainerPk, now: Timestamp) -> Result<bool> {
        let mut tx = self.write.begin().await?;
        sqlx::query(
            "INSERT INTO forgotten (pk, name, engine_id, forgotten_at)
             SELECT pk, name, last_engine_id, $2 FROM containers WHERE pk = $1 AND desired = 'absent'
             ON CONFLICT (pk) DO NOTHING",
        )
        .bind(pk.0)
        .bind(now.0)
        .execute(&mut *tx)
        .await?;
        // Somebody may never have been told that it was there, and must be told that it is gone all the same.
        sqlx::query(
            "INSERT INTO pushes (container, backend_container_id)
             SELECT pk, backend_container_id FROM containers
             WHERE pk = $1 AND desired = 'absent' AND backend_container_id IS NOT NULL
             ON CONFLICT (container) DO NOTHING",
        )
        .bind(pk.0)
        .execute(&mut *tx)
        .await?;
        let done = sqlx::query("DELETE FROM containers WHERE pk = $1 AND desired = 'absent'")
            .bind(pk.0)
            .execute(&mut *tx)
            .await?;
        if done.rows_affected() > 0 {
            sqlx::query(
                "UPDATE launches SET outcome = 'cancelled', finished_at = $2 WHERE container = $1 AND outcome IS NULL",
            )
            .bind(pk.0)
            .bind(now.0)
            .execute(&mut *tx)
            .await?;
        }
        tx.commit().await?;
        Ok(done.rows_affected() > 0)
    }

    /// Whether a record that answered to this handle was removed not long ago.
    pub async fn is_forgotten(&self, handle: &str) -> Result<bool> {
        let count: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM forgotten WHERE CAST(pk AS TEXT) = $1 OR name = $1
                OR (length($1) >= 4 AND substr(engine_id, 1, length($1)) = $1)",
        )
        .bind(handle)
        .fetch_one(&self.read)
        .await?;
        Ok(count > 0)
    }

    /// Whether this container belonged to a record that was deleted here not long ago.
    pub async fn was_deleted(
        &self,
        pk: ContainerPk,
        name: &str,
        engine_id: &EngineId,
    ) -> Result<bool> {
        let count: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM forgotten WHERE pk = $1 AND (name = $2 OR engine_id = $3)",
        )
        .bind(pk.0)
        .bind(name)
        .bind(engine_id.as_str())
        .fetch_one(&self.read)
        .await?;
        Ok(count > 0)
    }

    /// Forgets for good who was removed before a time.
    pub async fn clear_forgotten(&self, before: Timestamp) -> Result<()> {
        sqlx::query("DELETE FROM forgotten WHERE forgotten_at < $1")
            .bind(before.0)
            .execute(&self.write)
            .await?;
        Ok(())
    }
}
