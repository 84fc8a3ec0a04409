//! What is asked at a terminal, and answered there.

use std::io::{Read as _, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;

use crate::agent::{FakeAgent, container, created, launch};
use crate::faults::plugin;
use crate::run::{LONG, TOKEN};
use crate::run_app::ready;

/// As the keyboard sends it.
const CTRL_C: &str = "\u{3}";

/// The binary at a terminal of its own, on which nothing moves.
struct Terminal {
    child: Child,
    keys: ChildStdin,
    parts: Receiver<Vec<u8>>,
    shown: Vec<u8>,
}

impl Terminal {
    fn begin(agent: &FakeAgent, args: &[&str], language: &str) -> Self {
        let words = [env!("CARGO_BIN_EXE_playground")].into_iter();
        let words: Vec<_> = words
            .chain(args.iter().copied())
            .map(|word| format!("'{word}'"))
            .collect();
        // No shell stays beside it that would hear Ctrl-C, too.
        let line = format!("exec {}", words.join(" "));
        let mut child = Command::new("script")
            .args(["--quiet", "--return", "--command", &line, "/dev/null"])
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("TERM", "dumb")
            .env("LANG", language)
            .env("PLAYGROUND_URL", &agent.url)
            .env("PLAYGROUND_TOKEN", TOKEN)
            .current_dir(env!("CARGO_TARGET_TMPDIR"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let keys = child.stdin.take().unwrap();
        let mut screen = child.stdout.take().unwrap();
        let (shown, parts) = channel();
        thread::spawn(move || {
            let mut part = [0; 4096];
            while let Ok(bytes @ 1..) = screen.read(&mut part) {
                drop(shown.send(part[..bytes].to_vec()));
            }
        });
        Self {
            child,
            keys,
            parts,
            shown: Vec::new(),
        }
    }

    /// Everything that was shown so far.
    fn screen(&self) -> String {
        String::from_utf8_lossy(&self.shown).into_owned()
    }

    /// Waits until it shows this.
    fn shows(&mut self, words: &str) {
        while !self.screen().contains(words) {
            let Ok(part) = self.parts.recv_timeout(LONG) else {
                panic!("{words:?} was not shown: {}", self.screen());
            };
            self.shown.extend(part);
        }
    }

    fn types(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits until it has ended.
    fn ends(mut self) -> (Option<i32>, String) {
        loop {
            match self.parts.recv_timeout(LONG) {
                Ok(part) => self.shown.extend(part),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("it goes on: {}", self.screen()),
            }
        }
        (self.child.wait().unwrap().code(), self.screen())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It has ended already unless its test failed.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Answers a question with yes, and presses Ctrl-C once more when the Agent was asked for what it never does.
fn agree_and_give_up(
    agent: &FakeAgent,
    mut terminal: Terminal,
    question: &str,
    asked: &str,
) -> String {
    terminal.types(CTRL_C);
    terminal.shows(question);
    terminal.types("y\n");
    agent.hears(asked);
    terminal.types(CTRL_C);
    let (code, screen) = terminal.ends();
    assert_eq!(code, Some(130), "{screen}");
    screen
}

#[test]
fn another_ctrl_c_does_not_wait_until_the_app_is_stopped() {
    let dir = tempfile::tempdir().unwrap();
    plugin(dir.path());
    let args = ["run", "--no-open", dir.path().to_str().unwrap()];
    for (language, question, end) in [
        ("C", "Stop quirky_einstein_1? [y/N] ", "error: interrupted"),
        (
            "ko_KR.UTF-8",
            "quirky_einstein_1 앱을 중지할까요? [y/N] ",
            "오류: 중단했습니다",
        ),
    ] {
        let agent = ready()
            .on_endless_events(
                "GET /containers/quirky_einstein_1/logs/stream/",
                &[("log", "loading the model")],
            )
            .on_silence("PATCH /containers/quirky_einstein_1/");
        let mut terminal = Terminal::begin(&agent, &args, language);
        terminal.shows("loading the model");
        let screen = agree_and_give_up(&agent, terminal, question, "PATCH ");
        assert!(screen.trim_end().ends_with(end), "{screen}");
    }
}

#[test]
fn another_ctrl_c_does_not_wait_until_the_build_is_cancelled() {
    let agent = FakeAgent::new()
        .on("POST /containers/", 202, &created(container(1, "building")))
        .on("GET /builds/b1/", 200, &launch("building"))
        .on_endless_events("GET /builds/b1/logs/stream/", &[("log", "Resolving")])
        .on_silence("DELETE /builds/b1/");
    let mut terminal = Terminal::begin(&agent, &["create", "my-plugin@1.0.0"], "C");
    terminal.shows("| Resolving");
    let question = "Cancel the build? [y/N] ";
    let screen = agree_and_give_up(&agent, terminal, question, "DELETE ");
    assert!(
        screen.trim_end().ends_with("error: interrupted"),
        "{screen}"
    );
}
