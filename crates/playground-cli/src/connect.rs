//! Which Agent is spoken to, and with which token.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use playground_agent::TOKEN_FILE;
use playground_client::{Client, ClientError, is_loopback};

use crate::credentials::{self, Credentials};
use crate::output::Output;

/// Where the Agent keeps its data unless told otherwise.
const DATA_DIR: &str = "playground-data";

#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Connection {
    /// The Agent's address
    #[arg(
        long,
        global = true,
        env = "PLAYGROUND_URL",
        default_value = "http://127.0.0.1:8000"
    )]
    pub(crate) url: String,
    /// The Agent's token [default: the one kept by `login`, or else the file `token` in --data-dir]
    #[arg(long, global = true, env = "PLAYGROUND_TOKEN", hide_env_values = true)]
    pub(crate) token: Option<String>,
    /// The Agent's data directory, when it runs on this machine [default: ./playground-data]
    #[arg(long, global = true, env = "PLAYGROUND_DATA_DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// How many seconds an answer, or a standstill of an upload, may take
    #[arg(long, global = true, env = "PLAYGROUND_TIMEOUT", value_name = "SECONDS",
        default_value = "60", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) timeout: u64,
    /// The form of results: for people, or for programs
    #[arg(long, global = true, value_enum, default_value = "table")]
    pub(crate) output: Output,
}

/// A client, and how to show what it says.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) client: Client,
    pub(crate) output: Output,
}

impl Session {
    pub(crate) fn new(connection: &Connection) -> anyhow::Result<Self> {
        let token = connection.token()?;
        let client = Client::new(&connection.url, token.as_deref())?;
        Ok(Self {
            client: client.with_timeout(Duration::from_secs(connection.timeout)),
            output: connection.output,
        })
    }
}

impl Connection {
    /// The directory that was named, or the usual one.
    pub(crate) fn data_dir(&self) -> &Path {
        self.data_dir.as_deref().unwrap_or(Path::new(DATA_DIR))
    }

    /// The token that was given, else the one that `login` keeps for this address, else the local Agent's.
    fn token(&self) -> anyhow::Result<Option<String>> {
        let given = self.token.clone().filter(|token| !token.is_empty());
        if given.is_some() {
            return Ok(given);
        }
        let kept = match credentials::file() {
            Some(file) => self.kept(&Credentials::read(&file)?)?,
            None => None,
        };
        Ok(kept.or_else(|| self.token_file()))
    }

    fn kept(&self, credentials: &Credentials) -> Result<Option<String>, ClientError> {
        let client = Client::new(&self.url, None)?;
        Ok(credentials.token(client.url()).map(str::to_owned))
    }

    /// The local Agent's token. It is not sent to another machine, unless somebody names the directory.
    fn token_file(&self) -> Option<String> {
        if self.data_dir.is_none() && !is_loopback(&self.url) {
            return None;
        }
        let text = std::fs::read_to_string(self.data_dir().join(TOKEN_FILE)).ok()?;
        Some(text.trim().to_owned()).filter(|token| !token.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(url: &str, data_dir: Option<&Path>) -> Connection {
        Connection {
            url: url.to_owned(),
            token: Some(String::new()),
            data_dir: data_dir.map(Path::to_owned),
            timeout: 60,
            output: Output::Table,
        }
    }

    #[test]
    fn the_local_token_stays_on_this_machine_unless_its_directory_is_named() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(TOKEN_FILE), "secret\n").unwrap();
        let named = connection("https://agent.example", Some(dir.path()));
        assert_eq!(named.token_file().as_deref(), Some("secret"));
        assert_eq!(connection("https://agent.example", None).token_file(), None);
    }
}
