//! `playground health`.

use playground_types::wire::{BackendHealth, DiskHealth, Health, Isolation, PortHealth};

use crate::connect::Session;
use crate::exit::{Exit, Problem};
use crate::human::{or_dash, size};
use crate::language::say;
use crate::output::{Output, print, print_json};
use crate::table::{pairs, text};

pub(crate) async fn run(session: Session) -> anyhow::Result<()> {
    let health = session.client.health().await?;
    match session.output {
        Output::Json => print_json(&health)?,
        Output::Table => print(&shown(&health))?,
    }
    match health.problems.as_slice() {
        [] if health.status == "ok" => Ok(()),
        problems => {
            let message = match problems {
                [] => say(
                    format!("the Agent says that it is {}", health.status),
                    format!("Agent가 알린 상태: {}", health.status),
                ),
                problems => say(problems.join("; "), in_korean(&health).join("; ")),
            };
            Err(Problem::new(Exit::Failed, message).into())
        }
    }
}

/// What needs the operator. An Agent of an earlier version says it in English only.
pub(crate) fn in_korean(health: &Health) -> &[String] {
    match health.problems_ko.as_slice() {
        [] => &health.problems,
        korean => korean,
    }
}

fn shown(health: &Health) -> String {
    let docker = match (&health.docker.version, &health.docker.api_version) {
        _ if !health.docker.available => say("does not answer", "응답 없음"),
        (Some(version), Some(api)) => format!("{version} (API {api})"),
        (version, _) => or_dash(version.as_deref()),
    };
    let base = match (health.base_image.available, &health.base_image.gradio) {
        (false, _) => say(
            format!("{} (missing)", health.base_image.reference),
            format!("{} (없음)", health.base_image.reference),
        ),
        (true, Some(gradio)) => format!("{} (Gradio {gradio})", health.base_image.reference),
        (true, None) => health.base_image.reference.clone(),
    };
    let containers: Vec<_> = health
        .containers
        .iter()
        .map(|(status, count)| say(format!("{count} {status}"), format!("{status} {count}개")))
        .collect();
    let mut rows = vec![
        ("status", text(&health.status)),
        ("version", text(&health.version)),
        ("agent", text(&health.agent_id)),
        ("docker", text(docker)),
        ("base image", text(base)),
        ("ports", text(ports(&health.ports))),
        (
            "containers",
            text(or_dash(
                Some(containers.join(", ")).filter(|text| !text.is_empty()),
            )),
        ),
        ("isolation", text(isolation(&health.isolation))),
    ];
    if let Some(backend) = &health.backend {
        rows.push(("backend", text(shown_backend(backend))));
    }
    for disk in &health.disks {
        rows.push(("disk", text(shown_disk(disk))));
    }
    pairs(rows)
}

fn ports(ports: &PortHealth) -> String {
    let (used, total, range) = (ports.used, ports.total, &ports.range);
    say(
        format!("{used} of {total} in use ({range})"),
        format!("{total}개 중 {used}개 사용 중({range})"),
    )
}

fn isolation(isolation: &Isolation) -> String {
    let yes_no = |value| match value {
        true => say("yes", "예"),
        false => say("no", "아니요"),
    };
    let profile = &isolation.profile;
    let seccomp = yes_no(isolation.seccomp);
    let rules = yes_no(isolation.host_rules);
    let apart = yes_no(isolation.inter_container_traffic_off);
    let words = say(
        format!(
            "profile {profile}, seccomp {seccomp}, host rules {rules}, traffic between apps off {apart}"
        ),
        format!(
            "프로필 {profile}, seccomp {seccomp}, 호스트 규칙 {rules}, 앱 사이 통신 차단 {apart}"
        ),
    );
    match isolation.no_way_out {
        true => format!("{words}, {}", say("no way out", "외부 연결 차단")),
        false => words,
    }
}

fn shown_backend(backend: &BackendHealth) -> String {
    let (waiting, refused) = (backend.waiting, backend.refused);
    let words = say(
        format!("{waiting} states wait to be told, {refused} refused"),
        format!("알릴 상태 {waiting}개, 거부된 상태 {refused}개"),
    );
    match &backend.error {
        Some(error) => format!("{words}, {error}"),
        None => words,
    }
}

fn shown_disk(disk: &DiskHealth) -> String {
    let (name, path) = (&disk.name, &disk.path);
    let (free, total) = (size(disk.free_bytes), size(disk.total_bytes));
    say(
        format!("{name}: {free} free of {total} ({path})"),
        format!("{name}: {total} 중 {free} 남음({path})"),
    )
}
