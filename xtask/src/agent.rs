//! An Agent of our own: started, waited for, and ended with whoever started it.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::command::{command, output};

/// A running Agent and the command line that talks to it.
#[derive(Debug)]
pub(crate) struct Agent {
    /// None where it ran already: then it is not ours to end.
    child: Option<Child>,
    binary: PathBuf,
    data_dir: PathBuf,
    /// Its address.
    pub(crate) url: String,
    /// How long it took from its start until requests were answered.
    pub(crate) listening: Duration,
}

impl Agent {
    /// The Agent that runs on this address and data directory already, if there is one.
    pub(crate) fn running(binary: &Path, data_dir: &Path, listen: &str) -> Option<Self> {
        let agent = Self {
            child: None,
            binary: binary.to_owned(),
            data_dir: data_dir.to_owned(),
            url: format!("http://{listen}"),
            listening: Duration::ZERO,
        };
        agent.health().is_ok().then_some(agent)
    }

    /// Starts an Agent on this data directory and waits until it is ready: it has compared its records with Docker.
    pub(crate) fn start(
        binary: &Path,
        data_dir: &Path,
        arguments: &[&str],
    ) -> anyhow::Result<Self> {
        std::fs::create_dir_all(data_dir)?;
        let log = data_dir.join("agent.log");
        let begun = Instant::now();
        let mut child = command(binary, &["agent", "--data-dir"])
            .arg(data_dir)
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(File::create(&log)?)
            .spawn()
            .context("the Agent could not be started")?;
        let stdout = child
            .stdout
            .take()
            .context("the Agent has no standard output")?;
        let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
        let mut after =
            |word: &str| lines.find_map(|line| line.strip_prefix(word).map(str::to_owned));
        let listens = after("listening ").is_some();
        let listening = begun.elapsed();
        let Some(url) = after("ready ").filter(|_| listens) else {
            let said = std::fs::read_to_string(&log).unwrap_or_default();
            bail!("the Agent ended before it was ready:\n{said}");
        };
        Ok(Self {
            child: Some(child),
            binary: binary.to_owned(),
            data_dir: data_dir.to_owned(),
            url,
            listening,
        })
    }

    /// Runs the command line against this Agent and returns what it printed.
    pub(crate) fn cli(&self, arguments: &[&str]) -> anyhow::Result<String> {
        output(&mut self.command(arguments))
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = command(&self.binary, arguments);
        command
            .env("PLAYGROUND_URL", &self.url)
            .env("PLAYGROUND_DATA_DIR", &self.data_dir)
            .env_remove("PLAYGROUND_TOKEN");
        command
    }

    /// What it says of itself. One that runs says it whatever is amiss; the command fails then, after it has printed it.
    pub(crate) fn health(&self) -> anyhow::Result<Value> {
        let mut health = self.command(&["--output", "json", "health"]);
        let told = health.stderr(Stdio::null()).output()?;
        let health: Value = serde_json::from_slice(&told.stdout).unwrap_or_default();
        ensure!(
            health["agent_id"].is_string(),
            "no Agent of ours answers at {}",
            self.url
        );
        Ok(health)
    }

    /// Its containers, all of them.
    pub(crate) fn containers(&self) -> anyhow::Result<Vec<Value>> {
        match self.json(&["ls", "--all"])? {
            Value::Array(containers) => Ok(containers),
            other => bail!("`ls` printed no list: {other}"),
        }
    }

    /// The same as [`cli`](Self::cli), as JSON.
    pub(crate) fn json(&self, arguments: &[&str]) -> anyhow::Result<Value> {
        let text = self.cli(&[&["--output", "json"], arguments].concat())?;
        serde_json::from_str(&text)
            .with_context(|| format!("{arguments:?} printed no JSON: {text}"))
    }

    /// Ends it as `kill -9` does.
    pub(crate) fn kill(&mut self) -> anyhow::Result<()> {
        if let Some(mut child) = self.child.take() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    /// Whether we started it, so that it ends with us.
    pub(crate) fn is_ours(&self) -> bool {
        self.child.is_some()
    }

    /// Stays until the Agent ends, where it is ours.
    pub(crate) fn wait(&mut self) -> anyhow::Result<()> {
        let Some(child) = &mut self.child else {
            return Ok(());
        };
        let status = child.wait()?;
        anyhow::ensure!(status.success(), "the Agent ended with {status}");
        Ok(())
    }
}

impl Drop for Agent {
    /// Apps keep running, as they do whenever an Agent ends.
    fn drop(&mut self) {
        let Some(child) = &mut self.child else { return };
        let asked = kill_process(Pid::from_child(child), Signal::TERM);
        if asked.is_err() {
            drop(child.kill());
        }
        drop(child.wait());
    }
}
