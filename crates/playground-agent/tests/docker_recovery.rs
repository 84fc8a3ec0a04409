//! A real engine in trouble, as seen through a proxy: gone, slow, failing, cut in the middle. What runs serves on, the API
//! answers, and everything is right again within seconds of its return.
//!
//! When no engine answers these tests fail, unless `PLAYGROUND_SKIP_DOCKER=1` says that they may be left out.

#![expect(
    clippy::print_stdout,
    reason = "measured times are told to whoever runs the tests"
)]

mod support;

use std::time::{Duration, Instant};

use playground_store::ContainerRow;
use playground_testkit::{EngineProxy, Fault};
use playground_types::wire::Container;
use playground_types::{ContainerPk, ContainerStatus, LaunchStatus};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use support::docker::{docker, inspect};
use support::plugin::Plugin;
use support::{Agent, Create, eventually, through_proxy};

/// Everything is right again so soon after the engine's return.
const RIGHT_AGAIN: Duration = Duration::from_secs(5);

async fn get(agent: &Agent, path: &str) -> Value {
    let (status, body) = agent.send(agent.request(Method::GET, path)).await;
    assert_eq!(status, StatusCode::OK, "{path}: {body:#}");
    body
}

async fn answers(container: &Container) {
    let url = container.endpoint.as_deref().expect("an endpoint");
    let answer = reqwest::get(url).await.expect("the app answers");
    assert!(answer.status().is_success());
}

fn started_at(container: &Container) -> Value {
    inspect(container.id.as_deref().expect("an id"))["State"]["StartedAt"].clone()
}

/// A record as the Agent keeps it, without a look at the engine.
async fn row(agent: &Agent, pk: i64) -> ContainerRow {
    let row = agent.control.store().container(ContainerPk(pk)).await;
    row.expect("the database answers").expect("a record")
}

/// The record of a killed app once it no longer claims to run as it did.
async fn told_right(agent: &Agent, before: &ContainerRow) {
    eventually("the record knows that its app died", async || {
        let now = row(agent, before.pk.0).await;
        if !now.is_published() || now.updated_at != before.updated_at {
            Ok(())
        } else {
            Err(now)
        }
    })
    .await;
}

/// The record once its app runs in another run than this one.
async fn runs_anew(agent: &Agent, before: &Container, run: &Value) -> Container {
    eventually("the app runs anew", async || {
        let now = agent.show(before.pk).await;
        if now.endpoint.is_some() && started_at(&now) != *run {
            Ok(now)
        } else {
            Err(now)
        }
    })
    .await
}

/// A ready app, then trouble in which it is killed and another one is created, then the engine's return.
async fn in_trouble(agent: &Agent, proxy: &EngineProxy, code: &str, fault: Fault) {
    let plugin = Plugin::mimic(code);
    let witness = agent.ready(&Create::of(&plugin)).await;
    let mortal = agent
        .ready(&Create::again(&plugin).field("model", "1"))
        .await;
    let (witness_run, run) = (started_at(&witness), started_at(&mortal));
    let living = row(agent, mortal.pk).await;

    proxy.set(fault);
    docker(&["kill", mortal.id.as_deref().expect("an id")]).expect("docker kills");
    let begun = Instant::now();
    let listed = get(agent, "containers/").await;
    assert_eq!(listed["count"], 2, "{listed:#}");
    let health = get(agent, "health/").await;
    assert_eq!(health["status"], "degraded", "{health:#}");
    let problem = health["problems"][0].as_str().expect("a problem");
    assert!(problem.starts_with("Docker does not answer"), "{problem}");
    println!("{code}: told of the trouble in {:?}", begun.elapsed());
    // Whoever waits for an engine waits for 20 seconds.
    assert!(
        begun.elapsed() < Duration::from_secs(15),
        "{:?}",
        begun.elapsed()
    );
    // A create is taken, and says what it waits for.
    let created = agent
        .create(&Create::again(&plugin).field("model", "2"))
        .await;
    let waiting = created.container.waiting.clone().expect("a reason");
    assert_eq!(waiting.code, "engine_unavailable", "{waiting:?}");
    assert_eq!(created.container.failure, None);
    let launch = agent.launch(&created.build_id).await;
    assert_eq!(launch.waiting, Some(waiting));
    answers(&witness).await;

    proxy.set(Fault::None);
    let back = Instant::now();
    // How long a container takes to start is the engine's business; that all is known and under way is ours.
    told_right(agent, &living).await;
    eventually("nothing waits for the engine", async || {
        match agent.launch(&created.build_id).await.waiting {
            None => Ok(()),
            Some(waiting) => Err(waiting),
        }
    })
    .await;
    println!("{code}: right again after {:?}", back.elapsed());
    assert!(back.elapsed() < RIGHT_AGAIN, "{:?}", back.elapsed());
    let launch = agent.settled(&created.build_id).await;
    assert_eq!(launch.status, LaunchStatus::Completed, "{launch:#?}");
    let mortal = runs_anew(agent, &mortal, &run).await;
    answers(&mortal).await;
    let witness = agent.show(witness.pk).await;
    assert_eq!(witness.status, ContainerStatus::Running);
    assert_eq!(started_at(&witness), witness_run, "it ran on");
    let health = get(agent, "health/").await;
    assert_eq!(health["docker"]["available"], true, "{health:#}");
}

