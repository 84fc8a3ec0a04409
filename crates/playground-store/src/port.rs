//! Host ports: claimed by a unique index, never by looking first.

use playground_types::{ContainerPk, HostPort, PortRange, Timestamp};

use crate::{Result, Store, StoreError};

impl Store {
    /// Gives the record the lowest port of the range that no record holds and that is not barred, or the one it has.
    ///
    /// # Errors
    /// [`StoreError::PortsExhausted`] when there is none.
    pub async fn reserve_port(
        &self,
        pk: ContainerPk,
        range: PortRange,
        now: Timestamp,
    ) -> Result<HostPort> {
        let ports: Vec<Option<i64>> = sqlx::query_scalar(
            "UPDATE containers SET host_port = COALESCE(host_port, (
                 WITH RECURSIVE candidates(port) AS (
                     SELECT $2 UNION ALL SELECT port + 1 FROM candidates WHERE port < $3)
                 SELECT MIN(port) FROM candidates
                 WHERE port NOT IN (SELECT host_port FROM containers WHERE host_port IS NOT NULL)
                   AND port NOT IN (SELECT previous_port FROM containers WHERE previous_port IS NOT NULL)
                   AND port NOT IN (SELECT port FROM barred_ports WHERE until IS NULL OR until > $4)))
             WHERE pk = $1 RETURNING host_port",
        )
        .bind(pk.0)
        .bind(i64::from(range.first().0))
        .bind(i64::from(range.last().0))
        .bind(now.0)
        .fetch_all(&self.write)
        .await?;
        let port = ports.into_iter().next().flatten();
        let port = port.and_then(|port| u16::try_from(port).ok());
        port.map(HostPort).ok_or(StoreError::PortsExhausted)
    }

    /// Takes a port away from a record that found it taken, and bars it until a time.
    pub async fn quarantine_port(
        &self,
        pk: ContainerPk,
        port: HostPort,
        until: Timestamp,
    ) -> Result<()> {
        let mut tx = self.write.begin().await?;
        sqlx::query("UPDATE containers SET host_port = NULL WHERE pk = $1 AND host_port = $2")
            .bind(pk.0)
            .bind(i64::from(port.0))
            .execute(&mut *tx)
            .await?;
        sqlx::query(
            "INSERT INTO barred_ports (port, until) VALUES ($1, $2)
             ON CONFLICT (port) DO UPDATE SET until = excluded.until WHERE barred_ports.until IS NOT NULL",
        )
        .bind(i64::from(port.0))
        .bind(until.0)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Bars exactly these ports for good: the Agent's own, and what the operator listed.
    pub async fn bar_ports(&self, ports: &[HostPort]) -> Result<()> {
        let mut tx = self.write.begin().await?;
        sqlx::query("DELETE FROM barred_ports WHERE until IS NULL")
            .execute(&mut *tx)
            .await?;
        for port in ports {
            sqlx::query(
                "INSERT INTO barred_ports (port, until) VALUES ($1, NULL) ON CONFLICT (port) DO UPDATE SET until = NULL",
            )
            .bind(i64::from(port.0))
            .execute(&mut *tx)
            .await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// How many ports records hold.
    pub async fn ports_in_use(&self) -> Result<u64> {
        let count: i64 =
            sqlx::query_scalar("SELECT COUNT(host_port) + COUNT(previous_port) FROM containers")
                .fetch_one(&self.read)
                .await?;
        Ok(count as u64)
    }
}
