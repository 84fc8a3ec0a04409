//! `cargo xtask bench create`: what the way from an archive to a ready app costs, beside the seed's literal way (an image
//! from its three Dockerfile lines with pip, the app run as a plain script), on the same machine in the same run.
//!
//! The ratios are what counts; the times depend on the machine.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use clap::Args;
use serde_json::Value;

use crate::agent::Agent;
use crate::command::{command, output, run as run_command};
use crate::docker::pause;
use crate::step::{say, step};
use crate::{docker, repo, up};

/// Ports of the plain containers, outside the Agent's range.
const PLAIN_PORT: u16 = 18790;
/// Ports of the Agent under measurement.
const PORT_RANGE: &str = "18800-18850";
/// The plain image, and the base it is made from.
const PLAIN_IMAGE: &str = "playground-bench-plain";
const PLAIN_BASE: &str = "playground-bench-python";
/// Longest wait for any app.
const READY: Duration = Duration::from_secs(180);

/// What can be chosen.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Runs of each kind; the median is shown
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// The example to measure
    #[arg(long, default_value = "image-lab")]
    example: String,
}

/// Measures and prints.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    step("Docker Engine", docker::ensure)?;
    let binary = up::binary_step()?;
    step("Base image", || {
        run_command(command(&binary, &["base", "build"]).env("PLAYGROUND_CACHE", repo::cache()))?;
        Ok("there")
    })?;
    let work = repo::target().join("bench-create");
    drop(std::fs::remove_dir_all(&work));
    std::fs::create_dir_all(&work)?;
    let example = repo::root().join("examples").join(&options.example);
    let plain = Plain::prepare(&work, &example)?;
    let network = format!("playground-bench-{}", std::process::id());
    let agent = Agent::start(
        &binary,
        &work.join("data"),
        &[
            "--listen",
            "127.0.0.1:0",
            "--port-range",
            PORT_RANGE,
            "--network",
            &network,
            "--hold",
            "120",
        ],
    )?;
    let measured = measure(options, &plain, &agent, &example);
    clean(&agent, &network);
    print(options, &measured?);
    Ok(())
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
    // Turn about, so that a busy moment of the machine hits both ways.
    for turn in 0..options.runs {
        step(&format!("Run {} of {}", turn + 1, options.runs), || {
            measured.plain_build.push(plain.build()?);
            measured.plain_start.push(plain.start()?);
            measured.first_create.push(first_create(agent, example)?);
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

/// The seed's literal way.
#[derive(Debug)]
struct Plain {
    folder: PathBuf,
}

impl Plain {
    fn prepare(work: &Path, example: &Path) -> anyhow::Result<Self> {
        let folder = work.join("plain");
        run_command(&mut command(
            "cp",
            &["-r", &example.to_string_lossy(), &folder.to_string_lossy()],
        ))?;
        let requirements = folder.join("requirements.txt");
        let named = std::fs::read_to_string(&requirements).unwrap_or_default();
        // The seed: gradio is included automatically. The same version as in our base, so that the work is the same.
        std::fs::write(&requirements, format!("{named}\n{}\n", gradio_of_base()?))?;
        // The seed's three lines, to the letter.
        std::fs::write(
            folder.join("Dockerfile"),
            format!(
                "FROM {PLAIN_BASE}\n\nCOPY . .\nRUN pip install --no-cache-dir -r requirements.txt\n"
            ),
        )?;
        plain_base(work)?;
        Ok(Self { folder })
    }

    /// Nothing cached but the base, as the first create of a plugin meets it.
    fn build(&self) -> anyhow::Result<Duration> {
        let begun = Instant::now();
        docker_build(&self.folder, PLAIN_IMAGE, &["--no-cache"])?;
        Ok(begun.elapsed())
    }

    /// From `docker run` to the first HTTP answer.
    fn start(&self) -> anyhow::Result<Duration> {
        let begun = Instant::now();
        let publish = format!("127.0.0.1:{PLAIN_PORT}:7860");
        let environment = [
            "--env",
            "GRADIO_SERVER_NAME=0.0.0.0",
            "--env",
            "GRADIO_SERVER_PORT=7860",
            "--env",
            "PYTHONPATH=/app",
        ];
        let mut arguments = vec!["run", "--detach", "--rm", "--publish", &publish];
        arguments.extend(environment);
        arguments.extend([PLAIN_IMAGE, "python", "plugin/gradio_interface.py"]);
        let id = output(&mut command("docker", &arguments))?;
        let ready = wait_until_ready(PLAIN_PORT);
        run_command(command("docker", &["kill", id.trim()]).stdout(Stdio::null()))?;
        ready?;
        Ok(begun.elapsed())
    }
}

/// A base with Python and pip and nothing else, which trusts what this machine trusts. Making it is not measured.
fn plain_base(work: &Path) -> anyhow::Result<()> {
    let folder = work.join("plain-base");
    std::fs::create_dir_all(&folder)?;
    let certificates = std::fs::read("/etc/ssl/certs/ca-certificates.crt").unwrap_or_default();
    std::fs::write(folder.join("ca.crt"), &certificates)?;
    let trust = if certificates.is_empty() {
        ""
    } else {
        "ENV PIP_CERT=/ca.crt\n"
    };
    let root = root_image()?;
    std::fs::write(
        folder.join("Dockerfile"),
        format!(
            "FROM {root}\nCOPY ca.crt /ca.crt\n{trust}RUN python3 -m venv /venv\nENV PATH=/venv/bin:/usr/bin:/bin\nWORKDIR /app\n"
        ),
    )?;
    docker_build(&folder, PLAIN_BASE, &[])
}

fn docker_build(folder: &Path, tag: &str, more: &[&str]) -> anyhow::Result<()> {
    let folder = folder.to_string_lossy();
    let arguments = [&["build", "--quiet", "--tag", tag, &folder], more].concat();
    // The builder that every engine has, whatever plugins the command line lacks.
    run_command(
        command("docker", &arguments)
            .env("DOCKER_BUILDKIT", "0")
            .stdout(Stdio::null())
            .stderr(Stdio::null()),
    )
}

fn first_create(agent: &Agent, example: &Path) -> anyhow::Result<Duration> {
    forget_images(agent)?;
    let begun = Instant::now();
    create(agent, example, &[])?;
    Ok(begun.elapsed())
}

/// From `docker run` to ready: the same container, stopped and started by the Agent.
fn our_start(agent: &Agent) -> anyhow::Result<Duration> {
    let pk = pk(agent)?;
    let port = agent.json(&["show", &pk])?["host_port"]
        .as_u64()
        .context("no port")?;
    agent.cli(&["stop", &pk])?;
    let begun = Instant::now();
    agent.cli(&["start", &pk])?;
    wait_until_ready(u16::try_from(port)?)?;
    Ok(begun.elapsed())
}

/// The same requirements, other code.
fn code_change(
    agent: &Agent,
    example: &Path,
    turn: usize,
) -> anyhow::Result<(Duration, Vec<String>)> {
    let changed = changed_copy(example, turn)?;
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
    let changed = changed_copy(example, turn)?;
    let begun = Instant::now();
    create(agent, &changed, &["--on-existing", "reuse"])?;
    Ok(begun.elapsed())
}

fn changed_copy(example: &Path, turn: usize) -> anyhow::Result<PathBuf> {
    let folder = repo::target()
        .join("bench-create")
        .join(format!("changed-{turn}"));
    if !folder.exists() {
        run_command(&mut command(
            "cp",
            &["-r", &example.to_string_lossy(), &folder.to_string_lossy()],
        ))?;
        let file = folder.join("plugin/gradio_interface.py");
        let mut text = std::fs::read_to_string(&file)?;
        text.push_str(&format!(
            "\n# change {turn} {:?}\n",
            std::time::SystemTime::now()
        ));
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
    let listed = agent.json(&["ls"])?;
    let first = listed["results"]
        .get(0)
        .or_else(|| listed.get(0))
        .context("no container is listed")?;
    Ok(first["pk"].to_string())
}

/// The Agent's images of earlier runs, so that nothing is cached but the base.
fn forget_images(agent: &Agent) -> anyhow::Result<()> {
    let id = agent.json(&["health"])?["agent_id"]
        .as_str()
        .context("no agent id")?
        .to_owned();
    let images = output(&mut command(
        "docker",
        &[
            "images",
            "--quiet",
            "--filter",
            &format!("label=synapse.agent={id}"),
        ],
    ))?;
    for image in images.lines() {
        drop(
            command("docker", &["rmi", "--force", image])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status(),
        );
    }
    run_command(command("docker", &["builder", "prune", "--all", "--force"]).stdout(Stdio::null()))
}

fn clean(agent: &Agent, network: &str) {
    if let Ok(pk) = pk(agent) {
        drop(agent.cli(&["rm", &pk]));
    }
    drop(forget_images(agent));
    for arguments in [
        ["rmi", "--force", PLAIN_IMAGE, PLAIN_BASE].as_slice(),
        &["network", "rm", network],
    ] {
        drop(
            command("docker", arguments)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status(),
        );
    }
}

/// A first HTTP answer on a port of this machine.
fn wait_until_ready(port: u16) -> anyhow::Result<()> {
    let deadline = Instant::now() + READY;
    while Instant::now() < deadline {
        if answers(port).unwrap_or(false) {
            return Ok(());
        }
        pause(Duration::from_millis(20));
    }
    bail!(
        "nothing answered on port {port} within {} s",
        READY.as_secs()
    )
}

fn answers(port: u16) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut first = [0; 12];
    stream.read_exact(&mut first)?;
    Ok(first.starts_with(b"HTTP/1."))
}

/// `gradio==...` of our base image.
fn gradio_of_base() -> anyhow::Result<String> {
    let label = inspect(
        "synapse-gradio-base:latest",
        "{{ index .Config.Labels \"synapse.base.packages\" }}",
    )?;
    let packages: Value =
        serde_json::from_str(&label).context("the base image names no packages")?;
    Ok(format!(
        "gradio=={}",
        packages["gradio"]
            .as_str()
            .context("the base image has no gradio")?
    ))
}

/// The image that our base was made from: Python and nothing else.
fn root_image() -> anyhow::Result<&'static str> {
    ["python:3.12-slim", "synapse-gradio-root:latest"]
        .into_iter()
        .find(|image| inspect(image, "{{.Id}}").is_ok())
        .context("the image that the base was made from is not there")
}

fn inspect(image: &str, format: &str) -> anyhow::Result<String> {
    output(
        command("docker", &["image", "inspect", "--format", format, image]).stderr(Stdio::null()),
    )
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
    say("\nSteps of the last code-only change:");
    for step in &measured.cached_steps {
        say(step);
    }
}

fn median(runs: &[Duration]) -> Duration {
    let mut sorted = runs.to_vec();
    sorted.sort();
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}
