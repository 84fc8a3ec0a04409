//! Anything in any order: random wishes, faults, deaths of the Agent and hands on the engine. Then the trouble ends, and
//! within bounded time everything is as it was last wanted, with nothing left over.
//!
//! A failing sequence is shrunk to a shortest one and printed as the steps that it is. `PROPTEST_CASES` raises the number
//! of sequences.

use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use playground_engine::fake::{AppBehaviour, BuildScript};
use playground_engine::{EngineError, FakeEngine, Resources};
use playground_store::{ContainerRow, Desired};
use playground_testkit::{Plugin, TestControl};
use playground_types::wire::OnExisting;
use playground_types::{HostPort, LaunchId};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;

use crate::pass;

/// Sequences, unless `PROPTEST_CASES` says otherwise.
const CASES: u32 = 200;
/// Steps of the longest sequence.
const LONGEST: usize = 14;
/// Between two steps at most.
const PAUSE_MS: u64 = 3_000;

/// One thing that happens.
#[derive(Debug, Clone)]
enum Step {
    /// A create of one of two plugins for one of two models or none.
    Create {
        plugin: u8,
        model: Option<i64>,
        size: u8,
        archive: u8,
        on_existing: OnExisting,
    },
    /// A wish about the nth record.
    Stop(usize),
    Start(usize),
    Restart(usize),
    Delete(usize),
    /// Of the nth launch from now back.
    Cancel(usize),
    /// How apps behave that start from now on.
    Apps(App),
    /// How builds end from now on.
    BuildsFail(bool),
    /// The nth engine call from now on fails, before or after its effect.
    Fail(usize, Trouble),
    Lose(usize, Trouble),
    /// The Agent is killed at once, or at the nth engine call from now on, and starts again.
    Killed,
    KilledAt(usize),
    /// Stopped as a service is, and started again.
    StoppedAgent,
    /// The engine answers nothing for so many seconds.
    Down(u64),
    /// The event stream ends.
    CutStreams,
    /// Events are lost for so many seconds.
    Deaf(u64),
    /// Somebody does something to the nth container.
    Hand(usize, Hand),
    /// A process of the host takes the nth port of the range, and gives it back in the end.
    Occupy(u16),
    Pass(u64),
}

#[derive(Debug, Clone, Copy)]
enum App {
    Ready,
    Slow,
    Mute,
    Crashes,
    DiesLater,
    IgnoresStop,
}

#[derive(Debug, Clone, Copy)]
enum Trouble {
    Unreachable,
    TimedOut,
    Refused,
    DiskFull,
    Conflict,
}

#[derive(Debug, Clone, Copy)]
enum Hand {
    Kill,
    Stop,
    Remove,
    Pause,
    Rename,
    Update,
    Disconnect,
    Start,
    RemoveImage,
    RemoveNetwork,
}

impl Trouble {
    fn error(self) -> EngineError {
        let message = "scripted".to_owned();
        match self {
            Self::Unreachable => EngineError::unreachable("scripted"),
            Self::TimedOut => EngineError::TimedOut("scripted"),
            Self::Refused => EngineError::Refused {
                status: 500,
                message,
            },
            Self::DiskFull => EngineError::DiskFull { message },
            Self::Conflict => EngineError::Conflict { message },
        }
    }
}

impl App {
    fn behaviour(self) -> AppBehaviour {
        let seconds = Duration::from_secs;
        match self {
            Self::Ready => AppBehaviour::default(),
            Self::Slow => AppBehaviour {
                ready_after: seconds(20),
                ..AppBehaviour::default()
            },
            Self::Mute => AppBehaviour::never_ready(),
            Self::Crashes => AppBehaviour::crashes(seconds(1), 1, &["Traceback"]),
            Self::DiesLater => AppBehaviour {
                exits_after: Some((seconds(30), 3)),
                ..AppBehaviour::default()
            },
            Self::IgnoresStop => AppBehaviour {
                stops_after: seconds(60),
                ..AppBehaviour::default()
            },
        }
    }
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(step(), 1..LONGEST)
}

fn step() -> impl Strategy<Value = Step> {
    let nth = 0..4_usize;
    let call = 0..12_usize;
    prop_oneof![
        6 => create(),
        1 => nth.clone().prop_map(Step::Stop),
        1 => nth.clone().prop_map(Step::Start),
        1 => nth.clone().prop_map(Step::Restart),
        2 => nth.clone().prop_map(Step::Delete),
        1 => nth.clone().prop_map(Step::Cancel),
        2 => app().prop_map(Step::Apps),
        1 => any::<bool>().prop_map(Step::BuildsFail),
        2 => (call.clone(), trouble()).prop_map(|(n, trouble)| Step::Fail(n, trouble)),
        2 => (call.clone(), trouble()).prop_map(|(n, trouble)| Step::Lose(n, trouble)),
        1 => Just(Step::Killed),
        2 => call.prop_map(Step::KilledAt),
        1 => Just(Step::StoppedAgent),
        1 => (1..90_u64).prop_map(Step::Down),
        1 => Just(Step::CutStreams),
        1 => (1..90_u64).prop_map(Step::Deaf),
        5 => (nth, hand()).prop_map(|(n, hand)| Step::Hand(n, hand)),
        1 => (0..3_u16).prop_map(Step::Occupy),
        4 => (0..PAUSE_MS).prop_map(Step::Pass),
    ]
}

