//! Apps that take what they should not: they meet their limits, and nobody else notices.
//!
//! When no engine answers these tests fail, unless `PLAYGROUND_SKIP_DOCKER=1` says that they may be left out.

mod support;

use std::time::{Duration, Instant};

use playground_engine::Profile;
use playground_types::wire::Container;
use playground_types::{ContainerStatus, FailureKind};
use reqwest::{Method, StatusCode};
use serde_json::json;
use support::docker::{docker, inspect};
use support::plugin::Plugin;
use support::{Agent, Create, eventually, median, on_docker};

/// Answers measured for a median.
const ANSWERS: usize = 100;

#[test]
fn docker_item_27_in_profile_standard_an_app_writes_to_its_own_places_only() {
    on_docker(
        "standard",
        |_| {},
        async |agent| {
            let app = agent
                .ready(&Create::of(&Plugin::mimic("write-standard")))
                .await;
            for folder in ["/app", "/app/plugin", "/home/plugin", "/tmp", "/dev/shm"] {
                assert_eq!(write(agent, &app, folder, 1).await, "written", "{folder}");
            }
            for folder in [
                "",
                "/etc",
                "/usr/lib",
                "/opt/synapse",
                "/opt/venv",
                "/var",
                "/root",
                "/proc/sys",
                "/sys",
            ] {
                let said = write(agent, &app, folder, 1).await;
                assert!(
                    ["EACCES", "EPERM", "EROFS", "ENOENT"].contains(&said.as_str()),
                    "{folder}: {said}"
                );
            }
            assert_eq!(
                agent.say(&app, "/write?path=/etc/passwd&keep").await,
                "EACCES"
            );
            assert_eq!(agent.say(&app, "/").await, "ok");
        },
    );
}

#[test]
fn docker_item_27_in_profile_strict_the_root_is_read_only_and_tmp_ends_at_its_size() {
    let strict = |config: &mut playground_control::ControlConfig| config.profile = Profile::Strict;
    on_docker("strict", strict, async |agent| {
        let roomy = json!({"memory_bytes": 1_u64 << 30});
        let app = agent
            .ready(&Create::of(&Plugin::mimic("write-strict")).limits(&roomy))
            .await;
        for folder in ["", "/app", "/app/plugin", "/etc", "/opt/venv", "/var"] {
            assert_eq!(write(agent, &app, folder, 1).await, "EROFS", "{folder}");
        }
        assert_eq!(write(agent, &app, "/tmp", 200 << 20).await, "written");
        assert_eq!(write(agent, &app, "/tmp", 300 << 20).await, "ENOSPC");
        assert_eq!(
            write(agent, &app, "/home/plugin", 300 << 20).await,
            "ENOSPC"
        );
        assert_eq!(agent.say(&app, "/").await, "ok");
        let now = agent.show(app.pk).await;
        assert_eq!((now.status, now.id), (ContainerStatus::Running, app.id));
    });
}

#[test]
fn docker_item_28_a_fork_bomb_meets_its_limit_and_the_neighbour_hardly_notices() {
    on_docker(
        "bomb",
        |_| {},
        async |agent| {
            let neighbour = agent
                .ready(&Create::of(&Plugin::mimic("bomb-neighbour")))
                .await;
            let limits = json!({"pids": 64, "cpus": 0.5});
            let bomber = agent
                .ready(&Create::of(&Plugin::mimic("bomb-bomber")).limits(&limits))
                .await;
            let before = latency(agent, &neighbour).await;
            assert_eq!(agent.say(&bomber, "/bomb").await, "lit");
            let id = bomber.id.as_deref().expect("an id");
            eventually(
                "it has as many processes as it may",
                async || match processes(id) {
                    Ok(60..) => Ok(()),
                    other => Err(other),
                },
            )
            .await;
            let during = latency(agent, &neighbour).await;
            // On a machine that is busy enough Docker gives up counting for once.
            let processes = eventually("its processes are counted", async || processes(id)).await;
            assert!((2..=64).contains(&processes), "{processes}");
            let clock = Instant::now();
            agent.delete(bomber.pk).await;
            println!("the bomber was gone after {:.2?}", clock.elapsed());
            // Whatever else the machine does slows the neighbour before or after as well.
            let after = latency(agent, &neighbour).await;
            println!(
                "{processes} processes; the neighbour answers in {during:.1?}, before in {before:.1?}, after in {after:.1?}"
            );
            assert!(
                during < Duration::from_millis(100).max(4 * before.max(after)),
                "{before:?}, then {during:?}, then {after:?}"
            );
            assert_eq!(
                agent.show(neighbour.pk).await.status,
                ContainerStatus::Running
            );
        },
    );
}

