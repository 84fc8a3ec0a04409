//! `cargo xtask bench page`: what the Playground page costs a browser, beside an empty page in the same run.

use std::path::PathBuf;

use clap::Args;

use crate::binary::{self, Profile};
use crate::browser;

/// What can be chosen.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The Agent's binary, which carries the page; built when not given
    #[arg(long)]
    binary: Option<PathBuf>,
}

/// Measures.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let binary = binary::on_engine(options.binary.as_deref(), Profile::Release)?;
    browser::run(&binary, "browser/bench_page.py", &[])
}
