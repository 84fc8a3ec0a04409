//! Apps that do not come up: none of them is ever published, and each is named for what is wrong with it.
//!
//! When no engine answers these tests fail, unless `PLAYGROUND_SKIP_DOCKER=1` says that they may be left out.

mod support;

use std::net::TcpStream;
use std::time::Duration;

use futures_util::future::join_all;
use playground_control::ControlConfig;
use playground_types::wire::Container;
use playground_types::{ContainerStatus, Failure, FailureKind, Timestamp};
use serde_json::json;
use support::docker::{docker, inspect};
use support::plugin::Plugin;
use support::{Agent, Create, eventually, on_docker};

/// An app is given up this long after its process ended, at the latest.
const TOLD_WITHIN_MS: i64 = 10_000;

fn impatient(config: &mut ControlConfig) {
    // Long enough for Python to begin to listen on a busy machine.
    config.start_timeout = Duration::from_secs(20);
}

#[test]
fn docker_an_app_has_no_endpoint_before_it_answers_http() {
    on_docker(
        "late",
        |_| {},
        async |agent| {
            let upload = Create::of(&Plugin::mimic("late")).params(&json!({"do": "late"}));
            let watch = async {
                let mut seen = Vec::new();
                // Its port accepts connections by now, and hangs up: enough to fool a look at the socket.
                let waiting = eventually("the app hangs up on callers", async || {
                    let record = record(agent).await?;
                    note(&mut seen, &record);
                    let port = record.host_port.ok_or(json!(record.status))?;
                    let connects = TcpStream::connect(("127.0.0.1", port)).is_ok();
                    let hangs_up = record.id.as_deref().is_some_and(listens);
                    if connects && hangs_up {
                        Ok(record)
                    } else {
                        Err(json!(record.status))
                    }
                })
                .await;
                let mut looks = 0;
                eventually("it is looked at for a while", async || {
                    let record = record(agent).await?;
                    note(&mut seen, &record);
                    assert_eq!(record.status, ContainerStatus::Starting, "{record:#?}");
                    looks += 1;
                    if looks > 20 {
                        Ok(())
                    } else {
                        Err(json!(looks))
                    }
                })
                .await;
                assert!(
                    !agent
                        .answers(&format!(
                            "http://127.0.0.1:{}/",
                            waiting.host_port.expect("a port")
                        ))
                        .await
                );
                docker(&[
                    "exec",
                    waiting.id.as_deref().expect("an id"),
                    "touch",
                    "/tmp/listen",
                ])
                .expect("a file");
                let ready = eventually("the app is published", async || {
                    let record = record(agent).await?;
                    note(&mut seen, &record);
                    if record.endpoint.is_some() {
                        Ok(record)
                    } else {
                        Err(json!(record.status))
                    }
                })
                .await;
                assert_eq!(agent.say(&ready, "/").await, "ok");
                assert_eq!(ready.status, ContainerStatus::Running);
                println!("{seen:?}");
                seen
            };
            let (_, seen) = tokio::join!(agent.ready(&upload), watch);
            // One follows the other, and `running` is never seen without its address.
            let order = [
                (ContainerStatus::Requested, false),
                (ContainerStatus::Building, false),
                (ContainerStatus::Starting, false),
                (ContainerStatus::Running, true),
            ];
            assert!(order.ends_with(&seen) && seen.len() >= 2, "{seen:?}");
        },
    );
}

