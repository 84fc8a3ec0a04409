//! The processes of a measurement that are our own, as fast as they are delivered.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use anyhow::Context as _;

use crate::command::{command, run};
use crate::repo;

/// A process that ends with us.
pub(super) struct Ended(pub(super) Child);

impl Drop for Ended {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// A process that tells things, line by line.
pub(super) struct Side {
    child: Ended,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Side {
    /// Starts an example of the gateway's crate.
    pub(super) fn start(example: &str, arguments: &[&str]) -> anyhow::Result<Self> {
        let program = repo::target().join("dist/examples").join(example);
        let mut child = command(program, arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        Ok(Self {
            child: Ended(child),
            stdin: stdin.context("it has an input")?,
            stdout: BufReader::new(stdout.context("it has an output")?),
        })
    }

    /// The next line that it says.
    pub(super) fn line(&mut self) -> anyhow::Result<String> {
        let mut line = String::new();
        self.stdout.read_line(&mut line)?;
        Ok(line.trim().to_owned())
    }

    /// The port that it says first.
    pub(super) fn port(&mut self) -> anyhow::Result<u16> {
        self.line()?.parse().context("it tells its port")
    }

    /// What it says when it is asked.
    pub(super) fn ask(&mut self) -> anyhow::Result<String> {
        self.stdin.write_all(b"\n")?;
        self.line()
    }

    /// Its number with the system.
    pub(super) fn id(&self) -> u32 {
        self.child.0.id()
    }
}

impl From<Side> for Ended {
    fn from(side: Side) -> Self {
        side.child
    }
}

/// Builds the examples that measurements run.
pub(super) fn build() -> anyhow::Result<PathBuf> {
    let arguments = [
        "build",
        "--locked",
        "--profile",
        "dist",
        "--package",
        "playground-proxy",
        "--examples",
    ];
    run(&mut command(env!("CARGO"), &arguments))?;
    Ok(repo::target().join("dist/examples"))
}
