//! How the app inside a container behaves.

use std::time::Duration;

use playground_types::port::APP_PORT;

/// How an app behaves from its start on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppBehaviour {
    /// How long until it listens and answers.
    pub ready_after: Duration,
    /// When it ends by itself, and with which exit code.
    pub exits_after: Option<(Duration, i64)>,
    /// The HTTP status it answers; 401 is an app that asks for a login.
    pub status: u16,
    /// It takes connections and answers none of them.
    pub hangs: bool,
    /// It never listens.
    pub never_listens: bool,
    /// It listens on loopback only, so that nothing outside the container reaches it.
    pub loopback_only: bool,
    /// The port it listens on; nothing but 7860 is published.
    pub port: u16,
    /// How long it takes to end once asked; longer than the grace period means killed.
    pub stops_after: Duration,
    /// What it prints at its start.
    pub log: Vec<String>,
}

impl Default for AppBehaviour {
    /// Ready after a second, serving until it is stopped.
    fn default() -> Self {
        Self {
            ready_after: Duration::from_secs(1),
            exits_after: None,
            status: 200,
            hangs: false,
            never_listens: false,
            loopback_only: false,
            port: APP_PORT,
            stops_after: Duration::ZERO,
            log: Vec::new(),
        }
    }
}

impl AppBehaviour {
    /// Ends after `after` with this exit code, having printed `log`, without ever listening.
    pub fn crashes(after: Duration, exit_code: i64, log: &[&str]) -> Self {
        Self {
            exits_after: Some((after, exit_code)),
            never_listens: true,
            log: log.iter().map(|&line| line.to_owned()).collect(),
            ..Self::default()
        }
    }

    /// Runs and never listens.
    pub fn never_ready() -> Self {
        Self {
            never_listens: true,
            ..Self::default()
        }
    }

    /// Whether the published port reaches it, `running_for` after its start.
    pub(super) fn is_reachable(&self, running_for: Duration) -> bool {
        self.listens(running_for) && !self.loopback_only && self.port == APP_PORT
    }

    /// Whether it listens anywhere, `running_for` after its start.
    pub(super) fn listens(&self, running_for: Duration) -> bool {
        !self.never_listens && running_for >= self.ready_after
    }
}
