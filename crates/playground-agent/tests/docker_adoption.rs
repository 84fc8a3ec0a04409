//! A database that is lost or put back from before, on the real engine: apps run on, and their records come back.
//!
//! When no engine answers these tests fail, unless `PLAYGROUND_SKIP_DOCKER=1` says that they may be left out.

mod support;

use std::path::{Path, PathBuf};

use playground_types::wire::Container;
use playground_types::{ContainerStatus, LaunchStatus};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use support::docker::{Leftovers, containers, docker, inspect};
use support::plugin::Plugin;
use support::{Agent, Create, eventually, on_docker};

/// The files of a database.
fn database(data: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(data).expect("a data directory");
    entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.to_string_lossy().contains("playground.db"))
        .collect()
}

fn lose_database(data: &Path) {
    for file in database(data) {
        std::fs::remove_file(file).expect("a database can be removed");
    }
}

fn copy_database(from: &Path, to: &Path) {
    for file in database(from) {
        let name = file.file_name().expect("a name");
        std::fs::copy(&file, to.join(name)).expect("a database can be copied");
    }
}

/// Which run of which container this is.
fn run_of(id: &str) -> (String, String) {
    let raw = inspect(id);
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    (text(&raw["Id"]), text(&raw["State"]["StartedAt"]))
}

/// A record by its key, once its app answers.
async fn ready(agent: &Agent, pk: i64) -> Container {
    eventually("the record is ready", async || {
        let (status, body) = agent
            .send(agent.request(Method::GET, &format!("containers/{pk}/")))
            .await;
        let found = (status == StatusCode::OK)
            .then(|| serde_json::from_value::<Container>(body.clone()).expect("a container"));
        found
            .filter(|container| container.status == ContainerStatus::Running)
            .ok_or(body)
    })
    .await
}

/// What of a record comes back, field by field. `updated_at` is when it was adopted; Docker's view is its own.
fn comes_back(container: &Container) -> Value {
    let mut fields = serde_json::to_value(container).expect("JSON");
    let map = fields.as_object_mut().expect("an object");
    map.remove("updated_at");
    map.remove("last_health_check_at");
    map.remove("attrs");
    fields
}

fn rich(plugin: &Plugin) -> Create {
    Create::of(plugin)
        .field("model", "7")
        .params(&json!({"threshold": 0.1, "name": "한글", "deep": {"b": [1, null]}}))
        .field("envs", json!({"GREETING": "a=b\nc", "HF_TOKEN": "canary"}).to_string())
        .field("metadata", json!({"owner": "kim", "password": "canary"}).to_string())
        .field("labels", "team=b")
        .field("labels", "alpha")
        .field("backend_container_id", "42")
        .limits(&json!({"memory_bytes": 536_870_912, "cpus": 0.5, "pids": 99, "disk_bytes": 123_456_789}))
}

#[test]
fn docker_a_lost_database_costs_no_app_its_container_or_its_record() {
    on_docker(
        "lost",
        |_| {},
        async |agent| {
            let (plugin, other) = (Plugin::mimic("adopt-lost"), Plugin::mimic("adopt-lost-2"));
            let one = agent.ready(&rich(&plugin)).await;
            let two = agent.ready(&Create::of(&other)).await;
            let three = agent
                .ready(&Create::again(&other).field("model", "1"))
                .await;
            agent.set_status(three.pk, "stopped").await;
            let three = agent.show(three.pk).await;
            let before =
                [&one, &two].map(|container| run_of(container.id.as_deref().expect("an id")));

            let again = agent.again(lose_database).await;
            assert_eq!(again.id, agent.id);
            for (was, run) in [&one, &two].into_iter().zip(&before) {
                let is = ready(&again, was.pk).await;
                assert_eq!(comes_back(&is), comes_back(was));
                assert_eq!(run_of(is.id.as_deref().expect("an id")), *run);
                assert_eq!(again.say(&is, "/").await, "ok");
            }
            eventually("the stopped one is as it was", async || {
                let now = comes_back(&again.show(three.pk).await);
                (now == comes_back(&three)).then_some(()).ok_or(now)
            })
            .await;
            assert_eq!(
                again.say(&one, "/params").await,
                agent.say(&one, "/params").await
            );
            assert_eq!(again.say(&one, "/env?name=HF_TOKEN").await, "canary");
            assert_eq!(containers(&again.id).len(), 3);
            let labels = inspect(one.id.as_deref().expect("an id"))["Config"]["Labels"].to_string();
            assert!(!labels.contains("canary"), "{labels}");

            // The release is known by its content on disk, and the same create finds the same container.
            let created = again.create(&Create::again(&other)).await;
            assert!(created.restarted && !created.recreated, "{created:#?}");
            let restarted = again.ready_launch(&created.build_id).await;
            assert_eq!((restarted.pk, restarted.id), (two.pk, two.id));
            again.control.stop().await;
        },
    );
}

