//! Records made from containers: the database was lost, or restored from before they were made.
//!
//! The rule: **what was wanted later is the truth.** A container says when the wish that it was made for was made; a
//! record says when its last wish was. Where one (plugin release, model) has both, the later one counts. What comes from
//! a container is written in one transaction, with the content it refers to.

use playground_types::{
    ContainerPk, Digest, EngineId, HostPort, ModelId, PluginRelease, Timestamp,
};
use serde_json::Value;
use sqlx::SqliteConnection;

use crate::intent::by_identity;
use crate::{ContainerRow, Desired, Result, SourceRow, Spec, Store, row};

/// What a container tells about the record it was made for.
#[derive(Debug, Clone, PartialEq)]
pub struct Adoption {
    /// The key its record had, where that key may be used again.
    pub pk: Option<ContainerPk>,
    /// Docker's name of the container.
    pub name: String,
    /// `code@version`.
    pub release: PluginRelease,
    /// The platform's model.
    pub model: Option<ModelId>,
    /// `plugin_runtime`.
    pub kind: String,
    /// The platform backend's key.
    pub backend_container_id: Option<i64>,
    /// What should be, going by what it does.
    pub desired: Desired,
    /// Forced re-creations so far.
    pub epoch: i64,
    /// What it was made from.
    pub spec: Spec,
    /// Labels given at create.
    pub labels: Vec<String>,
    /// Metadata given at create.
    pub metadata: Value,
    /// The build context that its image was made from.
    pub context: Option<Digest>,
    /// Its image's reference.
    pub image: String,
    /// Its host port.
    pub host_port: HostPort,
    /// Docker's id of the container.
    pub engine_id: EngineId,
    /// When the wish that it was made for was made.
    pub wanted_at: Timestamp,
    /// When its record was made.
    pub created_at: Timestamp,
    /// What is known about its content.
    pub source: SourceRow,
    /// Whether that content is on disk, so that the release can be created again without an upload.
    pub has_content: bool,
}

/// What became of an adoption.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adopted {
    /// A record has it already.
    Known(ContainerPk),
    /// It has a new record.
    New(ContainerPk),
    /// The record of the same identity, which was older, is what the container says.
    Into(ContainerPk),
    /// The record of the same identity was asked for later than the container, and has another one.
    IdentityTaken(ContainerPk),
    /// Another record holds its host port.
    PortTaken(ContainerPk),
}

impl Store {
    /// What [`adopt`](Self::adopt) would do. Changes nothing.
    pub async fn adoptable(&self, adoption: &Adoption) -> Result<Adopted> {
        let mut tx = self.write.begin_with("BEGIN IMMEDIATE").await?;
        let (verdict, _) = judge(&mut tx, adoption).await?;
        tx.commit().await?;
        Ok(verdict)
    }

    /// Gives a record a container that was made for an earlier wish of the same identity, and its port where the record
    /// has none and nobody else holds it. False when the record got another container meanwhile.
    pub async fn attach_container(
        &self,
        pk: ContainerPk,
        before: Option<&EngineId>,
        id: &EngineId,
        port: Option<HostPort>,
        now: Timestamp,
    ) -> Result<bool> {
        let done = sqlx::query(
            "UPDATE containers SET engine_id = $3, last_engine_id = $3, delivered = NULL, updated_at = $5,
                 host_port = COALESCE(host_port, CASE WHEN EXISTS (SELECT 1 FROM containers WHERE host_port = $4)
                                                      THEN NULL ELSE $4 END)
             WHERE pk = $1 AND engine_id IS $2",
        )
        .bind(pk.0)
        .bind(before.map(EngineId::as_str))
        .bind(id.as_str())
        .bind(port.map(|port| i64::from(port.0)))
        .bind(now.0)
        .execute(&self.write)
        .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Gives a container a record: a new one, or the one of the same identity where that is older.
    pub async fn adopt(&self, adoption: &Adoption, now: Timestamp) -> Result<Adopted> {
        let mut tx = self.write.begin_with("BEGIN IMMEDIATE").await?;
        let (verdict, existing) = judge(&mut tx, adoption).await?;
        let verdict = match (verdict, existing) {
            (Adopted::New(_), _) => {
                keep_content(&mut tx, adoption, now).await?;
                Adopted::New(insert(&mut tx, adoption, now).await?)
            }
            (Adopted::Into(pk), Some(existing)) => {
                keep_content(&mut tx, adoption, now).await?;
                learn(&mut tx, adoption, &existing, now).await?;
                Adopted::Into(pk)
            }
            (verdict, _) => verdict,
        };
        tx.commit().await?;
        Ok(verdict)
    }
}

async fn judge(
    tx: &mut SqliteConnection,
    adoption: &Adoption,
) -> Result<(Adopted, Option<ContainerRow>)> {
    let known: Option<i64> = sqlx::query_scalar("SELECT pk FROM containers WHERE engine_id = $1")
        .bind(adoption.engine_id.as_str())
        .fetch_optional(&mut *tx)
        .await?;
    let existing = by_identity(tx, &adoption.release, adoption.model).await?;
    let own = existing.as_ref().map(|row| row.pk);
    let holder: Option<i64> =
        sqlx::query_scalar("SELECT pk FROM containers WHERE host_port = $1 AND pk IS NOT $2")
            .bind(i64::from(adoption.host_port.0))
            .bind(own.map(|pk| pk.0))
            .fetch_optional(&mut *tx)
            .await?;
    let verdict = match (known, &existing, holder) {
        // The record may know this container and still be older than it: it was restored with everything else.
        (Some(pk), ..) if own != Some(ContainerPk(pk)) => Adopted::Known(ContainerPk(pk)),
        (Some(pk), Some(row), _) if adoption.wanted_at <= row.wanted_at => {
            Adopted::Known(ContainerPk(pk))
        }
        (_, Some(row), _) if adoption.wanted_at <= row.wanted_at => Adopted::IdentityTaken(row.pk),
        (_, _, Some(holder)) => Adopted::PortTaken(ContainerPk(holder)),
        (_, Some(row), None) => Adopted::Into(row.pk),
        (_, None, None) => Adopted::New(adoption.pk.unwrap_or(ContainerPk(0))),
    };
    Ok((verdict, existing))
}

/// The content that the record refers to; and the release, where a later create can be made from it.
async fn keep_content(
    tx: &mut SqliteConnection,
    adoption: &Adoption,
    now: Timestamp,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO sources (digest, facts, created_at) VALUES ($1, $2, $3) ON CONFLICT (digest) DO NOTHING",
    )
    .bind(adoption.source.digest.hex())
    .bind(&adoption.source.facts)
    .bind(now.0)
    .execute(&mut *tx)
    .await?;
    if adoption.has_content {
        sqlx::query(
            "INSERT INTO releases (plugin_release, source, created_at, updated_at) VALUES ($1, $2, $3, $3)
             ON CONFLICT (plugin_release) DO UPDATE SET source = excluded.source, updated_at = excluded.updated_at
             WHERE releases.source <> excluded.source AND releases.updated_at < excluded.updated_at",
        )
        .bind(adoption.release.to_string())
        .bind(adoption.source.digest.hex())
        .bind(adoption.wanted_at.0)
        .execute(tx)
        .await?;
    }
    Ok(())
}

