//! `cargo xtask bench wake`: how long whoever comes to a sleeping app waits for the first byte, beside the same request to
//! the same app awake (for a frozen one), and beside its own start with `docker start` (for a stopped one).

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use clap::Args;

use super::ready::wait_until_ready;
use super::{clean, median, network, port, restart, try_docker, verdict};
use crate::agent::Agent;
use crate::binary::{self, Profile};
use crate::command::{command, run as run_command};
use crate::docker::pause;
use crate::repo;
use crate::step::{say, step};

/// Ports of the Agent under measurement.
const PORT_RANGE: &str = "18850-18870";
/// Longest time until an app that nobody looks at sleeps: a second, what the gateway keeps of connections, and a look.
const ASLEEP: Duration = Duration::from_secs(60);
/// Longest time for any answer.
const ANSWER: Duration = Duration::from_secs(60);
/// What is promised for a frozen app, beyond its own time.
const FROM_PAUSED: Duration = Duration::from_millis(100);
/// What is promised for a stopped one, beyond its own start.
const FROM_STOPPED: Duration = Duration::from_millis(150);

/// What can be chosen.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Wakes from each tier; the median and the slowest are shown
    #[arg(long, default_value_t = 7)]
    runs: usize,
    /// The example beside the mimic
    #[arg(long, default_value = "image-lab")]
    example: String,
    /// The Agent's binary; built when not given
    #[arg(long)]
    binary: Option<PathBuf>,
}

/// An app under measurement.
struct App {
    what: &'static str,
    pk: String,
    name: String,
    port: u16,
    engine_id: String,
}

/// What one app took from one tier.
struct Row {
    what: &'static str,
    tier: &'static str,
    woken: Vec<Duration>,
    own: Vec<Duration>,
    promised: Duration,
}

/// Measures and prints.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let binary = binary::on_engine(options.binary.as_deref(), Profile::Release)?;
    let work = repo::target().join("bench-wake");
    drop(std::fs::remove_dir_all(&work));
    let mut bench = Bench {
        agent: start(&binary, &work.join("data"), "--idle-pause")?,
        binary,
        data: work.join("data"),
    };
    let example = repo::root().join("examples").join(&options.example);
    let folders = [
        ("mimic", restart::mimic(&work.join("mimic"))?),
        ("Gradio", example),
    ];
    let measured = bench.measure(&folders, options.runs);
    step("Everything is removed", || bench.clean())?;
    print(&measured?);
    Ok(())
}

/// The Agent whose apps sleep after a second.
struct Bench {
    agent: Agent,
    binary: PathBuf,
    data: PathBuf,
}

