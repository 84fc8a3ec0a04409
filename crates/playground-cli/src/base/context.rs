//! Build contexts, in memory: a few small files.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use bytes::Bytes;
use futures_util::StreamExt as _;
use playground_engine::TarStream;

use super::{BuildArgs, SYSTEM_CA_BUNDLE};
use crate::language::say;

/// What a build step needs to reach the package index. Mounted for that step, never copied.
#[derive(Debug)]
pub(super) struct Settings {
    ca_bundle: Vec<u8>,
    index: String,
}

impl Settings {
    pub(super) fn read(args: &BuildArgs) -> anyhow::Result<Self> {
        let system = Path::new(SYSTEM_CA_BUNDLE);
        let path: Option<PathBuf> = match &args.ca_bundle {
            Some(path) => Some(path.clone()),
            None => system.is_file().then(|| system.to_owned()),
        };
        let ca_bundle = match path {
            None => Vec::new(),
            Some(path) => std::fs::read(&path).with_context(|| {
                let shown = path.display();
                say(
                    format!("the CA bundle {shown} cannot be read"),
                    format!("CA 번들을 읽을 수 없습니다: {shown}"),
                )
            })?,
        };
        let line = |(name, value): (&str, &Option<String>)| {
            // One line each, whatever was typed.
            let value = value.as_deref()?.replace(char::is_control, "");
            (!value.is_empty()).then(|| format!("{name}={value}\n"))
        };
        let index = [
            ("SYNAPSE_INDEX_URL", &args.index_url),
            ("SYNAPSE_EXTRA_INDEX_URL", &args.extra_index_url),
        ];
        Ok(Self {
            ca_bundle,
            index: index.into_iter().filter_map(line).collect(),
        })
    }

    /// The files as the recipe's Dockerfile wants them.
    pub(super) fn files(&self) -> [(&str, &[u8]); 2] {
        [
            (".synapse/ca.crt", &self.ca_bundle),
            (".synapse/index.env", self.index.as_bytes()),
        ]
    }
}

/// A context with these files.
pub(super) fn tar(files: &[(&str, &[u8])]) -> anyhow::Result<TarStream> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        // No time: the same files are the same layers.
        header.set_mtime(0);
        builder.append_data(&mut header, path, *bytes)?;
    }
    let bytes = Bytes::from(builder.into_inner()?);
    Ok(futures_util::stream::once(std::future::ready(Ok(bytes))).boxed())
}
