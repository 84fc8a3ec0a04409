//! What confines a plugin's container, read from Docker and from inside it; and that it costs the app no time.
//!
//! `cargo xtask cage` shows the tables. When no engine answers these tests fail, unless `PLAYGROUND_SKIP_DOCKER=1` says
//! that they may be left out.

mod support;

use std::net::TcpStream;
use std::time::{Duration, Instant};

use playground_engine::Profile;
use playground_types::wire::Container;
use serde_json::{Value, json};
use support::docker::{docker, field, inspect, shell, statuses};
use support::plugin::Plugin;
use support::table::Table;
use support::{Agent, Create, eventually, in_turn, median, on_docker};

const MIB: u64 = 1 << 20;
/// Starts measured of each kind.
const STARTS: usize = 6;

/// An app as people would run it, and one file that asks for rights it must not get.
fn example() -> Create {
    let plugin = Plugin::example("text-tools").with_mode("tool", "#!/bin/sh\nid\n", 0o6755);
    Create::of(&plugin).limits(&json!({
        "memory_bytes": 512 * MIB, "cpus": 1.5, "pids": 256, "open_files": 2048, "shm_bytes": 32 * MIB
    }))
}

#[test]
fn docker_item_26_and_item_36_the_standard_cage_holds_from_inside_and_from_outside() {
    let _turn = in_turn();
    on_docker(
        "standard",
        |_| {},
        async |agent| {
            let app = agent.ready(&example()).await;
            let mut table = Table::new("The cage of a plugin's container, profile standard");
            examine(agent, &app, &mut table);
            let host = &inspect(id_of(&app))["HostConfig"];
            table.same(
                "5.12 root file system read-only",
                false,
                &host["ReadonlyRootfs"],
            );
            for place in ["/app", "/app/plugin", "/home/plugin", "/tmp"] {
                table.same(&format!("write to {place}"), "written", write(&app, place));
            }
            for place in [
                "/",
                "/etc",
                "/usr/bin",
                "/opt/synapse",
                "/opt/venv",
                "/var/lib",
                "/root",
            ] {
                let refused = write(&app, place);
                table.holds(
                    &format!("write to {place}"),
                    "refused",
                    &refused,
                    refused != "written",
                );
            }
            table.show();
        },
    );
}

#[test]
fn docker_item_26_the_strict_cage_adds_a_read_only_root() {
    let _turn = in_turn();
    let strict = |config: &mut playground_control::ControlConfig| config.profile = Profile::Strict;
    on_docker("strict", strict, async |agent| {
        let app = agent.ready(&example()).await;
        let mut table = Table::new("The cage of a plugin's container, profile strict");
        examine(agent, &app, &mut table);
        let host = &inspect(id_of(&app))["HostConfig"];
        table.same(
            "5.12 root file system read-only",
            true,
            &host["ReadonlyRootfs"],
        );
        for place in ["/", "/app", "/app/plugin", "/etc", "/opt/venv", "/var/lib"] {
            table.same(
                &format!("write to {place}"),
                "Read-only file system",
                write(&app, place),
            );
        }
        for place in ["/tmp", "/home/plugin", "/app/flagged", "/app/.gradio"] {
            table.same(&format!("write to {place}"), "written", write(&app, place));
            let mount = shell(
                id_of(&app),
                &format!("grep ' {place} ' /proc/self/mountinfo"),
            );
            let mount = mount.split_once(place).map_or("", |(_, rest)| rest.trim());
            let is_sized = ["tmpfs", "size=", "nosuid", "nodev"]
                .iter()
                .all(|word| mount.contains(word));
            table.holds(
                &format!("{place} is in memory, with a size"),
                "tmpfs size nosuid nodev",
                mount,
                is_sized,
            );
        }
        table.show();
    });
}

