//! `cargo xtask`: everything a fresh machine needs, and no other tool to install first.
//!
//! | command | what it does |
//! |---|---|
//! | `up` | from a fresh Debian or Ubuntu machine with Rust to a running Playground |
//! | `web` | the Playground page, from `web/` into what the next binary carries |
//! | `dist` | what is given to people who do not build it: static binary, wheels, the Agent's image, a compose file |
//! | `image` | the Agent's own image from a binary, without any registry |
//! | `pictures` | the pictures of the page in the documentation, taken anew |
//! | `test` | every check and every test level, with a table of what ran |
//! | `bench create` | what a create costs, beside the plain way, in one run |
//! | `bench edit` | an edit, from the save of a file to the changed app's answer |
//! | `bench gateway` | the gateway beside the app itself, nginx and HAProxy |
//! | `bench page` | what the page costs a browser |
//! | `bench restart` | how long a killed Agent takes until it is ready again, for 30, 100 and 300 records |
//! | `bench streams` | what open streams cost the gateway, and how late their events are |
//! | `bench wake` | how long a visitor of a sleeping app waits |
//! | `cage` | what a plugin container is confined by, as a table |
//! | `fuzz` | the fuzz targets, each for a bounded time |
//! | `chaos` | Agent and Docker Engine killed under load, then everything compared |
//! | `presence` | visitors at random of apps that fall asleep, compared with what the engine did |
//! | `soak` | a steady load, and whether the Agent grows under it |

mod agent;
mod bench;
mod binary;
mod browser;
mod cage;
mod canary;
mod chaos;
mod command;
mod dist;
mod docker;
mod fuzz;
mod image;
mod node;
mod pictures;
mod programs;
mod python;
mod reasons;
mod repo;
mod report;
mod step;
mod test;
mod up;
mod web;

use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(
    bin_name = "cargo xtask",
    about = "Runs, tests and measures Synapse Playground"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Bring up a Playground: Docker, base image, binary, Agent, and an example app
    Up(up::Options),
    /// Take the documentation's pictures of the page anew
    Pictures(pictures::Options),
    /// Make the Playground page, which the next `cargo build` puts into the binary
    Web,
    /// Make what is given to people who do not build it: a static binary, wheels, the Agent's image, a compose file
    Dist(dist::Options),
    /// Make the Agent's own image from a binary, without any registry
    Image(image::Options),
    /// Check and test everything
    Test(test::Options),
    /// Measure, side by side with the plain way
    #[command(subcommand)]
    Bench(bench::Bench),
    /// Show what confines a plugin container
    Cage,
    /// Run the fuzz targets
    Fuzz(fuzz::Options),
    /// Kill Agent and Docker Engine under load, then compare what is left with what was asked for
    ///
    /// The run has a network, processes and mounts of its own (so it needs root), and in them a Docker Engine of its own with
    /// its own data, socket and bridge. The machine's own engine is asked for the base image and for nothing else: its
    /// containers, iptables rules and ports are never touched. Everything that was started ends with the run.
    Chaos(chaos::Options),
    /// Load an Agent steadily, and see whether it grows
    ///
    /// It runs as chaos does, away from the machine's own engine, and needs root. It fails when the median of the last third
    /// of the time is above that of the first third by more than 15 % and 4 MiB of memory, 8 open files, 4 threads or 8
    /// tasks.
    Soak(chaos::SoakOptions),
    /// Visitors at random of apps that fall asleep; an error when one slept under a visitor, or did not in the end
    Presence(chaos::PresenceOptions),
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Up(options) => up::run(&options),
        Command::Pictures(options) => pictures::run(&options),
        Command::Web => web::make(),
        Command::Dist(options) => dist::run(&options),
        Command::Image(options) => image::run(&options),
        Command::Test(options) => test::run(&options),
        Command::Bench(bench) => bench::run(&bench),
        Command::Cage => cage::run(),
        Command::Fuzz(options) => fuzz::run(&options),
        Command::Chaos(options) => chaos::run(&options),
        Command::Soak(options) => chaos::soak(&options),
        Command::Presence(options) => chaos::presence(&options),
    }
}
