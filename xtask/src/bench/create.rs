//! `cargo xtask bench create`: what the way from an archive to a ready app costs, beside the seed's literal way (an image
//! from its three Dockerfile lines with pip, the app run as a plain script), on the same machine in the same run.
//!
//! The ratios are what counts; the times depend on the machine.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use clap::Args;
use serde_json::Value;

use super::plain::{self, Plain};
use super::ready::wait_until_ready;
use super::{clean, copy, median, port, start};
use crate::agent::Agent;
use crate::binary::{self, Profile};
use crate::repo;
use crate::step::{say, step};

/// Ports of the Agent under measurement.
const PORT_RANGE: &str = "18800-18850";

/// What can be chosen.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Runs of each kind; the median is shown
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// The example to measure; it must launch itself when run as a script
    #[arg(long, default_value = "seed")]
    example: String,
    /// The binary to measure instead of building one
    #[arg(long)]
    binary: Option<PathBuf>,
    /// Requirements that the base image does not satisfy, one for each run, so that each has something new to install
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "humanize==4.12.3,python-slugify==8.0.4,tabulate==0.9.0"
    )]
    requirements: Vec<String>,
}

/// Measures and prints.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let binary = binary::on_engine(options.binary.as_deref(), Profile::Release)?;
    let work = repo::target().join("bench-create");
    drop(std::fs::remove_dir_all(&work));
    std::fs::create_dir_all(&work)?;
    let example = repo::root().join("examples").join(&options.example);
    let plain = Plain::prepare(
        &work,
        &with_requirement(&work.join("plain-source"), &example, options, 0)?,
    )?;
    let agent = start(&binary, &work.join("data"), PORT_RANGE)?;
    let measured = measure(options, &plain, &agent, &example);
    plain::forget();
    let cleaned = clean(&agent);
    print(options, &measured?);
    cleaned
}

/// Everything that was measured, each a list of runs.
#[derive(Debug, Default)]
struct Measured {
    plain_build: Vec<Duration>,
    plain_start: Vec<Duration>,
    first_create: Vec<Duration>,
    our_start: Vec<Duration>,
    code_change: Vec<Duration>,
    cached_steps: Vec<String>,
    identical: Vec<Duration>,
}

fn measure(
    options: &Options,
    plain: &Plain,
    agent: &Agent,
    example: &Path,
) -> anyhow::Result<Measured> {
    let mut measured = Measured::default();
    let work = repo::target().join("bench-create");
    // Turn about, so that a busy moment of the machine hits both ways.
    for turn in 0..options.runs {
        step(&format!("Run {} of {}", turn + 1, options.runs), || {
            measured.plain_build.push(plain.build()?);
            measured.plain_start.push(plain.start()?);
            let source = work.join(format!("source-{turn}"));
            let example = &with_requirement(&source, example, options, turn)?;
            let first = first_create(agent, example, turn)?;
            measured.first_create.push(first);
            measured.our_start.push(our_start(agent)?);
            let (time, steps) = code_change(agent, example, turn)?;
            measured.code_change.push(time);
            measured.cached_steps = steps;
            measured.identical.push(identical(agent, example, turn)?);
            agent.cli(&["rm", &pk(agent)?])?;
            Ok("done")
        })?;
    }
    Ok(measured)
}

/// The example with one requirement more, in a folder of its own.
fn with_requirement(
    folder: &Path,
    example: &Path,
    options: &Options,
    turn: usize,
) -> anyhow::Result<PathBuf> {
    copy(example, folder)?;
    let file = folder.join("requirements.txt");
    let named = std::fs::read_to_string(&file).unwrap_or_default();
    let more = options
        .requirements
        .iter()
        .cycle()
        .nth(turn)
        .map_or("", String::as_str);
    std::fs::write(file, format!("{named}\n{more}\n"))?;
    Ok(folder.to_owned())
}

/// Content that no engine has seen, with a package that no run before has fetched: nothing is cached but the base.
fn first_create(agent: &Agent, example: &Path, turn: usize) -> anyhow::Result<Duration> {
    let fresh = unique_copy(example, &format!("first-{turn}"))?;
    let begun = Instant::now();
    create(agent, &fresh, &[])?;
    Ok(begun.elapsed())
}