#[test]
fn docker_item_32_a_plugin_that_dies_at_import_is_told_at_once_with_its_own_traceback() {
    on_docker(
        "import",
        |_| {},
        async |agent| {
            let raises = Plugin::new("import-raises", "import gradio\nimport plugin.model\n").with(
                "plugin/model.py",
                "def load():\n    raise ValueError('no weights in /models')\n\nload()\n",
            );
            let failure = told_at_once(agent, &raises, FailureKind::ImportError, 67).await;
            assert!(
                failure.message.contains("no weights in /models"),
                "{failure:#?}"
            );
            let tail = &failure.log_tail;
            assert_eq!(
                tail.last().map(String::as_str),
                Some("ValueError: no weights in /models"),
                "{tail:#?}"
            );
            assert!(
                tail.iter()
                    .any(|line| line.contains("plugin/model.py\", line 2, in load")),
                "{tail:#?}"
            );
            assert!(
                !tail
                    .iter()
                    .any(|line| line.contains("synapse_launcher") || line.starts_with("SYNAPSE")),
                "{tail:#?}"
            );

            let missing = Plugin::new("import-missing", "import torch_of_dreams\n");
            let failure = told_at_once(agent, &missing, FailureKind::MissingModule, 67).await;
            assert!(
                failure
                    .hint
                    .as_deref()
                    .is_some_and(|hint| hint.contains("torch_of_dreams")),
                "{failure:#?}"
            );
            assert!(failure.message.contains("torch_of_dreams"), "{failure:#?}");

            let broken = Plugin::new("import-syntax", "def app(:\n    pass\n");
            let failure = told_at_once(agent, &broken, FailureKind::ImportError, 67).await;
            assert!(
                failure
                    .log_tail
                    .iter()
                    .any(|line| line.starts_with("SyntaxError")),
                "{failure:#?}"
            );

            let ends = Plugin::new("import-exits", "raise SystemExit(3)\n");
            let failure = told_at_once(agent, &ends, FailureKind::ExitedEarly, 67).await;
            assert!(failure.message.contains("ended itself"), "{failure:#?}");
        },
    );
}

#[test]
fn docker_item_32_a_plugin_without_an_app_is_told_what_is_missing() {
    on_docker(
        "nothing",
        |_| {},
        async |agent| {
            let empty = Plugin::new("nothing-there", "VALUE = 1\n");
            let failure = told_at_once(agent, &empty, FailureKind::NothingToServe, 65).await;
            assert!(
                failure.message.contains("plugin/gradio_interface.py"),
                "{failure:#?}"
            );

            let config = "code: nothing-entry\nname: Test\nversion: 1.0.0\ncategory: custom\n\
                actions:\n  gradio:\n    entrypoint: elsewhere.page.app\n";
            let astray = Plugin::new("nothing-entry", "")
                .without("plugin/gradio_interface.py")
                .with("config.yaml", config);
            let failure = told_at_once(agent, &astray, FailureKind::EntrypointMissing, 66).await;
            assert!(
                failure.message.contains("elsewhere.page.app"),
                "{failure:#?}"
            );
            assert!(
                failure
                    .hint
                    .is_some_and(|hint| hint.contains("actions.gradio.entrypoint"))
            );
        },
    );
}

#[test]
fn docker_an_app_that_nobody_can_reach_is_told_why() {
    on_docker("silent", impatient, async |agent| {
        let cases = [
            (
                "deaf",
                FailureKind::NotListening,
                "did not listen on any port",
            ),
            ("loopback", FailureKind::LoopbackOnly, "127.0.0.1:7860"),
            (
                "wrong port",
                FailureKind::WrongPort,
                "port 8080 instead of 7860",
            ),
            ("mute", FailureKind::NotAnswering, "did not answer HTTP"),
        ];
        let all = cases.map(|(what, kind, named)| async move {
            let code = format!("silent-{}", what.replace(' ', "-"));
            let upload = Create::of(&Plugin::mimic(&code)).params(&json!({ "do": what }));
            let (container, failure) = agent.failed(&upload).await;
            assert_eq!(failure.kind, kind, "{failure:#?}");
            assert!(failure.message.contains(named), "{failure:#?}");
            let said = format!("mimic does {what}");
            assert!(failure.log_tail.contains(&said), "{failure:#?}");
            assert_eq!(container.status, ContainerStatus::Failed);
            let id = container.id.expect("kept for its log");
            eventually("it is stopped", async || {
                let state = inspect(&id)["State"].clone();
                if state["Running"] == false {
                    Ok(())
                } else {
                    Err(state)
                }
            })
            .await;
        });
        join_all(all).await;
    });
}

