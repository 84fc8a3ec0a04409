//! `playground man`: the manual pages, for whoever makes packages.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, CommandFactory as _};

use crate::cli::Cli;
use crate::language::say;

#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// The directory for the pages; it is made where it is missing
    #[arg(long)]
    dir: PathBuf,
}

/// Writes one page a verb: `playground.1`, `playground-ls.1` and so on.
pub(crate) fn run(args: &ManArgs) -> anyhow::Result<()> {
    let dir = &args.dir;
    let cannot = || {
        let shown = dir.display();
        say(
            format!("manual pages cannot be written to {shown}"),
            format!("매뉴얼 페이지를 쓸 수 없습니다: {shown}"),
        )
    };
    std::fs::create_dir_all(dir).with_context(cannot)?;
    // `help` would have a page for every verb again.
    let command = Cli::command().disable_help_subcommand(true);
    clap_mangen::generate_to(command, dir).with_context(cannot)
}
