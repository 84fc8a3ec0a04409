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

/// What needs the operator, in both languages.
#[derive(Debug, Default)]
struct Problems {
    en: Vec<String>,
    ko: Vec<String>,
}

impl Problems {
    fn add(&mut self, en: impl Into<String>, ko: impl Into<String>) {
        self.en.push(en.into());
        self.ko.push(ko.into());
    }
}

impl Control {
    /// Looks at everything. An engine that is down is an answer, not an error.
    pub async fn health(&self) -> Result<Health, ControlError> {
        let mut problems = Problems::default();
        let (docker, seccomp) = self.engine_health(&mut problems).await;
        let base_image = self
            .base_image_health(docker.available, &mut problems)
            .await;
        let orphans = self.orphans.load(Ordering::Relaxed);
        if orphans > 0 {
            problems.add(
                format!(
                    "{orphans} container(s) of this Agent have no record: see `playground orphans`"
                ),
                format!(
                    "이 Agent에 레코드 없는 컨테이너가 {orphans}개 있습니다. `playground orphans`로 확인하세요"
                ),
            );
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
            let (path, free) = (&disk.path, disk.free_bytes >> 20);
            let least = disk.min_free_bytes >> 20;
            problems.add(
                format!("{sentence}; no build begins and no upload is taken"),
                format!(
                    "디스크가 거의 찼습니다: {path}에 {free} MiB가 남았고 {least} MiB가 있어야 합니다. 빌드를 시작하지 않고 업로드도 받지 않습니다"
                ),
            );
        }
        let progress = self.progress();
        let status = match problems.en.as_slice() {
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
            problems: problems.en,
            problems_ko: problems.ko,
            tasks: tokio::runtime::Handle::current()
                .metrics()
                .num_alive_tasks() as u64,
        })
    }

    /// No container is made unless its network is there and reaches as far as it should, so an engine that answers
    /// keeps it so.
    fn isolation(&self, engine_answers: bool, seccomp: bool, problems: &mut Problems) -> Isolation {
        let host_rules = self.host_rules.load(Ordering::Relaxed);
        let is_internal = self.config.reach() == Reach::Host;
        if is_internal && engine_answers && !host_rules {
            problems.add(
                "apps reach services of this host through its end of their network: host rules are not in force",
                "호스트 규칙이 적용되지 않아 앱이 네트워크를 통해 이 호스트의 서비스에 접근할 수 있습니다",
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

    async fn engine_health(&self, problems: &mut Problems) -> (EngineHealth, bool) {
        let version = timeout(PATIENCE, self.engine.version()).await;
        match version.unwrap_or(Err(EngineError::TimedOut("version"))) {
            Ok(version) => {
                if !version.seccomp {
                    problems.add(
                        "the engine does not confine system calls (seccomp is off)",
                        "엔진이 시스템 호출을 제한하지 않습니다(seccomp가 꺼져 있음)",
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
                problems.add(
                    format!("Docker does not answer: {error}"),
                    format!("Docker가 응답하지 않습니다: {error}"),
                );
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
        problems: &mut Problems,
    ) -> BaseImageHealth {
        let reference = self.config.base_image.clone();
        let image = if engine_answers {
            let image = timeout(PATIENCE, self.engine.image(&reference)).await;
            image.ok().and_then(Result::ok).flatten()
        } else {
            None
        };
        if engine_answers && image.is_none() {
            problems.add(
                format!(
                    "the base image {reference} is not there: make it with `playground base build`"
                ),
                format!(
                    "베이스 이미지가 없습니다: {reference}. `playground base build`로 만드세요"
                ),
            );
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
