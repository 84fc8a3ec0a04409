//! `cargo xtask up`: from a fresh machine to a running Playground. Every step looks first and does nothing twice.

use std::path::PathBuf;

use clap::Args;

use crate::agent::Agent;
use crate::binary::{self, Profile};
use crate::command;
use crate::step::{say, step};
use crate::{docker, repo};

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
pub(crate) fn bring_up(options: &Options) -> anyhow::Result<Agent> {
    step("Docker Engine", docker::ensure)?;
    let binary = binary_step()?;
    step("Base image", || {
        command::run(
            command::command(&binary, &["base", "build"]).env("PLAYGROUND_CACHE", repo::cache()),
        )?;
        Ok("there")
    })?;
    let data_dir = repo::root().join(&options.data_dir);
    let mut agent = None;
    step("Agent", || {
        let found = match Agent::running(&binary, &data_dir, &options.listen) {
            Some(running) => running,
            None => Agent::start(&binary, &data_dir, &["--listen", &options.listen])?,
        };
        let url = found.url.clone();
        agent = Some(found);
        Ok(url)
    })?;
    let agent = agent.ok_or_else(|| anyhow::anyhow!("the Agent is not there"))?;
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

/// The command.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let mut agent = bring_up(options)?;
    say("");
    say(&format!(
        "The Playground is up. API: {}   token: {}/token",
        agent.url,
        options.data_dir.display()
    ));
    say(
        "Try:  target/release/playground ls      target/release/playground create --file examples/story-stream",
    );
    if !options.once {
        say("Ctrl-C ends the Agent; apps keep running.");
    }
    // It works once and not for long, so a new one each time, and where it is seen.
    say(&format!("Open:  {}", agent.cli(&["open"])?.trim()));
    if options.once {
        return Ok(());
    }
    agent.wait()
}

/// The release binary, as people use it.
pub(crate) fn binary_step() -> anyhow::Result<PathBuf> {
    let mut binary = PathBuf::new();
    step("Binary", || {
        binary = binary::build(Profile::Release)?;
        Ok(binary.display().to_string())
    })?;
    Ok(binary)
}
