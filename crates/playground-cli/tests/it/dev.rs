//! `dev`: every save reaches the app, and nothing else does.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::agent::{FakeAgent, container, created, failure, image_build, launch, with};
use crate::create::completed;
use crate::faults::plugin;
use crate::run::{Running, against};
use crate::run_app::ready;

const APP: &str = "plugin/gradio_interface.py";
const SHOW: &str = "GET /containers/quirky_einstein_1/";
const LOG: &str = "GET /containers/quirky_einstein_1/logs/stream/";

/// As editors save: the new file is moved over the old one.
fn save(folder: &Path, file: &str, text: &str) {
    let beside = folder.join(format!("{file}~"));
    fs::write(&beside, text).unwrap();
    fs::rename(beside, folder.join(file)).unwrap();
}

fn app(title: &str) -> String {
    format!(
        "import gradio as gr\n\ndemo = gr.Interface(str, \"text\", \"text\", title=\"{title}\")\n"
    )
}

/// How often something was sent.
fn sent(agent: &FakeAgent) -> usize {
    let asked = agent.asked();
    let posts = asked.iter().filter(|(line, _)| line.starts_with("POST "));
    posts.count()
}

#[test]
fn every_save_that_python_can_read_reaches_the_app() {
    let agent = ready().on_events(LOG, &[("log", "loading the model"), ("complete", "")]);
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    plugin(folder);
    fs::write(folder.join(".gitignore"), "picture.txt\n").unwrap();
    let mut dev = Running::begin(
        &agent.url,
        &["dev", "--no-open", folder.to_str().unwrap()],
        &[],
    );
    dev.says("watching");
    assert_eq!(sent(&agent), 1);

    // What is not packed is no edit.
    fs::write(folder.join("plugin/picture.txt"), "drawn").unwrap();
    save(folder, APP, &app("Two"));
    dev.says("plugin/gradio_interface.py: ready after");
    assert_eq!(sent(&agent), 2);

    save(folder, APP, "demo = (\n");
    dev.says("gradio_interface.py:2:1: error: the plugin has a syntax error");
    // The app would end with it, too, where it imports that.
    save(folder, APP, &app("Three"));
    save(folder, "plugin/helper.py", "def help(\n");
    dev.says("helper.py:2:1: error: the plugin has a syntax error");
    let before = sent(&agent);
    save(folder, "plugin/helper.py", "def help(): ...\n");
    dev.says("plugin/helper.py: ready after");
    assert_eq!(sent(&agent), before + 1);

    let asked = agent.asked();
    // What it printed while it was imported is printed, too.
    let log = asked.iter().find(|(line, _)| line.contains("/logs/"));
    assert!(log.unwrap().0.contains("since=2020-01-01T00"), "{log:?}");
    let ran = dev.interrupt();
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(ran.out.contains("loading the model"), "{ran}");
    assert!(
        ran.err
            .ends_with("quirky_einstein_1 goes on; `playground stop quirky_einstein_1` stops it\n"),
        "{ran}"
    );
}

#[test]
fn what_is_mended_to_what_runs_is_not_sent_again() {
    let agent = ready().on_endless_events(LOG, &[("log", "loading the model")]);
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    plugin(folder);
    let whole = fs::read_to_string(folder.join(APP)).unwrap();
    let path = folder.to_str().unwrap();
    let mut dev = Running::begin(&agent.url, &["dev", "--no-open", path], &[]);
    dev.says("watching");
    save(folder, APP, "demo = (\n");
    dev.says("error: my-plugin@1.0.0 has 1 error");
    save(folder, APP, &whole);
    dev.says("plugin/gradio_interface.py: as the app has it");
    assert_eq!(sent(&agent), 1);
    assert_eq!(dev.interrupt().code, Some(0));
}

/// An app that comes up, and fails after each save.
fn failing_later(build: &Value) -> FakeAgent {
    let failed = with(
        launch("failed"),
        json!({"failure": failure(), "error": "there is no package nump", "image_build": build}),
    );
    FakeAgent::new()
        .on("POST /containers/", 201, &created(container(1, "running")))
        .on("GET /builds/b1/", 200, &completed())
        .on("GET /builds/b1/", 200, &failed)
}

/// What is said after one save, and after another; the first comes once this was said.
fn told_after_two_saves(agent: &FakeAgent, words: &str) -> [String; 2] {
    let [dir, outside] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let folder = dir.path();
    plugin(folder);
    // Warned of once, not at every save.
    let model = outside.path().join("model.bin");
    fs::write(&model, "weights").unwrap();
    symlink(&model, folder.join("model.bin")).unwrap();
    let path = folder.to_str().unwrap();
    let mut dev = Running::begin(&agent.url, &["dev", "--no-open", path], &[]);
    let begun = dev.says(words);
    assert_eq!(begun.matches("[link_leads_out]").count(), 1, "{begun}");
    agent.hears(LOG);
    let told = ["Two", "Three"].map(|title| {
        save(folder, APP, &app(title));
        dev.says("hint: ")
    });
    assert_eq!(dev.interrupt().code, Some(0));
    told
}

const TAIL: &str = "  | Resolving\n  | error: nump was not found\n";
const WHY: &str = "error: my-plugin@1.0.0 failed (no_such_package): there is no package nump\n\
    hint: Check the spelling of the package, or whether it lives on another index.\n";

