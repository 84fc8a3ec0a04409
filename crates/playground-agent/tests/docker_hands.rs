//! Other hands on the real engine: what they do is seen within a second, and repaired, or reported.
//!
//! When no engine answers these tests fail, unless `PLAYGROUND_SKIP_DOCKER=1` says that they may be left out.

#![expect(
    clippy::print_stdout,
    reason = "measured times are told to whoever runs the tests"
)]

mod support;

use std::time::{Duration, Instant};

use playground_store::ContainerRow;
use playground_types::wire::Container;
use playground_types::{ContainerPk, ContainerStatus, HealthState};
use reqwest::{Method, StatusCode};
use serde_json::json;
use support::docker::{containers, docker, inspect};
use support::plugin::Plugin;
use support::{Agent, Create, eventually, on_docker};

/// Something done by others is noticed this soon.
const SEEN: Duration = Duration::from_secs(1);
/// Between two looks at a record.
const LOOK: Duration = Duration::from_millis(5);

/// Does something to the engine, in Docker's own words.
async fn act(arguments: &[&str]) -> Instant {
    let arguments: Vec<String> = arguments.iter().map(|&word| word.to_owned()).collect();
    tokio::task::spawn_blocking(move || {
        let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
        docker(&words).unwrap_or_else(|error| panic!("{words:?}: {error}"));
        Instant::now()
    })
    .await
    .expect("docker ran")
}

/// A record without what a health check writes into it, which may come at any time: an app that is just being cut off
/// misses one before anything else is known of it.
async fn row(agent: &Agent, pk: i64) -> ContainerRow {
    let row = agent.control.store().container(ContainerPk(pk)).await;
    ContainerRow {
        health_state: HealthState::Unknown,
        consecutive_failures: 0,
        last_health_check_at: None,
        last_health_error: None,
        ..row.expect("the database answers").expect("a record")
    }
}

/// Does something to the engine and waits until `is_seen`; tells how long that took from the end of the command on.
async fn seen_after(
    what: &str,
    arguments: &[&str],
    mut is_seen: impl AsyncFnMut() -> bool,
) -> Duration {
    let acting = act(arguments);
    let seeing = async {
        while !is_seen().await {
            tokio::time::sleep(LOOK).await;
        }
        Instant::now()
    };
    let both = async { tokio::join!(acting, seeing) };
    let (acted, seen) = tokio::time::timeout(support::DEADLINE, both)
        .await
        .unwrap_or_else(|_| panic!("{what} was never seen"));
    let after = seen.saturating_duration_since(acted);
    println!("{what}: seen {} ms after the command", after.as_millis());
    after
}

/// A container to which others do something that shows in its record at once; the record once its app answers again.
async fn repaired(agent: &Agent, was: &Container, what: &str, arguments: &[&str]) -> Container {
    let before = row(agent, was.pk).await;
    let began = Instant::now();
    let after = seen_after(what, arguments, async || row(agent, was.pk).await != before).await;
    assert!(after <= SEEN, "{what}: seen after {after:?}");
    eventually("it is repaired", async || {
        let now = row(agent, was.pk).await;
        let serves = now.status == ContainerStatus::Running && now.is_published() && now != before;
        if serves { Ok(()) } else { Err(now) }
    })
    .await;
    println!(
        "{what}: repaired {} ms after it began",
        began.elapsed().as_millis()
    );
    let is = agent.show(was.pk).await;
    assert_eq!(is.host_port, was.host_port, "{what}");
    assert_eq!(agent.say(&is, "/").await, "ok", "{what}");
    assert_eq!(
        containers(&agent.id),
        [is.id.clone().expect("an id")],
        "{what}"
    );
    is
}

fn id_of(container: &Container) -> &str {
    container.id.as_deref().expect("an id")
}

#[test]
fn docker_a_killed_container_is_started_again() {
    on_docker(
        "killed",
        |_| {},
        async |agent| {
            let was = agent.ready(&Create::of(&Plugin::mimic("hands-kill"))).await;
            let is = repaired(agent, &was, "docker kill", &["kill", id_of(&was)]).await;
            assert_eq!(is.id, was.id);
        },
    );
}

#[test]
fn docker_a_stopped_container_is_started_again() {
    on_docker(
        "stopped",
        |_| {},
        async |agent| {
            let was = agent.ready(&Create::of(&Plugin::mimic("hands-stop"))).await;
            let is = repaired(
                agent,
                &was,
                "docker stop",
                &["stop", "--time", "1", id_of(&was)],
            )
            .await;
            assert_eq!(is.id, was.id);
        },
    );
}

