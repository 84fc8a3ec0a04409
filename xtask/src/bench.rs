//! Measurements, each beside the plain way of doing the same, in one run.

mod create;
mod edit;
mod gateway;
mod page;
mod plain;
mod ready;
mod restart;
mod side;
mod streams;
mod wake;

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context as _;
use clap::Subcommand;
use serde_json::Value;

use crate::agent::Agent;
use crate::command::{command, output, run as run_command};

/// What can be measured.
#[derive(Debug, Subcommand)]
pub(crate) enum Bench {
    /// A create: from an archive to a ready app, beside the seed's three Dockerfile lines with pip
    Create(create::Options),
    /// An edit: from the save of a file to the changed app's answer, by `dev`, by `run`, and by the seed's literal way
    Edit(edit::Options),
    /// A restart: from the start of an Agent that was killed until it is ready, for more and more records
    Restart(restart::Options),
    /// The gateway: beside the app itself, nginx and HAProxy
    Gateway(gateway::Options),
    /// The Playground page: its first load, a thousand containers, a log of a hundred thousand lines
    Page(page::Options),
    /// A sleeping app: from a visit to the first byte
    Wake(wake::Options),
    /// Streams that are open and say little: what each costs the gateway, and how late its events are
    Streams(streams::Options),
}

/// Measures.
pub(crate) fn run(bench: &Bench) -> anyhow::Result<()> {
    match bench {
        Bench::Create(options) => create::run(options),
        Bench::Edit(options) => edit::run(options),
        Bench::Restart(options) => restart::run(options),
        Bench::Gateway(options) => gateway::run(options),
        Bench::Page(options) => page::run(options),
        Bench::Wake(options) => wake::run(options),
        Bench::Streams(options) => streams::run(options),
    }
}

/// A folder of its own with what is in another one.
fn copy(from: &Path, to: &Path) -> anyhow::Result<PathBuf> {
    let [from, to_text] = [from, to].map(Path::to_string_lossy);
    run_command(&mut command("cp", &["-r", &from, &to_text]))?;
    Ok(to.to_owned())
}

/// The network of the apps under measurement. Its name tells the process that made it.
fn network() -> String {
    format!("playground-bench-{}", std::process::id())
}

/// The Agent under measurement, at a free port, with its apps at these.
fn start(binary: &Path, data: &Path, port_range: &str) -> anyhow::Result<Agent> {
    let network = network();
    let listen = ["--listen", "127.0.0.1:0", "--port-range", port_range];
    Agent::start(
        binary,
        data,
        &[&listen[..], &["--network", &network]].concat(),
    )
}

/// A container's port on this machine.
fn port(container: &Value) -> anyhow::Result<u16> {
    let port = container["host_port"].as_u64().context("no port")?;
    Ok(u16::try_from(port)?)
}

/// Removes what a measurement left on the engine: the Agent's containers and images, and its network.
fn clean(agent: &Agent) -> anyhow::Result<()> {
    for container in agent.containers()? {
        agent.cli(&["rm", &container["pk"].to_string()])?;
    }
    let health = agent.health()?;
    let id = health["agent_id"].as_str().context("no agent id")?;
    let ours = format!("label=synapse.agent={id}");
    let list = ["images", "--quiet", "--filter", &ours];
    for image in output(&mut command("docker", &list))?.lines() {
        try_docker(&["rmi", "--force", image]);
    }
    try_docker(&["network", "rm", &network()]);
    Ok(())
}

/// Asks Docker for something that may be done already.
fn try_docker(arguments: &[&str]) {
    let mut docker = command("docker", arguments);
    drop(docker.stdout(Stdio::null()).stderr(Stdio::null()).status());
}

fn median(runs: &[Duration]) -> Duration {
    let mut sorted = runs.to_vec();
    sorted.sort();
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

fn verdict(took: Duration, promised: Duration) -> &'static str {
    if took <= promised { "kept" } else { "not kept" }
}