impl Bench {
    fn measure(
        &mut self,
        folders: &[(&'static str, PathBuf)],
        runs: usize,
    ) -> anyhow::Result<Vec<Row>> {
        let mut apps = Vec::new();
        for (what, folder) in folders {
            step(&format!("{what}: created"), || {
                apps.push(self.create(what, folder)?);
                Ok("ready")
            })?;
        }
        let mut rows = Vec::new();
        for app in &apps {
            step(&format!("{}: {runs} wakes from paused", app.what), || {
                rows.push(self.wakes_paused(app, runs)?);
                Ok("measured")
            })?;
        }
        let mut own = Vec::new();
        self.agent.kill()?;
        for app in &apps {
            step(&format!("{}: {runs} starts of its own", app.what), || {
                own.push(own_starts(app, runs)?);
                Ok("measured")
            })?;
        }
        self.agent = start(&self.binary, &self.data, "--idle-stop")?;
        for (app, own) in apps.iter().zip(own) {
            step(&format!("{}: {runs} wakes from stopped", app.what), || {
                rows.push(self.wakes_stopped(app, own, runs)?);
                Ok("measured")
            })?;
        }
        Ok(rows)
    }

    fn create(&self, what: &'static str, folder: &Path) -> anyhow::Result<App> {
        let made = self
            .agent
            .json(&["create", "--file", &folder.to_string_lossy()])?;
        let text = |name: &str| {
            let value = made[name].as_str().map(str::to_owned);
            value.with_context(|| format!("no {name}: {made}"))
        };
        Ok(App {
            what,
            pk: made["pk"].to_string(),
            name: text("name")?.replace('_', "-"),
            port: port(&made)?,
            engine_id: text("id")?,
        })
    }

    fn wakes_paused(&self, app: &App, runs: usize) -> anyhow::Result<Row> {
        let (mut woken, mut own) = (Vec::new(), Vec::new());
        for _ in 0..runs {
            self.falls_asleep(app, "paused")?;
            woken.push(self.wake(app)?);
            own.push(first_byte(app.port, "/")?);
        }
        Ok(Row {
            what: app.what,
            tier: "paused",
            woken,
            own,
            promised: FROM_PAUSED,
        })
    }

    fn wakes_stopped(&self, app: &App, own: Vec<Duration>, runs: usize) -> anyhow::Result<Row> {
        let mut woken = Vec::new();
        for _ in 0..runs {
            self.falls_asleep(app, "stopped")?;
            woken.push(self.wake(app)?);
        }
        Ok(Row {
            what: app.what,
            tier: "stopped",
            woken,
            own,
            promised: FROM_STOPPED,
        })
    }

    /// Until the record says so, and what it says is done.
    fn falls_asleep(&self, app: &App, tier: &str) -> anyhow::Result<()> {
        let deadline = Instant::now() + ASLEEP;
        loop {
            let record = self.agent.json(&["show", &app.pk])?;
            if record["asleep"] == tier && record["status"] == tier {
                return Ok(());
            }
            ensure!(
                Instant::now() < deadline,
                "{} did not fall asleep: {record}",
                app.what
            );
            pause(Duration::from_millis(100));
        }
    }

    /// A visit through the gateway.
    fn wake(&self, app: &App) -> anyhow::Result<Duration> {
        let port = self.agent.url.rsplit(':').next().context("no port")?;
        first_byte(
            port.trim_end_matches('/').parse()?,
            &format!("/play/{}/", app.name),
        )
    }

    fn clean(&self) -> anyhow::Result<&'static str> {
        clean(&self.agent)?;
        Ok("gone")
    }
}

/// Starts of the very same container by hand, while no Agent looks: from `docker start` to its first answer.
fn own_starts(app: &App, runs: usize) -> anyhow::Result<Vec<Duration>> {
    let mut own = Vec::new();
    // Frozen by the Agent, maybe.
    try_docker(&["unpause", &app.engine_id]);
    for _ in 0..runs {
        run_command(
            command("docker", &["stop", "--time", "1", &app.engine_id]).stdout(Stdio::null()),
        )?;
        let begun = Instant::now();
        run_command(command("docker", &["start", &app.engine_id]).stdout(Stdio::null()))?;
        wait_until_ready(app.port)?;
        own.push(begun.elapsed());
    }
    Ok(own)
}

/// The time from a new connection to the first byte of its answer, which must be a good one.
fn first_byte(port: u16, path: &str) -> anyhow::Result<Duration> {
    let begun = Instant::now();
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(ANSWER))?;
    let head =
        format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes())?;
    let mut first = [0; 12];
    stream.read_exact(&mut first)?;
    let took = begun.elapsed();
    if first != *b"HTTP/1.1 200" {
        bail!("{path} answered {}", String::from_utf8_lossy(&first));
    }
    Ok(took)
}

fn start(binary: &Path, data: &Path, sleeps: &str) -> anyhow::Result<Agent> {
    let network = network();
    let options = [
        "--listen",
        "127.0.0.1:0",
        "--no-auth",
        "--port-range",
        PORT_RANGE,
    ];
    Agent::start(
        binary,
        data,
        &[&options[..], &["--network", &network, sleeps, "1"]].concat(),
    )
}

fn print(rows: &[Row]) {
    let millis = |time: Duration| time.as_secs_f64() * 1000.0;
    say(&format!(
        "\n{:<8} {:<8} {:>14} {:>10} {:>14} {:>12} {:>12}",
        "app", "from", "to first byte", "slowest", "its own time", "beyond it", "promised"
    ));
    for row in rows {
        let (woken, own) = (median(&row.woken), median(&row.own));
        let beyond = woken.saturating_sub(own);
        let verdict = verdict(beyond, row.promised);
        say(&format!(
            "{:<8} {:<8} {:>11.1} ms {:>7.1} ms {:>11.1} ms {:>9.1} ms {:>9.0} ms: {verdict}",
            row.what,
            row.tier,
            millis(woken),
            millis(row.woken.iter().copied().max().unwrap_or_default()),
            millis(own),
            millis(beyond),
            millis(row.promised),
        ));
    }
}