fn create() -> impl Strategy<Value = Step> {
    let on_existing = prop_oneof![
        Just(OnExisting::Restart),
        Just(OnExisting::Reuse),
        Just(OnExisting::Recreate)
    ];
    (
        0..2_u8,
        prop::option::of(0..2_i64),
        0..2_u8,
        0..2_u8,
        on_existing,
    )
        .prop_map(|(plugin, model, size, archive, on_existing)| Step::Create {
            plugin,
            model,
            size,
            archive,
            on_existing,
        })
}

fn app() -> impl Strategy<Value = App> {
    prop_oneof![
        Just(App::Ready),
        Just(App::Slow),
        Just(App::Mute),
        Just(App::Crashes),
        Just(App::DiesLater),
        Just(App::IgnoresStop),
    ]
}

fn trouble() -> impl Strategy<Value = Trouble> {
    prop_oneof![
        Just(Trouble::Unreachable),
        Just(Trouble::TimedOut),
        Just(Trouble::Refused),
        Just(Trouble::DiskFull),
        Just(Trouble::Conflict),
    ]
}

fn hand() -> impl Strategy<Value = Hand> {
    prop_oneof![
        Just(Hand::Kill),
        Just(Hand::Stop),
        Just(Hand::Remove),
        Just(Hand::Pause),
        Just(Hand::Rename),
        Just(Hand::Update),
        Just(Hand::Disconnect),
        Just(Hand::Start),
        Just(Hand::RemoveImage),
        Just(Hand::RemoveNetwork),
    ]
}

/// An Agent that things happen to.
struct World {
    agent: TestControl,
    launches: Vec<LaunchId>,
    occupied: Vec<HostPort>,
    /// For names that nobody has.
    renamed: usize,
}

impl World {
    async fn new() -> Self {
        let fake = FakeEngine::new();
        fake.build_by_default(BuildScript {
            takes: Duration::from_millis(700),
            ..BuildScript::default()
        });
        let agent = TestControl::on(&fake, |config| {
            config.start_timeout = Duration::from_secs(60);
        })
        .await;
        Self {
            agent,
            launches: Vec::new(),
            occupied: Vec::new(),
            renamed: 0,
        }
    }

    async fn take(&mut self, step: &Step) {
        match step {
            Step::Create {
                plugin,
                model,
                size,
                archive,
                on_existing,
            } => {
                let plugin = Plugin::new(&format!("echo-{plugin}"), "1.0.0")
                    .with("data.txt", &archive.to_string());
                let facts = self.agent.upload(&plugin).await;
                let mut request = TestControl::request_with(&facts, *model, json!({"size": size}));
                request.on_existing = *on_existing;
                let accepted =
                    within_reason(Box::pin(self.agent.control.create_container(request))).await;
                self.launches.extend(
                    accepted
                        .and_then(Result::ok)
                        .map(|accepted| accepted.launch.id),
                );
            }
            Step::Stop(n) => {
                self.wish(*n, |agent, row| async move {
                    agent.want_stopped(row.pk).await.map(drop)
                })
                .await
            }
            Step::Start(n) => {
                self.wish(*n, |agent, row| async move {
                    agent.want_running(row.pk).await.map(drop)
                })
                .await
            }
            Step::Restart(n) => {
                self.wish(*n, |agent, row| async move {
                    agent.want_restart(row.pk).await.map(drop)
                })
                .await
            }
            Step::Delete(n) => {
                self.wish(*n, |agent, row| async move {
                    agent.want_absent(row.pk).await.map(drop)
                })
                .await
            }
            Step::Cancel(n) => {
                if let Some(id) = self.launches.iter().rev().nth(*n) {
                    drop(self.agent.control.cancel(&id.to_string()).await);
                }
            }
            Step::Apps(app) => self.agent.fake.behave_by_default(app.behaviour()),
            Step::BuildsFail(fail) => self.agent.fake.build_by_default(build(*fail)),
            Step::Fail(n, trouble) => self.agent.fake.fail_call(*n, trouble.error()),
            Step::Lose(n, trouble) => self.agent.fake.fail_call_after_effect(*n, trouble.error()),
            Step::Killed => self.agent.crash().await,
            Step::KilledAt(n) => {
                let halt = self.agent.fake.halt_at(*n);
                // It may be that there is nothing to do and no such call comes.
                drop(tokio::time::timeout(Duration::from_secs(5), halt.reached()).await);
                self.agent.fake.clear_script();
                self.agent.crash().await;
            }
            Step::StoppedAgent => {
                self.agent.control.stop().await;
                self.agent.start_again().await;
            }
            Step::Down(seconds) => {
                self.agent.fake.outside().go_down();
                pass(Duration::from_secs(*seconds)).await;
                self.agent.fake.outside().come_back();
            }
            Step::CutStreams => self.agent.fake.outside().cut_streams(),
            Step::Deaf(seconds) => {
                self.agent.fake.outside().drop_events(true);
                pass(Duration::from_secs(*seconds)).await;
                self.agent.fake.outside().drop_events(false);
            }
            Step::Hand(n, hand) => self.lay_hand(*n, *hand),
            Step::Occupy(n) => {
                let port = HostPort(7860 + n);
                if self.agent.fake.answers(port).is_none() {
                    self.agent.fake.outside().occupy_port(port);
                    self.occupied.push(port);
                }
            }
            Step::Pass(millis) => pass(Duration::from_millis(*millis)).await,
        }
    }

