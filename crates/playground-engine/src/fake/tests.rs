//! The fake engine keeps its promises: it is what the control loop's tests stand on.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use futures_util::{StreamExt, stream};
use playground_types::{EngineId, HostPort, Limits};
use tokio::sync::mpsc;

use super::{AppBehaviour, BuildScript, FakeEngine, Op};
use crate::Reach;
use crate::labels::{LABEL_AGENT, LABEL_MANAGED_BY, MANAGED_BY};
use crate::{
    Action, BuildRequest, Builder, ContainerSpec, Engine, EngineError, EventOptions, LogOptions,
    Profile, RunState,
};

const SECOND: Duration = Duration::from_secs(1);

fn spec(name: &str, port: u16) -> ContainerSpec {
    ContainerSpec {
        name: name.into(),
        image: "img".into(),
        env: Vec::new(),
        labels: BTreeMap::from([
            (LABEL_MANAGED_BY.into(), MANAGED_BY.into()),
            (LABEL_AGENT.into(), "a1".into()),
        ]),
        host_port: HostPort(port),
        publish_address: Some(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
        network: "net".into(),
        limits: Limits::default(),
        profile: Profile::Standard,
        runtime: None,
        stop_grace: SECOND,
    }
}

/// An engine with an image and a network, and the same as callers see it.
async fn engine() -> (FakeEngine, Engine) {
    let fake = FakeEngine::new();
    fake.add_image("img");
    let engine = Engine::Fake(fake.clone());
    engine
        .ensure_network("net", Reach::Everywhere, &BTreeMap::new())
        .await
        .unwrap();
    (fake, engine)
}

async fn started(engine: &Engine, name: &str, port: u16) -> EngineId {
    let id = engine.create(&spec(name, port)).await.unwrap();
    engine.start(&id).await.unwrap();
    id
}

async fn state(engine: &Engine, id: &EngineId) -> RunState {
    engine.inspect(id).await.unwrap().unwrap().state
}

fn down() -> EngineError {
    EngineError::unreachable("scripted")
}

#[tokio::test(start_paused = true)]
async fn an_app_answers_once_it_is_ready_and_only_while_it_runs() {
    let (fake, engine) = engine().await;
    let id = started(&engine, "a", 7860).await;
    assert_eq!(fake.answers(HostPort(7860)), None);
    tokio::time::sleep(SECOND).await;
    assert_eq!(fake.answers(HostPort(7860)), Some(200));
    engine.pause(&id).await.unwrap();
    assert_eq!(fake.answers(HostPort(7860)), None);
    engine.unpause(&id).await.unwrap();
    assert_eq!(fake.answers(HostPort(7860)), Some(200));
    engine.stop(&id, 10 * SECOND).await.unwrap();
    engine.stop(&id, 10 * SECOND).await.unwrap();
    assert_eq!(fake.answers(HostPort(7860)), None);
    assert!(matches!(
        state(&engine, &id).await,
        RunState::Exited { exit_code: 143, .. }
    ));
}

#[tokio::test(start_paused = true)]
async fn a_port_conflict_shows_at_start_and_leaves_the_container_created() {
    let (fake, engine) = engine().await;
    let first = started(&engine, "a", 7860).await;
    let second = engine.create(&spec("b", 7860)).await.unwrap();
    let taken = engine.start(&second).await;
    assert!(matches!(taken, Err(EngineError::PortTaken(HostPort(7860)))));
    assert_eq!(state(&engine, &second).await, RunState::Created);
    engine.remove(&first).await.unwrap();
    fake.outside().occupy_port(HostPort(7860));
    assert!(engine.start(&second).await.is_err());
    fake.outside().free_port(HostPort(7860));
    engine.start(&second).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn names_images_and_networks_are_checked_as_docker_does() {
    let (fake, engine) = engine().await;
    let id = engine.create(&spec("a", 7860)).await.unwrap();
    assert!(
        matches!(engine.create(&spec("a", 7861)).await, Err(EngineError::NameTaken(name)) if name == "a")
    );
    let without_image = ContainerSpec {
        image: "other".into(),
        ..spec("b", 7861)
    };
    assert!(matches!(
        engine.create(&without_image).await,
        Err(EngineError::NoSuchImage(_))
    ));
    assert!(matches!(
        engine.remove_image("img").await,
        Err(EngineError::Conflict { .. })
    ));
    fake.outside().remove_network("net");
    assert!(matches!(
        engine.start(&id).await,
        Err(EngineError::NoSuchNetwork(_))
    ));
    engine.remove(&id).await.unwrap();
    engine.remove(&id).await.unwrap();
    assert!(matches!(
        engine.start(&id).await,
        Err(EngineError::NoSuchContainer)
    ));
    fake.assert_no_leaks("a1", &[]);
    fake.outside().add_foreign_network("theirs");
    let theirs = engine
        .ensure_network("theirs", Reach::Everywhere, &BTreeMap::new())
        .await;
    assert!(matches!(theirs, Err(EngineError::ForeignNetwork(_))));
}

#[tokio::test(start_paused = true)]
async fn a_crash_ends_only_its_own_run() {
    let (fake, engine) = engine().await;
    fake.behave("a", AppBehaviour::crashes(5 * SECOND, 3, &["Traceback"]));
    let id = started(&engine, "a", 7860).await;
    let first_run = engine.inspect(&id).await.unwrap().unwrap().started_at;
    tokio::time::sleep(3 * SECOND).await;
    engine.restart(&id, SECOND).await.unwrap();
    let second_run = engine.inspect(&id).await.unwrap().unwrap().started_at;
    assert_ne!(first_run, second_run);
    tokio::time::sleep(4 * SECOND).await;
    assert_eq!(state(&engine, &id).await, RunState::Running);
    tokio::time::sleep(2 * SECOND).await;
    assert!(matches!(
        state(&engine, &id).await,
        RunState::Exited { exit_code: 3, .. }
    ));
    let lines: Vec<_> = engine
        .logs(&id, LogOptions::default())
        .await
        .unwrap()
        .collect()
        .await;
    assert_eq!(lines.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn events_tell_everything_and_end_with_an_error() {
    let (fake, engine) = engine().await;
    let mut events = engine.events("a1", EventOptions::default()).await.unwrap();
    let id = started(&engine, "a", 7860).await;
    fake.outside().oom("a");
    engine.remove(&id).await.unwrap();
    fake.outside().go_down();
    let mut actions = Vec::new();
    let end = loop {
        match events.next().await.unwrap() {
            Ok(event) => actions.push(event.action),
            Err(error) => break error,
        }
    };
    let died = Action::Die {
        exit_code: Some(137),
    };
    assert_eq!(
        actions,
        [
            Action::Create,
            Action::Start,
            Action::Oom,
            died,
            Action::Destroy
        ]
    );
    assert!(matches!(end, EngineError::EventsEnded));
    assert!(events.next().await.is_none());
    assert!(matches!(
        engine.version().await,
        Err(EngineError::Unreachable { .. })
    ));
    fake.outside().come_back();
    let since = EventOptions {
        since: Some(fake.now()),
    };
    let replayed = engine.events("a1", since).await.unwrap();
    assert_eq!(replayed.take(5).count().await, 5);
}

#[tokio::test(start_paused = true)]
async fn another_agents_things_are_not_ours() {
    let (fake, engine) = engine().await;
    started(&engine, "a", 7860).await;
    assert_eq!(engine.list("a1").await.unwrap().len(), 1);
    assert_eq!(engine.list("a2").await.unwrap().len(), 0);
    fake.assert_no_leaks("a2", &[]);
}

#[tokio::test(start_paused = true)]
async fn a_scripted_failure_hits_the_call_it_was_meant_for() {
    let (fake, engine) = engine().await;
    fake.fail_call(1, down());
    fake.fail_call_after_effect(2, down());
    fake.fail_next(Op::Start, EngineError::PortTaken(HostPort(7860)));
    assert!(engine.version().await.is_ok());
    assert!(engine.create(&spec("a", 7860)).await.is_err());
    assert_eq!(fake.containers(), []);
    assert!(engine.create(&spec("a", 7860)).await.is_err());
    let made = fake.containers();
    assert_eq!(made.len(), 1, "the effect stays, the answer is lost");
    assert!(matches!(
        engine.start(&made[0].id).await,
        Err(EngineError::PortTaken(_))
    ));
    engine.start(&made[0].id).await.unwrap();
    let calls = fake.calls();
    assert_eq!(
        calls[1..],
        [Op::Version, Op::Create, Op::Create, Op::Start, Op::Start]
    );
}

#[tokio::test(start_paused = true)]
async fn after_a_halt_nothing_returns_until_a_new_side_resumes() {
    let (fake, engine) = engine().await;
    let halt = fake.halt_after(0);
    let side = tokio::spawn({
        let engine = engine.clone();
        async move { engine.create(&spec("a", 7860)).await }
    });
    halt.reached().await;
    let hangs = tokio::time::timeout(3600 * SECOND, engine.version()).await;
    assert!(hangs.is_err() && !side.is_finished());
    side.abort();
    fake.resume();
    assert_eq!(engine.list("a1").await.unwrap().len(), 1);
    let halt = fake.halt_at(0);
    let hangs = tokio::time::timeout(SECOND, engine.create(&spec("b", 7861))).await;
    assert!(hangs.is_err());
    halt.reached().await;
    fake.resume();
    assert_eq!(
        engine.list("a1").await.unwrap().len(),
        1,
        "halted before its effect"
    );
}

fn request(builder: Builder) -> BuildRequest {
    BuildRequest {
        tags: vec!["made:1".into(), "made:latest".into()],
        labels: BTreeMap::from([("l".into(), "v".into())]),
        dockerfile: "Dockerfile".into(),
        builder,
        memory_bytes: None,
        cpus: None,
        network: None,
        build_args: BTreeMap::new(),
    }
}

#[tokio::test(start_paused = true)]
async fn a_build_takes_its_time_makes_an_image_or_fails_with_the_builders_words() {
    let (fake, engine) = engine().await;
    let (sender, mut events) = mpsc::channel(100);
    let before = tokio::time::Instant::now();
    let request = request(Builder::BuildKit);
    engine
        .build(&request, stream::empty().boxed(), sender.clone())
        .await
        .unwrap();
    assert_eq!(before.elapsed(), 2 * SECOND);
    assert!(events.try_recv().is_ok());
    assert_eq!(
        engine.image("made").await.unwrap().unwrap().tags,
        ["made:1", "made:latest"]
    );
    assert_eq!(engine.list_images(&["l=v".into()]).await.unwrap().len(), 1);
    fake.build_next(BuildScript::failing(
        "pip went wrong",
        &["ERROR: no such version"],
    ));
    let failed = engine
        .build(&request, stream::empty().boxed(), sender.clone())
        .await;
    assert_eq!(failed.unwrap_err().message, "pip went wrong");
    fake.without_buildkit();
    let refused = engine
        .build(&request, stream::empty().boxed(), sender)
        .await;
    assert!(refused.unwrap_err().not_supported);
}

#[tokio::test(start_paused = true)]
async fn dropping_a_build_cancels_it() {
    let (fake, engine) = engine().await;
    fake.build_by_default(BuildScript {
        hangs: true,
        ..BuildScript::default()
    });
    let (sender, _events) = mpsc::channel(100);
    let request = request(Builder::Classic);
    let build = engine.build(&request, stream::empty().boxed(), sender);
    assert!(tokio::time::timeout(60 * SECOND, build).await.is_err());
    assert_eq!((fake.builds_running(), fake.builds_cancelled()), (0, 1));
    fake.assert_no_leaks("a1", &[]);
}

#[tokio::test(start_paused = true)]
async fn sockets_tell_why_an_app_is_not_reached() {
    let (fake, engine) = engine().await;
    fake.behave_by_default(AppBehaviour {
        loopback_only: true,
        ..AppBehaviour::default()
    });
    let id = started(&engine, "a", 7860).await;
    let ready_at = fake.now().plus_millis(1000);
    assert_eq!(engine.listening(&id).await.unwrap(), []);
    let is_ready = |fake: &FakeEngine| fake.now() >= ready_at;
    fake.until(60 * SECOND, is_ready).await;
    assert_eq!(
        engine.listening(&id).await.unwrap(),
        ["127.0.0.1:7860".parse().unwrap()]
    );
    assert_eq!(fake.answers(HostPort(7860)), None);
}

#[tokio::test(start_paused = true)]
async fn followed_logs_end_with_the_run() {
    let (fake, engine) = engine().await;
    let id = started(&engine, "a", 7860).await;
    let follow = LogOptions {
        follow: true,
        ..LogOptions::default()
    };
    let lines = engine.logs(&id, follow).await.unwrap();
    let reader = tokio::spawn(lines.map(|line| line.unwrap().text).collect::<Vec<_>>());
    tokio::task::yield_now().await;
    fake.outside().print("a", "one");
    tokio::task::yield_now().await;
    fake.outside().print("a", "two");
    fake.outside().kill("a", 1);
    assert_eq!(reader.await.unwrap(), ["one", "two"]);
}

#[tokio::test(start_paused = true)]
async fn a_container_is_found_by_its_name_as_by_its_id() {
    let (fake, engine) = engine().await;
    let id = engine.create(&spec("a", 7860)).await.unwrap();
    let by_name = |name: &str| EngineId(name.to_owned());
    let found = engine.inspect(&by_name("a")).await.unwrap().unwrap();
    assert_eq!(found.id, id);
    fake.outside().rename("a", "b").unwrap();
    assert!(engine.inspect(&by_name("a")).await.unwrap().is_none());
    assert!(engine.inspect_raw(&by_name("b")).await.unwrap().is_some());
}
