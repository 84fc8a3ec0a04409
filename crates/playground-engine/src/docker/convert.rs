//! Docker's models, in which everything is optional, as our words, in which nothing is that cannot be missing.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use bollard::models::{
    ContainerInspectResponse, ContainerState, ContainerStateStatusEnum as Status, EventMessage,
    HostConfig, ImageInspect, ImageSummary, NetworkSettings, RestartPolicyNameEnum, SystemInfo,
    SystemVersion,
};
use playground_types::{EngineId, HostPort, Timestamp};
use serde_json::Value;

use super::cage::app_port;
use crate::labels::LABEL_PORT;
use crate::{
    Action, ContainerView, EngineError, EngineEvent, EngineVersion, ImageView, Resources, Result,
    RunState,
};

/// How Docker writes a time that has not come yet.
const NO_TIME: &str = "0001-01-01T00:00:00Z";
/// What Docker puts among the labels of an event.
const EVENT_ATTRIBUTES: [&str; 6] = [
    "name",
    "image",
    "exitCode",
    "signal",
    "execDuration",
    "oldName",
];

pub(super) fn container(found: ContainerInspectResponse) -> Result<ContainerView> {
    let state = found.state.ok_or_else(|| lacks("State"))?;
    let name = found.name.ok_or_else(|| lacks("Name"))?;
    let labels = sorted(found.config.and_then(|config| config.labels));
    let (networks, addresses) = networks(found.network_settings);
    Ok(ContainerView {
        id: EngineId(found.id.ok_or_else(|| lacks("Id"))?),
        name: name.trim_start_matches('/').to_owned(),
        image_id: found.image.ok_or_else(|| lacks("Image"))?,
        resources: found
            .host_config
            .as_ref()
            .map(resources)
            .unwrap_or_default(),
        host_port: found
            .host_config
            .and_then(host_port)
            .or_else(|| labels.get(LABEL_PORT)?.parse().ok().map(HostPort)),
        labels,
        networks,
        addresses,
        started_at: state.started_at.clone().filter(|at| at != NO_TIME),
        state: run_state(state)?,
        restart_count: found.restart_count.unwrap_or(0),
    })
}

fn run_state(state: ContainerState) -> Result<RunState> {
    Ok(match state.status.ok_or_else(|| lacks("State.Status"))? {
        Status::CREATED => RunState::Created,
        // A process that is asked to end still runs; its end comes as an event.
        Status::RUNNING | Status::STOPPING => RunState::Running,
        Status::PAUSED => RunState::Paused,
        Status::RESTARTING => RunState::Restarting,
        Status::REMOVING => RunState::Removing,
        Status::DEAD => RunState::Dead,
        Status::EXITED => RunState::Exited {
            exit_code: state.exit_code.ok_or_else(|| lacks("State.ExitCode"))?,
            oom_killed: state.oom_killed.unwrap_or(false),
            finished_at: state.finished_at.as_deref().and_then(Timestamp::parse),
            error: state.error.filter(|text| !text.is_empty()),
        },
        Status::EMPTY => return Err(lacks("State.Status")),
    })
}

/// What others may have changed since the container was made.
fn resources(config: &HostConfig) -> Resources {
    let policy = config
        .restart_policy
        .as_ref()
        .and_then(|policy| policy.name);
    Resources {
        memory: config.memory.unwrap_or(0),
        memory_swap: config.memory_swap.unwrap_or(0),
        nano_cpus: config.nano_cpus.unwrap_or(0),
        pids: config.pids_limit.unwrap_or(0),
        restarts_itself: !matches!(
            policy,
            None | Some(RestartPolicyNameEnum::NO | RestartPolicyNameEnum::EMPTY)
        ),
    }
}

/// The networks of a container, and its address on each; Docker names none while it does not run.
fn networks(settings: Option<NetworkSettings>) -> (Vec<String>, BTreeMap<String, IpAddr>) {
    let networks = settings
        .and_then(|settings| settings.networks)
        .unwrap_or_default();
    let addresses = networks
        .iter()
        .filter_map(|(name, end)| Some((name.clone(), end.ip_address.as_ref()?.parse().ok()?)))
        .collect();
    let mut names: Vec<String> = networks.into_keys().collect();
    names.sort();
    (names, addresses)
}

/// The port that a container was created for. What is published right now would be missing while it does not run.
fn host_port(config: HostConfig) -> Option<HostPort> {
    let bindings = config.port_bindings?.remove(&app_port())??;
    let port = bindings.into_iter().next()?.host_port?;
    port.parse().ok().map(HostPort)
}

