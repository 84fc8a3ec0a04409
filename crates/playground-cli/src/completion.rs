//! `playground completion`: what a shell needs to complete the command line.

use clap::{Args, CommandFactory as _, ValueEnum};
use clap_complete::Shell;

use crate::cli::Cli;
use crate::output::print;

#[derive(Debug, Args)]
pub(crate) struct CompletionArgs {
    /// The shell
    #[arg(value_enum)]
    shell: OurShell,
}

/// The shells that are looked after.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum OurShell {
    // No doc comments: clap would give each a paragraph of its own.
    Bash,
    Zsh,
    Fish,
}

/// Prints the script; where it goes is the shell's matter.
pub(crate) fn run(args: &CompletionArgs) -> anyhow::Result<()> {
    let shell = match args.shell {
        OurShell::Bash => Shell::Bash,
        OurShell::Zsh => Shell::Zsh,
        OurShell::Fish => Shell::Fish,
    };
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "playground", &mut script);
    Ok(print(&String::from_utf8(script)?)?)
}
