//! What a container printed.

use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use playground_engine::{EngineError, LogLine, LogOptions};
use playground_store::ContainerRow;
use playground_types::EngineId;

use crate::Control;
use crate::diagnose::EVENT_PREFIX;

impl Control {
    /// A container's log without the launcher's machine-readable lines. Empty when there is no container.
    pub async fn container_log(
        &self,
        row: &ContainerRow,
        options: LogOptions,
    ) -> Result<BoxStream<'static, Result<LogLine, EngineError>>, EngineError> {
        let Some(id) = &row.engine_id else {
            return Ok(futures_util::stream::empty().boxed());
        };
        match self.engine.logs(id, options).await {
            Ok(lines) => Ok(lines
                .filter(|line| {
                    let is_for_people = !line
                        .as_ref()
                        .is_ok_and(|line| line.text.starts_with(EVENT_PREFIX));
                    std::future::ready(is_for_people)
                })
                .boxed()),
            Err(EngineError::NoSuchContainer) => Ok(futures_util::stream::empty().boxed()),
            Err(error) => Err(error),
        }
    }

    /// The last lines of a log, machine-readable ones included. What cannot be read explains nothing and is left out.
    pub(crate) async fn log_tail(&self, id: &EngineId, lines: u32) -> Vec<String> {
        let options = LogOptions {
            tail: Some(lines),
            ..LogOptions::default()
        };
        match self.engine.logs(id, options).await {
            Ok(log) => {
                log.filter_map(|line| std::future::ready(line.ok().map(|line| line.text)))
                    .collect()
                    .await
            }
            Err(error) => {
                tracing::debug!(%error, "a log could not be read");
                Vec::new()
            }
        }
    }
}
