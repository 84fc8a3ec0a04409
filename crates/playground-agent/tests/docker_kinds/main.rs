//! Every kind of failure, produced by a plugin or a build that really fails so, and told in both languages.
//!
//! All plugins of a site run side by side, and so do the sites: each is an Agent with settings of its own, for what
//! the usual settings cannot show. When no engine answers this fails, unless `PLAYGROUND_SKIP_DOCKER=1` says that it
//! may be left out.

#[path = "../support/mod.rs"]
mod support;

mod builds;
mod runs;
mod sites;

use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use playground_types::wire::Launch;
use playground_types::{Failure, FailureKind};
use serde_json::{Value, json};
use support::index::Shelf;
use support::on_docker;
use support::{Agent, Create};

/// How long a launch may take that waits behind all others.
const DEADLINE: Duration = Duration::from_secs(240);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(100);

/// A way to fail.
struct Case {
    kind: FailureKind,
    /// Which way of this kind; the code of the plugin as well.
    name: &'static str,
    fails: Fails,
}

type Fails = for<'a> fn(&'a Case, &'a Site<'a>) -> Pin<Box<dyn Future<Output = Failure> + 'a>>;

/// Where plugins fail: an Agent, and the package index of its builds.
struct Site<'a> {
    /// The name of its plan.
    name: &'static str,
    agent: &'a Agent,
    shelf: &'a Shelf,
}

impl Case {
    const fn new(kind: FailureKind, name: &'static str, fails: Fails) -> Self {
        Self { kind, name, fails }
    }
}

impl Site<'_> {
    /// Creates what cannot become ready; why it did not.
    async fn failed(&self, create: &Create) -> Failure {
        let created = self.agent.create(create).await;
        self.ended(&created.build_id).await
    }

    /// Why a launch failed, once it did.
    async fn ended(&self, id: &str) -> Failure {
        let launch = self.until(id, |launch| launch.status.is_final()).await;
        launch
            .failure
            .unwrap_or_else(|| panic!("it did not fail: {:?} {:?}", launch.status, launch.result))
    }

    /// A launch, once this is true of it.
    async fn until(&self, id: &str, is_so: impl Fn(&Launch) -> bool) -> Launch {
        let clock = Instant::now();
        loop {
            let launch = self.agent.launch(id).await;
            if is_so(&launch) {
                return launch;
            }
            assert!(clock.elapsed() < DEADLINE, "still not: {launch:#?}");
            tokio::time::sleep(LOOK).await;
        }
    }
}

#[test]
fn every_kind_has_a_plugin_or_a_build_that_fails_so() {
    let produced: BTreeSet<&str> = sites::ALL
        .iter()
        .flat_map(|site| site.cases)
        .map(|case| case.kind.as_str())
        .collect();
    let all: BTreeSet<&str> = FailureKind::ALL.iter().map(|kind| kind.as_str()).collect();
    assert_eq!(
        produced, all,
        "a new kind comes with something that fails so"
    );
}

#[test]
fn docker_every_kind_of_failure_is_told_in_both_languages() {
    let told = Mutex::new(BTreeMap::new());
    let clock = Instant::now();
    let failed: Vec<&str> = std::thread::scope(|scope| {
        let sites: Vec<_> = sites::ALL
            .iter()
            .map(|plan| (plan.name, scope.spawn(|| all_fail(plan, &told))))
            .collect();
        let failed = |(name, site): (_, std::thread::ScopedJoinHandle<'_, ()>)| {
            site.join().is_err().then_some(name)
        };
        sites.into_iter().filter_map(failed).collect()
    });
    // Each has said above why.
    assert!(failed.is_empty(), "of the sites, these failed: {failed:?}");
    let told = told.into_inner().expect("no panic");
    println!(
        "{} failures of {} kinds in {:.1?}",
        told.len(),
        FailureKind::ALL.len(),
        clock.elapsed()
    );
    if !told.is_empty() {
        insta::assert_json_snapshot!(told);
    }
}

/// The cases of a site, side by side, each with what it told.
#[expect(clippy::print_stdout, reason = "a test says how long each case took")]
fn all_fail(plan: &sites::Plan, told: &Mutex<BTreeMap<String, Value>>) {
    let index = builds::index();
    let settings = index.settings();
    let change = |config: &mut playground_control::ControlConfig| {
        settings(config);
        (plan.change)(config);
    };
    on_docker(plan.name, change, async |agent| {
        let shelf = index.open();
        let site = Site {
            name: plan.name,
            agent,
            shelf: &shelf,
        };
        let cases = plan.cases.iter().map(async |case| {
            let began = Instant::now();
            let failure = (case.fails)(case, &site).await;
            println!(
                "{:>6.1} s  {}: {}: {}",
                began.elapsed().as_secs_f64(),
                plan.name,
                case.name,
                failure.message
            );
            assert_eq!(failure.kind, case.kind, "{}: {failure:#?}", case.name);
            let key = format!("{} ({})", case.kind.as_str(), case.name);
            let shown = shown(&failure, agent);
            assert_eq!(told.lock().expect("no panic").insert(key, shown), None);
        });
        join_all(cases).await;
    });
}

/// What stays the same from run to run.
fn shown(failure: &Failure, agent: &Agent) -> Value {
    let ports = agent.ports.to_string();
    let mut said = serde_json::to_value([failure]).expect("JSON")[0].take();
    // The words of an engine are its own and change with its version.
    let engines = (failure.kind == FailureKind::EngineError)
        .then(|| failure.message.split_once(": ").map(|(_, words)| words))
        .flatten();
    for text in ["/message", "/ko/message"] {
        if let Some(Value::String(text)) = said.pointer_mut(text) {
            *text = text.replace(&ports, "PORTS");
            if [FailureKind::DiskLimit, FailureKind::Unresponsive].contains(&failure.kind) {
                *text = without_first_number(text);
            }
            if let Some(words) = engines {
                *text = text.replace(words, "WORDS OF THE ENGINE");
            }
        }
    }
    json!({
        "kind": said["kind"], "message": said["message"], "hint": said["hint"], "ko": said["ko"],
        "exit_code": said["exit_code"], "has_log": !failure.log_tail.is_empty(),
    })
}

/// How much was written depends on what Python keeps beside it, how much was missed on how busy the machine is.
fn without_first_number(text: &str) -> String {
    let begin = text.find(|c: char| c.is_ascii_digit()).expect("a number");
    let rest = text[begin..].trim_start_matches(|c: char| c.is_ascii_digit());
    format!("{}N{rest}", &text[..begin])
}
