//! `cargo xtask fuzz`: the fuzz targets, each for a bounded time. A crash fails the run and stays in fuzz/artifacts.

use clap::Args;

use crate::command::{command, exists, run as run_command};
use crate::repo;
use crate::step::step;

/// The targets, as `fuzz/fuzz_targets` has them.
const TARGETS: [&str; 3] = ["archive", "manifest", "requirements"];

/// What can be chosen.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Seconds for each target
    #[arg(long, default_value_t = 60)]
    seconds: u32,
}

/// Runs every target. cargo-fuzz is installed when it is missing, and told to use this stable toolchain.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    if !exists("cargo-fuzz") {
        step("cargo-fuzz", || {
            run_command(&mut command(
                env!("CARGO"),
                &["install", "--locked", "--quiet", "cargo-fuzz"],
            ))?;
            Ok("installed")
        })?;
    }
    for target in TARGETS {
        step(&format!("Fuzz {target}"), || {
            let time = format!("-max_total_time={}", options.seconds);
            let arguments = [
                "fuzz",
                "run",
                target,
                "--sanitizer",
                "none",
                "--",
                &time,
                "-print_final_stats=1",
            ];
            run_command(
                command(env!("CARGO"), &arguments)
                    .current_dir(repo::root())
                    .env("RUSTC_BOOTSTRAP", "1"),
            )?;
            Ok("clean")
        })?;
    }
    Ok(())
}
