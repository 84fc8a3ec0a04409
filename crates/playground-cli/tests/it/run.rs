//! Runs the binary with nothing of this machine's settings.

use std::fmt;
use std::process::{Command, Output};

use crate::agent::FakeAgent;

/// With the mark that `cargo xtask test` looks for in everything that is printed.
pub(crate) const TOKEN: &str = "5ec2e7ca9a59-of-the-command-line";

/// What came of it.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl fmt::Display for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = self.code.unwrap_or(-1);
        write!(
            f,
            "exit {code}\n--- stdout\n{}--- stderr\n{}",
            self.out, self.err
        )
    }
}

/// The binary in an empty directory, without an environment.
pub(crate) fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_playground"));
    command
        .args(args)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .current_dir(env!("CARGO_TARGET_TMPDIR"));
    command
}

#[expect(
    clippy::print_stdout,
    reason = "what the binary prints is part of what the tests print"
)]
pub(crate) fn ran(output: &Output) -> Ran {
    let ran = Ran {
        code: output.status.code(),
        out: String::from_utf8(output.stdout.clone()).unwrap(),
        err: String::from_utf8(output.stderr.clone()).unwrap(),
    };
    println!("{ran}");
    ran
}

pub(crate) fn playground(args: &[&str]) -> Ran {
    ran(&command(args).output().unwrap())
}

/// Runs it against a fake Agent, with the token it wants. The address, new each time, reads `AGENT`.
pub(crate) fn against(agent: &FakeAgent, args: &[&str]) -> Ran {
    against_with(agent, args, &[])
}

/// The same with more of an environment.
pub(crate) fn against_with(agent: &FakeAgent, args: &[&str], settings: &[(&str, &str)]) -> Ran {
    let output = command(args)
        .envs(settings.iter().copied())
        .env("PLAYGROUND_URL", &agent.url)
        .env("PLAYGROUND_TOKEN", TOKEN)
        .output()
        .unwrap();
    let mut ran = ran(&output);
    ran.out = ran.out.replace(&agent.url, "AGENT");
    ran.err = ran.err.replace(&agent.url, "AGENT");
    ran
}
