//! Apps that fall asleep, wake, and give way to their successors: on a real engine, through the gateway.
//!
//! When no engine answers these tests fail, unless `PLAYGROUND_SKIP_DOCKER=1` says that they may be left out.

mod support;

use std::net::TcpStream;
use std::time::Duration;

use playground_control::{ControlConfig, Publish, Replace};
use playground_types::wire::Container;
use playground_types::{ContainerStatus, EngineId, Tier};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use support::docker::{containers, inspect, shell};
use support::plugin::Plugin;
use support::{Agent, Create, eventually, on_docker};

/// Turns come soon enough for a test, and no health check is mistaken for somebody at the app's own port.
fn quick(config: &mut ControlConfig) {
    config.resync = Duration::from_secs(1);
    config.health_checks.interval = Duration::ZERO;
}

/// Asks an app through the gateway, as a program does.
async fn visit(agent: &Agent, app: &Container, path: &str) -> (StatusCode, Value) {
    let path = format!("play/{}{path}", app.name.replace('_', "-"));
    agent.send(agent.request(Method::GET, &path)).await
}

/// Says when an app falls asleep, and how deep.
async fn shall_sleep(agent: &Agent, app: &Container, times: Value) {
    let request = agent.request(Method::PATCH, &format!("containers/{}", app.pk));
    let (status, body) = agent.send(request.json(&json!({ "idle": times }))).await;
    assert_eq!((status, &body["idle"]), (StatusCode::OK, &times));
}

async fn sleeps(agent: &Agent, app: &Container, tier: Tier, status: ContainerStatus) -> Container {
    eventually(&format!("it is {tier}"), async || {
        let record = agent.show(app.pk).await;
        if (record.asleep, record.status) == (Some(tier), status) {
            Ok(record)
        } else {
            Err(record)
        }
    })
    .await
}

/// Lets an app sleep as deep as each tier is, one after the other, and looks at it then; it stays awake after that.
async fn in_every_tier(agent: &Agent, app: &Container, look: impl AsyncFn(Tier, Container)) {
    for (times, tier, status) in [
        (
            json!({"pause_after": 1}),
            Tier::Paused,
            ContainerStatus::Paused,
        ),
        (
            json!({"stop_after": 1}),
            Tier::Stopped,
            ContainerStatus::Stopped,
        ),
        (
            json!({"remove_after": 1}),
            Tier::Removed,
            ContainerStatus::Stopped,
        ),
    ] {
        shall_sleep(agent, app, times).await;
        let asleep = sleeps(agent, app, tier, status).await;
        shall_sleep(agent, app, json!({})).await;
        look(tier, asleep).await;
    }
}

fn id(app: &Container) -> &str {
    app.id.as_deref().expect("an id")
}

#[test]
fn docker_item_48_a_visit_wakes_an_app_from_every_tier() {
    on_docker("wake", quick, async |agent| {
        let app = agent.ready(&Create::of(&Plugin::mimic("sleeper"))).await;
        in_every_tier(agent, &app, async |tier, asleep| {
            assert_eq!(asleep.host_port, app.host_port, "{tier}");
            match tier {
                Tier::Paused => assert_eq!(inspect(id(&asleep))["State"]["Paused"], true),
                Tier::Stopped => assert_eq!(inspect(id(&asleep))["State"]["Running"], false),
                Tier::Removed => assert!(containers(&agent.id).is_empty()),
            }
            let (status, answer) = visit(agent, &app, "/params").await;
            assert_eq!(status, StatusCode::OK, "{tier}: {answer:#}");
            let awake = agent.show(app.pk).await;
            assert_eq!(
                (awake.status, awake.asleep),
                (ContainerStatus::Running, None),
                "{tier}"
            );
            assert_eq!(
                (&awake.endpoint, awake.attempts),
                (&app.endpoint, 0),
                "{tier}"
            );
        })
        .await;
    });
}

