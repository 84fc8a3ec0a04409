//! `cargo xtask pictures`: the pictures of the page in the documentation, taken anew of the page as it is.

use std::path::PathBuf;

use clap::Args;

use crate::command::{command, run as run_command};
use crate::step::step;
use crate::{browser, docker, repo, up};

/// What can be chosen.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The Agent's binary, which carries the page; built when not given
    #[arg(long)]
    binary: Option<PathBuf>,
}

/// Takes them, into `docs/pictures`.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    step("Docker Engine", docker::ensure)?;
    let binary = match &options.binary {
        Some(binary) => binary.clone(),
        None => up::binary_step()?,
    };
    step("Base image", || {
        run_command(command(&binary, &["base", "build"]).env("PLAYGROUND_CACHE", repo::cache()))?;
        Ok("there")
    })?;
    let folder = repo::root().join("docs/pictures");
    browser::run(
        &binary,
        "browser/test_page_pictures.py",
        &[("PLAYGROUND_PICTURES", &folder)],
    )
}