    async fn wish<F, E>(
        &self,
        n: usize,
        wish: impl Fn(playground_control::Control, ContainerRow) -> F,
    ) where
        F: Future<Output = Result<(), E>>,
    {
        let rows = self.agent.rows().await;
        if let Some(row) = rows.get(n % rows.len().max(1)) {
            drop(wish(self.agent.control.clone(), row.clone()).await);
        }
    }

    fn lay_hand(&mut self, n: usize, hand: Hand) {
        let views = self.agent.containers();
        let Some(view) = views.get(n % views.len().max(1)) else {
            return;
        };
        let (outside, id) = (self.agent.fake.outside(), view.id.to_string());
        match hand {
            Hand::Kill => outside.kill(&id, 137),
            Hand::Stop => outside.stop(&id),
            Hand::Remove => outside.rm(&id),
            Hand::Pause => drop(outside.pause(&id)),
            Hand::Rename => {
                self.renamed += 1;
                drop(outside.rename(&id, &format!("renamed-{}", self.renamed)));
            }
            Hand::Update => outside.update(&id, Resources::default()),
            Hand::Disconnect => outside.disconnect(&id),
            Hand::Start => drop(outside.start(&id)),
            Hand::RemoveImage => outside.remove_image(&outside.spec_of(&id).image),
            Hand::RemoveNetwork => outside.remove_network(&self.agent.control.config().network),
        }
    }

    /// All trouble is over. What was wanted last comes true, and nothing is left beside it.
    async fn comes_to_rest(&mut self) {
        self.agent.fake.clear_script();
        self.agent.fake.resume();
        for port in self.occupied.drain(..) {
            self.agent.fake.outside().free_port(port);
        }
        // What happened while nobody listened is found on the timer.
        pass(2 * self.agent.control.config().resync).await;
        let rows = self.agent.settle().await;
        self.check(&rows).await;
        for row in &rows {
            self.agent
                .control
                .want_absent(row.pk)
                .await
                .expect("the record is there");
        }
        for row in &rows {
            self.agent.gone(row.pk).await;
        }
        self.agent.settle().await;
        assert_eq!(
            self.agent.fake.containers(),
            [],
            "after everything was deleted"
        );
    }

    async fn check(&self, rows: &[ContainerRow]) {
        let orphans = self
            .agent
            .control
            .orphans(true)
            .await
            .expect("the engine answers");
        assert_eq!(
            orphans,
            [],
            "containers without a record\n{}",
            self.agent.state().await
        );
        for row in rows {
            let serves = row.is_published();
            let is_to_serve = row.desired == Desired::Running && row.current_failure().is_none();
            assert_eq!(serves, is_to_serve, "{row:#?}");
            if serves {
                let view = self.agent.container_of(row);
                assert_eq!((view.host_port, &view.name), (row.host_port, &row.name));
                assert_eq!(
                    self.agent.fake.answers(row.host_port.expect("a port")),
                    Some(200)
                );
            }
        }
        let spool = std::fs::read_dir(self.agent.control.config().spool_dir()).expect("a spool");
        assert_eq!(spool.count(), 0, "files are left in the spool");
    }
}

/// A request that the engine is asked for waits as long as the engine does; a person would give up.
async fn within_reason<T>(request: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(Duration::from_secs(30), request)
        .await
        .ok()
}

fn build(fails: bool) -> BuildScript {
    let takes = Duration::from_millis(700);
    if fails {
        BuildScript {
            takes,
            ..BuildScript::failing(
                "the step failed",
                &["ERROR: No matching distribution found for nothing"],
            )
        }
    } else {
        BuildScript {
            takes,
            ..BuildScript::default()
        }
    }
}

fn live(steps: &[Step]) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let mut world = World::new().await;
        for step in steps {
            Box::pin(world.take(step)).await;
        }
        world.comes_to_rest().await;
        world.agent.kill().await;
    });
}

#[test]
fn whatever_happens_in_whatever_order_everything_comes_to_rest_and_nothing_is_left() {
    let cases = std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(CASES);
    let config = Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 400,
        ..Config::default()
    };
    let (lived, taken) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let outcome = TestRunner::new(config).run(&steps(), |steps| {
        lived.fetch_add(1, Ordering::Relaxed);
        taken.fetch_add(steps.len(), Ordering::Relaxed);
        live(&steps);
        Ok(())
    });
    println!(
        "random sequences: {} of {} steps in all",
        lived.into_inner(),
        taken.into_inner()
    );
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}
