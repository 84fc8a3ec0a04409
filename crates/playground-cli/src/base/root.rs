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
use crate::language::say;
use crate::progress::Progress;

/// Begun from where a registry is reached.
pub(crate) const PYTHON: &str = "python:3.12-slim";

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
        progress.line(&say(
            format!("beginning from {bootstrapped}"),
            format!("시작 이미지: {bootstrapped}"),
        ));
        return Ok(bootstrapped);
    }
    let refusal = match pull(engine, wanted, args, progress).await {
        Ok(()) => return Ok(wanted.to_owned()),
        Err(refusal) => refusal,
    };
    if args.from.is_some() {
        return Err(not_to_be_had(wanted, &refusal).into());
    }
    if let Err(reason) = host.can_bootstrap() {
        return Err(no_root(&refusal, &reason).into());
    }
    let (why, name) = (one_line(&refusal), host.name());
    progress.line(&say(
        format!("no {wanted} ({why}): making a root from {name} packages"),
        format!("받을 수 없음: {wanted} ({why}). 이 시스템({name})의 패키지로 루트 파일 시스템을 만듭니다"),
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
    let step = progress.step(say(format!("pulling {image}"), format!("받기: {image}")));
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
    let step = progress.step(say(
        format!("importing it as {target}"),
        format!("이미지로 가져오기: {target}"),
    ));
    let file = tokio::fs::File::open(tar).await?;
    let parts = ReaderStream::with_capacity(file, 256 * 1024).boxed();
    engine.import_image(parts, target).await?;
    step.done("");
    Ok(())
}

/// Neither a registry nor packages: says everything that would help.
fn no_root(refusal: &EngineError, reason: &str) -> Problem {
    let why = one_line(refusal);
    let message = say(
        format!("there is nothing to begin from: {PYTHON} cannot be pulled ({why}), and {reason}"),
        format!("시작할 이미지가 없습니다. 받을 수 없음: {PYTHON} ({why}). {reason}"),
    );
    let hint = say(
        format!(
            "give an image with Python 3 that Docker has (--from IMAGE); or, where a registry is reached, run \
             `docker pull {PYTHON} && docker save {PYTHON} -o python.tar`, bring python.tar here and `docker load -i python.tar`; \
             or run this command as root on Debian or Ubuntu, which needs their packages only"
        ),
        format!(
            "Docker에 있는 Python 3 이미지를 지정하거나(--from IMAGE), 레지스트리에 연결되는 곳에서 \
             `docker pull {PYTHON} && docker save {PYTHON} -o python.tar`를 실행하고 python.tar를 가져와 `docker load -i python.tar`를 실행하세요. \
             Debian이나 Ubuntu에서는 이 명령을 root로 실행하면 패키지만으로 만듭니다"
        ),
    );
    Problem::new(Exit::Failed, message).hint(hint)
}

/// The image that was asked for, and no other will do.
fn not_to_be_had(wanted: &str, refusal: &EngineError) -> Problem {
    let why = one_line(refusal);
    let message = say(
        format!("{wanted} is not here and cannot be pulled ({why})"),
        format!("Docker에 없고 받을 수도 없는 이미지입니다: {wanted} ({why})"),
    );
    let hint = say(
        "bring it with `docker load`, or leave --from away to let this command find a way",
        "`docker load`로 가져오거나, --from을 빼고 이 명령이 방법을 찾게 하세요",
    );
    Problem::new(Exit::Failed, message).hint(hint)
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