pub(super) fn image(found: ImageInspect) -> Result<ImageView> {
    let config = found.config.unwrap_or_default();
    Ok(ImageView {
        id: found.id.ok_or_else(|| lacks("Id of an image"))?,
        tags: real_tags(found.repo_tags.unwrap_or_default()),
        labels: sorted(config.labels),
        env: config.env.unwrap_or_default(),
        cmd: config.cmd.unwrap_or_default(),
        size_bytes: unsigned(found.size),
        created_at: found.created.map(|at| Timestamp(at.timestamp_millis())),
    })
}

pub(super) fn listed_image(found: ImageSummary) -> ImageView {
    ImageView {
        id: found.id,
        tags: real_tags(found.repo_tags),
        labels: sorted(Some(found.labels)),
        env: Vec::new(),
        cmd: Vec::new(),
        size_bytes: unsigned(Some(found.size)),
        created_at: Some(Timestamp(found.created.saturating_mul(1000))),
    }
}

/// Docker before 25 lists an image without a tag as having this one.
fn real_tags(mut tags: Vec<String>) -> Vec<String> {
    tags.retain(|tag| tag != "<none>:<none>");
    tags
}

/// An event of a container, unless it is only about a command run inside one (our own look at its sockets is such).
pub(super) fn event(message: EventMessage) -> Result<Option<EngineEvent>> {
    let word = message.action.ok_or_else(|| lacks("Action of an event"))?;
    if word.starts_with("exec_") {
        return Ok(None);
    }
    let actor = message.actor.ok_or_else(|| lacks("Actor of an event"))?;
    let mut attributes = actor.attributes.unwrap_or_default();
    let exit_code = attributes.get("exitCode").cloned();
    attributes.retain(|name, _| !EVENT_ATTRIBUTES.contains(&name.as_str()));
    let at = match (message.time_nano, message.time) {
        (Some(nanos), _) => nanos / 1_000_000,
        (None, Some(seconds)) => seconds * 1000,
        (None, None) => return Err(lacks("timeNano of an event")),
    };
    Ok(Some(EngineEvent {
        id: EngineId(actor.id.ok_or_else(|| lacks("Actor.ID of an event"))?),
        action: Action::of(&word, exit_code.as_deref()),
        labels: sorted(Some(attributes)),
        at: Timestamp(at),
    }))
}

/// An event of a network that tells of a container leaving it, or of its own end.
pub(super) fn network_event(message: EventMessage) -> Result<Option<EngineEvent>> {
    let word = message.action.ok_or_else(|| lacks("Action of an event"))?;
    let actor = message.actor.ok_or_else(|| lacks("Actor of an event"))?;
    let attributes = actor.attributes.unwrap_or_default();
    let id = match word.as_str() {
        "disconnect" => attributes.get("container").cloned(),
        "destroy" => actor.id,
        _ => return Ok(None),
    };
    let nanos = message
        .time_nano
        .ok_or_else(|| lacks("timeNano of an event"))?;
    Ok(Some(EngineEvent {
        id: EngineId(id.ok_or_else(|| lacks("Actor of an event"))?),
        action: Action::of(&word, None),
        labels: BTreeMap::new(),
        at: Timestamp(nanos / 1_000_000),
    }))
}

pub(super) fn version(version: SystemVersion, info: SystemInfo) -> Result<EngineVersion> {
    let security_options = info.security_options.unwrap_or_default();
    let runc = version
        .components
        .unwrap_or_default()
        .into_iter()
        .find(|component| component.name == "runc");
    let mut runtimes: Vec<_> = info.runtimes.unwrap_or_default().into_keys().collect();
    runtimes.sort();
    Ok(EngineVersion {
        version: version.version.ok_or_else(|| lacks("Version"))?,
        api_version: version.api_version.ok_or_else(|| lacks("ApiVersion"))?,
        seccomp: security_options
            .iter()
            .any(|option| option.starts_with("name=seccomp") && !option.ends_with("unconfined")),
        security_options,
        cgroup_version: info.cgroup_version.map(|version| version.to_string()),
        os: info.operating_system.unwrap_or_default(),
        kernel: info.kernel_version.unwrap_or_default(),
        storage_driver: info.driver.unwrap_or_default(),
        cpus: info
            .ncpu
            .and_then(|cpus| u32::try_from(cpus).ok())
            .unwrap_or(1),
        memory_bytes: unsigned(info.mem_total),
        root_dir: info.docker_root_dir,
        runc: runc.map(|component| component.version),
        runtimes,
    })
}

/// JSON without the keys that Docker left out and its model shows as null.
pub(super) fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(map) => map
            .into_iter()
            .filter(|(_, inner)| !inner.is_null())
            .map(|(key, inner)| (key, without_nulls(inner)))
            .collect(),
        Value::Array(items) => items.into_iter().map(without_nulls).collect(),
        other => other,
    }
}