#[test]
fn docker_the_cage_costs_the_app_no_time() {
    let _turn = in_turn();
    on_docker(
        "time",
        |_| {},
        async |agent| {
            let app = agent
                .ready(&Create::of(&Plugin::example("text-tools")))
                .await;
            let raw = inspect(id_of(&app));
            // From here on nobody but this test starts and stops.
            agent.control.stop().await;
            let plain = plain(agent, &raw);
            let caged = id_of(&app);
            let url = |port: u16| format!("http://127.0.0.1:{port}/");
            let caged_url = url(app.host_port.expect("a port"));
            let plain_url = url(agent.ports.last().0);
            end(caged);
            let (mut with, mut without) = (Vec::new(), Vec::new());
            for _ in 0..STARTS / 2 {
                // There and back, so that neither is always the first.
                without.push(start(agent, &plain, &plain_url).await);
                with.push(start(agent, caged, &caged_url).await);
                with.push(start(agent, caged, &caged_url).await);
                without.push(start(agent, &plain, &plain_url).await);
            }
            let (with_median, without_median) = (median(&with), median(&without));
            let mut table =
                Table::new("From start to the first answer, the same image, taking turns");
            table.tell(
                &format!("without the cage (docker run), median of {STARTS}"),
                &without_median,
                &without,
            );
            table.tell(
                &format!("in the cage, median of {STARTS}"),
                &with_median,
                &with,
            );
            let ratio =
                |with: &Duration, without: &Duration| with.as_secs_f64() / without.as_secs_f64();
            let of_medians = ratio(&with_median, &without_median);
            let of_fastest = ratio(
                with.iter().min().expect("some"),
                without.iter().min().expect("some"),
            );
            let found = format!("{of_medians:.2} (fastest of each: {of_fastest:.2})");
            // Whatever else the machine does makes single starts slower, never faster.
            table.holds(
                "in the cage / without",
                "< 1.5",
                &found,
                of_medians.min(of_fastest) < 1.5,
            );
            table.show();
        },
    );
}

/// The CIS Docker benchmark's section on containers, numbered as there.
fn examine(agent: &Agent, app: &Container, table: &mut Table) {
    let raw = inspect(id_of(app));
    rights(app, &raw, table);
    resources(app, &raw, table);
    surroundings(agent, &raw, table);
    network(agent, app, &raw, table);
    files(app, table);
}

fn rights(app: &Container, raw: &Value, table: &mut Table) {
    let host = &raw["HostConfig"];
    table.same(
        "user, numeric and not root",
        "65532:65532",
        &raw["Config"]["User"],
    );
    table.same("5.3 capabilities dropped", json!(["ALL"]), &host["CapDrop"]);
    table.same("5.3 capabilities added", Value::Null, &host["CapAdd"]);
    let processes = statuses(id_of(app));
    for (name, wanted) in [
        ("Uid", "65532 65532 65532 65532"),
        ("Gid", "65532 65532 65532 65532"),
        ("Groups", "65532"),
        ("CapInh", "0000000000000000"),
        ("CapPrm", "0000000000000000"),
        ("CapEff", "0000000000000000"),
        ("CapBnd", "0000000000000000"),
        ("CapAmb", "0000000000000000"),
        ("NoNewPrivs", "1"),
        ("Seccomp", "2"),
    ] {
        let mut found: Vec<String> = processes
            .iter()
            .map(|process| field(process, name))
            // No supplementary group at all is as good.
            .filter(|value| !(name == "Groups" && value.is_empty()))
            .collect();
        found.sort();
        found.dedup();
        let what = format!("{name} of all {} processes", processes.len());
        table.holds(
            &what,
            wanted,
            &found.join(", "),
            found == [wanted] || (name == "Groups" && found.is_empty()),
        );
    }
    table.same("5.4 privileged", false, &host["Privileged"]);
    table.same(
        "5.25 no new privileges",
        json!(["no-new-privileges:true"]),
        &host["SecurityOpt"],
    );
    let engine = docker(&["info", "--format", "{{.SecurityOptions}}"]).expect("info");
    let profile = raw["AppArmorProfile"].as_str().unwrap_or_default();
    let has_apparmor = engine.contains("apparmor");
    table.same(
        "5.1 AppArmor, where the engine has it",
        if has_apparmor { "docker-default" } else { "" },
        profile,
    );
    table.holds(
        "5.21 seccomp profile of the engine",
        "name=seccomp",
        &engine,
        engine.contains("name=seccomp"),
    );
    table.same(
        "an init is process 1",
        "docker-init",
        shell(id_of(app), "cat /proc/1/comm"),
    );
    table.same(
        "5.6 sshd runs",
        "no",
        shell(id_of(app), "grep -l sshd /proc/[0-9]*/comm || echo no"),
    );
}

