//! `cargo xtask bench edit`: from the save of a file to the first answer of the changed app, three ways: `playground dev`,
//! `playground run` again, and the seed's literal way (its three Dockerfile lines, `docker run`).
//!
//! Each way begins with a running app and cached images; each edit is another title, which the app's `/config` says.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context as _, ensure};
use clap::Args;
use serde_json::Value;

use super::plain::{self, Plain};
use super::ready::wait_until_says;
use super::side::Ended;
use super::{clean, copy, median, port, start};
use crate::agent::Agent;
use crate::binary::{self, Profile};
use crate::command::{command, output};
use crate::repo;
use crate::step::{say, step};

/// Ports of the Agent under measurement.
const PORT_RANGE: &str = "18800-18850";
/// Where every Gradio says its app's title.
const CONFIG: &str = "/config";
/// What `dev` says once it watches.
const WATCHING: &str = "watching";

/// What can be chosen.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Edits of each kind; the median is shown
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// The binary to measure instead of building one
    #[arg(long)]
    binary: Option<PathBuf>,
}

/// Measures and prints.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let binary = binary::on_engine(options.binary.as_deref(), Profile::Release)?;
    let work = repo::target().join("bench-edit");
    drop(std::fs::remove_dir_all(&work));
    std::fs::create_dir_all(&work)?;
    let seed = repo::root().join("examples/seed");
    let plain = Plain::prepare(&work, &seed)?;
    let folder = copy(&seed, &work.join("source"))?;
    let agent = start(&binary, &work.join("data"), PORT_RANGE)?;
    let measured = measure(options.runs, &plain, &agent, &folder);
    plain::forget();
    let cleaned = clean(&agent);
    measured?.print(options);
    cleaned
}

/// Everything that was measured, each a list of runs.
#[derive(Debug)]
struct Measured {
    plain: Vec<Duration>,
    run: Vec<Duration>,
    dev: Vec<Duration>,
    import: Vec<Duration>,
}

fn measure(runs: usize, plain: &Plain, agent: &Agent, folder: &Path) -> anyhow::Result<Measured> {
    // An edit that an earlier run made as well would find its image in Docker's cache.
    let run = SystemTime::UNIX_EPOCH.elapsed()?.as_secs();
    let titles = |way: &str| -> Vec<String> {
        (0..runs)
            .map(|turn| format!("{way} {run}-{turn}"))
            .collect()
    };
    let plain = measured("The seed's way", || by_hand(plain, &titles("Plain")))?;
    let run = measured("run", || by_run(agent, folder, &titles("Run")))?;
    let dev = measured("dev", || by_dev(agent, folder, &titles("Developed")))?;
    let import = measured("import gradio", || gradio_imports(agent, runs))?;
    Ok(Measured {
        plain,
        run,
        dev,
        import,
    })
}

/// A step whose times are kept.
fn measured(
    what: &str,
    work: impl FnOnce() -> anyhow::Result<Vec<Duration>>,
) -> anyhow::Result<Vec<Duration>> {
    let mut times = Vec::new();
    step(what, || {
        times = work()?;
        Ok("measured")
    })?;
    Ok(times)
}

fn by_hand(plain: &Plain, titles: &[String]) -> anyhow::Result<Vec<Duration>> {
    plain.build_again()?;
    let edit = |title: &String| {
        let begun = edited(&plain.app(), title)?;
        plain.build_again()?;
        let built = begun.elapsed();
        Ok(built + plain.start()?)
    };
    titles.iter().map(edit).collect()
}

fn by_run(agent: &Agent, folder: &Path, titles: &[String]) -> anyhow::Result<Vec<Duration>> {
    let port = run_once(agent, folder)?;
    let edit = |title: &String| {
        let begun = edited(&app(folder), title)?;
        run_once(agent, folder)?;
        wait_until_says(port, CONFIG, title)?;
        Ok(begun.elapsed())
    };
    titles.iter().map(edit).collect()
}

fn by_dev(agent: &Agent, folder: &Path, titles: &[String]) -> anyhow::Result<Vec<Duration>> {
    let _dev = start_dev(agent, folder)?;
    let port = port(&only_container(agent)?)?;
    let edit = |title: &String| {
        let begun = edited(&app(folder), title)?;
        wait_until_says(port, CONFIG, title)?;
        Ok(begun.elapsed())
    };
    titles.iter().map(edit).collect()
}

/// How long Gradio's import alone takes in the app's container, in a process of its own.
fn gradio_imports(agent: &Agent, runs: usize) -> anyhow::Result<Vec<Duration>> {
    const CODE: &str = "import time; begun = time.perf_counter(); import gradio; print(time.perf_counter() - begun)";
    let container = only_container(agent)?;
    let id = container["id"].as_str().context("no Docker id")?;
    let import = |_: usize| {
        let said = output(&mut command("docker", &["exec", id, "python", "-c", CODE]))?;
        Ok(Duration::from_secs_f64(said.trim().parse()?))
    };
    (0..runs).map(import).collect()
}

fn only_container(agent: &Agent) -> anyhow::Result<Value> {
    let first = agent.containers()?.into_iter().next();
    first.context("no container is listed")
}

fn app(folder: &Path) -> PathBuf {
    folder.join("plugin/gradio_interface.py")
}

/// Checks, packs, uploads, builds, starts, and returns the app's port.
fn run_once(agent: &Agent, folder: &Path) -> anyhow::Result<u16> {
    let folder = folder.to_string_lossy();
    let created = agent.json(&["run", "--detach", "--no-open", &folder])?;
    ensure!(created["status"] == "running", "it ended as {created}");
    port(&created)
}

/// Gives the app another title. Returns when it was saved.
fn edited(app: &Path, title: &str) -> anyhow::Result<Instant> {
    let text = std::fs::read_to_string(app)?;
    let is_title = |line: &&str| line.trim_start().starts_with("title=");
    let old = text
        .lines()
        .find(is_title)
        .context("the app has no title")?;
    let new = text.replace(old, &format!("    title={title:?},"));
    std::fs::write(app, new)?;
    Ok(Instant::now())
}

/// A `playground dev` that watches the folder. Ends with what is returned.
fn start_dev(agent: &Agent, folder: &Path) -> anyhow::Result<Ended> {
    let mut dev = agent.command(&["dev", "--no-open"]);
    let child = dev
        .arg(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut dev = Ended(child);
    let stderr = dev.0.stderr.take().context("no standard error")?;
    let mut lines = BufReader::new(stderr).lines().map_while(Result::ok);
    let watches = lines.any(|line| line.starts_with(WATCHING));
    // Read on, so that it never waits for us.
    std::thread::spawn(move || lines.for_each(drop));
    ensure!(watches, "`playground dev` ended before it watched");
    Ok(dev)
}

impl Measured {
    fn print(&self, options: &Options) {
        let plain = median(&self.plain).as_secs_f64();
        let row = |what: &str, runs: &[Duration]| {
            let ours = median(runs).as_secs_f64();
            let slowest = runs.iter().max().map_or(0.0, Duration::as_secs_f64);
            say(&format!(
                "{what:<52} {ours:>7.2} s  (slowest {slowest:.2})  {:>6.1} x",
                plain / ours
            ));
        };
        say(&format!(
            "\nFrom the save of a file to the changed app's answer, medians of {}:",
            options.runs
        ));
        row(
            "the seed's way: docker build with pip, docker run",
            &self.plain,
        );
        row("playground run (an image, a container)", &self.run);
        row("playground dev", &self.dev);
        row("for comparison: `import gradio` alone", &self.import);
    }
}
