//! `playground base build`: the image that plugin images are made from, made with Docker.
//!
//! ```text
//! recipe ─▶ there already? ─▶ root: an image at hand, pulled, or bootstrapped ─▶ build ─▶ ask it what it has ─▶ label
//! ```
//!
//! The image gets its name last, so it never exists without its labels.

mod bootstrap;
mod cache;
mod context;
mod image;
mod recipe;
mod root;

pub(crate) use root::PYTHON;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use playground_engine::{Engine, EngineError};
use serde::Serialize;
use tokio::time::Instant;

use crate::connect::Connection;
use crate::exit::{Exit, Problem};
use crate::human::seconds;
use crate::language::say;
use crate::output::{Output, note, print, print_json};
use crate::progress::Progress;

/// The label with the digest of the recipe that an image was made by.
const LABEL_RECIPE: &str = "synapse.base.recipe";
/// Where Debian and Ubuntu keep the certificates that this machine trusts.
const SYSTEM_CA_BUNDLE: &str = "/etc/ssl/certs/ca-certificates.crt";

#[derive(Debug, Args)]
pub(crate) struct BaseArgs {
    #[command(subcommand)]
    command: BaseCommand,
}

#[derive(Debug, Subcommand)]
enum BaseCommand {
    /// Make the base image, unless it is there and up to date
    Build(BuildArgs),
}

#[derive(Debug, Args)]
struct BuildArgs {
    /// The image to begin from, with Python 3 [default: python:3.12-slim, or else Debian packages]
    #[arg(long, value_name = "IMAGE")]
    from: Option<String>,
    /// The name of the base image
    #[arg(long, default_value = "synapse-gradio-base:latest")]
    tag: String,
    /// Make it even if it is up to date
    #[arg(long)]
    force: bool,
    /// Seconds for fetching the image to begin from
    #[arg(long, default_value_t = 30, value_name = "SECONDS")]
    pull_timeout: u64,
    /// The Docker Engine's address, as Docker's own client takes it [default: that client's]
    #[arg(long, env = "PLAYGROUND_DOCKER_HOST")]
    docker_host: Option<String>,
    /// CA bundle that package installs trust [default: this machine's]
    #[arg(long, env = "PLAYGROUND_BUILD_CA_BUNDLE", value_name = "FILE")]
    ca_bundle: Option<PathBuf>,
    /// Docker network of build steps: host, or a network's name
    #[arg(long, env = "PLAYGROUND_BUILD_NETWORK", value_name = "NETWORK")]
    build_network: Option<String>,
    /// Package index
    #[arg(long, env = "PLAYGROUND_INDEX_URL", value_name = "URL")]
    index_url: Option<String>,
    /// A second package index
    #[arg(long, env = "PLAYGROUND_EXTRA_INDEX_URL", value_name = "URL")]
    extra_index_url: Option<String>,
    /// Where bootstrapped roots are kept [default: the user's cache directory, or else --data-dir]
    #[arg(long, env = "PLAYGROUND_CACHE", value_name = "DIR")]
    cache: Option<PathBuf>,
    /// The name of the bootstrapped root's image
    #[arg(long, hide = true, default_value = "synapse-gradio-root")]
    root_name: String,
}

/// What there is now.
#[derive(Debug, Serialize)]
struct Made {
    tag: String,
    id: String,
    recipe: String,
    python: String,
    packages: std::collections::BTreeMap<String, String>,
    /// Whether it was made just now.
    built: bool,
}

impl Made {
    fn summary(&self) -> String {
        let (python, count) = (&self.python, self.packages.len());
        let gradio = self.packages.get("gradio").cloned();
        let gradio = gradio.unwrap_or_else(|| say("none", "없음"));
        let words = say(
            format!("Python {python}, Gradio {gradio}, {count} packages"),
            format!("Python {python}, Gradio {gradio}, 패키지 {count}개"),
        );
        match self.built {
            true => words,
            false => format!("{words}; {}", say("up to date", "이미 최신입니다")),
        }
    }
}

pub(crate) async fn run(args: BaseArgs, connection: &Connection) -> anyhow::Result<()> {
    let BaseCommand::Build(args) = args.command;
    let made = build(&args, connection).await.map_err(explain)?;
    match connection.output {
        Output::Json => print_json(&made),
        Output::Table => {
            note(&made.summary());
            Ok(print(&made.tag)?)
        }
    }
}

async fn build(args: &BuildArgs, connection: &Connection) -> anyhow::Result<Made> {
    let engine = Engine::docker(args.docker_host.as_deref());
    let recipe = recipe::digest(args.from.as_deref());
    if !args.force
        && let Some(made) = image::up_to_date(&engine, &args.tag, &recipe).await?
    {
        return Ok(made);
    }
    engine.version().await?;
    let begun = Instant::now();
    let progress = Progress::new();
    let settings = context::Settings::read(args)?;
    let cache = cache::folder(args.cache.as_deref(), connection.data_dir());
    let root = root::find(&engine, args, &cache, &progress).await?;
    let made = image::make(&engine, args, &settings, &root, &recipe, &progress).await?;
    let (tag, took) = (&made.tag, seconds(begun.elapsed()));
    progress.line(&say(
        format!("made {tag} in {took}"),
        format!("만들었습니다: {tag}, {took}"),
    ));
    Ok(made)
}

impl BuildArgs {
    fn pull_timeout(&self) -> Duration {
        Duration::from_secs(self.pull_timeout)
    }
}

/// Docker being away has an exit code of its own.
fn explain(error: anyhow::Error) -> anyhow::Error {
    match error.downcast_ref::<EngineError>() {
        Some(EngineError::Unreachable { .. }) => {
            let message = say(
                format!("{error:#}"),
                format!("Docker에 연결할 수 없습니다: {}", error.root_cause()),
            );
            let hint = say(
                "is Docker running, and may this user use it? --docker-host names another one",
                "Docker가 실행 중인지, 현재 사용자가 쓸 수 있는지 확인하세요. 다른 Docker는 --docker-host로 지정합니다",
            );
            Problem::new(Exit::Unreachable, message).hint(hint).into()
        }
        _ => error,
    }
}
