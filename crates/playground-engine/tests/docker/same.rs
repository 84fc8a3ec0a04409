//! The fake engine against the real one: the control loop's tests are worth what this agreement is.

use std::time::Duration;

use futures_util::StreamExt;
use playground_engine::{
    Action, ContainerSpec, Engine, EngineError, EventOptions, FakeEngine, Reach, Result, RunState,
};
use playground_types::EngineId;
use playground_types::port::APP_PORT;

use crate::bench::{Bench, eventually, on_docker};

const GRACE: Duration = Duration::from_secs(5);

#[tokio::test]
async fn docker_the_fake_engine_answers_as_docker_does() {
    on_docker("same", async |bench| {
        let bench = bench.with_app().await;
        let first = bench.spec("first", "serve");
        let second = ContainerSpec {
            host_port: first.host_port,
            ..bench.spec("second", "serve")
        };
        let stand_in = stand_in(bench, &first).await;
        let real = play(&bench.engine, &first, &second).await;
        let faked = play(&stand_in, &first, &second).await;
        for line in &real {
            println!("{line}");
        }
        assert_eq!(faked, real, "(left: the fake, right: Docker)");
    })
    .await;
}

#[tokio::test]
async fn docker_the_fake_engine_tells_the_same_events() {
    on_docker("tells", async |bench| {
        let bench = bench.with_app().await;
        let spec = bench.spec("first", "serve");
        let stand_in = stand_in(bench, &spec).await;
        let real = events(&bench.engine, bench, &spec).await;
        let faked = events(&stand_in, bench, &spec).await;
        assert_eq!(faked, real, "(left: the fake, right: Docker)");
    })
    .await;
}

/// A fake engine with what a spec needs.
async fn stand_in(bench: &Bench, spec: &ContainerSpec) -> Engine {
    let fake = FakeEngine::new();
    fake.add_image(&spec.image);
    let engine = Engine::Fake(fake);
    let made = engine
        .ensure_network(&spec.network, Reach::Everywhere, &bench.labels())
        .await;
    made.expect("network");
    engine
}

/// What is told of a container that everything is done to, up to its end.
async fn events(engine: &Engine, bench: &Bench, spec: &ContainerSpec) -> Vec<Action> {
    let mut told = engine
        .events(&bench.agent, EventOptions::default())
        .await
        .expect("events");
    let id = engine.create(spec).await.expect("create");
    engine.start(&id).await.expect("start");
    until_begun(engine, &id).await;
    engine.pause(&id).await.expect("pause");
    engine.unpause(&id).await.expect("unpause");
    engine
        .rename(&id, &format!("{}-new", spec.name))
        .await
        .expect("rename");
    engine.restart(&id, GRACE).await.expect("restart");
    until_begun(engine, &id).await;
    engine.stop(&id, GRACE).await.expect("stop");
    engine.start(&id).await.expect("start");
    until_begun(engine, &id).await;
    engine.kill(&id).await.expect("kill");
    engine.start(&id).await.expect("start");
    until_begun(engine, &id).await;
    engine.remove(&id).await.expect("remove");
    let mut actions = Vec::new();
    while actions.last() != Some(&Action::Destroy) {
        let event = tokio::time::timeout(2 * GRACE, told.next())
            .await
            .expect("in time");
        actions.push(event.expect("goes on").expect("an event").action);
    }
    // Docker tells of a process's end and of what was asked for from two threads, so their order varies under load.
    assert_eq!(actions.first(), Some(&Action::Create));
    actions.sort_by_key(|action| format!("{action:?}"));
    // It hears of a pause from below as well, and tells it once more when the container went on meanwhile.
    let is_told_again = |one: &mut Action, other: &mut Action| {
        one == other && matches!(one, Action::Pause | Action::Unpause)
    };
    actions.dedup_by(is_told_again);
    actions
}

/// A signal before the process has begun would end what Docker begins it with, with another exit code.
async fn until_begun(engine: &Engine, id: &EngineId) {
    eventually("the app listens", async || {
        let listening = engine.listening(id).await.expect("sockets");
        listening.iter().any(|socket| socket.port() == APP_PORT)
    })
    .await;
}

