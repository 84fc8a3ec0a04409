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

use crate::agent::Agent;
use crate::command::{command, output, run as run_command};
use crate::step::step;
use crate::{docker, repo, up};

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

/// An engine with the base image on it, and the binary under measurement: the one that was named, or one built now.
fn prepare(binary: Option<&PathBuf>) -> anyhow::Result<PathBuf> {
    step("Docker Engine", docker::ensure)?;
    let binary = match binary {
        Some(binary) => binary.clone(),
        None => up::binary_step()?,
    };
    step("Base image", || {
        run_command(command(&binary, &["base", "build"]).env("PLAYGROUND_CACHE", repo::cache()))?;
        Ok("there")
    })?;
    Ok(binary)
}

/// A folder of its own with what is in another one.
fn copy(from: &Path, to: &Path) -> anyhow::Result<PathBuf> {
    let [from, to_text] = [from, to].map(Path::to_string_lossy);
    run_command(&mut command("cp", &["-r", &from, &to_text]))?;
    Ok(to.to_owned())
}

/// Removes what a measurement left on the engine: the Agent's images, the plain ones, its network.
fn clean(agent: &Agent, network: &str) {
    drop(forget_images(agent));
    plain::forget();
    let mut remove = command("docker", &["network", "rm", network]);
    drop(remove.stdout(Stdio::null()).stderr(Stdio::null()).status());
}

/// The images that the Agent made here, and no other.
fn forget_images(agent: &Agent) -> anyhow::Result<()> {
    let health = agent.json(&["health"])?;
    let id = health["agent_id"].as_str().context("no agent id")?;
    let ours = format!("label=synapse.agent={id}");
    let images = output(&mut command(
        "docker",
        &["images", "--quiet", "--filter", &ours],
    ))?;
    for image in images.lines() {
        let mut remove = command("docker", &["rmi", "--force", image]);
        drop(remove.stdout(Stdio::null()).stderr(Stdio::null()).status());
    }
    Ok(())
}

fn median(runs: &[Duration]) -> Duration {
    let mut sorted = runs.to_vec();
    sorted.sort();
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}
