//! Measurements, each beside the plain way of doing the same, in one run.

mod create;
mod plain;
mod ready;

use clap::Subcommand;

/// What can be measured.
#[derive(Debug, Subcommand)]
pub(crate) enum Bench {
    /// A create: from an archive to a ready app, beside the seed's three Dockerfile lines with pip
    Create(create::Options),
}

/// Measures.
pub(crate) fn run(bench: &Bench) -> anyhow::Result<()> {
    match bench {
        Bench::Create(options) => create::run(options),
    }
}
