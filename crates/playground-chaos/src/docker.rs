//! The engine, asked through its own command line: the comparison must not rest on the code that it tests.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context as _, bail};
use serde_json::Value;
use tokio::process::{Child, Command};

/// The command line of one engine.
#[derive(Debug, Clone)]
pub(crate) struct Docker {
    host: String,
}

impl Docker {
    pub(crate) fn at(socket: &Path) -> Self {
        Self {
            host: format!("unix://{}", socket.display()),
        }
    }

    /// As the Agent's `--docker-host` wants it.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("docker");
        command
            .args(["--host", &self.host])
            .args(arguments)
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    pub(crate) async fn answers(&self) -> bool {
        let mut version = self.command(&["version"]);
        version.stdout(Stdio::null()).stderr(Stdio::null());
        version.status().await.is_ok_and(|status| status.success())
    }

    /// What a command prints.
    pub(crate) async fn output(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let output = self.command(arguments).output().await;
        let output = output.context("docker could not be started")?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            bail!("docker {arguments:?} failed: {said}");
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Everything there is to know about what `docker {kind} ls {filters}` lists.
    pub(crate) async fn inspect_all(
        &self,
        kind: &str,
        list: &[&str],
    ) -> anyhow::Result<Vec<Value>> {
        let ids = self
            .output(&[&[kind, "ls", "--quiet", "--no-trunc"], list].concat())
            .await?;
        let mut ids: Vec<&str> = ids.split_whitespace().collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let text = self
            .output(&[&[kind, "inspect"], ids.as_slice()].concat())
            .await?;
        serde_json::from_str(&text).context("docker inspect printed no JSON")
    }

    /// What happens to containers from now on, a line of JSON each.
    pub(crate) fn events(&self) -> anyhow::Result<Child> {
        let mut events = self.command(&[
            "events",
            "--filter",
            "type=container",
            "--format",
            "{{json .}}",
        ]);
        events
            .stdout(Stdio::piped())
            .spawn()
            .context("docker could not be started")
    }

    /// Takes an image over from the machine's own engine.
    pub(crate) async fn copy_image(&self, image: &str) -> anyhow::Result<()> {
        let mut save = std::process::Command::new("docker")
            .args(["save", image])
            .stdout(Stdio::piped())
            .spawn()
            .context("docker save could not be started")?;
        let stdout = save.stdout.take().context("docker save has no output")?;
        let mut load = self.command(&["load", "--quiet"]);
        let loaded = load.stdin(stdout).stdout(Stdio::null()).status().await?;
        let saved = save.wait()?;
        if !saved.success() || !loaded.success() {
            bail!("{image} could not be copied from the machine's own Docker Engine: is it there?");
        }
        Ok(())
    }
}
