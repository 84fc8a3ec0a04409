//! What the engine does to containers, told by its own command line.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Child;
use tokio::time::Instant;

use crate::docker::Docker;

/// What changes whether an app runs. Looking at one, as `exec` does, harms nobody.
pub(crate) const DEEDS: [&str; 9] = [
    "create", "start", "pause", "unpause", "kill", "stop", "die", "destroy", "restart",
];

/// One of them.
#[derive(Debug, Clone)]
pub(crate) struct Deed {
    pub(crate) at: Instant,
    /// The container's name.
    pub(crate) container: String,
    /// Docker's word.
    pub(crate) action: String,
}

/// Writes them down until it ends.
pub(crate) struct Watch {
    deeds: Arc<Mutex<Vec<Deed>>>,
    events: Child,
    reading: tokio::task::JoinHandle<()>,
}

impl Watch {
    pub(crate) fn begin(docker: &Docker) -> anyhow::Result<Self> {
        let mut events = docker.events()?;
        let stdout = events
            .stdout
            .take()
            .context("docker events has no output")?;
        let deeds = Arc::new(Mutex::new(Vec::new()));
        let kept = deeds.clone();
        let reading = tokio::spawn(async move {
            let mut lines = BufReader::new(stdout).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                let deed = read(&line);
                kept.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .extend(deed);
            }
        });
        Ok(Self {
            deeds,
            events,
            reading,
        })
    }

    pub(crate) async fn end(mut self) -> Vec<Deed> {
        drop(self.events.kill().await);
        drop(self.reading.await);
        std::mem::take(&mut *self.deeds.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn read(line: &str) -> Option<Deed> {
    let event: Value = serde_json::from_str(line).ok()?;
    let action = event["Action"].as_str()?;
    DEEDS.contains(&action).then_some(())?;
    Some(Deed {
        at: Instant::now(),
        container: event["Actor"]["Attributes"]["name"].as_str()?.to_owned(),
        action: action.to_owned(),
    })
}