#[test]
fn docker_item_55_an_engine_that_is_gone_is_waited_for_and_costs_no_app() {
    through_proxy(
        "gone",
        |_| {},
        async |agent, proxy| {
            in_trouble(agent, proxy, "recovery-gone", Fault::Gone).await;
        },
    );
}

#[test]
fn docker_item_55_an_engine_that_answers_500_is_waited_for_and_costs_no_app() {
    through_proxy(
        "fails",
        |_| {},
        async |agent, proxy| {
            in_trouble(agent, proxy, "recovery-fails", Fault::Fails).await;
        },
    );
}

#[test]
fn docker_item_55_a_slow_engine_slows_neither_lists_nor_health_and_does_its_work() {
    through_proxy(
        "slow",
        |_| {},
        async |agent, proxy| {
            let plugin = Plugin::mimic("recovery-slow");
            let witness = agent.ready(&Create::of(&plugin)).await;
            let run = started_at(&witness);
            proxy.set(Fault::Slow(Duration::from_secs(1)));
            let created = agent
                .create(&Create::again(&plugin).field("model", "1"))
                .await;
            let begun = Instant::now();
            get(agent, "containers/").await;
            assert!(
                begun.elapsed() < Duration::from_secs(1),
                "{:?}",
                begun.elapsed()
            );
            get(agent, "health/").await;
            assert!(
                begun.elapsed() < Duration::from_secs(8),
                "{:?}",
                begun.elapsed()
            );
            let launch = agent.settled(&created.build_id).await;
            assert_eq!(launch.status, LaunchStatus::Completed, "{launch:#?}");
            proxy.set(Fault::None);
            assert_eq!(started_at(&witness), run);
        },
    );
}

#[test]
fn docker_streams_that_are_cut_in_the_middle_again_and_again_lose_no_build() {
    through_proxy(
        "cut",
        |_| {},
        async |agent, proxy| {
            // Enough for every call that is no stream, and never for a whole build.
            proxy.set(Fault::CutAfter(12_000));
            let created = agent
                .create(&Create::of(&Plugin::mimic("recovery-cut")))
                .await;
            let begun = Instant::now();
            let mut cuts = 0;
            while begun.elapsed() < Duration::from_secs(6) {
                proxy.cut();
                cuts += 1;
                tokio::time::sleep(Duration::from_millis(300)).await;
            }
            println!("{cuts} cuts");
            proxy.set(Fault::None);
            let launch = agent.settled(&created.build_id).await;
            assert_eq!(launch.status, LaunchStatus::Completed, "{launch:#?}");
            answers(&agent.show(launch.container_pk).await).await;
            let (status, log) = agent
                .send(agent.request(Method::GET, &format!("builds/{}/logs/", created.build_id)))
                .await;
            assert_eq!(status, StatusCode::OK);
            assert!(!log.as_str().unwrap_or_default().is_empty(), "{log}");
        },
    );
}

#[test]
fn docker_event_streams_that_end_again_and_again_lose_nothing() {
    through_proxy(
        "events",
        |_| {},
        async |agent, proxy| {
            let plugin = Plugin::mimic("recovery-events");
            let container = agent.ready(&Create::of(&plugin)).await;
            let run = started_at(&container);
            for _ in 0..20 {
                proxy.cut();
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            let living = row(agent, container.pk).await;
            docker(&["kill", container.id.as_deref().expect("an id")]).expect("docker kills");
            let begun = Instant::now();
            told_right(agent, &living).await;
            println!("events: right again after {:?}", begun.elapsed());
            assert!(begun.elapsed() < RIGHT_AGAIN, "{:?}", begun.elapsed());
            runs_anew(agent, &container, &run).await;
        },
    );
}
