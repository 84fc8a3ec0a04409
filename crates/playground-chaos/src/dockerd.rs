//! A Docker Engine of the run's own, to be killed and started again.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

use crate::agent::terminate;
use crate::docker::Docker;
use crate::shims::{self, Shim};
use crate::world::cgroup_of;

/// Until it answers.
const START: Duration = Duration::from_secs(60);
/// Until it has ended every container and itself.
const STOP: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(100);

/// The engine's process. It ends with the world at the latest.
#[derive(Debug)]
pub(crate) struct Dockerd {
    folder: PathBuf,
    child: Child,
    /// Its command line.
    pub(crate) docker: Docker,
}

impl Dockerd {
    /// Starts one with its data in this folder, and waits until it answers.
    pub(crate) async fn start(folder: &Path) -> anyhow::Result<Self> {
        let child = spawn(folder)?;
        let docker = Docker::at(&folder.join("docker.sock"));
        let mut dockerd = Self {
            folder: folder.to_owned(),
            child,
            docker,
        };
        dockerd.wait_until_it_answers().await?;
        Ok(dockerd)
    }

    /// Kills it in the middle of whatever it does. Containers lose their engine, and live.
    pub(crate) async fn kill(&mut self) -> anyhow::Result<()> {
        Ok(self.child.kill().await?)
    }

    /// Asks it to end, which ends its containers first.
    pub(crate) async fn stop(&mut self) -> anyhow::Result<()> {
        terminate(&self.child)?;
        timeout(STOP, self.child.wait())
            .await
            .context("dockerd did not end when it was asked to")??;
        Ok(())
    }

    /// Starts it again after either. How many containers it had forgotten, whose processes were ended.
    pub(crate) async fn start_again(&mut self) -> anyhow::Result<usize> {
        let before = shims::all();
        self.child = spawn(&self.folder)?;
        self.wait_until_it_answers().await?;
        let known = self.docker.output(&["ps", "--quiet", "--no-trunc"]).await?;
        let known: Vec<&str> = known.split_whitespace().collect();
        let is_forgotten =
            |shim: &Shim| shim.is_alive() && !known.contains(&shim.container.as_str());
        let forgotten: Vec<Shim> = before.into_iter().filter(is_forgotten).collect();
        for shim in &forgotten {
            shim.end();
        }
        Ok(forgotten.len())
    }

    async fn wait_until_it_answers(&mut self) -> anyhow::Result<()> {
        let deadline = Instant::now() + START;
        while !self.docker.answers().await {
            let ended = self.child.try_wait()?;
            if ended.is_some() || Instant::now() > deadline {
                let log = std::fs::read_to_string(log_file(&self.folder)).unwrap_or_default();
                let tail: Vec<&str> = log.lines().rev().take(10).collect();
                bail!("dockerd does not answer ({ended:?}): {tail:#?}");
            }
            sleep(LOOK).await;
        }
        Ok(())
    }
}

fn log_file(folder: &Path) -> PathBuf {
    folder.join("dockerd.log")
}

fn spawn(folder: &Path) -> anyhow::Result<Child> {
    // The file of one that was killed keeps the next one from starting.
    drop(std::fs::remove_file(folder.join("docker.pid")));
    let log: File = OpenOptions::new()
        .create(true)
        .append(true)
        .open(log_file(folder))?;
    let option = |name: &str, path: &str| {
        let mut option = std::ffi::OsString::from(format!("--{name}="));
        option.push(folder.join(path));
        option
    };
    Command::new("dockerd")
        .arg("--host")
        .arg(format!("unix://{}", folder.join("docker.sock").display()))
        .arg(option("data-root", "docker"))
        .arg(option("exec-root", "exec"))
        .arg(option("pidfile", "docker.pid"))
        .args(["--cgroup-parent", &cgroup_of(folder)])
        .env_remove("DOCKER_HOST")
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
        .context("dockerd could not be started")
}
