//! From a directory or an archive to the Agent.

use std::path::{Path, PathBuf};

use playground_client::{Archive, ClientError};

use crate::human::size;
use crate::interrupt::{aside, unless_interrupted};
use crate::language::say;
use crate::pack::{Packed, pack};
use crate::progress::Progress;

/// What an upload sends.
#[derive(Debug)]
pub(crate) enum Source {
    /// A directory, packed. Its file goes when this does.
    Packed(Packed),
    /// An archive of the author's.
    Archive(PathBuf),
}

/// What hears how many bytes of an archive were taken.
pub(crate) type Report = Box<dyn FnMut(u64) + Send>;

impl Source {
    /// The archive.
    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Packed(packed) => packed.file.path(),
            Self::Archive(path) => path,
        }
    }
}

/// An archive that arrived is examined before there is an answer.
pub(crate) fn waiting() -> String {
    say("waiting for the Agent", "Agent를 기다리는 중")
}

/// Packs what is a directory.
pub(crate) async fn packed(progress: &Progress, plugin: &Path) -> anyhow::Result<Source> {
    if !plugin.is_dir() {
        return Ok(Source::Archive(plugin.to_owned()));
    }
    let step = progress.step(say(
        format!("packing {}", plugin.display()),
        format!("압축하는 중: {}", plugin.display()),
    ));
    let folder = plugin.to_owned();
    let packed = aside(move || Ok(pack(&folder)?)).await?;
    let (files, size) = (packed.files, size(packed.bytes));
    step.done(&say(
        format!("{files} files, {size}"),
        format!("파일 {files}개, {size}"),
    ));
    Ok(Source::Packed(packed))
}

/// Sends it, showing how much of it was taken.
pub(crate) async fn send<T>(
    progress: &Progress,
    source: &Source,
    send: impl AsyncFnOnce(Archive, Report) -> Result<T, ClientError>,
) -> anyhow::Result<T> {
    let archive = Archive::open(source.path()).await?;
    let bar = progress.upload(archive.size());
    let waiting = progress.waiting(waiting());
    let moving = bar.clone();
    let report = Box::new(move |bytes| moving.set_position(bytes));
    let sent = unless_interrupted(async { Ok(send(archive, report).await?) }).await;
    waiting.finish_and_clear();
    bar.finish_and_clear();
    sent
}
