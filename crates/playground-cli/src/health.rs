//! `playground health`.

use playground_types::wire::{DiskHealth, Health};

use crate::connect::Session;
use crate::exit::{Exit, Problem};
use crate::human::{or_dash, size};
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
                [] => format!("the Agent says that it is {}", health.status),
                problems => problems.join("; "),
            };
            Err(Problem::new(Exit::Failed, message).into())
        }
    }
}

fn shown(health: &Health) -> String {
    let yes_no = |value: bool| if value { "yes" } else { "no" };
    let docker = match (&health.docker.version, &health.docker.api_version) {
        _ if !health.docker.available => "does not answer".to_owned(),
        (Some(version), Some(api)) => format!("{version} (API {api})"),
        (version, _) => or_dash(version.as_deref()),
    };
    let base = match (health.base_image.available, &health.base_image.gradio) {
        (false, _) => format!("{} (missing)", health.base_image.reference),
        (true, Some(gradio)) => format!("{} (Gradio {gradio})", health.base_image.reference),
        (true, None) => health.base_image.reference.clone(),
    };
    let containers: Vec<_> = health
        .containers
        .iter()
        .map(|(status, count)| format!("{count} {status}"))
        .collect();
    let isolation = &health.isolation;
    let mut rows = vec![
        ("status", text(&health.status)),
        ("version", text(&health.version)),
        ("agent", text(&health.agent_id)),
        ("docker", text(docker)),
        ("base image", text(base)),
        (
            "ports",
            text(format!(
                "{} of {} in use ({})",
                health.ports.used, health.ports.total, health.ports.range
            )),
        ),
        (
            "containers",
            text(or_dash(
                Some(containers.join(", ")).filter(|text| !text.is_empty()),
            )),
        ),
        (
            "isolation",
            text(format!(
                "profile {}, seccomp {}, host rules {}, traffic between apps off {}{}",
                isolation.profile,
                yes_no(isolation.seccomp),
                yes_no(isolation.host_rules),
                yes_no(isolation.inter_container_traffic_off),
                if isolation.no_way_out {
                    ", no way out"
                } else {
                    ""
                }
            )),
        ),
    ];
    if let Some(backend) = &health.backend {
        let mut words = format!(
            "{} states wait to be told, {} refused",
            backend.waiting, backend.refused
        );
        if let Some(error) = &backend.error {
            words.push_str(&format!(", {error}"));
        }
        rows.push(("backend", text(words)));
    }
    for disk in &health.disks {
        rows.push(("disk", text(shown_disk(disk))));
    }
    pairs(rows)
}

fn shown_disk(disk: &DiskHealth) -> String {
    format!(
        "{}: {} free of {} ({})",
        disk.name,
        size(disk.free_bytes),
        size(disk.total_bytes),
        disk.path
    )
}
