//! `cargo xtask up`: from a fresh machine to a running Playground. Every step looks first and does nothing twice.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;

use crate::agent::Agent;
use crate::binary::{self, Profile};
use crate::repo;
use crate::step::{say, step};

/// What can be chosen.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Where the Agent listens
    #[arg(long, default_value = "127.0.0.1:8000")]
    listen: String,
    /// Where records are kept
    #[arg(long, default_value = "playground-data")]
    data_dir: PathBuf,
    /// The example to deploy, a folder of examples/
    #[arg(long, default_value = "image-lab")]
    example: String,
    /// End once everything is up, leaving the app running
    #[arg(long)]
    once: bool,
}

/// Brings everything up and stays until Ctrl-C.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let binary = binary::on_engine(None, Profile::Release)?;
    let data_dir = repo::root().join(&options.data_dir);
    let mut agent = bring_up(options, &binary, &data_dir)?;
    say("");
    say(&format!(
        "The Playground is up. API: {}   token: {}",
        agent.url,
        data_dir.join("token").display()
    ));
    say(&format!(
        "Try:   {} --url {} --data-dir {} ls",
        binary.display(),
        agent.url,
        data_dir.display()
    ));
    // It works once and not for long, so a new one each time, and where it is seen.
    say(&format!("Open:  {}", agent.cli(&["open"])?.trim()));
    if options.once {
        return Ok(());
    }
    if agent.is_ours() {
        say("Ctrl-C ends the Agent; apps keep running.");
    } else {
        say("The Agent ran already, and goes on.");
    }
    agent.wait()
}

/// The Agent with the example's app in it.
fn bring_up(options: &Options, binary: &Path, data_dir: &Path) -> anyhow::Result<Agent> {
    let mut agent = None;
    step("Agent", || {
        let found = match Agent::running(binary, data_dir, &options.listen) {
            Some(running) => running,
            None => Agent::start(binary, data_dir, &["--listen", &options.listen])?,
        };
        let url = found.url.clone();
        agent = Some(found);
        Ok(url)
    })?;
    let agent = agent.context("the Agent is not there")?;
    let folder = repo::root().join("examples").join(&options.example);
    step(&format!("Example {}", options.example), || {
        let created = agent.json(&[
            "create",
            "--file",
            &folder.to_string_lossy(),
            "--on-existing",
            "reuse",
        ])?;
        Ok(created["endpoint"]
            .as_str()
            .unwrap_or("no endpoint")
            .to_owned())
    })?;
    Ok(agent)
}
