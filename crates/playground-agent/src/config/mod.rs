//! Settings: a flag beats its environment variable, which beats the TOML file, which beats the default.
//!
//! All mistakes are reported together. A setting is named the same everywhere: `--port-range`, `PLAYGROUND_PORT_RANGE`,
//! `port_range = "7860-8860"`.

mod check;
mod gateway;
mod options;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use playground_control::ControlConfig;
use playground_proxy::{GatewayConfig, ListenLimits};
use secrecy::SecretString;

pub use options::AgentOptions;

use crate::http::BODY_SILENCE;
use check::one_of;

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("the settings file {path} cannot be read", path = .path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is no TOML, or names a setting that does not exist.
    #[error("the settings file {path} is wrong: {message}", path = .path.display())]
    Invalid {
        /// Which file.
        path: PathBuf,
        /// The parser's words, with line and column.
        message: String,
    },
    /// Settings that cannot be meant; all of them.
    #[error("{}", .0.join("\n"))]
    Mistakes(Vec<String>),
}

/// The settings in force.
#[derive(Debug)]
pub struct AgentConfig {
    /// Address and port of the API.
    pub listen: SocketAddr,
    /// The token that was set, if one was.
    pub token: Option<SecretString>,
    /// Whether requests need no token.
    pub no_auth: bool,
    /// The engine's address.
    pub docker_host: Option<String>,
    /// How long a create is held open.
    pub hold: Duration,
    /// How long a request's body may send nothing.
    pub body_silence: Duration,
    /// Log lines as JSON.
    pub log_json: bool,
    /// The gateway's settings.
    pub gateway: GatewayConfig,
    /// Servers in front of this one that say who asked.
    pub trusted: Vec<IpAddr>,
    /// What connections may hold.
    pub limits: ListenLimits,
    /// The loop's settings.
    pub control: ControlConfig,
}

impl AgentOptions {
    /// Reads the file, lays flags and environment over it, and checks everything.
    ///
    /// # Errors
    /// All mistakes in one [`ConfigError::Mistakes`].
    pub fn resolve(self) -> Result<AgentConfig, ConfigError> {
        let merged = match self.config.clone() {
            Some(path) => self.over(&path)?,
            None => self,
        };
        merged.check()
    }

    fn over(self, path: &Path) -> Result<Self, ConfigError> {
        let invalid = |message: String| ConfigError::Invalid {
            path: path.to_owned(),
            message,
        };
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        // Checked on its own first, so that the error shows the file's own line.
        toml::from_str::<Self>(&text).map_err(|error| invalid(error.to_string()))?;
        let mut table: toml::Table =
            toml::from_str(&text).map_err(|error| invalid(error.to_string()))?;
        table.extend(toml::Table::try_from(&self).map_err(|error| invalid(error.to_string()))?);
        table
            .try_into()
            .map_err(|error: toml::de::Error| invalid(error.to_string()))
    }

    fn check(self) -> Result<AgentConfig, ConfigError> {
        let mut mistakes = Vec::new();
        let listen = self
            .listen
            .unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, 8000)));
        let no_auth = self.no_auth.unwrap_or(false);
        if no_auth && !listen.ip().is_loopback() {
            mistakes.push(format!(
                "no_auth is only possible on loopback, and listen is {listen}"
            ));
        }
        if self.token.as_ref().is_some_and(|token| token.len() < 16) {
            mistakes.push("token is too short: use at least 16 characters".to_owned());
        }
        if self.body_silence == Some(0) {
            mistakes.push("body_silence is 0: no request's body could ever be read".to_owned());
        }
        let log_json = one_of(
            "log_format",
            self.log_format.as_deref(),
            &["text", "json"],
            &mut mistakes,
        ) == "json";
        let control = self.control(listen, &mut mistakes);
        let gateway = self.gateway(&mut mistakes);
        let limits = self.limits_of_listening(&mut mistakes);
        if !mistakes.is_empty() {
            return Err(ConfigError::Mistakes(mistakes));
        }
        Ok(AgentConfig {
            listen,
            token: self.token.map(SecretString::from),
            no_auth,
            docker_host: self.docker_host,
            hold: Duration::from_secs(self.hold.unwrap_or(8)),
            body_silence: self.body_silence.map_or(BODY_SILENCE, Duration::from_secs),
            log_json,
            gateway,
            limits,
            trusted: self.trusted_proxies.unwrap_or_default(),
            control,
        })
    }
}

#[cfg(test)]
mod tests;
