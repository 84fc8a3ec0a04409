//! Records as the API shows them. Secrets are masked here, once, for every answer.

use playground_store::{ContainerRow, ReleaseRow};
use playground_types::env::masked_json;
use playground_types::wire::{Container, Release};
use playground_types::{EngineId, ImageName};

use crate::{Control, ControlError};

impl Control {
    /// A container record. `host` as for [`endpoint`](Self::endpoint).
    pub fn view(&self, row: &ContainerRow, host: Option<&str>) -> Container {
        let endpoint = self.endpoint(row, host);
        Container {
            id: row.engine_id.as_ref().map(EngineId::to_string),
            pk: row.pk.0,
            name: row.name.clone(),
            status: row.status,
            plugin_release: row.release.to_string(),
            model: row.model.map(|model| model.0),
            image: ImageName::for_release(&row.release).to_string(),
            url: endpoint.clone(),
            endpoint,
            host_port: row.host_port.map(|port| port.0),
            labels: row.labels.clone(),
            metadata: masked_json(&row.metadata),
            params: row.spec.params.masked(),
            envs: row.spec.envs.masked(),
            limits: row.spec.limits,
            live: row.spec.live,
            kind: row.kind.clone(),
            backend_container_id: row.backend_container_id,
            failure: row.current_failure().cloned(),
            health_state: row.health_state,
            consecutive_failures: row.consecutive_failures,
            last_health_check_at: row.last_health_check_at.map(|time| time.to_string()),
            last_health_error: row.last_health_error.clone(),
            attempts: row.attempts,
            retry_at: row.retry_at.map(|time| time.to_string()),
            visibility: row.visibility,
            asleep: row.asleep,
            idle: row.idle_times.or(self.config.idle),
            last_visit_at: row.last_visit_at.map(|time| time.to_string()),
            traffic: None,
            waiting: self.waiting(row.pk),
            created_at: row.created_at.to_string(),
            updated_at: row.updated_at.to_string(),
            attrs: None,
        }
    }

    /// All plugin releases, newest first.
    pub async fn releases(&self) -> Result<Vec<Release>, ControlError> {
        let rows = self.store.all_releases().await?;
        rows.iter().map(|row| self.view_release(row)).collect()
    }

    /// A plugin release.
    pub fn view_release(&self, row: &ReleaseRow) -> Result<Release, ControlError> {
        let facts = crate::intake::parse_facts(&row.source)?;
        Ok(Release {
            id: row.id,
            plugin_release: row.release.to_string(),
            code: row.release.code().to_string(),
            plugin: row.release.code().to_string(),
            version: row.release.version().to_string(),
            name: facts.name,
            category: facts.category,
            description: facts.description,
            entrypoint: facts.entrypoint.to_string(),
            checksum: row.source.digest.to_string(),
            size_bytes: facts.size_bytes,
            created_at: row.created_at.to_string(),
            updated_at: row.updated_at.to_string(),
        })
    }
}