pub(super) fn lacks(path: &str) -> EngineError {
    EngineError::Unintelligible(format!("{path} is missing"))
}

fn sorted(map: Option<HashMap<String, String>>) -> BTreeMap<String, String> {
    map.unwrap_or_default().into_iter().collect()
}

pub(super) fn unsigned(bytes: Option<i64>) -> u64 {
    bytes
        .and_then(|bytes| u64::try_from(bytes).ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn inspected(state: Value) -> Result<ContainerView> {
        let found = json!({
            "Id": "abc", "Name": "/app", "Image": "sha256:1", "RestartCount": 0,
            "State": state,
            "Config": {"Labels": {"b": "2", "a": "1"}},
            "HostConfig": {"PortBindings": {"7860/tcp": [{"HostIp": "127.0.0.1", "HostPort": "7999"}]}},
        });
        container(serde_json::from_value(found).expect("Docker's model"))
    }

    #[test]
    fn a_created_container_has_its_port_and_no_start() {
        let view =
            inspected(json!({"Status": "created", "StartedAt": NO_TIME, "ExitCode": 0})).unwrap();
        assert_eq!(view.state, RunState::Created);
        assert_eq!(view.name, "app");
        assert_eq!(view.host_port, Some(HostPort(7999)));
        assert_eq!(view.started_at, None);
    }

    #[test]
    fn a_container_that_publishes_nothing_has_its_port_from_its_label_and_an_address() {
        let found = json!({
            "Id": "abc", "Name": "/app", "Image": "sha256:1", "State": {"Status": "running"},
            "Config": {"Labels": {LABEL_PORT: "7999"}}, "HostConfig": {},
            "NetworkSettings": {"Networks": {
                "net": {"IPAddress": "172.20.0.2"}, "other": {"IPAddress": ""},
            }},
        });
        let view = container(serde_json::from_value(found).expect("Docker's model")).unwrap();
        assert_eq!(view.host_port, Some(HostPort(7999)));
        assert_eq!(view.networks, ["net", "other"]);
        let address = IpAddr::from([172, 20, 0, 2]);
        assert_eq!(view.addresses, BTreeMap::from([("net".into(), address)]));
    }

    #[test]
    fn an_exit_keeps_its_reason() {
        let view = inspected(json!({
            "Status": "exited", "ExitCode": 137, "OOMKilled": true, "Error": "",
            "StartedAt": "2026-01-01T00:00:00.123456789Z", "FinishedAt": "2026-01-01T00:00:01.5Z",
        }))
        .unwrap();
        assert_eq!(
            view.started_at.as_deref(),
            Some("2026-01-01T00:00:00.123456789Z")
        );
        assert_eq!(
            view.state,
            RunState::Exited {
                exit_code: 137,
                oom_killed: true,
                finished_at: Timestamp::parse("2026-01-01T00:00:01.5Z"),
                error: None,
            }
        );
    }

    #[test]
    fn an_answer_without_a_status_names_what_is_missing() {
        let error = inspected(json!({})).unwrap_err();
        assert!(error.to_string().contains("State.Status"), "{error}");
    }

    #[test]
    fn an_event_keeps_labels_apart_from_dockers_own_attributes() {
        let message = |action: &str| -> EventMessage {
            serde_json::from_value(json!({
                "Type": "container", "Action": action, "timeNano": 1_767_225_600_123_456_789_i64,
                "Actor": {"ID": "abc", "Attributes": {"exitCode": "3", "image": "i", "name": "n", "synapse.agent": "x"}},
            }))
            .expect("Docker's model")
        };
        let event_of_death = event(message("die")).unwrap().unwrap();
        assert_eq!(event_of_death.action, Action::Die { exit_code: Some(3) });
        assert_eq!(event_of_death.at, Timestamp(1_767_225_600_123));
        assert_eq!(
            event_of_death.labels,
            BTreeMap::from([("synapse.agent".into(), "x".into())])
        );
        assert_eq!(
            event(message("exec_create: cat /proc/net/tcp")).unwrap(),
            None
        );
    }

    #[test]
    fn an_image_without_a_tag_has_none() {
        let listed = listed_image(ImageSummary {
            repo_tags: vec!["<none>:<none>".into()],
            ..ImageSummary::default()
        });
        assert!(listed.tags.is_empty());
    }

    #[test]
    fn nulls_go_at_any_depth() {
        assert_eq!(
            without_nulls(json!({"a": null, "b": [{"c": null, "d": 1}]})),
            json!({"b": [{"d": 1}]})
        );
    }
}
