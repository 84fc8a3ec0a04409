//! `playground show`.

use clap::Args;
use comfy_table::Cell;
use playground_types::wire::Container;
use playground_types::{Failure, Limits};

use crate::connect::Session;
use crate::human::{age, or_dash, plain, size};
use crate::language::{Language, say};
use crate::output::{Output, print, print_json};
use crate::table::{pairs, status, text};

#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// The container: its record key, name, Docker id or the beginning of one
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    id: String,
    /// The values of its environment variables, too: they may be secrets that do not look like one
    #[arg(long)]
    envs: bool,
}

pub(crate) async fn run(args: ShowArgs, session: Session) -> anyhow::Result<()> {
    let container = session.client.container(&args.id).await?;
    match session.output {
        Output::Json => print_json(&container),
        Output::Table => Ok(print(&shown(&container, args.envs))?),
    }
}

fn shown(container: &Container, with_values: bool) -> String {
    let mut rows: Vec<(&'static str, Cell)> = vec![
        ("name", text(&container.name)),
        ("pk", text(container.pk.to_string())),
        ("docker id", text(or_dash(container.id.as_deref()))),
        ("release", text(&container.plugin_release)),
        ("model", text(or_dash(container.model))),
        ("status", status(container.status)),
        ("endpoint", text(or_dash(container.endpoint.as_deref()))),
        ("url", text(or_dash(container.url.as_deref()))),
        ("host port", text(or_dash(container.host_port))),
        ("image", text(&container.image)),
        ("limits", text(limits(&container.limits))),
        ("health", text(health(container))),
        ("crashes", text(crashes(container))),
        ("created", text(&container.created_at)),
        ("updated", text(&container.updated_at)),
    ];
    if !container.labels.is_empty() {
        rows.push(("labels", text(container.labels.join(", "))));
    }
    for (name, value) in [
        ("params", &container.params),
        ("metadata", &container.metadata),
    ] {
        if value.as_object().is_some_and(|object| !object.is_empty()) {
            rows.push((name, text(value.to_string())));
        }
    }
    if with_values {
        let values = container.envs.iter();
        rows.extend(values.map(|(name, value)| ("env", text(format!("{name}={value}")))));
    } else if !container.envs.is_empty() {
        let names: Vec<_> = container.envs.keys().map(String::as_str).collect();
        rows.push(("env", text(names.join(", "))));
    }
    rows.retain(|(name, _)| is_worth_a_line(name, container));
    let mut shown = pairs(rows);
    if let Some(failure) = &container.failure {
        shown.push_str(&failed(failure));
    }
    shown
}

/// Whether there is anything to say about health or crashes.
fn is_worth_a_line(name: &str, container: &Container) -> bool {
    match name {
        "health" => container.last_health_check_at.is_some(),
        "crashes" => container.attempts > 0,
        _ => true,
    }
}

/// What the last health checks said.
fn health(container: &Container) -> String {
    let mut words = vec![container.health_state.to_string()];
    let missed = container.consecutive_failures;
    if missed > 0 {
        words.push(say(
            format!("{missed} checks missed"),
            format!("{missed}번 응답 없음"),
        ));
    }
    words.extend(container.last_health_error.clone());
    if let Some(at) = &container.last_health_check_at {
        let age = age(at);
        words.push(say(format!("asked {age} ago"), format!("{age} 전에 확인")));
    }
    words.join(", ")
}

/// Crashes of late, and what follows.
fn crashes(container: &Container) -> String {
    match &container.retry_at {
        Some(at) => say(
            format!("{}, next start at {at}", container.attempts),
            format!("{}, 다음 시작 {at}", container.attempts),
        ),
        None => container.attempts.to_string(),
    }
}

fn limits(limits: &Limits) -> String {
    let (memory, disk) = (size(limits.memory_bytes), size(limits.disk_bytes));
    let (cpus, pids) = (limits.cpus, limits.pids);
    say(
        format!("{memory} memory, {cpus} CPUs, {pids} processes, {disk} disk"),
        format!("메모리 {memory}, CPU {cpus}개, 프로세스 {pids}개, 디스크 {disk}"),
    )
}

/// A failure below a table, in the user's language.
pub(crate) fn failed(failure: &Failure) -> String {
    let language = Language::of_user();
    let [_, hint_mark] = language.marks();
    let mut text = format!("\n\n{}", plain(&language.line(failure)));
    if let Some(hint) = language.hint(failure) {
        text.push_str(&format!("\n{hint_mark}: {}", plain(hint)));
    }
    for line in &failure.log_tail {
        text.push_str(&format!("\n  | {}", plain(line)));
    }
    text
}
