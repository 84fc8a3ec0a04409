//! `cargo xtask bench restart`: how long an Agent that was killed takes until it is ready again, for more and more records.
//!
//! The gateway counts, too: from the same start until it leads to an app again.
//!
//! Every record has a running container with a mimic in it, an app without Gradio that costs nothing. Making them takes
//! minutes and is no part of what is measured.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use clap::Args;

use super::ready::{wait_until_good, wait_until_ready};
use super::{clean, median, network, port, verdict};
use crate::agent::Agent;
use crate::binary::{self, Profile};
use crate::docker::pause;
use crate::repo;
use crate::step::{say, step};

/// The Agent's own port, the same after every kill.
const LISTEN: u16 = 17_999;
/// The first port of the apps under measurement.
const FIRST_PORT: usize = 18_000;
/// Creates at the same time.
const AT_ONCE: usize = 6;
/// Longest time for each record to come up.
const CREATED: Duration = Duration::from_secs(10);
/// What is promised for 300 records.
const PROMISED: Duration = Duration::from_secs(2);
const RELEASE: &str = "mimic@1.0.0";

/// What can be chosen.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The most records; fewer are measured on the way there
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u16).range(1..=700))]
    records: u16,
    /// Kills for each number of records; the median is shown
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// The Agent's binary; built when not given
    #[arg(long)]
    binary: Option<PathBuf>,
}

/// One number of records.
struct Row {
    records: usize,
    listening: Duration,
    gateway: Duration,
    ready: Duration,
    slowest: Duration,
}

/// Measures and prints.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let binary = binary::on_engine(options.binary.as_deref(), Profile::Release)?;
    let work = repo::target().join("bench-restart");
    drop(std::fs::remove_dir_all(&work));
    let mimic = mimic(&work.join("mimic"))?;
    let mut bench = Bench::start(&binary, &work.join("data"), usize::from(options.records))?;
    let measured = bench.measure(options, &mimic);
    step("Everything is removed", || bench.clean())?;
    print(&measured?);
    Ok(())
}

/// The mimic of the tests as a plugin's folder.
pub(super) fn mimic(folder: &Path) -> anyhow::Result<PathBuf> {
    std::fs::create_dir_all(folder.join("plugin"))?;
    let app = repo::root().join("crates/playground-testkit/src/mimic.py");
    std::fs::copy(app, folder.join("plugin/gradio_interface.py"))?;
    std::fs::write(
        folder.join("config.yaml"),
        "code: mimic\nversion: 1.0.0\nname: mimic\nactions:\n  gradio:\n    entrypoint: plugin.gradio_interface\n",
    )?;
    Ok(folder.to_owned())
}

/// The Agent that is killed again and again.
struct Bench {
    binary: PathBuf,
    data: PathBuf,
    ports: String,
    agent: Agent,
    created: usize,
}

impl Bench {
    fn start(binary: &Path, data: &Path, records: usize) -> anyhow::Result<Self> {
        let ports = format!("{FIRST_PORT}-{}", FIRST_PORT + records + 20);
        Ok(Self {
            agent: start(binary, data, &ports)?,
            binary: binary.to_owned(),
            data: data.to_owned(),
            ports,
            created: 0,
        })
    }

    fn measure(&mut self, options: &Options, mimic: &Path) -> anyhow::Result<Vec<Row>> {
        let most = usize::from(options.records);
        let mut rows = Vec::new();
        for records in [most.div_ceil(10), most.div_ceil(3), most] {
            step(
                &format!("{records} records with running containers"),
                || {
                    self.create(records, mimic)?;
                    Ok("there")
                },
            )?;
            step(&format!("{} kills", options.runs), || {
                rows.push(self.kills(records, options.runs)?);
                Ok("measured")
            })?;
        }
        Ok(rows)
    }

