//! `cargo xtask chaos`, `cargo xtask soak` and `cargo xtask presence`: prepare what crates/playground-chaos needs, and run it.
//!
//! That program is a crate of its own, built when it is asked for: `cargo xtask up` on a fresh machine should not have to
//! compile an HTTP client first.

use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;

use crate::binary::{self, Profile};
use crate::command::{command, run as run_command};
use crate::{programs, repo};

/// What can be chosen.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// How long clients work and things are killed
    #[arg(long, default_value_t = 5.0)]
    minutes: f64,
    /// Repeats a run's plan; drawn by lot when absent
    #[arg(long)]
    seed: Option<u64>,
    /// Clients at the same time
    #[arg(long, default_value_t = 4)]
    clients: u64,
    /// The `playground` binary under test; built when absent
    #[arg(long)]
    binary: Option<PathBuf>,
    /// Keep the run's files: logs, database, the engine's data
    #[arg(long)]
    keep: bool,
}

/// What can be chosen.
#[derive(Debug, Args)]
pub(crate) struct SoakOptions {
    /// How long the load lasts
    #[arg(long, default_value_t = 30.0)]
    minutes: f64,
    /// Repeats a run's plan
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Clients at the same time
    #[arg(long, default_value_t = 2)]
    clients: u64,
    /// The `playground` binary under test; built when absent
    #[arg(long)]
    binary: Option<PathBuf>,
}

/// What can be chosen.
#[derive(Debug, Args)]
pub(crate) struct PresenceOptions {
    /// How long visitors come and go
    #[arg(long, default_value_t = 10.0)]
    minutes: f64,
    /// Repeats a run's plan
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Visitors at the same time
    #[arg(long, default_value_t = 12)]
    visitors: u64,
    /// The `playground` binary under test; built when absent
    #[arg(long)]
    binary: Option<PathBuf>,
}

/// Runs the visitors. An error when an app slept under one of them, or did not in the end.
pub(crate) fn presence(options: &PresenceOptions) -> anyhow::Result<()> {
    let binary = prepare(options.binary.as_deref())?;
    run_command(program("presence", &binary)?.args([
        format!("--minutes={}", options.minutes),
        format!("--seed={}", options.seed),
        format!("--visitors={}", options.visitors),
    ]))
}

/// Runs the soak. An error when the Agent grew.
pub(crate) fn soak(options: &SoakOptions) -> anyhow::Result<()> {
    let binary = prepare(options.binary.as_deref())?;
    run_command(program("soak", &binary)?.args([
        format!("--minutes={}", options.minutes),
        format!("--seed={}", options.seed),
        format!("--clients={}", options.clients),
    ]))
}

/// Runs chaos. An error when anything differs.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let binary = prepare(options.binary.as_deref())?;
    let mut arguments = vec![
        format!("--minutes={}", options.minutes),
        format!("--clients={}", options.clients),
    ];
    arguments.extend(options.seed.map(|seed| format!("--seed={seed}")));
    arguments.extend(options.keep.then(|| "--keep".to_owned()));
    run_command(program("chaos", &binary)?.args(arguments))
}

/// For `cargo xtask test`.
pub(crate) fn short(verb: &str, options: &[&str], binary: &Path) -> anyhow::Result<Command> {
    tools()?;
    let mut run = program(verb, binary)?;
    run.args(options);
    Ok(run)
}

/// The machine's engine with the base image in it, and the binary under test.
fn prepare(binary: Option<&Path>) -> anyhow::Result<PathBuf> {
    tools()?;
    binary::on_engine(binary, Profile::Debug)
}

/// What sets up the machine of its own that chaos runs in.
fn tools() -> anyhow::Result<()> {
    use programs::{IP, MOUNT, SETPRIV, UNSHARE};
    programs::ensure(&[IP, MOUNT, SETPRIV, UNSHARE]).map(|_| ())
}

/// One command of the program, with what every command needs.
fn program(verb: &str, binary: &Path) -> anyhow::Result<Command> {
    let build = ["build", "--locked", "--package", "playground-chaos"];
    run_command(&mut command(env!("CARGO"), &build))?;
    let mut program = command(repo::target().join("debug/playground-chaos"), &[verb]);
    program
        .arg("--binary")
        .arg(binary)
        .arg("--folder")
        .arg(repo::cache().join("chaos"));
    Ok(program)
}
