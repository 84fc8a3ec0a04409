//! `playground`: the Agent (`playground agent`) and its command line in one binary.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use playground_agent::AgentOptions;

/// Runs plugins as Gradio apps in isolated containers.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the Agent: the server beside a Docker Engine
    Agent(Box<AgentOptions>),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            #[expect(clippy::print_stderr, reason = "the last word of a failed command")]
            {
                eprintln!("error: {error:#}");
            }
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<()> {
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    match cli.command {
        Command::Agent(options) => {
            let config = options.resolve()?;
            playground_agent::init_telemetry(config.log_json);
            tokio::runtime::Runtime::new()?.block_on(playground_agent::serve(config))
        }
    }
}
