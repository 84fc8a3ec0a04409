//! `playground doctor`: whether this machine can run the Agent, and what to type where it cannot.
//!
//! ```text
//! settings, as the Agent reads them ─▶ looks, side by side, each with its own limit ─▶ judged, pure ─▶ told in a fixed order
//! ```
//!
//! One file a thing. What a look found is judged apart from looking, so that every bad state can be tested.

mod agent;
mod base_image;
mod certificate;
mod clock;
mod data_dir;
mod disk;
mod engine;
mod gpu;
mod index;
mod limit;
mod line;
mod networks;
mod ports;
mod registry;
mod storage;
#[cfg(test)]
mod tests;
mod versions;

use std::path::PathBuf;

use clap::Args;
use playground_agent::{AgentConfig, AgentOptions};
use playground_engine::Engine;
use playground_types::PortRange;

use crate::connect::Connection;
use crate::exit::{Exit, Problem};
use crate::language::Language;
use crate::output::{Output, note, print, print_json};
use limit::{ask, too_long};
use line::{Line, State, shown, summary};

/// The settings of the Agent that this looks at; they are found where the Agent finds them.
#[expect(clippy::doc_markdown, reason = "--help shows these lines as they are")]
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// The Agent's settings file
    #[arg(long, env = "PLAYGROUND_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Host ports for apps, FIRST-LAST [default: 7860-8860]
    #[arg(long, env = "PLAYGROUND_PORT_RANGE", value_name = "RANGE")]
    port_range: Option<PortRange>,
    /// The Docker Engine [default: DOCKER_HOST or the usual socket]
    #[arg(long, env = "PLAYGROUND_DOCKER_HOST")]
    docker_host: Option<String>,
    /// The image that plugin images are made from [default: synapse-gradio-base:latest]
    #[arg(long, env = "GRADIO_CONTAINER_BASE_IMAGE", value_name = "IMAGE")]
    base_image: Option<String>,
    /// CA bundle that package installs trust [default: this machine's]
    #[arg(long, env = "PLAYGROUND_BUILD_CA_BUNDLE", value_name = "FILE")]
    build_ca_bundle: Option<PathBuf>,
    /// Package index for builds [default: PyPI]
    #[arg(long, env = "PLAYGROUND_INDEX_URL", value_name = "URL")]
    index_url: Option<String>,
}

/// Ends with [`Exit::Failed`] where something is bad; warnings alone are no failure.
pub(crate) async fn run(args: DoctorArgs, connection: &Connection) -> anyhow::Result<()> {
    let settings = args.settings(connection)?;
    let lines = Box::pin(look(&settings, connection)).await;
    let language = Language::of_user();
    match connection.output {
        Output::Json => {
            let told: Vec<_> = lines.iter().map(|line| line.told(language)).collect();
            print_json(&told)?;
        }
        Output::Table => print(&shown(&lines, language))?,
    }
    let summary = summary(&lines, language);
    if lines.iter().any(|line| line.state == State::Bad) {
        return Err(Problem::new(Exit::Failed, summary).into());
    }
    if connection.output == Output::Table {
        note(&summary);
    }
    Ok(())
}

impl DoctorArgs {
    /// By the Agent's own rules: flags, then the environment, then the file.
    fn settings(self, connection: &Connection) -> anyhow::Result<AgentConfig> {
        let options = AgentOptions {
            config: self.config,
            data_dir: connection.data_dir.clone(),
            port_range: self.port_range,
            docker_host: self.docker_host,
            base_image: self.base_image,
            build_ca_bundle: self.build_ca_bundle,
            index_url: self.index_url,
            ..AgentOptions::default()
        };
        Ok(options.resolve()?)
    }
}

/// All looks at the same time; their lines in the order of what stands on what.
async fn look(settings: &AgentConfig, connection: &Connection) -> Vec<Line> {
    let control = &settings.control;
    let (of_engine, of_index, ports, data_dir, data_disk, agent) = tokio::join!(
        look_at_engine(settings),
        look_at_index(settings),
        ports::look(control.port_range, control.publish_address),
        data_dir::look(&control.data_dir),
        disk::measure(&control.data_dir),
        agent::look(connection),
    );
    let least = control.clean.min_free_bytes;
    let data_disk = data_disk.map_or_else(
        || too_long(disk::DATA),
        |disk| disk::judge(disk::DATA, &disk, least),
    );
    let mut lines = of_engine;
    lines.extend([data_disk, data_dir, ports]);
    lines.extend(of_index);
    lines.push(agent);
    lines
}

async fn look_at_engine(settings: &AgentConfig) -> Vec<Line> {
    let control = &settings.control;
    let engine = Engine::docker(settings.docker_host.as_deref());
    let address = engine::address(settings.docker_host.as_deref());
    let images_disk = async {
        let root = ask("info", engine.data_root()).await;
        let disk = match &root {
            Ok(Some(root)) => disk::measure(root).await,
            _ => None,
        };
        (root, disk)
    };
    let (door, version, image, origin, networks, (root, disk), cards) = tokio::join!(
        engine::knock(&address),
        ask("version", engine.version()),
        ask("image", engine.image(&control.base_image)),
        registry::find(&engine, &control.base_image),
        networks::find(&engine, &control.network, control.reach()),
        images_disk,
        gpu::cards(),
    );
    vec![
        versions::judge(env!("CARGO_PKG_VERSION"), &version),
        engine::judge_socket(&address, door),
        engine::judge(&address, door, &version),
        storage::judge(&version),
        disk::judge_images(&root, disk.as_ref()),
        base_image::judge(&control.base_image, &image),
        registry::judge(&control.base_image, &origin),
        networks::judge(&control.network, &networks),
        gpu::judge(&cards, &version),
    ]
}

async fn look_at_index(settings: &AgentConfig) -> [Line; 3] {
    let build = &settings.control.build;
    let ca_bundle = build.ca_bundle.as_deref();
    let address = index::address(build.index.index_url.as_deref());
    let asked = index::ask(address, ca_bundle).await;
    [
        index::judge(&asked),
        certificate::judge(&asked, ca_bundle),
        clock::judge(asked.times),
    ]
}
