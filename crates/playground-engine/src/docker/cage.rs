//! The cage of a plugin container: everything that keeps a plugin from harming its host, its neighbours or the Agent.
//!
//! A container is not a sandbox for hostile code: all of them share the host's kernel. `runtime` names a stronger one
//! where an operator has it. None of this costs a Gradio app measurable time.

use std::collections::HashMap;

use bollard::models::{
    ContainerCreateBody, ContainerUpdateBody, HostConfig, HostConfigLogConfig, PortBinding,
    PortMap, ResourcesUlimits, RestartPolicy, RestartPolicyNameEnum,
};
use playground_types::Limits;
use playground_types::port::APP_PORT;

use super::containers::seconds;
use crate::{ContainerSpec, Profile, Resources};

/// Numeric, so that it needs no entry in the image's `/etc/passwd` and holds under a remapped user namespace.
const USER: &str = "65532:65532";

/// What is writable in a strict container: memory-backed, and counted against the memory limit.
/// `exec`, because JIT compilers and packages that unpack shared objects map code from here.
const STRICT_TMPFS: [(&str, &str); 5] = [
    ("/tmp", "rw,exec,nosuid,nodev,size=256m,mode=1777"),
    (
        "/home/plugin",
        "rw,exec,nosuid,nodev,size=256m,uid=65532,gid=65532,mode=0700",
    ),
    (
        "/app/flagged",
        "rw,nosuid,nodev,noexec,size=64m,uid=65532,gid=65532,mode=0700",
    ),
    (
        "/app/.gradio",
        "rw,nosuid,nodev,noexec,size=64m,uid=65532,gid=65532,mode=0700",
    ),
    (
        "/app/gradio_cached_examples",
        "rw,nosuid,nodev,noexec,size=64m,uid=65532,gid=65532,mode=0700",
    ),
];

/// The container that a spec asks for. An engine with fewer CPUs than the limit refuses it, so the limit gives way.
pub(super) fn container(spec: &ContainerSpec, engine_cpus: u32) -> ContainerCreateBody {
    ContainerCreateBody {
        image: Some(spec.image.clone()),
        user: Some(USER.to_owned()),
        env: Some(
            spec.env
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect(),
        ),
        labels: Some(spec.labels.clone().into_iter().collect()),
        exposed_ports: Some(vec![app_port()]),
        // Also for stops that are not ours: by hand, or when Docker itself ends.
        stop_timeout: Some(seconds(spec.stop_grace).into()),
        host_config: Some(host_config(spec, engine_cpus)),
        ..ContainerCreateBody::default()
    }
}

fn host_config(spec: &ContainerSpec, engine_cpus: u32) -> HostConfig {
    let limits = &spec.limits;
    let memory = signed(limits.memory_bytes);
    let open_files = i64::from(limits.open_files);
    let is_strict = spec.profile == Profile::Strict;
    HostConfig {
        // Rights.
        cap_drop: Some(vec!["ALL".to_owned()]),
        // Naming no seccomp or AppArmor profile leaves the engine's defaults in force.
        security_opt: Some(vec!["no-new-privileges:true".to_owned()]),
        privileged: Some(false),
        ipc_mode: Some("private".to_owned()),
        runtime: spec.runtime.clone(),
        // Limits. Swap is counted in, so there is none beyond the memory limit.
        memory: Some(memory),
        memory_swap: Some(memory),
        nano_cpus: Some(nano_cpus(limits.cpus, engine_cpus)),
        pids_limit: Some(i64::from(limits.pids)),
        ulimits: Some(vec![ResourcesUlimits {
            name: Some("nofile".to_owned()),
            soft: Some(open_files),
            hard: Some(open_files),
        }]),
        shm_size: Some(signed(limits.shm_bytes)),
        // Plugins go before the Agent and the engine when the host runs out of memory.
        oom_score_adj: Some(500),
        // Files.
        readonly_rootfs: Some(is_strict),
        tmpfs: is_strict.then(strict_tmpfs),
        log_config: Some(HostConfigLogConfig {
            typ: Some("json-file".to_owned()),
            config: Some(HashMap::from([
                ("max-size".to_owned(), "10m".to_owned()),
                ("max-file".to_owned(), "3".to_owned()),
            ])),
        }),
        // Life. The Agent supervises; Python as process 1 would ignore being asked to end, and leave zombies.
        init: Some(true),
        restart_policy: Some(never_by_itself()),
        auto_remove: Some(false),
        // Network.
        network_mode: Some(spec.network.clone()),
        port_bindings: port_bindings(spec),
        publish_all_ports: Some(false),
        ..HostConfig::default()
    }
}

/// The limits that can be changed while a container runs, as [`container`] sets them.
pub(super) fn resources(limits: &Limits, engine_cpus: u32) -> Resources {
    let memory = signed(limits.memory_bytes);
    Resources {
        memory,
        memory_swap: memory,
        nano_cpus: nano_cpus(limits.cpus, engine_cpus),
        pids: i64::from(limits.pids),
        restarts_itself: false,
    }
}

/// The change that sets them.
pub(super) fn update(resources: &Resources) -> ContainerUpdateBody {
    ContainerUpdateBody {
        memory: Some(resources.memory),
        memory_swap: Some(resources.memory_swap),
        nano_cpus: Some(resources.nano_cpus),
        pids_limit: Some(resources.pids),
        restart_policy: Some(never_by_itself()),
        ..ContainerUpdateBody::default()
    }
}

/// The app's port as Docker writes it.
pub(super) fn app_port() -> String {
    format!("{APP_PORT}/tcp")
}

