//! `cargo xtask bench edit`: from the save of a file to the first answer of the changed app, three ways: `playground dev`,
//! `playground run` again, and the seed's literal way (its three Dockerfile lines, `docker run`).
//!
//! Each way begins with a running app and cached images; each edit is another title, which the app's `/config` says.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context as _, ensure};
use clap::Args;

use super::plain::Plain;
use super::ready::wait_until_says;
use super::{clean, copy, median, prepare};
use crate::agent::Agent;
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
    let binary = prepare(options.binary.as_ref())?;
    let work = repo::target().join("bench-edit");
    drop(std::fs::remove_dir_all(&work));
    std::fs::create_dir_all(&work)?;
    let seed = repo::root().join("examples/seed");
    let plain = Plain::prepare(&work, &seed)?;
    let network = format!("playground-bench-{}", std::process::id());
    let data = work.join("data");
    let agent = Agent::start(
        &binary,
        &data,
        &[
            "--listen",
            "127.0.0.1:0",
            "--port-range",
            PORT_RANGE,
            "--network",
            &network,
        ],
    )?;
    let measured = measure(options, &work, &plain, &agent);
    clean(&agent, &network);
    measured?.print(options);
    Ok(())
}

/// Everything that was measured, each a list of runs.
#[derive(Debug, Default)]
struct Measured {
    plain: Vec<Duration>,
    run: Vec<Duration>,
    dev: Vec<Duration>,
    import: Vec<Duration>,
}

fn measure(
    options: &Options,
    work: &Path,
    plain: &Plain,
    agent: &Agent,
) -> anyhow::Result<Measured> {
    let mut measured = Measured::default();
    // An edit that an earlier run made as well would find its image in Docker's cache.
    let run = SystemTime::UNIX_EPOCH.elapsed()?.as_secs();
    step("The seed's way", || {
        plain.build_again()?;
        for turn in 0..options.runs {
            let begun = edited(&plain.app(), &format!("Plain {run}-{turn}"))?;
            plain.build_again()?;
            plain.start()?;
            measured.plain.push(begun.elapsed());
        }
        Ok("done")
    })?;
    let folder = copy(&repo::root().join("examples/seed"), &work.join("source"))?;
    let app = folder.join("plugin/gradio_interface.py");
    step("run", || {
        let port = run_once(agent, &folder)?;
        for turn in 0..options.runs {
            let title = format!("Run {run}-{turn}");
            let begun = edited(&app, &title)?;
            run_once(agent, &folder)?;
            wait_until_says(port, CONFIG, &title)?;
            measured.run.push(begun.elapsed());
        }
        Ok("done")
    })?;
    step("dev", || {
        let dev = Dev::start(agent, &folder)?;
        let shown = agent.json(&["ls"])?;
        let container = &shown[0];
        let port = container["host_port"].as_u64().context("no port")?;
        for turn in 0..options.runs {
            let title = format!("Developed {run}-{turn}");
            let begun = edited(&app, &title)?;
            wait_until_says(u16::try_from(port)?, CONFIG, &title)?;
            measured.dev.push(begun.elapsed());
        }
        drop(dev);
        let id = container["id"].as_str().context("no Docker id")?;
        for _ in 0..options.runs {
            measured.import.push(gradio_import(id)?);
        }
        agent.cli(&["rm", &container["pk"].to_string()])?;
        Ok("done")
    })?;
    Ok(measured)
}

/// Checks, packs, uploads, builds, starts, and returns the app's port.
fn run_once(agent: &Agent, folder: &Path) -> anyhow::Result<u16> {
    let folder = folder.to_string_lossy();
    let created = agent.json(&["run", "--detach", "--no-open", &folder])?;
    ensure!(created["status"] == "running", "it ended as {created}");
    Ok(u16::try_from(
        created["host_port"].as_u64().context("no port")?,
    )?)
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

/// How long Gradio's import alone takes in this container, in a process of its own.
fn gradio_import(id: &str) -> anyhow::Result<Duration> {
    const CODE: &str = "import time; begun = time.perf_counter(); import gradio; print(time.perf_counter() - begun)";
    let said = output(&mut command("docker", &["exec", id, "python", "-c", CODE]))?;
    Ok(Duration::from_secs_f64(said.trim().parse()?))
}

/// A running `playground dev`. Ends with this.
struct Dev(Child);

impl Dev {
    fn start(agent: &Agent, folder: &Path) -> anyhow::Result<Self> {
        let mut dev = agent.command(&["dev", "--no-open"]);
        let mut child = dev
            .arg(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let stderr = child.stderr.take().context("no standard error")?;
        let mut lines = BufReader::new(stderr).lines().map_while(Result::ok);
        let watches = lines.any(|line| line.starts_with(WATCHING));
        // Read on, so that it never waits for us.
        std::thread::spawn(move || lines.for_each(drop));
        ensure!(watches, "`playground dev` ended before it watched");
        Ok(Self(child))
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
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