fn resources(app: &Container, raw: &Value, table: &mut Table) {
    let host = &raw["HostConfig"];
    let limits = app.limits;
    let inside = |v2: &str, v1: &str| {
        shell(
            id_of(app),
            &format!("cat /sys/fs/cgroup/{v2} 2>/dev/null || cat /sys/fs/cgroup/{v1}"),
        )
    };
    table.same("5.10 memory", limits.memory_bytes, &host["Memory"]);
    table.same(
        "5.10 memory and swap: no swap beyond",
        limits.memory_bytes,
        &host["MemorySwap"],
    );
    table.same(
        "5.10 memory, in force",
        limits.memory_bytes,
        inside("memory.max", "memory/memory.limit_in_bytes"),
    );
    table.same(
        "5.11 CPUs, in billionths",
        (limits.cpus * 1e9).round(),
        host["NanoCpus"].as_f64().unwrap_or_default(),
    );
    table.same("5.28 processes", limits.pids, &host["PidsLimit"]);
    table.same(
        "5.28 processes, in force",
        limits.pids,
        inside("pids.max", "pids/pids.max"),
    );
    let files = limits.open_files;
    table.same(
        "5.18 open files",
        json!([{"Name": "nofile", "Soft": files, "Hard": files}]),
        &host["Ulimits"],
    );
    let soft_and_hard = shell(id_of(app), "grep '^Max open files' /proc/1/limits");
    let soft_and_hard: Vec<&str> = soft_and_hard.split_whitespace().skip(3).take(2).collect();
    table.same(
        "5.18 open files, in force",
        format!("{files} {files}"),
        soft_and_hard.join(" "),
    );
    table.same("shared memory", limits.shm_bytes, &host["ShmSize"]);
    let shm = shell(
        id_of(app),
        "df --block-size=1 --output=size /dev/shm | tail -n 1",
    );
    table.same("shared memory, in force", limits.shm_bytes, shm.trim());
    table.same(
        "killed before the Agent and the engine",
        "500",
        shell(id_of(app), "cat /proc/1/oom_score_adj"),
    );
    table.same("log driver", "json-file", &host["LogConfig"]["Type"]);
    let kept = json!({"max-size": "10m", "max-file": "3"});
    table.same("log kept", kept, &host["LogConfig"]["Config"]);
    table.same(
        "5.14 restarted by the engine",
        "no",
        &host["RestartPolicy"]["Name"],
    );
    table.same(
        "5.24 a cgroup of the plugin's choice",
        "",
        &host["CgroupParent"],
    );
}

fn surroundings(agent: &Agent, raw: &Value, table: &mut Table) {
    let host = &raw["HostConfig"];
    for (check, key) in [
        ("5.5 folders of the host", "Binds"),
        ("5.5 mounts asked for", "Mounts"),
        ("volumes of others", "VolumesFrom"),
        ("5.17 device requests", "DeviceRequests"),
    ] {
        table.same(check, Value::Null, &host[key]);
    }
    table.same("5.5, 5.19 mounts there are", json!([]), &raw["Mounts"]);
    let devices = host["Devices"].as_array().map_or(0, Vec::len);
    table.same("5.17 devices of the host", 0, devices);
    table.same("5.15 process namespace", "private", own(&host["PidMode"]));
    table.same("5.16 IPC namespace", "private", &host["IpcMode"]);
    table.same("5.20 host name namespace", "private", own(&host["UTSMode"]));
    table.same(
        "5.30 user namespace other than the engine's",
        "",
        &host["UsernsMode"],
    );
    let id = raw["Id"].as_str().expect("an id");
    let sockets = shell(
        id,
        "ls /var/run/docker.sock /run/docker.sock /run/containerd 2>/dev/null; grep docker.sock /proc/self/mountinfo; true",
    );
    table.same("5.31 sockets of an engine inside", "", sockets);
    let labels = &raw["Config"]["Labels"];
    table.same(
        "label synapse.managed-by",
        "synapse-playground",
        &labels["synapse.managed-by"],
    );
    table.same("label synapse.agent", &agent.id, &labels["synapse.agent"]);
    table.same(
        "label synapse.plugin_release",
        "text-tools@1.0.0",
        &labels["synapse.plugin_release"],
    );
}