    /// So many records, a model each: one image for all of them.
    fn create(&mut self, records: usize, mimic: &Path) -> anyhow::Result<()> {
        if self.created == 0 {
            let folder = mimic.to_string_lossy();
            self.agent
                .json(&["create", "--file", &folder, "--model", "0"])?;
            self.created = 1;
        }
        let next = AtomicUsize::new(self.created);
        let create = || -> anyhow::Result<()> {
            loop {
                let model = next.fetch_add(1, Ordering::Relaxed);
                if model >= records {
                    return Ok(());
                }
                let model = model.to_string();
                self.agent
                    .json(&["create", RELEASE, "--model", &model, "--no-wait"])?;
            }
        };
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(create)).collect();
            for thread in threads {
                thread.join().expect("a thread that creates ends")?;
            }
            anyhow::Ok(())
        })?;
        self.created = records;
        let deadline = Instant::now() + CREATED * u32::try_from(records)?;
        while self.agent.health()?["containers"]["running"] != records {
            ensure!(Instant::now() < deadline, "not all of {records} came up");
            pause(Duration::from_millis(500));
        }
        Ok(())
    }

    fn kills(&mut self, records: usize, runs: usize) -> anyhow::Result<Row> {
        let (mut listening, mut gateway, mut ready) = (Vec::new(), Vec::new(), Vec::new());
        let containers = self.agent.containers()?;
        let name = containers[0]["name"].as_str().context("no name")?;
        let path = format!("/play/{}/", name.replace('_', "-"));
        for _ in 0..runs {
            self.agent.kill()?;
            let begun = Instant::now();
            let leads = std::thread::scope(|scope| {
                let leads = scope.spawn(|| {
                    wait_until_good(LISTEN, &path)?;
                    anyhow::Ok(begun.elapsed())
                });
                self.agent = start(&self.binary, &self.data, &self.ports)?;
                ready.push(begun.elapsed());
                leads.join().expect("a thread that asks ends")
            });
            gateway.push(leads?);
            listening.push(self.agent.listening);
            self.check(records)?;
        }
        Ok(Row {
            records,
            listening: median(&listening),
            gateway: median(&gateway),
            ready: median(&ready),
            slowest: ready.into_iter().max().unwrap_or_default(),
        })
    }

    /// Ready means that everything is true at once: all records run, and every app answers where its record says.
    fn check(&self, records: usize) -> anyhow::Result<()> {
        let health = self.agent.health()?;
        ensure!(
            health["containers"]["running"] == records && health["readiness"]["ready"] == true,
            "not everything runs: {health}"
        );
        for container in self.agent.containers()? {
            wait_until_ready(port(&container)?)?;
        }
        Ok(())
    }

    fn clean(&self) -> anyhow::Result<&'static str> {
        let containers = self.agent.containers()?;
        let next = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..AT_ONCE {
                scope.spawn(|| {
                    while let Some(container) = containers.get(next.fetch_add(1, Ordering::Relaxed))
                    {
                        drop(self.agent.cli(&["rm", &container["pk"].to_string()]));
                    }
                });
            }
        });
        clean(&self.agent)?;
        Ok("gone")
    }
}

fn start(binary: &Path, data: &Path, ports: &str) -> anyhow::Result<Agent> {
    let (listen, network) = (format!("127.0.0.1:{LISTEN}"), network());
    let options = ["--listen", &listen, "--no-auth", "--port-range", ports];
    Agent::start(
        binary,
        data,
        &[&options[..], &["--network", &network]].concat(),
    )
}

fn print(rows: &[Row]) {
    let millis = |time: Duration| time.as_secs_f64() * 1000.0;
    say(&format!(
        "\n{:>8} {:>14} {:>15} {:>12} {:>12} {:>14} {:>8}",
        "records", "to listening", "to the gateway", "to ready", "slowest", "each record", "ratio"
    ));
    let first = rows.first().map_or(Duration::ZERO, |row| row.ready);
    for row in rows {
        say(&format!(
            "{:>8} {:>11.0} ms {:>12.0} ms {:>9.0} ms {:>9.0} ms {:>11.2} ms {:>6.1} x",
            row.records,
            millis(row.listening),
            millis(row.gateway),
            millis(row.ready),
            millis(row.slowest),
            millis(row.ready.saturating_sub(row.listening)) / row.records as f64,
            row.ready.as_secs_f64() / first.as_secs_f64(),
        ));
    }
    if let Some(last) = rows.last() {
        let verdict = verdict(last.slowest, PROMISED);
        say(&format!(
            "from exec to ready within {} s: {verdict}",
            PROMISED.as_secs()
        ));
    }
}