#[test]
fn docker_item_29_an_app_out_of_memory_dies_alone_and_comes_back() {
    on_docker(
        "hog",
        |_| {},
        async |agent| {
            let neighbour = agent
                .ready(&Create::of(&Plugin::mimic("hog-neighbour")))
                .await;
            let small = json!({"memory_bytes": 256 << 20});
            let upload = Create::of(&Plugin::mimic("hog")).limits(&small);
            let hog = agent.ready(&upload).await;
            let id = hog.id.as_deref().expect("an id").to_owned();
            let first_run = inspect(&id)["State"]["StartedAt"].clone();
            let url = format!("{}/hoard", hog.endpoint.as_deref().expect("ready"));
            agent.answers(&url).await;
            // By itself, after a pause: a crash is not the end of an app that had been ready.
            let back = eventually("it is ready again", async || {
                let now = agent.show(hog.pk).await;
                let run = &inspect(&id)["State"]["StartedAt"];
                let is_back = now.endpoint.is_some() && *run != first_run;
                if is_back {
                    Ok(now)
                } else {
                    Err((now.status, run.clone()))
                }
            })
            .await;
            assert_eq!((&back.id, back.host_port), (&hog.id, hog.host_port));
            let now = agent.show(neighbour.pk).await;
            assert_eq!(
                (now.status, &now.id),
                (ContainerStatus::Running, &neighbour.id)
            );
            let again = agent.ready(&upload.field("on_existing", "recreate")).await;
            assert_eq!(again.pk, hog.pk);
            assert_ne!(again.id, hog.id);
        },
    );
}

#[test]
fn docker_item_29_an_app_that_runs_out_of_memory_for_good_is_named_for_it() {
    let hasty = |config: &mut playground_control::ControlConfig| config.crash_attempts = 0;
    on_docker("hog-fails", hasty, async |agent| {
        let small = json!({"memory_bytes": 256 << 20});
        let hog = agent
            .ready(&Create::of(&Plugin::mimic("hog-fails")).limits(&small))
            .await;
        let url = format!("{}/hoard", hog.endpoint.as_deref().expect("ready"));
        agent.answers(&url).await;
        let failed = fails(agent, &hog).await;
        let attrs = failed.attrs.as_ref().expect("Docker's view");
        assert_eq!(attrs["State"]["Status"], "exited");
        let state = &inspect(hog.id.as_deref().expect("an id"))["State"];
        assert_eq!(state["Running"], false, "it outlives its own greed");
        support::assert_out_of_memory(&failed);
    });
}

#[test]
fn docker_item_27_an_app_that_fills_the_disk_is_stopped_before_the_host_suffers() {
    on_docker(
        "disk",
        |_| {},
        async |agent| {
            let neighbour = agent
                .ready(&Create::of(&Plugin::mimic("disk-neighbour")))
                .await;
            let limits = json!({"disk_bytes": 32 << 20});
            let upload = Create::of(&Plugin::mimic("disk")).limits(&limits);
            let app = agent.ready(&upload).await;
            // It may be stopped before it can answer.
            let url = format!(
                "{}/write?path=/app/much&bytes=50000000&keep",
                app.endpoint.as_deref().expect("ready")
            );
            agent.answers(&url).await;
            let failed = fails(agent, &app).await;
            let failure = failed.failure.expect("a reason");
            assert_eq!(failure.kind, FailureKind::DiskLimit, "{failure:#?}");
            assert!(failure.message.contains("33554432"), "{failure:#?}");
            assert!(
                failure
                    .hint
                    .is_some_and(|hint| hint.contains("limits.disk_bytes"))
            );
            let id = app.id.as_deref().expect("an id");
            eventually("it is stopped", async || {
                let state = inspect(id)["State"].clone();
                if state["Running"] == false {
                    Ok(())
                } else {
                    Err(state)
                }
            })
            .await;
            let now = agent.show(neighbour.pk).await;
            assert_eq!(
                (now.status, now.id),
                (ContainerStatus::Running, neighbour.id)
            );

            // A new create begins with an empty layer.
            let again = agent.ready(&upload).await;
            assert_eq!(again.pk, app.pk);
            assert_eq!(agent.say(&again, "/exists?path=/app/much").await, "False");
        },
    );
}