fn network(agent: &Agent, app: &Container, raw: &Value, table: &mut Table) {
    let host = &raw["HostConfig"];
    table.same(
        "5.9, 5.29 network of our own, not docker0",
        &agent.network,
        &host["NetworkMode"],
    );
    let joined: Vec<&String> = raw["NetworkSettings"]["Networks"]
        .as_object()
        .expect("networks")
        .keys()
        .collect();
    table.same("networks joined", json!([agent.network]), json!(joined));
    let bridge = inspect(&agent.network);
    table.same(
        "traffic between containers",
        "false",
        &bridge["Options"]["com.docker.network.bridge.enable_icc"],
    );
    table.same(
        "ports exposed",
        json!({"7860/tcp": {}}),
        &raw["Config"]["ExposedPorts"],
    );
    let port = app.host_port.expect("a port");
    let only = json!({"7860/tcp": [{"HostIp": "127.0.0.1", "HostPort": port.to_string()}]});
    table.same(
        "5.8, 5.13 published, and where",
        only,
        &raw["NetworkSettings"]["Ports"],
    );
    table.same(
        "every exposed port published",
        false,
        &host["PublishAllPorts"],
    );
    table.holds(
        "5.7 host port",
        "1024 or above",
        &port.to_string(),
        port >= 1024,
    );
    let gateway = bridge["IPAM"]["Config"][0]["Gateway"]
        .as_str()
        .expect("a gateway")
        .to_owned();
    let elsewhere = TcpStream::connect((gateway.as_str(), port)).map(|_| "reached");
    let found = elsewhere.map_or_else(|error| error.kind().to_string(), str::to_owned);
    table.same(
        "reached on another address of the host",
        "connection refused",
        found,
    );
}

fn files(app: &Container, table: &mut Table) {
    table.same(
        "item 4: /app/tool, packed as 6755",
        "755",
        shell(id_of(app), "stat -c %a /app/tool"),
    );
    let special = shell(
        id_of(app),
        "find / -xdev -type f -perm /6000 2>/dev/null | head -n 5",
    );
    table.same("item 4: setuid and setgid files", "", special);
    // Empty ones aside: uv leaves its lock in the virtual environment open to all.
    let writable = shell(
        id_of(app),
        "find /opt /usr /etc /bin -xdev -type f -writable ! -size 0 2>/dev/null | head -n 5",
    );
    table.same("files of the system the app could change", "", writable);
}

/// Whether a file can be made in this folder, by the app's user; else why not.
fn write(app: &Container, folder: &str) -> String {
    let script =
        format!("cd / && touch {folder}/cage-test 2>&1 && rm {folder}/cage-test && echo written");
    let said = shell(id_of(app), &format!("{script} || true"));
    said.rsplit(": ").next().unwrap_or_default().to_owned()
}

/// Docker writes nothing for a namespace of the container's own.
fn own(namespace: &Value) -> &str {
    match namespace.as_str() {
        None | Some("") => "private",
        Some(other) => other,
    }
}

fn id_of(app: &Container) -> &str {
    app.id.as_deref().expect("an id")
}

/// The same image as anybody would run it.
fn plain(agent: &Agent, raw: &Value) -> String {
    let publish = format!("127.0.0.1:{}:7860", agent.ports.last());
    let label = format!("synapse.agent={}", agent.id);
    let image = raw["Image"].as_str().expect("an image");
    let mut arguments = vec!["create", "--label", &label, "--publish", &publish];
    for variable in raw["Config"]["Env"].as_array().expect("variables") {
        arguments.extend(["--env", variable.as_str().expect("text")]);
    }
    arguments.push(image);
    docker(&arguments).expect("a plain container")
}

/// Starts a container; how long until its app answered. Ends it again.
async fn start(agent: &Agent, id: &str, url: &str) -> Duration {
    let clock = Instant::now();
    docker(&["start", id]).expect("it starts");
    eventually("the app answers", async || {
        if agent.answers(url).await {
            Ok(())
        } else {
            Err(docker(&["logs", "--tail", "5", id]))
        }
    })
    .await;
    let took = clock.elapsed();
    end(id);
    took
}

fn end(id: &str) {
    docker(&["kill", id]).expect("it ends");
}