fn never_by_itself() -> RestartPolicy {
    RestartPolicy {
        name: Some(RestartPolicyNameEnum::NO),
        maximum_retry_count: None,
    }
}

fn port_bindings(spec: &ContainerSpec) -> Option<PortMap> {
    let binding = PortBinding {
        host_ip: Some(spec.publish_address?.to_string()),
        host_port: Some(spec.host_port.to_string()),
    };
    Some(HashMap::from([(app_port(), Some(vec![binding]))]))
}

fn strict_tmpfs() -> HashMap<String, String> {
    STRICT_TMPFS
        .iter()
        .map(|&(path, options)| (path.to_owned(), options.to_owned()))
        .collect()
}

/// Docker's billionths of a CPU.
#[expect(
    clippy::cast_possible_truncation,
    reason = "bounded by the engine's CPUs, far below 2^63"
)]
fn nano_cpus(cpus: f64, engine_cpus: u32) -> i64 {
    (cpus.min(f64::from(engine_cpus)) * 1e9) as i64
}

fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::net::{IpAddr, Ipv4Addr};
    use std::time::Duration;

    use playground_types::{HostPort, Limits};
    use serde_json::json;

    use super::*;

    fn spec(profile: Profile) -> ContainerSpec {
        ContainerSpec {
            name: "a".into(),
            image: "img:1".into(),
            env: vec![("A".into(), "b=c".into())],
            labels: BTreeMap::from([("l".into(), "v".into())]),
            host_port: HostPort(7861),
            publish_address: Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            network: "net".into(),
            limits: Limits::default(),
            profile,
            runtime: None,
            stop_grace: Duration::from_secs(1),
        }
    }

    fn as_sent(spec: &ContainerSpec, cpus: u32) -> serde_json::Value {
        super::super::convert::without_nulls(
            serde_json::to_value(container(spec, cpus)).expect("a model is JSON"),
        )
    }

    /// docs/security.md, item 36: there is no way to mount anything, the engine's socket least of all.
    #[test]
    fn item_36_no_container_gets_a_mount_of_the_host() {
        for profile in [Profile::Standard, Profile::Strict] {
            let host = &as_sent(&spec(profile), 8)["HostConfig"];
            for name in ["Binds", "Mounts", "VolumesFrom", "Devices"] {
                let absent = host
                    .get(name)
                    .is_none_or(|value| value.as_array().is_some_and(Vec::is_empty));
                assert!(absent, "{name}: {host}");
            }
        }
    }

    #[test]
    fn what_is_not_published_has_no_port_on_the_host() {
        let mut spec = spec(Profile::Standard);
        spec.publish_address = None;
        let sent = as_sent(&spec, 8);
        assert_eq!(sent["HostConfig"].get("PortBindings"), None);
        assert_eq!(sent["HostConfig"]["PublishAllPorts"], false);
    }

    #[test]
    fn the_standard_cage_is_all_of_this_and_nothing_else() {
        let sent = as_sent(&spec(Profile::Standard), 8);
        assert_eq!(
            sent,
            json!({
                "Image": "img:1",
                "User": "65532:65532",
                "Env": ["A=b=c"],
                "Labels": {"l": "v"},
                "ExposedPorts": {"7860/tcp": {}},
                "StopTimeout": 1,
                "HostConfig": {
                    "CapDrop": ["ALL"],
                    "SecurityOpt": ["no-new-privileges:true"],
                    "Privileged": false,
                    "IpcMode": "private",
                    "Memory": 2_147_483_648_u64,
                    "MemorySwap": 2_147_483_648_u64,
                    "NanoCpus": 2_000_000_000,
                    "PidsLimit": 512,
                    "Ulimits": [{"Name": "nofile", "Soft": 4096, "Hard": 4096}],
                    "ShmSize": 67_108_864,
                    "OomScoreAdj": 500,
                    "ReadonlyRootfs": false,
                    "LogConfig": {"Type": "json-file", "Config": {"max-size": "10m", "max-file": "3"}},
                    "Init": true,
                    "RestartPolicy": {"Name": "no"},
                    "AutoRemove": false,
                    "NetworkMode": "net",
                    "PortBindings": {"7860/tcp": [{"HostIp": "127.0.0.1", "HostPort": "7861"}]},
                    "PublishAllPorts": false,
                }
            })
        );
    }

    #[test]
    fn the_strict_cage_adds_only_a_read_only_root_and_memory_to_write_to() {
        let mut standard = as_sent(&spec(Profile::Standard), 8);
        let mut strict = as_sent(&spec(Profile::Strict), 8);
        let tmpfs = strict["HostConfig"]["Tmpfs"].take();
        assert_eq!(strict["HostConfig"]["ReadonlyRootfs"].take(), json!(true));
        assert_eq!(
            standard["HostConfig"]["ReadonlyRootfs"].take(),
            json!(false)
        );
        standard["HostConfig"]["Tmpfs"] = json!(null);
        assert_eq!(strict, standard);
        let paths: Vec<_> = tmpfs.as_object().unwrap().keys().cloned().collect();
        assert_eq!(
            paths,
            [
                "/app/.gradio",
                "/app/flagged",
                "/app/gradio_cached_examples",
                "/home/plugin",
                "/tmp"
            ]
        );
        for options in tmpfs.as_object().unwrap().values() {
            let options = options.as_str().unwrap();
            assert!(
                options.contains("nosuid,nodev") && options.contains("size="),
                "{options}"
            );
        }
    }

    #[test]
    fn a_limit_above_the_engines_cpus_gives_way() {
        let sent = as_sent(&spec(Profile::Standard), 1);
        assert_eq!(sent["HostConfig"]["NanoCpus"], json!(1_000_000_000));
    }
}
