//! Logs of containers and builds: as text, and live.

use std::time::Duration;

use async_stream::{stream, try_stream};
use futures_util::{Stream, StreamExt as _};
use playground_types::{Failure, LaunchStatus, Timestamp};
use reqwest::{Method, Response, Url};
use serde::Deserialize;
use tokio::time::{sleep, timeout};

use crate::sse::{Event, Parser};
use crate::{Client, ClientError};

/// A stream without even a keep-alive for this long has lost its other end. The Agent sends one every 15 s.
const SILENCE: Duration = Duration::from_secs(50);
/// How often a stream is taken up again without anything new on it.
const ATTEMPTS: u32 = 8;
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LAST_PAUSE: Duration = Duration::from_secs(5);
const LAST_EVENT_ID: &str = "last-event-id";

/// Which lines of a container's log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogTail {
    /// The last lines, this many; the Agent's default (500) where absent. It gives at most 10000.
    pub tail: Option<u32>,
    /// Only lines after this time.
    pub since: Option<Timestamp>,
}

/// One thing that a live log says.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LogEvent {
    /// A line.
    Line(String),
    /// The launch changed its status. Only in the log of a build.
    Status(LaunchStatus),
    /// The end, after a failure: its reason.
    Failed(LogFailure),
    /// The end.
    Ended,
}

/// Why a log ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFailure {
    /// In one English sentence.
    pub reason: String,
    /// The whole failure, where a launch failed: its kind, its hint, the same in Korean.
    pub failure: Option<Box<Failure>>,
}

/// A log that can be followed again: it knows the last line that it gave.
#[derive(Debug, Clone)]
pub struct LogReader {
    client: Client,
    url: Url,
    /// The id of the event that goes before the next.
    position: Option<String>,
}

/// The framing of the platform's own job logs.
#[derive(Debug, Deserialize)]
struct Frame {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    failure: Option<Box<Failure>>,
}

impl LogTail {
    fn query(&self) -> Vec<(String, String)> {
        let tail = self.tail.map(|tail| ("tail".to_owned(), tail.to_string()));
        let since = self
            .since
            .map(|since| ("since".to_owned(), since.to_string()));
        tail.into_iter().chain(since).collect()
    }
}

impl LogEvent {
    fn of(event: &Event) -> Option<Self> {
        let Ok(frame) = serde_json::from_str::<Frame>(&event.data) else {
            return Some(Self::Line(event.data.clone()));
        };
        match frame.kind.as_str() {
            "complete" => Some(Self::Ended),
            "error" => Some(Self::Failed(LogFailure {
                reason: frame.message,
                failure: frame.failure,
            })),
            // A status word of a later generation is nothing to stumble over.
            "status" => frame.message.parse().ok().map(Self::Status),
            _ => Some(Self::Line(frame.message)),
        }
    }

    fn is_last(&self) -> bool {
        matches!(self, Self::Failed(_) | Self::Ended)
    }
}

impl Client {
    /// The last lines of a container's log, as text.
    ///
    /// # Errors
    /// `Api` with `container_unknown`; see [`ClientError`].
    pub async fn container_log(&self, id: &str, tail: &LogTail) -> Result<String, ClientError> {
        let url = self.address(&["containers", id, "logs"]);
        self.text(url, &tail.query()).await
    }