#[test]
fn docker_contents_that_are_lost_with_the_database_are_asked_for_again() {
    on_docker(
        "bare",
        |_| {},
        async |agent| {
            let plugin = Plugin::mimic("adopt-bare");
            let was = agent.ready(&Create::of(&plugin)).await;
            let again = agent
                .again(|data| {
                    lose_database(data);
                    std::fs::remove_dir_all(data.join("sources"))
                        .expect("the contents are removed");
                })
                .await;
            let is = ready(&again, was.pk).await;
            assert_eq!((&is.id, is.host_port), (&was.id, was.host_port));
            let (status, body) = again.ask(&Create::again(&plugin)).await;
            assert_eq!(status, StatusCode::NOT_FOUND, "{body:#}");
            assert_eq!(body["code"], "plugin_release_unknown");
            assert!(
                body["hint"]
                    .as_str()
                    .is_some_and(|hint| hint.contains("Upload")),
                "{body:#}"
            );
            // The record works without: restarted, and made again from its image.
            let (status, body) = again
                .send(again.request(Method::POST, &format!("containers/{}/restart/", is.pk)))
                .await;
            assert_eq!(status, StatusCode::OK, "{body:#}");
            docker(&["rm", "--force", is.id.as_deref().expect("an id")]).expect("removed");
            let remade = eventually("it is made again", async || {
                let now = again.show(is.pk).await;
                (now.status == ContainerStatus::Running && now.id != is.id)
                    .then_some(now.clone())
                    .ok_or(now)
            })
            .await;
            assert_eq!(again.say(&remade, "/").await, "ok");
            let uploaded = again.ready(&Create::of(&plugin)).await;
            assert_eq!((uploaded.pk, uploaded.host_port), (was.pk, was.host_port));
            again.control.stop().await;
        },
    );
}

#[test]
fn docker_a_database_of_yesterday_learns_what_was_made_since() {
    on_docker(
        "yesterday",
        |_| {},
        async |agent| {
            let (plugin, later) = (Plugin::mimic("adopt-old"), Plugin::mimic("adopt-later"));
            let old = agent.ready(&Create::of(&plugin)).await;
            let backup = tempfile::tempdir().expect("a directory");
            let agent = agent.again(|data| copy_database(data, backup.path())).await;

            let changed = agent
                .create(&Create::again(&plugin).params(&json!({"size": 2})))
                .await;
            let changed = agent.ready_launch(&changed.build_id).await;
            assert_eq!(changed.pk, old.pk);
            assert_ne!(changed.id, old.id);
            let new = agent.ready(&rich(&later)).await;
            let before =
                [&changed, &new].map(|container| run_of(container.id.as_deref().expect("an id")));

            let again = agent
                .again(|data| {
                    lose_database(data);
                    copy_database(backup.path(), data);
                })
                .await;
            for (was, run) in [&changed, &new].into_iter().zip(&before) {
                let is = eventually("the record is as it was", async || {
                    let is = ready(&again, was.pk).await;
                    let same = comes_back(&is) == comes_back(was);
                    if same { Ok(is) } else { Err(is) }
                })
                .await;
                assert_eq!(comes_back(&is), comes_back(was));
                assert_eq!(run_of(is.id.as_deref().expect("an id")), *run);
                assert_eq!(again.say(&is, "/").await, "ok");
            }
            assert_eq!(again.say(&changed, "/params").await, "{\"size\": 2}");
            assert_eq!(containers(&again.id).len(), 2);
            // Whoever polled a launch of yesterday learns its end.
            let created = again
                .create(&Create::again(&plugin).params(&json!({"size": 2})))
                .await;
            let launch = again.settled(&created.build_id).await;
            assert_eq!(launch.status, LaunchStatus::Completed, "{launch:#?}");
            again.control.stop().await;
        },
    );
}