/// A new record, under its old key where nobody has that. Launches of that key, should there be any, stay behind it.
async fn insert(
    tx: &mut SqliteConnection,
    adoption: &Adoption,
    now: Timestamp,
) -> Result<ContainerPk> {
    let pk: i64 = sqlx::query_scalar(
        "INSERT INTO containers (pk, name, plugin_release, model, kind, backend_container_id, desired, generation, epoch,
                                 source, params, envs, limits, labels, metadata, status, context, image, host_port,
                                 engine_id, last_engine_id, wanted_at, created_at, updated_at, live)
         VALUES (CASE WHEN EXISTS (SELECT 1 FROM containers WHERE pk = $1) THEN NULL ELSE $1 END,
                 CASE WHEN EXISTS (SELECT 1 FROM containers WHERE name = $2)
                      THEN $2 || '_' || substr($17, 1, 12) ELSE $2 END,
                 $3, $4, $5, $6, $7,
                 (SELECT COALESCE(MAX(generation), 0) + 1 FROM launches WHERE container = $1),
                 $8, $9, $10, $11, $12, $13, $14, 'starting', $15, $16, $18, $17, $17, $19, $20, $21, $22)
         RETURNING pk",
    )
    .bind(adoption.pk.map(|pk| pk.0))
    .bind(&adoption.name)
    .bind(adoption.release.to_string())
    .bind(adoption.model.map(|model| model.0))
    .bind(&adoption.kind)
    .bind(adoption.backend_container_id)
    .bind(adoption.desired.as_str())
    .bind(adoption.epoch)
    .bind(adoption.spec.source.hex())
    .bind(row::to_json(&adoption.spec.params))
    .bind(row::to_json(&adoption.spec.envs))
    .bind(row::to_json(&adoption.spec.limits))
    .bind(row::to_json(&adoption.labels))
    .bind(row::to_json(&adoption.metadata))
    .bind(adoption.context.as_ref().map(Digest::hex))
    .bind(&adoption.image)
    .bind(adoption.engine_id.as_str())
    .bind(i64::from(adoption.host_port.0))
    .bind(adoption.wanted_at.0)
    .bind(adoption.created_at.0)
    .bind(now.0)
    .bind(adoption.spec.live)
    .fetch_one(tx)
    .await?;
    Ok(ContainerPk(pk))
}

/// An older record becomes what the container says. Its generation moves on, so that no old failure counts.
async fn learn(
    tx: &mut SqliteConnection,
    adoption: &Adoption,
    existing: &ContainerRow,
    now: Timestamp,
) -> Result<()> {
    sqlx::query(
        "UPDATE containers SET
             name = CASE WHEN EXISTS (SELECT 1 FROM containers WHERE name = $2 AND pk <> $1) THEN name ELSE $2 END,
             kind = $3, backend_container_id = $4, desired = $5, generation = generation + 1, epoch = $6,
             source = $7, params = $8, envs = $9, limits = $10, labels = $11, metadata = $12, status = 'starting',
             context = $13, image = $14, build = NULL, host_port = $16, engine_id = $15, last_engine_id = $15,
             published_run = NULL, ready_since = NULL, starting_since = NULL, attempts = 0, retry_at = NULL,
             restart_done = restart_wanted, wanted_at = $17, updated_at = $18, live = $19, delivered = NULL
         WHERE pk = $1",
    )
    .bind(existing.pk.0)
    .bind(&adoption.name)
    .bind(&adoption.kind)
    .bind(adoption.backend_container_id)
    .bind(adoption.desired.as_str())
    .bind(adoption.epoch)
    .bind(adoption.spec.source.hex())
    .bind(row::to_json(&adoption.spec.params))
    .bind(row::to_json(&adoption.spec.envs))
    .bind(row::to_json(&adoption.spec.limits))
    .bind(row::to_json(&adoption.labels))
    .bind(row::to_json(&adoption.metadata))
    .bind(adoption.context.as_ref().map(Digest::hex))
    .bind(&adoption.image)
    .bind(adoption.engine_id.as_str())
    .bind(i64::from(adoption.host_port.0))
    .bind(adoption.wanted_at.0)
    .bind(now.0)
    .bind(adoption.spec.live)
    .execute(tx)
    .await?;
    Ok(())
}