#[test]
fn docker_a_paused_container_is_thawed_in_the_same_run() {
    on_docker(
        "paused",
        |_| {},
        async |agent| {
            let was = agent
                .ready(&Create::of(&Plugin::mimic("hands-pause")))
                .await;
            let started = inspect(id_of(&was))["State"]["StartedAt"].clone();
            let is = repaired(agent, &was, "docker pause", &["pause", id_of(&was)]).await;
            assert_eq!(
                (&is.id, &inspect(id_of(&is))["State"]["StartedAt"]),
                (&was.id, &started)
            );
        },
    );
}

/// docs/security.md, item 56.
#[test]
fn docker_item_56_a_removed_container_shows_in_the_list_and_deleting_it_is_idempotent() {
    on_docker(
        "removed",
        |_| {},
        async |agent| {
            let was = agent.ready(&Create::of(&Plugin::mimic("hands-rm"))).await;
            let is = repaired(agent, &was, "docker rm -f", &["rm", "--force", id_of(&was)]).await;
            assert_ne!(is.id, was.id);
            // In the list, too: not as it was any more, within two seconds.
            act(&["rm", "--force", id_of(&is)]).await;
            let began = Instant::now();
            let old = json!(is.id);
            eventually("the list shows it", async || {
                let (_, body) = agent.send(agent.request(Method::GET, "containers/")).await;
                let one = &body["results"][0];
                let told = one["id"] != old || one["status"] != "running";
                if told { Ok(()) } else { Err(body) }
            })
            .await;
            println!(
                "docker rm -f: listed after {} ms",
                began.elapsed().as_millis()
            );
            assert!(began.elapsed() <= Duration::from_secs(2));
            for _ in 0..3 {
                agent.delete(was.pk).await;
            }
            let never = agent.request(Method::DELETE, "containers/987654/");
            assert_eq!(agent.send(never).await.0, StatusCode::NOT_FOUND);
            assert_eq!(containers(&agent.id), Vec::<String>::new());
        },
    );
}

#[test]
fn docker_a_renamed_container_gets_its_name_back() {
    on_docker(
        "renamed",
        |_| {},
        async |agent| {
            let was = agent
                .ready(&Create::of(&Plugin::mimic("hands-rename")))
                .await;
            let other = format!("{}-renamed", agent.id);
            let name = |id: &str| {
                inspect(id)["Name"]
                    .as_str()
                    .expect("a name")
                    .trim_start_matches('/')
                    .to_owned()
            };
            let mut was_other = false;
            // No limit: each look is a command of its own, which takes as long as the machine lets it.
            seen_after(
                "docker rename",
                &["rename", id_of(&was), &other],
                async || {
                    let now = name(id_of(&was));
                    was_other |= now == other;
                    // Put back so quickly that nobody may have seen the other name: the command itself tells that it was there.
                    now == was.name && (was_other || renamed_since(&agent.id, &was).await)
                },
            )
            .await;
            let is = agent.show(was.pk).await;
            assert_eq!(
                (&is.id, &is.name, is.status),
                (&was.id, &was.name, ContainerStatus::Running)
            );
            assert_eq!(agent.say(&is, "/").await, "ok");
        },
    );
}

/// Whether Docker told of two renames of this container by now: theirs and ours.
async fn renamed_since(agent_id: &str, was: &Container) -> bool {
    let (agent_id, id) = (agent_id.to_owned(), id_of(was).to_owned());
    let told = tokio::task::spawn_blocking(move || {
        let (label, container) = (
            format!("label=synapse.agent={agent_id}"),
            format!("container={id}"),
        );
        let filters = [
            "--filter",
            &label,
            "--filter",
            &container,
            "--filter",
            "event=rename",
        ];
        let window = ["events", "--since", "60s", "--until", "0s"];
        docker(&[&window[..], &filters[..]].concat())
    })
    .await
    .expect("docker ran");
    told.is_ok_and(|text| text.lines().count() >= 2)
}

