//! The mimic: a plugin without Gradio that is ready within milliseconds and behaves as its params say.
//!
//! `mimic.py` beside this file is its whole app and lists what it understands.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::Plugin;

const APP: &str = include_str!("mimic.py");
const CONTENT: &str = "plugin/content.txt";

impl Plugin {
    /// A mimic's archive. `content` tells it from other archives of the same release: `/me` answers it.
    pub fn mimic(code: &str, version: &str, content: &str) -> Self {
        let manifest = format!(
            "code: {code}\nversion: \"{version}\"\nname: {code}\nactions:\n  gradio:\n    entrypoint: plugin.gradio_interface.app\n"
        );
        Self::empty()
            .with("config.yaml", &manifest)
            .with("plugin/__init__.py", "")
            .with("plugin/gradio_interface.py", APP)
            .with(CONTENT, content)
    }
}

/// How a mimic behaves, as `params` of a create. Times count from the start of its process.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mimic(Map<String, Value>);

impl Mimic {
    /// Well-behaved, and ready at once.
    pub fn new() -> Self {
        Self::default()
    }

    /// Listens only after so long.
    #[must_use]
    pub fn ready_after(self, time: Duration) -> Self {
        self.with("ready_after_ms", millis(time))
    }

    /// Ends by itself after so long, whenever it is started.
    #[must_use]
    pub fn exit_after(self, time: Duration, code: u8) -> Self {
        self.with("exit_after_ms", millis(time))
            .with("exit_code", code)
    }

    /// Takes connections and answers none any more after so long.
    #[must_use]
    pub fn mute_after(self, time: Duration) -> Self {
        self.with("mute_after_ms", millis(time))
    }

    /// Answers 500 after so long.
    #[must_use]
    pub fn sick_after(self, time: Duration) -> Self {
        self.with("sick_after_ms", millis(time))
    }

    /// Does not end when it is asked to.
    #[must_use]
    pub fn ignore_sigterm(self) -> Self {
        self.with("ignore_sigterm", true)
    }

    /// Prints so many bytes before it listens.
    #[must_use]
    pub fn log_bytes(self, bytes: u64) -> Self {
        self.with("log_bytes", bytes)
    }

    /// Writes so many bytes beside its code before it listens.
    #[must_use]
    pub fn write_bytes(self, bytes: u64) -> Self {
        self.with("write_bytes", bytes)
    }

    /// Any other value: a mimic does nothing about it, and `/me` answers it.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    /// As `params` of a create.
    pub fn params(&self) -> Map<String, Value> {
        self.0.clone()
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
