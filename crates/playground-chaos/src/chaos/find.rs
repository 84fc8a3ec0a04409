//! What is really there: the database's rows, the engine's things, the host's open ports, and what apps answer.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use playground_store::{ContainerRow, Store};
use serde_json::Value;

use crate::agent;
use crate::docker::Docker;

/// The ports that apps get by default.
const PORTS: std::ops::RangeInclusive<u16> = 7860..=8860;
/// For an app's answer.
const PATIENCE: Duration = Duration::from_secs(5);
const OURS: &str = "label=synapse.managed-by=synapse-playground";

/// One look at everything.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) rows: Vec<ContainerRow>,
    pub(crate) containers: Vec<Engine>,
    /// Names of networks with our label.
    pub(crate) networks: Vec<String>,
    /// Ids of images with our label and no name.
    pub(crate) nameless_images: Vec<String>,
    /// Ports of the range that something listens on.
    pub(crate) open_ports: BTreeSet<u16>,
    /// Uploads that were never finished.
    pub(crate) spooled: Vec<String>,
}

/// A container as the engine has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Engine {
    pub(crate) id: String,
    /// The record on its label.
    pub(crate) record: i64,
    pub(crate) is_running: bool,
    pub(crate) host_port: Option<u16>,
}

/// What an app says of itself.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Me {
    pub(crate) params: Value,
    pub(crate) content: String,
}

/// Looks at everything once.
pub(crate) async fn find(data_dir: &Path, docker: &Docker) -> anyhow::Result<Found> {
    let all = ["--all", "--filter", OURS];
    let containers = docker.inspect_all("container", &all).await?;
    let networks = docker.inspect_all("network", &["--filter", OURS]).await?;
    let nameless = ["--filter", OURS, "--filter", "dangling=true"];
    let images = docker.inspect_all("image", &nameless).await?;
    let text = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
    Ok(Found {
        rows: rows(data_dir).await?,
        containers: containers.iter().map(Engine::of).collect(),
        networks: networks.iter().map(|value| text(value, "Name")).collect(),
        nameless_images: images.iter().map(|value| text(value, "Id")).collect(),
        open_ports: open_ports()?,
        spooled: names_in(&data_dir.join("spool"))?,
    })
}

/// The records, read past the Agent.
async fn rows(data_dir: &Path) -> anyhow::Result<Vec<ContainerRow>> {
    let store = Store::open(&data_dir.join("playground.db")).await?;
    let mut rows = Vec::new();
    for pk in store.container_keys().await? {
        rows.extend(store.container(pk).await?);
    }
    store.close().await;
    Ok(rows)
}

impl Engine {
    fn of(value: &Value) -> Self {
        let record = value["Config"]["Labels"]["synapse.record"].as_str();
        let bindings = &value["HostConfig"]["PortBindings"]["7860/tcp"];
        Self {
            id: value["Id"].as_str().unwrap_or_default().to_owned(),
            record: record.and_then(|text| text.parse().ok()).unwrap_or(-1),
            is_running: value["State"]["Running"].as_bool().unwrap_or(false),
            host_port: bindings[0]["HostPort"]
                .as_str()
                .and_then(|text| text.parse().ok()),
        }
    }

    /// As Docker's own tables print it.
    pub(crate) fn short(&self) -> &str {
        self.id.get(..12).unwrap_or(&self.id)
    }
}

/// Ports of the range in state LISTEN, as the kernel lists them.
fn open_ports() -> anyhow::Result<BTreeSet<u16>> {
    const LISTEN: &str = "0A";
    let mut ports = BTreeSet::new();
    for file in ["/proc/net/tcp", "/proc/net/tcp6"] {
        let table = std::fs::read_to_string(file).context("the open ports cannot be read")?;
        for line in table.lines().skip(1) {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let (Some(local), Some(&LISTEN)) = (fields.get(1), fields.get(3)) else {
                continue;
            };
            let port = local.rsplit_once(':').map(|(_, port)| port);
            let port = port.and_then(|hex| u16::from_str_radix(hex, 16).ok());
            let is_of_an_app = |port: &u16| PORTS.contains(port) && *port != agent::PORT;
            ports.extend(port.filter(is_of_an_app));
        }
    }
    Ok(ports)
}

fn names_in(folder: &Path) -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    Ok(names)
}

/// Asks apps who they are.
#[derive(Debug)]
pub(crate) struct Caller(reqwest::Client);

impl Caller {
    pub(crate) fn new() -> anyhow::Result<Self> {
        let client = reqwest::Client::builder()
            .no_proxy()
            .timeout(PATIENCE)
            .build()?;
        Ok(Self(client))
    }

    /// What the app at this address says.
    pub(crate) async fn me(&self, endpoint: &str) -> anyhow::Result<Me> {
        let answer = self.0.get(format!("{endpoint}/me")).send().await?;
        let mut value: Value = serde_json::from_slice(&answer.bytes().await?)?;
        Ok(Me {
            params: value["params"].take(),
            content: value["content"].as_str().unwrap_or_default().to_owned(),
        })
    }
}
