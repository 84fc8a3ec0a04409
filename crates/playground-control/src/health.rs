//! Whether the Agent can do its work, and what the operator should know.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

use playground_engine::{EngineError, Reach};
use playground_types::wire::{
    BaseImageHealth, EngineHealth, Health, Isolation, PortHealth, Readiness,
};
use tokio::time::timeout;

use crate::clean::nearly_full;
use crate::image::LABEL_BASE_PACKAGES;
use crate::{Control, ControlError, error_chain};

/// A health answer does not wait longer for the engine.
const PATIENCE: Duration = Duration::from_secs(3);

impl Control {
    /// Looks at everything. An engine that is down is an answer, not an error.
    pub async fn health(&self) -> Result<Health, ControlError> {
        let mut problems = Vec::new();
        let (docker, seccomp) = self.engine_health(&mut problems).await;
        let base_image = self
            .base_image_health(docker.available, &mut problems)
            .await;
        let orphans = self.orphans.load(Ordering::Relaxed);
        if orphans > 0 {
            problems.push(format!(
                "{orphans} container(s) of this Agent have no record: see `playground orphans`"
            ));
        }
        let containers: BTreeMap<String, u64> = self
            .store
            .container_counts()
            .await?
            .into_iter()
            .map(|(status, count)| (status.to_string(), count))
            .collect();
        let ports = PortHealth {
            range: self.config.port_range.to_string(),
            used: self.store.ports_in_use().await?,
            total: self.config.port_range.count() as u64,
        };
        let isolation = self.isolation(docker.available, seccomp, &mut problems);
        self.find_engine_disk().await;
        let disks = self.disks();
        for disk in disks
            .iter()
            .filter(|disk| disk.free_bytes < disk.min_free_bytes)
        {
            let sentence = nearly_full(disk.path.as_ref(), disk.free_bytes, disk.min_free_bytes);
            problems.push(format!(
                "{sentence}; no build begins and no upload is taken"
            ));
        }
        let progress = self.progress();
        let status = match problems.as_slice() {
            _ if !progress.is_ready() => "starting",
            [] => "ok",
            _ => "degraded",
        };
        Ok(Health {
            status: status.to_owned(),
            readiness: Readiness {
                ready: progress.is_ready(),
                records: progress.records,
                compared: progress.compared,
            },
            version: env!("CARGO_PKG_VERSION").to_owned(),
            agent_id: self.agent_id.clone(),
            isolation,
            docker,
            base_image,
            ports,
            containers,
            backend: self.backend_health().await?,
            disks,
            problems,
            tasks: tokio::runtime::Handle::current()
                .metrics()
                .num_alive_tasks() as u64,
        })
    }

    /// No container is made unless its network is there and reaches as far as it should, so an engine that answers
    /// keeps it so.
    fn isolation(
        &self,
        engine_answers: bool,
        seccomp: bool,
        problems: &mut Vec<String>,
    ) -> Isolation {
        let host_rules = self.host_rules.load(Ordering::Relaxed);
        let is_internal = self.config.reach() == Reach::Host;
        if is_internal && engine_answers && !host_rules {
            problems.push(
                "apps reach services of this host through its end of their network: host rules are not in force"
                    .to_owned(),
            );
        }
        Isolation {
            profile: self.config.profile.to_string(),
            publish: self.config.publish.as_str().to_owned(),
            no_way_out: is_internal && engine_answers,
            inter_container_traffic_off: engine_answers,
            host_rules,
            seccomp,
        }
    }

    async fn engine_health(&self, problems: &mut Vec<String>) -> (EngineHealth, bool) {
        let version = timeout(PATIENCE, self.engine.version()).await;
        match version.unwrap_or(Err(EngineError::TimedOut("version"))) {
            Ok(version) => {
                if !version.seccomp {
                    problems.push(
                        "the engine does not confine system calls (seccomp is off)".to_owned(),
                    );
                }
                let health = EngineHealth {
                    available: true,
                    version: Some(version.version),
                    api_version: Some(version.api_version),
                    error: None,
                };
                (health, version.seccomp)
            }
            Err(error) => {
                let error = error_chain(&error);
                problems.push(format!("Docker does not answer: {error}"));
                (
                    EngineHealth {
                        error: Some(error),
                        ..EngineHealth::default()
                    },
                    false,
                )
            }
        }
    }

    async fn base_image_health(
        &self,
        engine_answers: bool,
        problems: &mut Vec<String>,
    ) -> BaseImageHealth {
        let reference = self.config.base_image.clone();
        let image = if engine_answers {
            let image = timeout(PATIENCE, self.engine.image(&reference)).await;
            image.ok().and_then(Result::ok).flatten()
        } else {
            None
        };
        if engine_answers && image.is_none() {
            problems.push(format!(
                "the base image {reference} is not there: make it with `playground base build`"
            ));
        }
        let packages: Option<BTreeMap<String, String>> = image
            .as_ref()
            .and_then(|image| image.labels.get(LABEL_BASE_PACKAGES))
            .and_then(|json| serde_json::from_str(json).ok());
        let gradio = packages.and_then(|packages| packages.get("gradio").cloned());
        BaseImageHealth {
            reference,
            available: image.is_some(),
            gradio,
        }
    }
}
