//! What the health checks write. Each statement names the run that was asked: an answer that comes late says nothing about
//! the run that came after.

use std::net::IpAddr;

use playground_types::{ContainerPk, EngineId, HostPort, Timestamp};

use crate::{Result, Store, StoreError, row};

/// A published run, to be asked whether it still answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkable {
    /// The record.
    pub pk: ContainerPk,
    /// Its name.
    pub name: String,
    /// Its host port.
    pub port: HostPort,
    /// Its container's own address, where it is reached there.
    pub address: Option<IpAddr>,
    /// Docker's id of its container.
    pub engine_id: EngineId,
    /// The run whose address is out.
    pub run: String,
    /// Health checks it missed in a row.
    pub missed: i64,
}

#[derive(sqlx::FromRow)]
struct RawCheckable {
    pk: i64,
    name: String,
    host_port: u16,
    address: Option<String>,
    engine_id: String,
    published_run: String,
    consecutive_failures: i64,
}

impl TryFrom<RawCheckable> for Checkable {
    type Error = StoreError;

    fn try_from(raw: RawCheckable) -> Result<Self> {
        Ok(Self {
            pk: ContainerPk(raw.pk),
            name: raw.name,
            port: HostPort(raw.host_port),
            address: row::optional("containers.address", raw.address.as_deref())?,
            engine_id: EngineId(raw.engine_id),
            run: raw.published_run,
            missed: raw.consecutive_failures,
        })
    }
}

impl Store {
    /// The published runs of every `slots`th record, from the `slot`th (0 is the first) on: all slots together are all of
    /// them, each once.
    pub async fn checkable(&self, slots: u32, slot: u32) -> Result<Vec<Checkable>> {
        let rows: Vec<RawCheckable> = sqlx::query_as(
            "SELECT pk, name, host_port, address, engine_id, published_run, consecutive_failures FROM containers
             WHERE published_run IS NOT NULL AND desired = 'running' AND asleep IS NULL
                   AND host_port IS NOT NULL AND engine_id IS NOT NULL AND pk % $1 = $2
             ORDER BY pk",
        )
        .bind(slots)
        .bind(slot)
        .fetch_all(&self.read)
        .await?;
        rows.into_iter().map(Checkable::try_from).collect()
    }

    /// The run answered. Its time of health begins anew when it had been unhealthy.
    pub async fn set_check_answered(
        &self,
        pk: ContainerPk,
        run: &str,
        now: Timestamp,
    ) -> Result<()> {
        sqlx::query(
            "UPDATE containers SET ready_since = CASE health_state WHEN 'unhealthy' THEN $3 ELSE ready_since END,
                    health_state = 'healthy', consecutive_failures = 0, last_health_check_at = $3,
                    last_health_error = NULL
             WHERE pk = $1 AND published_run = $2",
        )
        .bind(pk.0)
        .bind(run)
        .bind(now.0)
        .execute(&self.write)
        .await?;
        Ok(())
    }

    /// The run did not answer; with the `unhealthy_after`th time in a row it is unhealthy. Returns how many it missed in a
    /// row, or nothing when the run is no longer the published one.
    pub async fn set_check_missed(
        &self,
        pk: ContainerPk,
        run: &str,
        error: &str,
        unhealthy_after: i64,
        now: Timestamp,
    ) -> Result<Option<i64>> {
        let missed = sqlx::query_scalar(
            "UPDATE containers SET consecutive_failures = consecutive_failures + 1, last_health_check_at = $5,
                    last_health_error = $3,
                    health_state = CASE WHEN consecutive_failures + 1 >= $4 THEN 'unhealthy' ELSE health_state END
             WHERE pk = $1 AND published_run = $2 RETURNING consecutive_failures",
        )
        .bind(pk.0)
        .bind(run)
        .bind(error)
        .bind(unhealthy_after)
        .bind(now.0)
        .fetch_optional(&self.write)
        .await?;
        Ok(missed)
    }
}
