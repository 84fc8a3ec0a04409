//! Sleep: a record that should run and rests because nobody looks at it. What requests want always wakes it.

use playground_types::{ContainerPk, IdleTimes, Tier, Timestamp};

use crate::{ContainerRow, Result, Store, row};

impl Store {
    /// Lets a record sleep this deep, since nobody has looked at it since then. Nothing is written, and false returned,
    /// where a request wanted something of it since the row was read.
    pub async fn fall_asleep(
        &self,
        row: &ContainerRow,
        tier: Tier,
        idle_since: Timestamp,
        now: Timestamp,
    ) -> Result<bool> {
        let done = sqlx::query(
            "UPDATE containers SET asleep = $2, idle_since = $3, updated_at = $4
             WHERE pk = $1 AND desired = 'running' AND generation = $5 AND restart_wanted <= restart_done
                   AND asleep IS $6",
        )
        .bind(row.pk.0)
        .bind(tier.as_str())
        .bind(idle_since.0)
        .bind(now.0)
        .bind(row.generation)
        .bind(row.asleep.map(Tier::as_str))
        .execute(&self.write)
        .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Somebody looks: the record shall serve again. False when it did not sleep.
    pub async fn wake_up(&self, pk: ContainerPk, now: Timestamp) -> Result<bool> {
        let done = sqlx::query(
            "UPDATE containers SET asleep = NULL, idle_since = NULL, updated_at = $2
             WHERE pk = $1 AND asleep IS NOT NULL",
        )
        .bind(pk.0)
        .bind(now.0)
        .execute(&self.write)
        .await?;
        Ok(done.rows_affected() > 0)
    }

    /// The published run goes on where it was frozen: its address is out again, and it counts as ready for whatever was
    /// wanted meanwhile. False when another run is published, or none.
    pub async fn set_thawed(&self, pk: ContainerPk, run: &str, now: Timestamp) -> Result<bool> {
        let done = sqlx::query(
            "UPDATE containers SET status = 'running', ready_generation = generation, ready_since = $3, updated_at = $3
             WHERE pk = $1 AND published_run = $2 AND desired = 'running' AND asleep IS NULL
                   AND restart_wanted <= restart_done",
        )
        .bind(pk.0)
        .bind(run)
        .bind(now.0)
        .execute(&self.write)
        .await?;
        Ok(done.rows_affected() > 0)
    }

    /// The record's own times.
    pub async fn set_idle_times(
        &self,
        pk: ContainerPk,
        times: IdleTimes,
        now: Timestamp,
    ) -> Result<()> {
        sqlx::query("UPDATE containers SET idle_times = $2, updated_at = $3 WHERE pk = $1")
            .bind(pk.0)
            .bind(row::to_json(&times))
            .bind(now.0)
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// When somebody was last there.
    pub async fn set_last_visits(&self, visits: &[(ContainerPk, Timestamp)]) -> Result<()> {
        let mut tx = self.write.begin().await?;
        for (pk, at) in visits {
            sqlx::query("UPDATE containers SET last_visit_at = $2 WHERE pk = $1")
                .bind(pk.0)
                .bind(at.0)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(())
    }
}
