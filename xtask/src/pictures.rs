//! `cargo xtask pictures`: the pictures of the page in the documentation, taken anew of the page as it is.

use std::path::PathBuf;

use clap::Args;

use crate::binary::{self, Profile};
use crate::{browser, repo};

/// What can be chosen.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The Agent's binary, which carries the page; built when not given
    #[arg(long)]
    binary: Option<PathBuf>,
}

/// Takes them, into `docs/pictures`.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let binary = binary::on_engine(options.binary.as_deref(), Profile::Release)?;
    let folder = repo::root().join("docs/pictures");
    browser::run(
        &binary,
        "browser/test_page_pictures.py",
        &[("PLAYGROUND_PICTURES", &folder)],
    )
}
