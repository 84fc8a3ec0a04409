//! The image to begin from.

use std::path::Path;

use futures_util::StreamExt as _;
use playground_engine::{Engine, EngineError};
use playground_types::Digest;
use tokio_util::io::ReaderStream;

use super::BuildArgs;
use super::bootstrap::{self, Host};
use super::recipe::BOOTSTRAP;
use crate::exit::{Exit, Problem};
use crate::progress::Progress;

/// Begun from where a registry is reached.
const PYTHON: &str = "python:3.12-slim";

/// The image that was asked for; else Python's, at hand or pulled; else one from this machine's own packages.
pub(super) async fn find(
    engine: &Engine,
    args: &BuildArgs,
    cache: &Path,
    progress: &Progress,
) -> anyhow::Result<String> {
    let wanted = args.from.as_deref().unwrap_or(PYTHON);
    if engine.image(wanted).await?.is_some() {
        return Ok(wanted.to_owned());
    }
    // A root that was bootstrapped before is quicker than finding out again that there is no registry.
    let host = Host::look();
    let bootstrapped = format!("{}:{}", args.root_name, version(&host));
    if args.from.is_none() && engine.image(&bootstrapped).await?.is_some() {
        progress.line(&format!("beginning from {bootstrapped}"));
        return Ok(bootstrapped);
    }
    let refusal = match pull(engine, wanted, args, progress).await {
        Ok(()) => return Ok(wanted.to_owned()),
        Err(refusal) => refusal,
    };
    if args.from.is_some() {
        return Err(Problem::new(
            Exit::Failed,
            format!(
                "{wanted} is not here and cannot be pulled ({})",
                one_line(&refusal)
            ),
        )
        .hint("bring it with `docker load`, or leave --from away to let this command find a way")
        .into());
    }
    if let Err(reason) = host.can_bootstrap() {
        return Err(no_root(&refusal, &reason).into());
    }
    progress.line(&format!(
        "no {wanted} ({}): making a root from {} packages",
        one_line(&refusal),
        host.name()
    ));
    let tar = bootstrap::root(&host, cache, progress).await?;
    import(engine, &tar, &bootstrapped, progress).await?;
    engine
        .tag_image(&bootstrapped, &format!("{}:latest", args.root_name))
        .await?;
    Ok(bootstrapped)
}

/// Another script, or another release of the system, is another root.
fn version(host: &Host) -> String {
    let digest = Digest::of(BOOTSTRAP.as_bytes());
    format!("{}-{}", host.suite(), &digest.hex()[..12])
}

async fn pull(
    engine: &Engine,
    image: &str,
    args: &BuildArgs,
    progress: &Progress,
) -> Result<(), EngineError> {
    let step = progress.step(format!("pulling {image}"));
    engine.pull_image(image, args.pull_timeout()).await?;
    step.done("");
    Ok(())
}

async fn import(
    engine: &Engine,
    tar: &Path,
    target: &str,
    progress: &Progress,
) -> anyhow::Result<()> {
    let step = progress.step(format!("importing it as {target}"));
    let file = tokio::fs::File::open(tar).await?;
    let parts = ReaderStream::with_capacity(file, 256 * 1024).boxed();
    engine.import_image(parts, target).await?;
    step.done("");
    Ok(())
}

/// Neither a registry nor packages: says everything that would help.
fn no_root(refusal: &EngineError, reason: &str) -> Problem {
    Problem::new(
        Exit::Failed,
        format!("there is nothing to begin from: {PYTHON} cannot be pulled ({}), and {reason}", one_line(refusal)),
    )
    .hint(format!(
        "give an image with Python 3 that Docker has (--from IMAGE); or, where a registry is reached, run \
         `docker pull {PYTHON} && docker save {PYTHON} -o python.tar`, bring python.tar here and `docker load -i python.tar`; \
         or run this command as root on Debian or Ubuntu, which needs their packages only"
    ))
}

fn one_line(error: &EngineError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = error.to_string();
        cause = error.source();
    }
    text.lines().next().unwrap_or_default().to_owned()
}
