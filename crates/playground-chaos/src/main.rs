//! L8: what nobody tries by hand. `cargo xtask chaos` and `cargo xtask soak` run this program.
//!
//! | part | what it is |
//! |---|---|
//! | `world` | a machine of its own: network, processes and mounts that nothing outside sees, and that end with it |
//! | `dockerd`, `agent` | the Docker Engine and the Agent in it, to be killed and started |
//! | `chaos` | clients, a killer, and the comparison of what should be with what is |
//! | `presence` | visitors at random of apps that fall asleep |
//! | `soak` | a steady load, and whether the Agent grows under it |
//!
//! It needs root, because it makes namespaces and runs a Docker Engine in them. The machine's own engine is only asked for
//! the base image; not one of its containers, rules or ports is touched.

mod agent;
mod chaos;
mod docker;
mod dockerd;
mod presence;
mod random;
mod shims;
mod soak;
mod stage;
mod tell;
mod world;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(name = "playground-chaos", about = "Kills, loads and compares")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Random work from several clients while Agent and Docker Engine are killed; then everything is compared
    Chaos(chaos::Options),
    /// Visitors at random of apps that fall asleep; then what they saw is compared with what the engine did
    Presence(presence::Options),
    /// A steady load for a long time; then the Agent's memory, files and threads are compared with those at first
    Soak(soak::Options),
}

/// What every run needs.
#[derive(Debug, Clone, Args)]
pub(crate) struct Place {
    /// The `playground` binary under test
    #[arg(long)]
    binary: PathBuf,
    /// Where the run keeps its files; must be on a disk that overlayfs can stand on
    #[arg(long, overrides_with = "folder")]
    folder: PathBuf,
    /// The base image, taken from the machine's own Docker Engine
    #[arg(long, default_value = "synapse-gradio-base:latest")]
    base_image: String,
    /// Keep the run's files: logs, database, the engine's data
    #[arg(long)]
    keep: bool,
    /// Already inside a world of its own
    #[arg(long, hide = true)]
    inside: bool,
}

impl Command {
    fn place(&self) -> &Place {
        match self {
            Self::Chaos(options) => &options.place,
            Self::Presence(options) => &options.place,
            Self::Soak(options) => &options.place,
        }
    }
}

fn main() -> anyhow::Result<ExitCode> {
    let command = Cli::parse().command;
    if !command.place().inside {
        return world::enter(command.place());
    }
    let runtime = tokio::runtime::Runtime::new()?;
    let holds = runtime.block_on(async {
        match command {
            Command::Chaos(options) => chaos::run(options).await,
            Command::Presence(options) => presence::run(options).await,
            Command::Soak(options) => soak::run(options).await,
        }
    })?;
    Ok(if holds {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