/// Does the same to any engine, and writes down what each call said.
async fn play(engine: &Engine, first: &ContainerSpec, second: &ContainerSpec) -> Vec<String> {
    let mut said = Script {
        engine,
        lines: Vec::new(),
    };
    let a = engine.create(first).await.expect("create");
    said.note("create with a taken name", &engine.create(first).await);
    let b = engine.create(second).await.expect("create");
    said.call("pause created", engine.pause(&a).await, &a).await;
    said.call("kill created", engine.kill(&a).await, &a).await;
    said.call("stop created", engine.stop(&a, GRACE).await, &a)
        .await;
    said.call("start", engine.start(&a).await, &a).await;
    until_begun(engine, &a).await;
    said.call("start running", engine.start(&a).await, &a).await;
    said.call("start with a taken port", engine.start(&b).await, &b)
        .await;
    said.call(
        "restart with a taken port",
        engine.restart(&b, GRACE).await,
        &b,
    )
    .await;
    said.call("unpause running", engine.unpause(&a).await, &a)
        .await;
    said.call("pause", engine.pause(&a).await, &a).await;
    said.call("pause paused", engine.pause(&a).await, &a).await;
    said.call("start paused", engine.start(&a).await, &a).await;
    said.note(
        "look at the sockets of a paused one",
        &engine.listening(&a).await,
    );
    said.call("unpause", engine.unpause(&a).await, &a).await;
    said.call(
        "rename to a taken name",
        engine.rename(&a, &second.name).await,
        &a,
    )
    .await;
    said.call(
        "rename",
        engine.rename(&a, &format!("{}-new", first.name)).await,
        &a,
    )
    .await;
    said.call("stop", engine.stop(&a, GRACE).await, &a).await;
    said.call("stop stopped", engine.stop(&a, GRACE).await, &a)
        .await;
    said.call("unpause stopped", engine.unpause(&a).await, &a)
        .await;
    said.note(
        "look at the sockets of a stopped one",
        &engine.listening(&a).await,
    );
    said.call(
        "start the other on the freed port",
        engine.start(&b).await,
        &b,
    )
    .await;
    until_begun(engine, &b).await;
    said.call(
        "start stopped with a taken port",
        engine.start(&a).await,
        &a,
    )
    .await;
    said.call(
        "restart stopped with a taken port",
        engine.restart(&a, GRACE).await,
        &a,
    )
    .await;
    said.call("pause the other", engine.pause(&b).await, &b)
        .await;
    said.call("stop paused", engine.stop(&b, GRACE).await, &b)
        .await;
    said.call("restart stopped", engine.restart(&a, GRACE).await, &a)
        .await;
    said.call("kill", engine.kill(&a).await, &a).await;
    said.call("kill killed", engine.kill(&a).await, &a).await;
    said.note(
        "remove an image in use",
        &engine.remove_image(&first.image).await,
    );
    for id in [&a, &b] {
        said.call("remove", engine.remove(id).await, id).await;
        said.call("remove removed", engine.remove(id).await, id)
            .await;
    }
    said.call("start removed", engine.start(&a).await, &a).await;
    said.call("unpause removed", engine.unpause(&a).await, &a)
        .await;
    said.note("remove the image", &engine.remove_image(&first.image).await);
    said.note("create without the image", &engine.create(first).await);
    said.lines
}

struct Script<'a> {
    engine: &'a Engine,
    lines: Vec<String>,
}

impl Script<'_> {
    fn note<T>(&mut self, what: &str, outcome: &Result<T>) {
        self.lines.push(format!("{what}: {}", word(outcome)));
    }

    /// Notes what the call said and what the container does after it.
    async fn call(&mut self, what: &str, outcome: Result<()>, id: &EngineId) {
        let state = match self
            .engine
            .inspect(id)
            .await
            .expect("inspect")
            .map(|view| view.state)
        {
            Some(RunState::Exited { exit_code, .. }) => format!("Exited {exit_code}"),
            Some(other) => format!("{other:?}"),
            None => "gone".to_owned(),
        };
        self.lines
            .push(format!("{what}: {} -> {state}", word(&outcome)));
    }
}

/// The kind of an error, without Docker's own words in it.
fn word<T>(outcome: &Result<T>) -> String {
    match outcome {
        Ok(_) => "ok".to_owned(),
        Err(EngineError::PortTaken(_)) => "PortTaken".to_owned(),
        Err(error) => {
            let text = format!("{error:?}");
            text.split([' ', '(', '{'])
                .next()
                .unwrap_or_default()
                .to_owned()
        }
    }
}