    /// A container's log as it grows, beginning with the last lines there are. Ends when the container stops, or after
    /// its first error. A connection that breaks is taken up again where it was.
    pub fn follow_container_log(
        &self,
        id: &str,
        tail: &LogTail,
    ) -> impl Stream<Item = Result<LogEvent, ClientError>> + Send + 'static + use<> {
        self.container_log_reader(id, tail).into_stream()
    }

    /// A container's log over all of its runs, each of which ends it: followed again, it goes on with the next.
    pub fn container_log_reader(&self, id: &str, tail: &LogTail) -> LogReader {
        let mut url = self.address(&["containers", id, "logs", "stream"]);
        let query = tail.query();
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        LogReader::of(self, url)
    }

    /// What a build printed so far, as text.
    ///
    /// # Errors
    /// `Api` with `build_unknown`; see [`ClientError`].
    pub async fn build_log(&self, id: &str) -> Result<String, ClientError> {
        self.text(self.address(&["builds", id, "logs"]), &[]).await
    }

    /// A build's log as it grows, from its beginning, with the launch's status words, until the launch ended. A
    /// connection that breaks is taken up again where it was. Ends after its first error.
    pub fn follow_build_log(
        &self,
        id: &str,
    ) -> impl Stream<Item = Result<LogEvent, ClientError>> + Send + 'static + use<> {
        LogReader::of(self, self.address(&["builds", id, "logs", "stream"])).into_stream()
    }

    async fn text(&self, url: Url, query: &[(String, String)]) -> Result<String, ClientError> {
        let request = self.request(Method::GET, url).query(query);
        let answer = self.of_kind(self.send(request).await?, "text/plain")?;
        answer.text().await.map_err(|error| self.broken(error))
    }

    /// Takes a stream up again. What is no matter of the connection is not tried again.
    async fn reopen(
        &self,
        url: &Url,
        position: Option<&str>,
        failures: &mut u32,
    ) -> Result<Response, ClientError> {
        loop {
            let pause = FIRST_PAUSE * 2_u32.pow((*failures).min(8));
            *failures += 1;
            sleep(pause.min(LAST_PAUSE)).await;
            match self.open(url, position).await {
                Ok(answer) if *failures <= ATTEMPTS => return Ok(answer),
                Ok(_) => return Err(self.nonsense("the log ends again and again".to_owned())),
                Err(ClientError::Unreachable { .. } | ClientError::Timeout { .. })
                    if *failures < ATTEMPTS => {}
                Err(error) => return Err(error),
            }
        }
    }

    async fn open(&self, url: &Url, position: Option<&str>) -> Result<Response, ClientError> {
        let mut request = self.endless(Method::GET, url.clone());
        if let Some(position) = position {
            request = request.header(LAST_EVENT_ID, position);
        }
        let answer = timeout(self.timeout(), self.send(request))
            .await
            .unwrap_or_else(|_| {
                Err(ClientError::Timeout {
                    what: "the beginning of the log".to_owned(),
                    after: self.timeout(),
                })
            })?;
        self.of_kind(answer, "text/event-stream")
    }
}

impl LogReader {
    fn of(client: &Client, url: Url) -> Self {
        Self {
            client: client.clone(),
            url,
            position: None,
        }
    }

    /// The log as it grows, from after the last line that was given on; before there was one, as it was asked for. Ends as
    /// [`Client::follow_container_log`] does.
    pub fn follow(&mut self) -> impl Stream<Item = Result<LogEvent, ClientError>> + Send {
        let Self {
            client,
            url,
            position,
        } = self;
        try_stream! {
            let mut status = None;
            let mut answer = client.open(url, position.as_deref()).await?;
            let mut failures = 0;
            loop {
                let mut parser = Parser::default();
                let mut parts = std::pin::pin!(answer.bytes_stream());
                // A part that does not come, or comes broken, ends this connection, not the log.
                while let Ok(Some(Ok(part))) = timeout(SILENCE, parts.next()).await {
                    let events = parser
                        .push(&part)
                        .map_err(|_| client.nonsense("an event has no end".to_owned()))?;
                    for event in events {
                        failures = 0;
                        let said = LogEvent::of(&event);
                        let is_last = said.as_ref().is_some_and(LogEvent::is_last);
                        // The end of a container's log is no place in it.
                        if !is_last {
                            *position = event.id.or_else(|| position.take());
                        }
                        let Some(said) = said else { continue };
                        // Told again after a reconnect; only a change is news.
                        if matches!(said, LogEvent::Status(_)) && status.as_ref() == Some(&said) {
                            continue;
                        }
                        if matches!(said, LogEvent::Status(_)) {
                            status = Some(said.clone());
                        }
                        yield said;
                        if is_last {
                            return;
                        }
                    }
                }
                answer = client.reopen(url, position.as_deref(), &mut failures).await?;
            }
        }
    }

    fn into_stream(
        mut self,
    ) -> impl Stream<Item = Result<LogEvent, ClientError>> + Send + 'static + use<> {
        stream! {
            for await event in self.follow() {
                yield event;
            }
        }
    }
}