#[test]
fn docker_an_app_that_takes_too_much_memory_at_its_start_is_told_so_and_can_be_given_more() {
    on_docker(
        "memory",
        |_| {},
        async |agent| {
            let plugin = Plugin::mimic("memory-start");
            let small = json!({"memory_bytes": 256 << 20});
            let hoards = Create::of(&plugin)
                .params(&json!({"do": "hoard"}))
                .limits(&small);
            let (container, _) = agent.failed(&hoards).await;
            support::assert_out_of_memory(&container);

            let modest = Create::again(&plugin).limits(&json!({"memory_bytes": 512 << 20}));
            let ready = agent.ready(&modest).await;
            assert_eq!((ready.pk, &ready.failure), (container.pk, &None));
            assert_eq!(agent.say(&ready, "/").await, "ok");
        },
    );
}

#[test]
fn docker_a_failed_start_is_followed_by_a_new_one_with_the_repaired_plugin() {
    on_docker(
        "repair",
        |_| {},
        async |agent| {
            let broken = Plugin::new("repair", "raise RuntimeError('not yet')\n");
            let (failed, _) = agent.failed(&Create::of(&broken)).await;
            let repaired = agent.ready(&Create::of(&Plugin::mimic("repair"))).await;
            assert_eq!((repaired.pk, &repaired.failure), (failed.pk, &None));
            assert_ne!(repaired.id, failed.id);
            assert_eq!(support::docker::containers(&agent.id).len(), 1);
        },
    );
}

/// Creates a plugin whose process ends by itself; the reason that is told for it, not long after its end.
#[expect(
    clippy::print_stdout,
    reason = "measured times are told to whoever runs the tests"
)]
async fn told_at_once(
    agent: &Agent,
    plugin: &Plugin,
    kind: FailureKind,
    exit_code: i64,
) -> Failure {
    let created = agent.create(&Create::of(plugin)).await;
    let launch = agent.settled(&created.build_id).await;
    let failure = launch
        .failure
        .unwrap_or_else(|| panic!("it came up: {:?}", launch.result));
    assert_eq!(
        (failure.kind, failure.exit_code),
        (kind, Some(exit_code)),
        "{failure:#?}"
    );
    assert!(failure.hint.is_some(), "{failure:#?}");
    let container = agent.show(created.container.pk).await;
    assert_eq!(
        (container.status, &container.endpoint),
        (ContainerStatus::Failed, &None)
    );
    let state = inspect(container.id.as_deref().expect("kept for its log"));
    let ended = state["State"]["FinishedAt"]
        .as_str()
        .and_then(Timestamp::parse)
        .expect("it ended");
    let told = launch
        .finished_at
        .as_deref()
        .and_then(Timestamp::parse)
        .expect("it was told");
    let after = told.millis_since(ended);
    println!(
        "{}: told {after} ms after its end: {}",
        container.plugin_release, failure.message
    );
    assert!(after < TOLD_WITHIN_MS, "told {after} ms after its end");
    failure
}

/// The one record there is, once there is one.
async fn record(agent: &Agent) -> Result<Container, serde_json::Value> {
    let (_, list) = agent
        .send(agent.request(reqwest::Method::GET, "containers/"))
        .await;
    serde_json::from_value(list["results"][0].clone()).map_err(|_| list)
}

/// Each state once, in the order they were seen.
fn note(seen: &mut Vec<(ContainerStatus, bool)>, record: &Container) {
    let state = (record.status, record.endpoint.is_some());
    if seen.last() != Some(&state) {
        seen.push(state);
    }
}

/// Whether the app's own process listens, as told inside its container.
fn listens(id: &str) -> bool {
    let listening = "grep -qi ':1EB4 00000000:0000 0A' /proc/net/tcp";
    docker(&["exec", id, "sh", "-c", listening]).is_ok()
}
