//! The tests that matter most: the whole life of a container with every single engine call failing in turn, and with the
//! control side killed at every single engine call.
//!
//! Whatever fails, every wish is still fulfilled and nothing is left behind.

use std::time::Duration;

use playground_engine::fake::{AppBehaviour, BuildScript, Halt};
use playground_engine::{EngineError, FakeEngine};
use playground_plugin::PluginFacts;
use playground_testkit::{Plugin, TestControl};
use playground_types::{ContainerPk, ContainerStatus};
use serde_json::{Value, json};

/// Calls beyond those of an undisturbed life: a disturbed one makes some more.
const MORE: usize = 10;

/// One wish after another, each fulfilled before the next one is made.
struct Life {
    agent: TestControl,
    facts: PluginFacts,
    /// Its code is delivered into the container.
    is_live: bool,
    /// A line of that.
    code: &'static str,
    kill_at: Option<Halt>,
}

impl Life {
    /// A quick app and a quick build, so that a life has few polls and every call of it is one of its own.
    async fn on(fake: &FakeEngine, is_live: bool, kill_at: Option<Halt>) -> Self {
        fake.behave_by_default(AppBehaviour {
            ready_after: Duration::from_millis(60),
            ..AppBehaviour::default()
        });
        fake.build_by_default(BuildScript {
            takes: Duration::from_millis(60),
            ..BuildScript::default()
        });
        let agent = TestControl::on(fake, |_| {}).await;
        let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
        Self {
            agent,
            facts,
            is_live,
            code: "import gradio",
            kill_at,
        }
    }

    /// Created, crashed, restarted by a create, changed, given other code, stopped, started, deleted.
    async fn live(&mut self) {
        let pk = self.create(json!({})).await;
        self.becomes(pk, ContainerStatus::Running).await;
        let name = self.agent.row(pk).await.name;
        self.agent.fake.outside().kill(&name, 1);
        self.becomes(pk, ContainerStatus::Running).await;
        let before = self.agent.row(pk).await;
        self.create(json!({})).await;
        self.becomes(pk, ContainerStatus::Running).await;
        let after = self.agent.row(pk).await;
        assert!(after.restart_done > before.restart_done, "no restart");
        assert_eq!(after.engine_id, before.engine_id, "not the same container");
        self.create(json!({"size": 2})).await;
        self.becomes(pk, ContainerStatus::Running).await;
        let before = self.agent.row(pk).await;
        self.code = "WORD = 'edited'";
        let edited = Plugin::new("echo", "1.0.0").with("plugin/words.py", self.code);
        self.facts = self.agent.upload(&edited).await;
        self.create(json!({"size": 2})).await;
        self.becomes(pk, ContainerStatus::Running).await;
        let after = self.agent.row(pk).await;
        assert_eq!(after.engine_id == before.engine_id, self.is_live);
        self.agent.control.want_stopped(pk).await.unwrap();
        self.becomes(pk, ContainerStatus::Stopped).await;
        self.agent.control.want_running(pk).await.unwrap();
        self.becomes(pk, ContainerStatus::Running).await;
        self.agent.control.want_absent(pk).await.unwrap();
        self.settle().await;
        assert_eq!(self.agent.rows().await, []);
        assert_eq!(self.agent.fake.containers(), []);
    }

    async fn create(&self, params: Value) -> ContainerPk {
        let mut request = TestControl::request_with(&self.facts, None, params);
        request.live = self.is_live;
        self.agent.create(request).await.container.pk
    }

    async fn becomes(&mut self, pk: ContainerPk, status: ContainerStatus) {
        self.settle().await;
        let row = self.agent.row(pk).await;
        assert_eq!(row.status, status, "{}", self.agent.state().await);
        let ports = self.agent.control.store().ports_in_use().await.unwrap();
        assert_eq!((self.agent.containers().len(), ports), (1, 1));
        if self.is_live && status == ContainerStatus::Running {
            let served = self.agent.fake.outside().served(&row.name).unwrap();
            let served = String::from_utf8_lossy(&served);
            assert!(served.contains(self.code), "its code");
        }
    }

    /// Comes to rest; when the call to be killed at is reached on the way, is killed, starts again, and comes to rest.
    async fn settle(&mut self) {
        if let Some(kill_at) = self.kill_at.clone() {
            tokio::select! {
                biased;
                () = kill_at.reached() => {}
                _ = self.agent.settle() => return,
            }
            self.kill_at = None;
            self.agent.crash().await;
        }
        self.agent.settle().await;
    }
}

/// How many engine calls an undisturbed life has.
async fn calls_of_a_life(is_live: bool) -> usize {
    let fake = FakeEngine::new();
    let mut life = Life::on(&fake, is_live, None).await;
    Box::pin(life.live()).await;
    fake.call_count()
}

/// Lives once for each call, disturbed there.
async fn live_disturbed(what: &str, disturb: impl Fn(&FakeEngine, usize) -> Option<Halt>) {
    for is_live in [false, true] {
        let calls = calls_of_a_life(is_live).await + MORE;
        for n in 0..calls {
            let fake = FakeEngine::new();
            let kill_at = disturb(&fake, n);
            let mut life = Life::on(&fake, is_live, kill_at).await;
            Box::pin(life.live()).await;
            life.agent.kill().await;
        }
        println!("{what}: {calls} lives, live: {is_live}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_life_goes_on_whichever_engine_call_fails() {
    live_disturbed("failed before their effect", |fake, n| {
        fake.fail_call(n, EngineError::unreachable("scripted"));
        None
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_life_goes_on_whichever_answer_of_the_engine_is_lost() {
    live_disturbed("answers lost", |fake, n| {
        fake.fail_call_after_effect(n, EngineError::TimedOut("scripted"));
        None
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_life_goes_on_when_the_agent_is_killed_before_any_engine_call() {
    live_disturbed("killed before", |fake, n| Some(fake.halt_at(n))).await;
}

#[tokio::test(start_paused = true)]
async fn a_life_goes_on_when_the_agent_is_killed_after_any_engine_call() {
    live_disturbed("killed after", |fake, n| Some(fake.halt_after(n))).await;
}
