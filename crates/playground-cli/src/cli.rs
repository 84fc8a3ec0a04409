//! What can be typed.

use std::future::Future;

use clap::{Parser, Subcommand};

use crate::agent::AgentArgs;
use crate::base::BaseArgs;
use crate::builds::{BuildArgs, BuildsArgs};
use crate::check::CheckArgs;
use crate::completion::CompletionArgs;
use crate::connect::{Connection, Session};
use crate::create::CreateArgs;
use crate::dev::DevArgs;
use crate::doctor::DoctorArgs;
use crate::exit::EXIT_CODES;
use crate::init::InitArgs;
use crate::interrupt::aside;
use crate::login::LoginArgs;
use crate::logs::LogsArgs;
use crate::ls::LsArgs;
use crate::man::ManArgs;
use crate::open::OpenArgs;
use crate::orphans::OrphansArgs;
use crate::pack::PackArgs;
use crate::power::IdsArgs;
use crate::prune::PruneArgs;
use crate::releases::ReleasesArgs;
use crate::run::RunArgs;
use crate::show::ShowArgs;
use crate::{
    agent, base, builds, check, completion, create, dev, doctor, health, init, login, logs, ls,
    man, open, orphans, pack, power, prune, releases, run, show,
};

/// Runs plugins as Gradio apps in isolated containers.
#[derive(Debug, Parser)]
#[command(
    name = "playground",
    version,
    max_term_width = 100,
    after_help = EXIT_CODES
)]
pub(crate) struct Cli {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Begin a plugin: a directory with an app that runs as it is
    Init(InitArgs),
    /// Tell what is wrong with a plugin, where, and what to do; uploads nothing
    Check(CheckArgs),
    /// Pack a plugin's directory into the archive that an upload would send
    Pack(PackArgs),
    /// Bring a plugin's app up, open it in the browser, and follow what it prints
    Run(Box<RunArgs>),
    /// The same while you write it: every save reaches the running app
    Dev(Box<DevArgs>),
    /// Bring up a plugin's app: build its image, start its container, wait until it answers
    Create(Box<CreateArgs>),
    /// List the containers
    Ls(LsArgs),
    /// Show one container
    Show(ShowArgs),
    /// Print what a container printed
    Logs(LogsArgs),
    /// Stop containers; their ports stay reserved
    Stop(IdsArgs),
    /// Start stopped containers and wait for their apps
    Start(IdsArgs),
    /// Restart containers and wait for their apps
    Restart(IdsArgs),
    /// Stop and remove containers
    Rm(IdsArgs),
    /// Look at what creates started: list, show, logs, cancel
    Builds(BuildsArgs),
    /// Cancel a build that has not ended, as `builds cancel` does
    Cancel(BuildArgs),
    /// Look at the plugin releases that the Agent keeps: list, show, add, remove
    Releases(ReleasesArgs),
    /// Look at containers that no record has: list, adopt, remove
    Orphans(OrphansArgs),
    /// Tell whether the Agent can do its work, and what is wrong; fails when something is
    Health,
    /// Look at this machine: can it run the Agent, and what to type where it cannot?
    Doctor(DoctorArgs),
    /// Keep an Agent's token for later calls
    Login(LoginArgs),
    /// Open the page, logged in, or an app, and print its address; the page's works once, within ten minutes
    Open(OpenArgs),
    /// Remove images, ended builds and contents that are not needed any more
    #[command(visible_alias = "clean")]
    Prune(PruneArgs),
    /// Make the image that plugin images are made from
    Base(BaseArgs),
    /// Print a script with which a shell completes this command line
    Completion(CompletionArgs),
    /// Write the manual pages
    #[command(hide = true)]
    Man(ManArgs),
    /// Run the Agent: the server beside a Docker Engine
    Agent(Box<AgentArgs>),
}

impl Cli {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        // One provider for everything that speaks TLS; a second call would only say that there is one.
        drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
        let connection = self.connection;
        let session = || Session::new(&connection);
        match self.command {
            Command::Agent(args) => agent::run(*args),
            Command::Base(args) => block_on(base::run(args, &connection)),
            Command::Run(args) => block_on(run::run(*args, session()?)),
            Command::Dev(args) => block_on(dev::run(*args, session()?)),
            Command::Init(args) => init::run(args, connection.output),
            Command::Check(args) => block_on(aside(move || check::run(&args, connection.output))),
            Command::Pack(args) => block_on(aside(move || pack::run(&args, connection.output))),
            Command::Create(args) => block_on(create::run(*args, session()?)),
            Command::Ls(args) => block_on(ls::run(args, session()?)),
            Command::Show(args) => block_on(show::run(args, session()?)),
            Command::Logs(args) => block_on(logs::run(args, session()?)),
            Command::Stop(args) => block_on(power::stop(args, session()?)),
            Command::Start(args) => block_on(power::start(args, session()?)),
            Command::Restart(args) => block_on(power::restart(args, session()?)),
            Command::Rm(args) => block_on(power::remove(args, session()?)),
            Command::Builds(args) => block_on(builds::run(args, session()?)),
            Command::Releases(args) => block_on(releases::run(args, session()?)),
            Command::Cancel(args) => block_on(builds::cancel(&args, session()?)),
            Command::Prune(args) => block_on(prune::run(args, session()?)),
            Command::Login(args) => block_on(login::run(args, &connection)),
            Command::Completion(args) => completion::run(&args),
            Command::Man(args) => man::run(&args),
            Command::Orphans(args) => block_on(orphans::run(args, session()?)),
            Command::Open(args) => block_on(open::run(args, session()?)),
            Command::Doctor(args) => block_on(doctor::run(args, &connection)),
            Command::Health => block_on(health::run(session()?)),
        }
    }
}

/// A verb waits for one thing at a time: one thread is enough, and quick to start. What blocks has a thread of its own, and
/// is waited for at the end.
fn block_on(verb: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(verb)
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, Parser as _};

    use super::{Cli, Command};

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn global_options_stand_on_either_side_of_the_verb_and_do_not_disturb_the_agent() {
        for line in [
            "playground --token t ls",
            "playground ls --token t",
            "playground agent --token t --data-dir d",
            "playground --token t agent",
        ] {
            let cli = Cli::try_parse_from(line.split(' ')).unwrap();
            assert_eq!(cli.connection.token.as_deref(), Some("t"), "{line}");
            if let Command::Agent(args) = cli.command {
                assert_eq!(args.options().token.as_deref(), Some("t"), "{line}");
            }
        }
    }
}
