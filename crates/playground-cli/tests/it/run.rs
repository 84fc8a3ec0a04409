//! Runs the binary with nothing of this machine's settings.

use std::fmt;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use crate::agent::FakeAgent;

/// Far more than anything takes that is waited for.
pub(crate) const LONG: Duration = Duration::from_secs(60);

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

/// A command that goes on, and can be interrupted.
pub(crate) struct Running {
    child: Child,
    lines: Receiver<String>,
    said: String,
}

impl Running {
    pub(crate) fn begin(url: &str, args: &[&str], settings: &[(&str, &str)]) -> Self {
        let mut child = command(args)
            .envs(settings.iter().copied())
            .env("PLAYGROUND_URL", url)
            .env("PLAYGROUND_TOKEN", TOKEN)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (said, lines) = channel();
        thread::spawn(move || stderr.lines().try_for_each(|line| said.send(line.unwrap())));
        Self {
            child,
            lines,
            said: String::new(),
        }
    }

    /// Waits until it says this on standard error, after whatever was waited for before; gives what it said until then.
    pub(crate) fn says(&mut self, words: &str) -> String {
        let before = self.said.len();
        loop {
            let Ok(line) = self.lines.recv_timeout(LONG) else {
                panic!("{words:?} was not said: {}", self.said);
            };
            self.said += &format!("{line}\n");
            if line.contains(words) {
                return self.said[before..].to_owned();
            }
        }
    }

    /// Ctrl-C; how it ends.
    pub(crate) fn interrupt(mut self) -> Ran {
        let kill = format!("kill -INT {}", self.child.id());
        let killed = Command::new("sh").args(["-c", &kill]).status().unwrap();
        assert!(killed.success());
        // The end of what it says is its own.
        while let Ok(line) = self.lines.recv_timeout(LONG) {
            self.said += &format!("{line}\n");
        }
        let mut out = String::new();
        let mut stdout = self.child.stdout.take().unwrap();
        stdout.read_to_string(&mut out).unwrap();
        Ran {
            code: self.child.wait().unwrap().code(),
            out,
            err: std::mem::take(&mut self.said),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended already unless its test failed.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
