//! What the platform's backend is still to be told. Nothing is queued: what it was told last is kept, and whatever
//! differs from the record is due. So the queue holds one state of each container, its newest, and nobody who changes a
//! record can forget to fill it.

use playground_types::{ContainerPk, ContainerStatus, HealthState, Timestamp};

use crate::{Result, Store, row};

/// The newest state of a container, as the backend is told it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushRow {
    /// The record, or what it was.
    pub container: ContainerPk,
    /// The backend's key of it.
    pub backend_container_id: i64,
    /// Its status; `deleted` when there is no record any more.
    pub status: ContainerStatus,
    /// What its health checks say.
    pub health_state: HealthState,
    /// Health checks missed in a row.
    pub consecutive_failures: i64,
    /// When its app was last asked.
    pub last_health_check_at: Option<Timestamp>,
    /// Why the last health check was missed.
    pub last_health_error: Option<String>,
}

type Raw = (i64, i64, String, String, i64, Option<i64>, Option<String>);

/// A state that was told differs from the record, or that of a published run was told before $1.
const DUE: &str = "
    SELECT c.pk, c.backend_container_id, c.status, c.health_state, c.consecutive_failures, c.last_health_check_at,
           c.last_health_error
    FROM containers c LEFT JOIN pushes p ON p.container = c.pk
    WHERE c.backend_container_id IS NOT NULL
          AND (p.backend_container_id IS DISTINCT FROM c.backend_container_id OR p.status IS DISTINCT FROM c.status
               OR p.health_state IS DISTINCT FROM c.health_state
               OR p.consecutive_failures IS DISTINCT FROM c.consecutive_failures
               OR (c.published_run IS NOT NULL AND p.pushed_at < $1))
    UNION ALL
    SELECT p.container, p.backend_container_id, 'deleted', 'unknown', 0, NULL, NULL
    FROM pushes p WHERE NOT EXISTS (SELECT 1 FROM containers c WHERE c.pk = p.container)
    ORDER BY 1";

impl Store {
    /// What the backend is to be told, by record; of ready apps also what it was told before `stale` and not since.
    pub async fn pushes_due(&self, stale: Timestamp) -> Result<Vec<PushRow>> {
        let rows: Vec<Raw> = sqlx::query_as(DUE)
            .bind(stale.0)
            .fetch_all(&self.read)
            .await?;
        rows.into_iter().map(read).collect()
    }

    /// The backend was told this. What was told of a deletion is forgotten with the rest of the container.
    pub async fn set_pushed(&self, told: &PushRow, now: Timestamp) -> Result<()> {
        if told.status == ContainerStatus::Deleted {
            sqlx::query("DELETE FROM pushes WHERE container = $1")
                .bind(told.container.0)
                .execute(&self.write)
                .await?;
            return Ok(());
        }
        sqlx::query(
            "INSERT INTO pushes (container, backend_container_id, status, health_state, consecutive_failures, pushed_at)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (container) DO UPDATE SET backend_container_id = excluded.backend_container_id,
                 status = excluded.status, health_state = excluded.health_state,
                 consecutive_failures = excluded.consecutive_failures, pushed_at = excluded.pushed_at",
        )
        .bind(told.container.0)
        .bind(told.backend_container_id)
        .bind(told.status.as_str())
        .bind(told.health_state.as_str())
        .bind(told.consecutive_failures)
        .bind(now.0)
        .execute(&self.write)
        .await?;
        Ok(())
    }

    /// Forgets deletions: there is nobody to be told of them.
    pub async fn forget_pushes(&self) -> Result<()> {
        sqlx::query("DELETE FROM pushes WHERE container NOT IN (SELECT pk FROM containers)")
            .execute(&self.write)
            .await?;
        Ok(())
    }
}

fn read(raw: Raw) -> Result<PushRow> {
    let (container, backend_container_id, status, health_state, missed, checked_at, error) = raw;
    Ok(PushRow {
        container: ContainerPk(container),
        backend_container_id,
        status: row::text("containers.status", &status)?,
        health_state: row::text("containers.health_state", &health_state)?,
        consecutive_failures: missed,
        last_health_check_at: checked_at.map(Timestamp),
        last_health_error: error,
    })
}