#[test]
fn docker_who_is_connected_and_what_works_is_seen() {
    on_docker("in-use", quick, async |agent| {
        let app = agent.ready(&Create::of(&Plugin::mimic("in-use"))).await;
        let engine = agent.control.engine();
        let id = EngineId(id(&app).to_owned());
        let port = app.host_port.expect("a port");
        let connected = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
        eventually("a connection is seen", async || {
            match engine.connections(&id).await {
                Ok(1) => Ok(()),
                other => Err(format!("{other:?}")),
            }
        })
        .await;
        drop(connected);
        eventually("nobody is connected", async || {
            match engine.connections(&id).await {
                Ok(0) => Ok(()),
                other => Err(format!("{other:?}")),
            }
        })
        .await;
        let before = engine.stats(&id).await.expect("the engine knows").cpu_time;
        agent.call(&app, "/flood?seconds=0.2").await;
        let after = engine.stats(&id).await.expect("the engine knows").cpu_time;
        assert!(after > before, "{before:?}, then {after:?}");
    });
}

#[test]
fn docker_a_replacement_has_no_gap() {
    let gapless = |config: &mut ControlConfig| {
        quick(config);
        config.replace = Replace::Gapless;
    };
    on_docker("gapless", gapless, async |agent| {
        let plugin = Plugin::mimic("gapless");
        let old = agent.ready(&Create::of(&plugin)).await;
        // Somebody whose answer takes as long as this test wants.
        let busy = visit(agent, &old, "/block?until=/tmp/enough");
        let replacing = async {
            let late = Create::again(&plugin).params(&json!({"do": "late"}));
            let created = agent.create(&late).await;
            let new = eventually("the new one starts", async || {
                let record = agent.show(old.pk).await;
                let is_new = record.id.is_some() && record.id != old.id;
                let starts = is_new && inspect(id(&record))["State"]["Running"] == true;
                if starts { Ok(record) } else { Err(record) }
            })
            .await;
            assert_eq!(
                visit(agent, &old, "/params").await.1,
                json!({}),
                "the old one answers"
            );
            assert_eq!(containers(&agent.id).len(), 2);

            shell(id(&new), "touch /tmp/listen");
            let ready = agent.ready_launch(&created.build_id).await;
            assert_ne!(ready.host_port, old.host_port);
            eventually("the gateway leads to the new one", async || {
                let (_, params) = visit(agent, &old, "/params").await;
                if params["do"] == "late" {
                    Ok(())
                } else {
                    Err(params)
                }
            })
            .await;
            assert_eq!(
                containers(&agent.id).len(),
                2,
                "somebody is still at the old one"
            );
            shell(id(&old), "touch /tmp/enough");
        };
        let ((status, answer), ()) = tokio::join!(busy, replacing);
        assert_eq!(
            (status, answer),
            (StatusCode::OK, json!("done")),
            "not cut short"
        );
        eventually("only the new one is left", async || {
            let there = containers(&agent.id);
            if there.len() == 1 { Ok(()) } else { Err(there) }
        })
        .await;
    });
}

/// The Agent opens the ports of apps itself.
fn by_agent(config: &mut ControlConfig) {
    quick(config);
    config.publish = Publish::Agent;
    config.app_egress = false;
}

#[test]
fn docker_where_the_agent_publishes_the_apps_own_port_wakes_it_from_every_tier() {
    on_docker("own-port", by_agent, async |agent| {
        let app = agent.ready(&Create::of(&Plugin::mimic("own-port"))).await;
        in_every_tier(agent, &app, async |tier, asleep| {
            assert_eq!(
                asleep.endpoint, app.endpoint,
                "{tier}: it stays in the record"
            );
            assert_eq!(agent.say(&asleep, "/params").await, "{}", "{tier}");
        })
        .await;
    });
}

#[test]
fn docker_where_the_agent_publishes_a_replacement_without_a_gap_keeps_its_port() {
    let gapless = |config: &mut ControlConfig| {
        by_agent(config);
        config.replace = Replace::Gapless;
    };
    on_docker("same-port", gapless, async |agent| {
        let plugin = Plugin::mimic("same-port");
        let old = agent.ready(&Create::of(&plugin)).await;
        let new = agent
            .ready(&Create::again(&plugin).params(&json!({"number": 1})))
            .await;
        assert_ne!(new.id, old.id);
        assert_eq!(
            (new.host_port, &new.endpoint),
            (old.host_port, &old.endpoint)
        );
        eventually("its port leads to the new one", async || {
            let params = agent.say(&new, "/params").await;
            if params.contains("number") {
                Ok(())
            } else {
                Err(params)
            }
        })
        .await;
    });
}
