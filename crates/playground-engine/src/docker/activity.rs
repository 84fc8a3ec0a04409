//! What a running container does: where it listens, and who is connected to it.

use std::net::SocketAddr;

use bollard::exec::{CreateExecOptions, StartExecResults};
use futures_util::TryStreamExt as _;
use playground_types::EngineId;
use playground_types::port::APP_PORT;

use super::{DockerEngine, QUICK, sockets, within};
use crate::{EngineError, Result};

impl DockerEngine {
    pub(crate) async fn listening(&self, id: &EngineId) -> Result<Vec<SocketAddr>> {
        let printed = self.socket_tables(id).await?;
        sockets::listening(&printed).ok_or_else(|| no_tables(&printed))
    }

    pub(crate) async fn connections(&self, id: &EngineId) -> Result<usize> {
        let printed = self.socket_tables(id).await?;
        sockets::connections(&printed, APP_PORT).ok_or_else(|| no_tables(&printed))
    }

    /// The kernel's tables of the container's own network.
    async fn socket_tables(&self, id: &EngineId) -> Result<String> {
        let client = self.client().await?;
        let command = CreateExecOptions {
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            cmd: Some(vec!["cat", "/proc/net/tcp", "/proc/net/tcp6"]),
            ..CreateExecOptions::default()
        };
        let call = async {
            let exec = client.create_exec(id.as_str(), command).await?;
            let mut text = Vec::new();
            if let StartExecResults::Attached { mut output, .. } =
                client.start_exec(&exec.id, None).await?
            {
                while let Some(part) = output.try_next().await? {
                    text.extend_from_slice(part.as_ref());
                }
            }
            Ok(text)
        };
        let printed = within("look at sockets", QUICK, call).await?;
        Ok(String::from_utf8_lossy(&printed).into_owned())
    }
}

fn no_tables(printed: &str) -> EngineError {
    EngineError::Refused {
        status: 500,
        message: format!("the image cannot show its sockets: {}", printed.trim()),
    }
}