#[test]
fn docker_limits_changed_by_others_are_put_back_while_the_app_runs() {
    on_docker(
        "updated",
        |_| {},
        async |agent| {
            let create = Create::of(&Plugin::mimic("hands-update"))
                .limits(&json!({"memory_bytes": 536_870_912}));
            let was = agent.ready(&create).await;
            let limits = |id: &str| {
                let host = inspect(id)["HostConfig"].clone();
                [
                    "Memory",
                    "MemorySwap",
                    "NanoCpus",
                    "PidsLimit",
                    "RestartPolicy",
                ]
                .map(|name| host[name].clone())
            };
            let (before, started) = (
                limits(id_of(&was)),
                inspect(id_of(&was))["State"]["StartedAt"].clone(),
            );
            let wider = [
                "update",
                "--memory",
                "1g",
                "--memory-swap",
                "1g",
                "--cpus",
                "0.3",
                "--pids-limit",
                "4000",
                "--restart",
                "always",
                id_of(&was),
            ];
            let acted = act(&wider).await;
            eventually("the limits are put back", async || {
                let now = limits(id_of(&was));
                if now == before { Ok(()) } else { Err(now) }
            })
            .await;
            println!(
                "docker update: put back {} ms after the command",
                acted.elapsed().as_millis()
            );
            let is = agent.show(was.pk).await;
            assert_eq!((&is.id, is.status), (&was.id, ContainerStatus::Running));
            assert_eq!(inspect(id_of(&was))["State"]["StartedAt"], started);
            assert_eq!(agent.say(&is, "/").await, "ok");
        },
    );
}

#[test]
fn docker_a_removed_image_is_missed_only_when_it_is_needed_and_then_built_again() {
    on_docker(
        "rmi",
        |_| {},
        async |agent| {
            let was = agent.ready(&Create::of(&Plugin::mimic("hands-rmi"))).await;
            let image = inspect(id_of(&was))["Config"]["Image"]
                .as_str()
                .expect("a name")
                .to_owned();
            act(&["rmi", "--force", &image]).await;
            assert_eq!(agent.say(&was, "/").await, "ok");
            let is = repaired(
                agent,
                &was,
                "docker rm -f, without its image",
                &["rm", "--force", id_of(&was)],
            )
            .await;
            assert_ne!(is.id, was.id);
            assert!(docker(&["image", "inspect", &image]).is_ok());
        },
    );
}

#[test]
fn docker_a_container_taken_off_its_network_is_made_again_on_it() {
    on_docker(
        "off",
        |_| {},
        async |agent| {
            let was = agent.ready(&Create::of(&Plugin::mimic("hands-off"))).await;
            let command = [
                "network",
                "disconnect",
                "--force",
                &agent.network,
                id_of(&was),
            ];
            let is = repaired(agent, &was, "docker network disconnect", &command).await;
            assert_ne!(is.id, was.id);
        },
    );
}

#[test]
fn docker_a_removed_network_is_made_again_and_whoever_was_on_it_with_it() {
    on_docker(
        "network",
        |_| {},
        async |agent| {
            let was = agent.ready(&Create::of(&Plugin::mimic("hands-net"))).await;
            agent.set_status(was.pk, "stopped").await;
            let network = || docker(&["network", "inspect", "--format", "{{.Id}}", &agent.network]);
            let before = network().expect("a network");
            // No limit here either.
            seen_after(
                "docker network rm",
                &["network", "rm", &agent.network],
                async || network().is_ok_and(|now| now != before),
            )
            .await;
            // Docker ties a container to the network that is gone: it would never start again.
            let started = agent.set_status(was.pk, "running").await;
            assert_eq!((started.pk, started.host_port), (was.pk, was.host_port));
            assert_eq!(agent.say(&started, "/").await, "ok");
            assert_eq!(containers(&agent.id).len(), 1);
        },
    );
}

#[test]
fn docker_a_stranger_that_took_our_containers_name_is_left_alone() {
    on_docker(
        "stranger",
        |_| {},
        async |agent| {
            let was = agent.ready(&Create::of(&Plugin::mimic("hands-name"))).await;
            agent.set_status(was.pk, "stopped").await;
            let image = inspect(id_of(&was))["Config"]["Image"]
                .as_str()
                .expect("a name")
                .to_owned();
            act(&["rm", id_of(&was)]).await;
            // Labelled as the image is, which is all that a stranger from it has.
            let stranger = docker(&[
                "create",
                "--name",
                &was.name,
                "--label",
                "synapse.agent=",
                "--label",
                "synapse.managed-by=",
                &image,
            ]);
            let stranger = Stranger(stranger.expect("a container"));
            let is = agent.set_status(was.pk, "running").await;
            assert_ne!(is.name, was.name);
            assert_eq!(agent.say(&is, "/").await, "ok");
            agent.delete(was.pk).await;
            let raw = inspect(&stranger.0);
            assert_eq!(
                (&raw["State"]["Status"], &raw["Name"]),
                (&json!("created"), &json!(format!("/{}", was.name)))
            );
        },
    );
}

/// A container that is not ours, taken away afterwards.
struct Stranger(String);

impl Drop for Stranger {
    fn drop(&mut self) {
        drop(docker(&["rm", "--force", &self.0]));
    }
}
