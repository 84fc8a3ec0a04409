//! `run`: from a directory to what its app prints.

use std::fs;
use std::os::unix::fs::symlink;

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::agent::{FakeAgent, container, created, failure, image_build, launch, with};
use crate::create::{completed, timeless};
use crate::faults::plugin;
use crate::run::{Ran, against};

const SHOW: &str = "GET /containers/quirky_einstein_1/";
const LOG: &str = "GET /containers/quirky_einstein_1/logs/stream/";

/// An Agent that has an app up at once.
pub(crate) fn ready() -> FakeAgent {
    FakeAgent::new()
        .on("POST /containers/", 201, &created(container(1, "running")))
        .on("GET /builds/b1/", 200, &completed())
}

/// Runs a plugin that nothing is wrong with; its place reads `PLUGIN`, and what packing it took is left out.
fn run(agent: &FakeAgent, options: &[&str]) -> Ran {
    let dir = tempfile::tempdir().unwrap();
    plugin(dir.path());
    let folder = dir.path().to_str().unwrap();
    let mut args = vec!["run", "--no-open", folder];
    args.extend(options);
    let mut ran = timeless(against(agent, &args));
    let said = ran.err.replace(folder, "PLUGIN");
    let is_packing = |line: &&str| line.starts_with("packing ");
    ran.err = said
        .split_inclusive('\n')
        .filter(|line| !is_packing(line))
        .collect();
    ran
}

#[test]
fn the_log_is_followed_until_the_app_is_stopped() {
    let agent = ready()
        .on_events(LOG, &[("log", "안녕"), ("complete", "")])
        .on(SHOW, 200, &container(1, "stopped"));
    assert_snapshot!(run(&agent, &[]), @"
    exit 0
    --- stdout
    http://127.0.0.1:7860
    안녕
    --- stderr
    my-plugin@1.0.0 is ready: quirky_einstein_1 (new), TIME
    quirky_einstein_1 has stopped
    ");
}

#[test]
fn an_app_that_is_given_up_is_a_failure() {
    let failed = with(container(1, "failed"), json!({"failure": failure()}));
    let agent = ready()
        .on_events(LOG, &[("log", "Traceback"), ("complete", "")])
        .on(SHOW, 200, &failed);
    assert_snapshot!(run(&agent, &[]), @"
    exit 5
    --- stdout
    http://127.0.0.1:7860
    Traceback
    --- stderr
    my-plugin@1.0.0 is ready: quirky_einstein_1 (new), TIME
    error: my-plugin@1.0.0 failed (no_such_package): there is no package nump
    hint: Check the spelling of the package, or whether it lives on another index.
    ");
}

#[test]
fn the_log_goes_on_with_an_app_that_is_started_again() {
    let crashed = with(container(1, "starting"), json!({"attempts": 1}));
    let agent = ready()
        .on_run(LOG, &[("7/1", "one"), ("7/2", "more")])
        .on_run(LOG, &[("9/1", "two")])
        .on(SHOW, 200, &crashed)
        .on(SHOW, 200, &container(1, "stopped"));
    assert_snapshot!(run(&agent, &[]), @"
    exit 0
    --- stdout
    http://127.0.0.1:7860
    one
    more
    two
    --- stderr
    my-plugin@1.0.0 is ready: quirky_einstein_1 (new), TIME
    quirky_einstein_1 ended by itself; it is started again
    quirky_einstein_1 has stopped
    ");
    // No clock says where it goes on: this machine's may be another than the Agent's.
    assert_eq!(agent.positions(), [None, Some("7/2".to_owned())]);
    let asked = agent.asked();
    let followed = asked.iter().filter(|(line, _)| line.starts_with(LOG));
    assert!(
        followed.into_iter().all(|(line, _)| line == LOG),
        "{asked:?}"
    );
}

#[test]
fn every_crash_is_told_once_though_the_agent_forgets_them_after_a_while() {
    let crashed = |retry_at: &str| {
        let crash = json!({"attempts": 1, "retry_at": retry_at});
        with(container(1, "starting"), crash)
    };
    let [one, another] = ["2020-01-01T00:00:02.000Z", "2020-01-01T01:00:00.000Z"].map(crashed);
    let agent = ready()
        .on_run(LOG, &[])
        .on(SHOW, 200, &one)
        .on(SHOW, 200, &one)
        .on(SHOW, 200, &another)
        .on(SHOW, 200, &container(1, "stopped"));
    let ran = run(&agent, &[]);
    assert_eq!(ran.err.matches("ended by itself").count(), 2, "{ran}");
    assert_eq!(ran.code, Some(0), "{ran}");
}

/// An Agent whose launch fails while it is watched, with this as its image's build.
fn failing(build: &Value) -> FakeAgent {
    let failed =
        json!({"failure": failure(), "error": "there is no package nump", "image_build": build});
    FakeAgent::new()
        .on("POST /containers/", 202, &created(container(1, "building")))
        .on("GET /builds/b1/", 200, &launch("building"))
        .on("GET /builds/b1/", 200, &with(launch("failed"), failed))
}

#[test]
fn what_an_app_printed_is_told_with_its_failure_though_its_build_was_told() {
    let agent = failing(&image_build(&Value::Null)).on_events(
        "GET /builds/b1/logs/stream/",
        &[
            ("log", "Installing"),
            ("status", "starting"),
            ("error", "there is no package nump"),
        ],
    );
    assert_snapshot!(run(&agent, &[]), @"
    exit 5
    --- stdout
    --- stderr
    my-plugin@1.0.0: building ...
      | Installing
    my-plugin@1.0.0: starting ...
      | Resolving
      | error: nump was not found
    error: my-plugin@1.0.0 failed (no_such_package): there is no package nump
    hint: Check the spelling of the package, or whether it lives on another index.
    ");
}

#[test]
fn a_builds_log_that_is_cut_is_taken_up_again_and_its_failure_told() {
    let agent = failing(&image_build(&failure()))
        .on_events("GET /builds/b1/logs/stream/", &[("log", "Resolving")])
        .on_events(
            "GET /builds/b1/logs/stream/",
            &[
                ("log", "error: nump was not found"),
                ("error", "there is no package nump"),
            ],
        );
    assert_snapshot!(run(&agent, &[]), @"
    exit 5
    --- stdout
    --- stderr
    my-plugin@1.0.0: building ...
      | Resolving
      | error: nump was not found
    error: my-plugin@1.0.0 failed (no_such_package): there is no package nump
    hint: Check the spelling of the package, or whether it lives on another index.
    ");
}

#[test]
fn json_is_the_container_and_no_log() {
    let agent = ready();
    assert_snapshot!(run(&agent, &["--output", "json"]), @"
    exit 2
    --- stdout
    --- stderr
    error: `run --output json` goes with --detach: what the app prints is no JSON
    ");
    let ran = run(&agent, &["--output", "json", "--detach"]);
    let told: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(
        (ran.code, &told["endpoint"]),
        (Some(0), &json!("http://127.0.0.1:7860"))
    );
}

#[test]
fn what_a_check_warns_of_is_told_and_uploaded() {
    let [dir, outside] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    plugin(dir.path());
    let model = outside.path().join("model.bin");
    fs::write(&model, "weights").unwrap();
    symlink(&model, dir.path().join("model.bin")).unwrap();
    let folder = dir.path().to_str().unwrap();
    let agent = ready();
    let ran = against(&agent, &["run", "--no-open", "--detach", folder]);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(
        ran.err.contains("/model.bin: warning: it is a link to "),
        "{ran}"
    );
    assert!(agent.asked()[0].1.contains("model.bin"));
}
