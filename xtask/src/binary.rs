//! The `playground` binary.

use std::path::PathBuf;

use anyhow::Context as _;

use crate::command::{command, run};
use crate::{repo, web};

/// How it is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// As people use it.
    Release,
    /// Quickly.
    Debug,
}

/// Builds it, with the page in it, and says where it is.
pub(crate) fn build(profile: Profile) -> anyhow::Result<PathBuf> {
    web::make_if_possible()?;
    let mut arguments = vec!["build", "--locked", "--package", "playground-cli"];
    let folder = match profile {
        Profile::Release => {
            arguments.push("--release");
            "release"
        }
        Profile::Debug => "debug",
    };
    run(&mut command(env!("CARGO"), &arguments))?;
    let binary = repo::target().join(folder).join("playground");
    binary
        .canonicalize()
        .with_context(|| format!("{} was not built", binary.display()))
}