#[test]
fn what_an_app_printed_is_told_with_its_failure_unless_it_was_told_as_it_came() {
    for build in [Value::Null, image_build(&Value::Null)] {
        let heard = failing_later(&build).on_endless_events(LOG, &[("log", "Traceback")]);
        assert_eq!(told_after_two_saves(&heard, "watching"), [WHY; 2]);
    }
    // It was stopped before the save.
    let ended =
        failing_later(&Value::Null)
            .on_run(LOG, &[])
            .on(SHOW, 200, &container(1, "stopped"));
    let told = format!("{TAIL}{WHY}");
    assert_eq!(told_after_two_saves(&ended, "has stopped"), [&*told; 2]);
}

#[test]
fn what_a_build_printed_is_told_with_its_failure() {
    let build = image_build(&failure());
    let agent = failing_later(&build).on_endless_events(LOG, &[("log", "loading the model")]);
    let told = format!("{TAIL}{WHY}");
    assert_eq!(told_after_two_saves(&agent, "watching"), [&*told; 2]);
}

/// Begins `dev` with a plugin that nothing is wrong with.
fn begin(agent: &FakeAgent, folder: &Path) -> Running {
    plugin(folder);
    let path = folder.to_str().unwrap();
    Running::begin(&agent.url, &["dev", "--no-open", path], &[])
}

#[test]
fn that_an_app_ends_by_itself_is_told_and_what_it_prints_when_it_runs_again() {
    let crashed = |attempts: i64| {
        let crash = json!({"attempts": attempts});
        with(container(1, "starting"), crash)
    };
    let agent = ready()
        .on_run(LOG, &[("1/1", "one")])
        .on_run(LOG, &[("2/1", "two")])
        .on_endless_events(LOG, &[])
        .on(SHOW, 200, &crashed(1))
        .on(SHOW, 200, &crashed(2));
    let dir = tempfile::tempdir().unwrap();
    let mut dev = begin(&agent, dir.path());
    dev.says("watching");
    for _ in 0..2 {
        dev.says("quirky_einstein_1 ended by itself; it is started again");
    }
    let ran = dev.interrupt();
    assert_eq!(ran.code, Some(0), "{ran}");
    assert_eq!(ran.out, "http://127.0.0.1:7860\none\ntwo\n");
    let positions = agent.positions();
    assert_eq!(positions[..2], [None, Some("1/1".to_owned())]);
}

#[test]
fn why_an_app_is_given_up_is_told_and_a_save_brings_it_up() {
    let failed = with(container(1, "failed"), json!({"failure": failure()}));
    let agent = ready()
        .on_run(LOG, &[("1/1", "Traceback")])
        .on(SHOW, 200, &failed);
    let dir = tempfile::tempdir().unwrap();
    let mut dev = begin(&agent, dir.path());
    dev.says("watching");
    // What it printed was printed as it came.
    assert_eq!(dev.says("hint: "), WHY);
    save(dir.path(), APP, &app("Two"));
    dev.says("plugin/gradio_interface.py: ready after");
    assert_eq!(sent(&agent), 2);
    assert_eq!(dev.interrupt().code, Some(0));
}

#[test]
fn an_app_that_is_listened_to_is_not_listened_to_anew_after_a_build() {
    let built = with(
        completed(),
        json!({"image_build": image_build(&Value::Null)}),
    );
    let agent = FakeAgent::new()
        .on("POST /containers/", 201, &created(container(1, "running")))
        .on("GET /builds/b1/", 200, &built)
        .on_endless_events(LOG, &[("log", "loading the model")]);
    let dir = tempfile::tempdir().unwrap();
    let mut dev = begin(&agent, dir.path());
    dev.says("watching");
    for title in ["Two", "Three"] {
        save(dir.path(), APP, &app(title));
        dev.says("plugin/gradio_interface.py: ready after");
    }
    assert_eq!(dev.interrupt().code, Some(0));
    assert_eq!(agent.positions().len(), 1);
}

#[test]
fn ctrl_c_in_the_first_build_ends_it_and_says_how_the_build_is_ended() {
    let agent = FakeAgent::new()
        .on("POST /containers/", 202, &created(container(1, "building")))
        .on("GET /builds/b1/", 200, &launch("building"))
        .on_endless_events("GET /builds/b1/logs/stream/", &[("status", "building")]);
    let dir = tempfile::tempdir().unwrap();
    plugin(dir.path());
    let folder = dir.path().to_str().unwrap();
    let mut dev = Running::begin(&agent.url, &["dev", "--no-open", folder], &[]);
    dev.says("my-plugin@1.0.0: building");
    let ran = dev.interrupt();
    assert_eq!(ran.code, Some(130), "{ran}");
    let (_, told) = ran.err.split_once("building ...\n").unwrap();
    assert_snapshot!(told, @"
    error: interrupted; my-plugin@1.0.0 goes on
    hint: `playground builds cancel b1` ends it
    ");
}

#[test]
fn dev_has_no_json() {
    assert_snapshot!(against(&FakeAgent::new(), &["dev", "--output", "json"]), @"
    exit 2
    --- stdout
    --- stderr
    error: `dev` has no JSON: it follows an app until Ctrl-C; `run --detach --output json` brings one up
    ");
}
