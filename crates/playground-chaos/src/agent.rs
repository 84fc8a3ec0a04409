//! The Agent under test: a process that is killed and started again on the same data.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail};
use playground_client::Client;
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::{Instant, timeout};

/// Its own port, in the middle of those that it gives to apps.
pub(crate) const PORT: u16 = 8000;
pub(crate) const TOKEN: &str = "chaos-chaos-chaos-chaos";
/// Until it says that it is ready.
const START: Duration = Duration::from_secs(60);
/// Until it has ended when it is asked to.
const STOP: Duration = Duration::from_secs(30);
/// An answer that takes longer is wrong: creates are held open for eight seconds.
const ANSWER: Duration = Duration::from_secs(20);

/// How it is started.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    /// The `playground` binary.
    pub(crate) binary: PathBuf,
    /// Its records and logs.
    pub(crate) data_dir: PathBuf,
    /// The engine's address.
    pub(crate) docker_host: String,
    /// The base image.
    pub(crate) base_image: String,
    /// Further flags.
    pub(crate) settings: Vec<String>,
}

/// Its process. It ends with the world at the latest.
#[derive(Debug)]
pub(crate) struct Agent {
    setup: Setup,
    child: Child,
    /// From its start until it said that it was ready.
    pub(crate) took: Duration,
}

impl Agent {
    /// Starts it and waits until it is ready.
    pub(crate) async fn start(setup: Setup) -> anyhow::Result<Self> {
        let begun = Instant::now();
        let child = started(&setup).await?;
        Ok(Self {
            setup,
            child,
            took: begun.elapsed(),
        })
    }

    /// Kills it in the middle of whatever it does. An error when it had ended by itself.
    pub(crate) async fn kill(&mut self) -> anyhow::Result<()> {
        if let Some(status) = self.child.try_wait()? {
            bail!("the Agent ended by itself with {status}");
        }
        Ok(self.child.kill().await?)
    }

    /// Asks it to end.
    pub(crate) async fn stop(&mut self) -> anyhow::Result<ExitStatus> {
        terminate(&self.child)?;
        timeout(STOP, self.child.wait())
            .await
            .with_context(|| format!("the Agent did not end within {} s", STOP.as_secs()))?
            .map_err(Into::into)
    }

    /// Starts it again after either, and waits until it is ready.
    pub(crate) async fn start_again(&mut self) -> anyhow::Result<()> {
        let begun = Instant::now();
        self.child = started(&self.setup).await?;
        self.took = begun.elapsed();
        Ok(())
    }

    /// Its process id, while it runs.
    pub(crate) fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Where its log is.
    pub(crate) fn log(data_dir: &Path) -> PathBuf {
        data_dir.join("agent.log")
    }
}

/// A client of it, with connections of its own.
pub(crate) fn client() -> anyhow::Result<Client> {
    let url = format!("http://127.0.0.1:{PORT}");
    Ok(Client::new(&url, Some(TOKEN))?.with_timeout(ANSWER))
}

async fn started(setup: &Setup) -> anyhow::Result<Child> {
    std::fs::create_dir_all(&setup.data_dir)?;
    let log = OpenOptions::new()
        .create(true)
        .append(true)
        .open(Agent::log(&setup.data_dir))?;
    let mut child = Command::new(&setup.binary)
        .args(["agent", "--listen", &format!("127.0.0.1:{PORT}")])
        .args(["--advertise", "127.0.0.1"])
        .args(["--start-timeout", "30", "--data-dir"])
        .arg(&setup.data_dir)
        .args(["--docker-host", &setup.docker_host])
        .args(&setup.settings)
        .env("GRADIO_CONTAINER_BASE_IMAGE", &setup.base_image)
        .env("PLAYGROUND_TOKEN", TOKEN)
        .env_remove("DOCKER_HOST")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
        .context("the Agent could not be started")?;
    let stdout = child.stdout.take().context("the Agent has no output")?;
    let mut lines = BufReader::new(stdout).lines();
    let ready = async {
        while let Some(line) = lines.next_line().await? {
            if line.starts_with("ready ") {
                return Ok(());
            }
        }
        bail!(
            "the Agent ended before it was ready: see {:?}",
            Agent::log(&setup.data_dir)
        )
    };
    timeout(START, ready)
        .await
        .with_context(|| format!("the Agent was not ready within {} s", START.as_secs()))??;
    Ok(child)
}

/// SIGTERM to a child of ours, by its id.
pub(crate) fn terminate(child: &Child) -> anyhow::Result<()> {
    let pid = child.id().and_then(|pid| Pid::from_raw(pid.cast_signed()));
    let pid = pid.context("it has ended already")?;
    kill_process(pid, Signal::TERM).with_context(|| format!("{pid:?} cannot be asked to end"))
}