#[test]
fn docker_two_agents_side_by_side_touch_nothing_of_each_other_even_with_a_lost_database() {
    on_docker(
        "pair",
        |_| {},
        async |one| {
            let id = format!("{}-two", one.id);
            let _leftovers = Leftovers {
                agent_id: id.clone(),
                network: one.network.clone(),
            };
            let data = tempfile::tempdir().expect("a directory");
            // The same network by name: it is shared, as its label says that an Agent made it.
            let two = one.beside(&id, data.path()).await;
            let plugin = Plugin::mimic("adopt-pair");
            let of_one = one.ready(&Create::of(&plugin)).await;
            let of_two = two.ready(&Create::of(&plugin)).await;
            let ids = [&of_one, &of_two].map(|container| container.id.clone().expect("an id"));
            let before = ids.clone().map(|id| run_of(&id));

            let one_again = one.again(lose_database).await;
            let is = ready(&one_again, of_one.pk).await;
            assert_eq!(is.id, of_one.id);
            // Both have swept: at every start of the event stream, and again now.
            let two_again = two.again(|_| {}).await;
            ready(&two_again, of_two.pk).await;
            assert_eq!(ids.clone().map(|id| run_of(&id)), before);
            for (agent, id) in [(&one_again, &ids[0]), (&two_again, &ids[1])] {
                assert_eq!(containers(&agent.id), std::slice::from_ref(id));
                let (_, own) = agent.send(agent.request(Method::GET, "orphans/")).await;
                assert_eq!(own["count"], 0, "{own:#}");
            }
            let (_, all) = one_again
                .send(one_again.request(Method::GET, "orphans?all_agents=true"))
                .await;
            let found = all["results"].as_array().expect("a list");
            let other = found
                .iter()
                .find(|orphan| orphan["id"] == ids[1])
                .expect("the other Agent's");
            assert_eq!(
                (&other["of_this_agent"], &other["reason"]),
                (&json!(false), &json!("other_agent"))
            );
            let path = format!("orphans/{}/", ids[1]);
            let (status, body) = one_again
                .send(one_again.request(Method::DELETE, &path))
                .await;
            assert_eq!(
                (status, &body["code"]),
                (StatusCode::CONFLICT, &json!("orphan_of_other_agent")),
                "{body:#}"
            );
            // What one deletes, the other does not miss.
            one_again.delete(of_one.pk).await;
            assert_eq!(two_again.say(&of_two, "/").await, "ok");
            assert_eq!(run_of(&ids[1]), before[1]);
            one_again.control.stop().await;
            two_again.delete(of_two.pk).await;
            two_again.control.stop().await;
        },
    );
}

#[test]
fn docker_the_policy_list_leaves_it_to_the_operator() {
    let list = |config: &mut playground_control::ControlConfig| {
        config.orphans = playground_control::OrphanPolicy::List;
    };
    on_docker("policy", list, async |agent| {
        let was = agent.ready(&Create::of(&Plugin::mimic("adopt-list"))).await;
        let run = run_of(was.id.as_deref().expect("an id"));
        let again = agent.again(lose_database).await;
        let orphan = eventually("the orphan is listed", async || {
            let (_, body) = again.send(again.request(Method::GET, "orphans")).await;
            let one = body["results"][0].clone();
            (body["count"] == 1).then_some(one).ok_or(body)
        })
        .await;
        assert_eq!(orphan["reason"], "no_record");
        assert_eq!(orphan["host_port"], json!(was.host_port));
        let path = format!("orphans/{}/adopt/", was.name);
        let (status, body) = again.send(again.request(Method::POST, &path)).await;
        assert_eq!(
            (status, &body["pk"]),
            (StatusCode::CREATED, &json!(was.pk)),
            "{body:#}"
        );
        let is = ready(&again, was.pk).await;
        assert_eq!(run_of(is.id.as_deref().expect("an id")), run);
        again.control.stop().await;
    });
}
