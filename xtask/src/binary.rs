//! The `playground` binary.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::command::{command, run};
use crate::step::step;
use crate::{docker, repo, web};

/// How it is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// As people use it.
    Release,
    /// Quickly.
    Debug,
}

/// An engine with the base image on it, and the binary: the one that was named, or one built now.
pub(crate) fn on_engine(given: Option<&Path>, profile: Profile) -> anyhow::Result<PathBuf> {
    step("Docker Engine", docker::ensure)?;
    let mut binary = PathBuf::new();
    step("Binary", || {
        binary = match given {
            Some(given) => given
                .canonicalize()
                .with_context(|| format!("there is no binary at {}", given.display()))?,
            None => build(profile)?,
        };
        Ok(binary.display().to_string())
    })?;
    base_image(&binary)?;
    Ok(binary)
}

/// Makes sure of the image that every plugin's image is built on.
pub(crate) fn base_image(binary: &Path) -> anyhow::Result<()> {
    step("Base image", || {
        run(command(binary, &["base", "build"]).env("PLAYGROUND_CACHE", repo::cache()))?;
        Ok("there")
    })
    .map(drop)
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
