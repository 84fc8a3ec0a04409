//! `playground`: the Agent (`playground agent`) and its command line in one binary.
//!
//! ```text
//! args ─▶ cli ─▶ one file a verb ─▶ playground-client ─▶ the Agent
//!                 ├ init, check, pack ─▶ a plugin's directory (no Agent, no network)
//!                 ├ base ─▶ playground-engine ─▶ Docker (makes the base image; needs no Agent either)
//!                 └ doctor ─▶ this machine: engine, disks, ports, package index
//! ```
//!
//! Results go to standard output, everything else to standard error. How it ended is the exit code: [`exit`].

mod agent;
mod app_log;
mod base;
mod browser;
mod builds;
mod check;
mod cli;
mod completion;
mod connect;
mod create;
mod credentials;
mod dev;
mod doctor;
mod edits;
mod exit;
mod follow;
mod health;
mod human;
mod init;
mod interrupt;
mod language;
mod leave;
mod list;
mod login;
mod logs;
mod ls;
mod man;
mod open;
mod orphans;
mod outcome;
mod output;
mod pack;
mod power;
mod progress;
mod prune;
mod releases;
mod run;
mod settings;
mod show;
mod table;
mod upload;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    match cli.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => exit::report(&error),
    }
}