/// From `docker run` to ready: the same container, stopped and started by the Agent.
fn our_start(agent: &Agent) -> anyhow::Result<Duration> {
    let pk = pk(agent)?;
    let port = port(&agent.json(&["show", &pk])?)?;
    agent.cli(&["stop", &pk])?;
    let begun = Instant::now();
    agent.cli(&["start", &pk])?;
    wait_until_ready(port)?;
    Ok(begun.elapsed())
}

/// The same requirements, other code.
fn code_change(
    agent: &Agent,
    example: &Path,
    turn: usize,
) -> anyhow::Result<(Duration, Vec<String>)> {
    let changed = unique_copy(example, &format!("changed-{turn}"))?;
    let begun = Instant::now();
    let created = create(agent, &changed, &[])?;
    let time = begun.elapsed();
    let build = agent.json(&[
        "builds",
        "show",
        created["build_id"].as_str().context("no build id")?,
    ])?;
    let steps = build["image_build"]["steps"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let line = |step: &Value| {
        let cached = if step["cached"] == true {
            "cached"
        } else {
            "run"
        };
        format!("{cached:>7}  {}", step["name"].as_str().unwrap_or_default())
    };
    Ok((time, steps.iter().map(line).collect()))
}

/// The archive that is running already, left alone: what our own work costs.
fn identical(agent: &Agent, example: &Path, turn: usize) -> anyhow::Result<Duration> {
    let changed = unique_copy(example, &format!("changed-{turn}"))?;
    let begun = Instant::now();
    create(agent, &changed, &["--on-existing", "reuse"])?;
    Ok(begun.elapsed())
}

/// A copy of the example whose code nobody else has; the same name gives the same copy.
fn unique_copy(example: &Path, name: &str) -> anyhow::Result<PathBuf> {
    let folder = repo::target().join("bench-create").join(name);
    if !folder.exists() {
        copy(example, &folder)?;
        let file = folder.join("plugin/gradio_interface.py");
        let mut text = std::fs::read_to_string(&file)?;
        text.push_str(&format!("\n# {name} {:?}\n", std::time::SystemTime::now()));
        std::fs::write(file, text)?;
    }
    Ok(folder)
}

fn create(agent: &Agent, folder: &Path, more: &[&str]) -> anyhow::Result<Value> {
    let created = agent.json(&[&["create", "--file", &folder.to_string_lossy()], more].concat())?;
    ensure!(
        created["status"] == "running",
        "the create ended as {created}"
    );
    Ok(created)
}

fn pk(agent: &Agent) -> anyhow::Result<String> {
    let containers = agent.containers()?;
    let first = containers.first().context("no container is listed")?;
    Ok(first["pk"].to_string())
}

fn print(options: &Options, measured: &Measured) {
    let [plain_build, plain_start, first, start, change, same] = [
        &measured.plain_build,
        &measured.plain_start,
        &measured.first_create,
        &measured.our_start,
        &measured.code_change,
        &measured.identical,
    ]
    .map(|runs| median(runs));
    let plain = plain_build + plain_start;
    let row = |what: &str, plain: Duration, ours: Duration| {
        let (plain, ours) = (plain.as_secs_f64(), ours.as_secs_f64());
        say(&format!(
            "{what:<44} {plain:>8.2} s {ours:>8.2} s {:>7.1} x",
            plain / ours
        ));
    };
    say(&format!(
        "\n{} runs of {}, medians{:>17} {:>10} {:>9}",
        options.runs, options.example, "plain", "ours", "ratio"
    ));
    row(
        "create from archive to ready, only base cached",
        plain,
        first,
    );
    row("run to ready", plain_start, start);
    row("code-only change to ready", plain, change);
    say(&format!(
        "{:<44} {:>10} {:>8.0} ms",
        "identical archive, left running",
        "",
        same.as_secs_f64() * 1000.0
    ));
    let each: Vec<String> = measured
        .first_create
        .iter()
        .map(|time| format!("{:.2} s", time.as_secs_f64()))
        .collect();
    say(&format!(
        "every create with only the base cached: {}",
        each.join(", ")
    ));
    say("\nSteps of the last code-only change:");
    for step in &measured.cached_steps {
        say(step);
    }
}