#[test]
fn docker_item_30_a_log_flood_takes_no_more_disk_than_its_limit_and_its_answer_is_bounded() {
    on_docker(
        "flood",
        |_| {},
        async |agent| {
            let app = agent.ready(&Create::of(&Plugin::mimic("flood"))).await;
            let id = app.id.as_deref().expect("an id");
            let before = resident();
            let printed: u64 = agent
                .say(&app, "/flood?seconds=10")
                .await
                .parse()
                .expect("a number");
            let config = &inspect(id)["HostConfig"]["LogConfig"]["Config"];
            assert_eq!(*config, json!({"max-size": "10m", "max-file": "3"}));
            let limit = 3 * 10_000_000;
            assert!(printed > 2 * limit, "it printed {printed} bytes only");
            let (files, bytes) = log_files(id);
            // Docker looks at the size before it writes a line, and counts 10m as 10 * 1000 * 1000 or 10 MiB.
            assert!(files <= 3 && bytes <= 3 * (10 << 20) + (1 << 20), "{bytes}");

            let clock = Instant::now();
            let path = format!("containers/{}/logs/?tail=10000", app.pk);
            let (status, log) = agent.send(agent.request(Method::GET, &path)).await;
            let log = log.as_str().expect("text").len();
            let took = clock.elapsed();
            println!(
                "{} MB printed in 10 s; {files} files with {bytes} bytes; an answer of {log} bytes in {took:.2?}; memory {before} to {} KiB",
                printed / 1_000_000,
                resident()
            );
            assert_eq!(status, StatusCode::OK);
            assert!(0 < log && log <= 4 << 20, "{log}");
            assert!(resident() < before + 100 * 1024, "the Agent took it all in");
            assert_eq!(agent.say(&app, "/").await, "ok");
        },
    );
}

/// The files of a container's log on the host, and their bytes. Docker's own directory is root's, as these tests are.
fn log_files(id: &str) -> (usize, u64) {
    let path = inspect(id)["LogPath"].as_str().expect("a path").to_owned();
    let folder = std::path::Path::new(&path).parent().expect("a folder");
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{path}: {error}"));
    let sizes: Vec<u64> = entries
        .flatten()
        .filter(|entry| entry.path().to_string_lossy().starts_with(&path))
        .map(|entry| entry.metadata().expect("a file").len())
        .collect();
    assert!(!sizes.is_empty(), "there is no {path}");
    (sizes.len(), sizes.iter().sum())
}

/// This process's memory, in KiB; the Agent runs in it.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let words = line.expect("a size").split_whitespace().next();
    words.expect("a number").parse().expect("a number")
}

/// Waits until a container that was ready has failed.
async fn fails(agent: &Agent, app: &Container) -> Container {
    eventually("it fails", async || {
        let now = agent.show(app.pk).await;
        if now.status == ContainerStatus::Failed {
            assert_eq!(now.endpoint, None);
            Ok(now)
        } else {
            Err(now.status)
        }
    })
    .await
}

/// The app writes so many bytes to a file in this folder; how that went.
async fn write(agent: &Agent, app: &Container, folder: &str, bytes: u64) -> String {
    agent
        .say(app, &format!("/write?path={folder}/much&bytes={bytes}"))
        .await
}

/// The median time of an app's answer.
async fn latency(agent: &Agent, app: &Container) -> Duration {
    let mut times = Vec::with_capacity(ANSWERS);
    for _ in 0..ANSWERS {
        let clock = Instant::now();
        agent.call(app, "/").await;
        times.push(clock.elapsed());
    }
    median(&times)
}

/// How many processes a container has, as the host counts them.
fn processes(id: &str) -> Result<usize, String> {
    // Docker's own count: `docker top` needs a `ps` on the host, which a small machine does not have.
    let stats = ["stats", "--no-stream", "--format", "{{.PIDs}}", id];
    let count = docker(&stats)?;
    count.parse().map_err(|_| count)
}
