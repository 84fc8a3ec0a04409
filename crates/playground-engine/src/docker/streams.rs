//! Logs and events.

use std::collections::HashMap;

use bollard::container::LogOutput;
use bollard::models::EventMessage;
use bollard::query_parameters::{EventsOptionsBuilder, LogsOptionsBuilder};
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryStreamExt};
use playground_types::{EngineId, Timestamp};

use super::classify::classify;
use super::convert::{self, lacks};
use super::lines::Lines;
use super::{DockerEngine, QUICK, within};
use crate::labels::owned_by;
use crate::{EngineError, EngineEvent, EventOptions, LogLine, LogOptions, LogSource, Result};

impl DockerEngine {
    pub(crate) async fn logs(
        &self,
        id: &EngineId,
        options: LogOptions,
    ) -> Result<BoxStream<'static, Result<LogLine>>> {
        // The stream itself would tell only once somebody reads it.
        if self.inspect(id).await?.is_none() {
            return Err(EngineError::NoSuchContainer);
        }
        let tail = options
            .tail
            .map_or_else(|| "all".to_owned(), |tail| tail.to_string());
        let since = options.since.map_or(0, |since| since.0.div_euclid(1000));
        let wanted = LogsOptionsBuilder::new()
            .stdout(true)
            .stderr(true)
            .timestamps(true)
            .follow(options.follow)
            .tail(&tail)
            .since(i32::try_from(since).unwrap_or(i32::MAX))
            .build();
        let frames = self.client().await?.logs(id.as_str(), Some(wanted));
        let ended = stream::once(std::future::ready(Ok(None)));
        let lines = frames
            .map(|frame| {
                frame
                    .map(Some)
                    .map_err(|error| classify("read logs", error))
            })
            .chain(ended)
            .scan(Joined::default(), |joined, frame| {
                let lines = match frame {
                    Ok(Some(frame)) => joined.take(frame).into_iter().map(Ok).collect(),
                    Ok(None) => joined.rest().into_iter().map(Ok).collect(),
                    Err(error) => vec![Err(error)],
                };
                std::future::ready(Some(stream::iter(lines)))
            })
            .flatten();
        Ok(lines.boxed())
    }

    pub(crate) async fn events(
        &self,
        agent_id: &str,
        options: EventOptions,
    ) -> Result<BoxStream<'static, Result<EngineEvent>>> {
        let filters = HashMap::from([
            ("type".to_owned(), vec!["container".to_owned()]),
            ("label".to_owned(), owned_by(agent_id)),
        ]);
        self.filtered_events(filters, options, convert::event).await
    }

    pub(crate) async fn network_events(
        &self,
        network: &str,
        options: EventOptions,
    ) -> Result<BoxStream<'static, Result<EngineEvent>>> {
        let filters = HashMap::from([
            ("type".to_owned(), vec!["network".to_owned()]),
            ("network".to_owned(), vec![network.to_owned()]),
        ]);
        self.filtered_events(filters, options, convert::network_event)
            .await
    }

    async fn filtered_events(
        &self,
        filters: HashMap<String, Vec<String>>,
        options: EventOptions,
        convert: fn(EventMessage) -> Result<Option<EngineEvent>>,
    ) -> Result<BoxStream<'static, Result<EngineEvent>>> {
        // Nothing is sent before the stream is read, so "from now on" must be a time, and it must be the engine's.
        let since = match options.since {
            Some(since) => since,
            None => self.clock().await?,
        };
        let wanted = EventsOptionsBuilder::new()
            .since(&format!(
                "{}.{:03}",
                since.0.div_euclid(1000),
                since.0.rem_euclid(1000)
            ))
            .filters(&filters)
            .build();
        let events = self
            .client()
            .await?
            .events(Some(wanted))
            .map_err(|error| classify("read events", error))
            .try_filter_map(move |message| std::future::ready(convert(message)));
        let ended = stream::once(std::future::ready(Err(EngineError::EventsEnded)));
        Ok(events.chain(ended).boxed())
    }

    /// The engine's own time, which need not be ours.
    async fn clock(&self) -> Result<Timestamp> {
        let info = within("info", QUICK, self.client().await?.info()).await?;
        info.system_time
            .as_deref()
            .and_then(Timestamp::parse)
            .ok_or_else(|| lacks("SystemTime"))
    }
}

/// The lines of both streams, each joined from its frames.
#[derive(Default)]
struct Joined {
    stdout: Half,
    stderr: Half,
}

/// One of the two streams. Docker splits a long line into several frames, each with a time of its own.
#[derive(Default)]
struct Half {
    lines: Lines,
    begun_at: Option<Timestamp>,
}

impl Joined {
    fn take(&mut self, frame: LogOutput) -> Vec<LogLine> {
        match frame {
            LogOutput::StdErr { message } => self.stderr.take(LogSource::Stderr, &message),
            LogOutput::StdOut { message }
            | LogOutput::StdIn { message }
            | LogOutput::Console { message } => self.stdout.take(LogSource::Stdout, &message),
        }
    }

    fn rest(&mut self) -> Vec<LogLine> {
        let line = |half: &mut Half, source| {
            half.lines.finish().map(|text| LogLine {
                stream: source,
                at: half.begun_at,
                text,
            })
        };
        let stdout = line(&mut self.stdout, LogSource::Stdout);
        let stderr = line(&mut self.stderr, LogSource::Stderr);
        stdout.into_iter().chain(stderr).collect()
    }
}

impl Half {
    fn take(&mut self, source: LogSource, frame: &[u8]) -> Vec<LogLine> {
        let (at, text) = timed(frame);
        if self.lines.is_empty() {
            self.begun_at = at;
        }
        self.lines
            .push(text)
            .into_iter()
            .map(|text| LogLine {
                stream: source,
                at: self.begun_at,
                text,
            })
            .collect()
    }
}

/// A frame's time and what was printed.
fn timed(frame: &[u8]) -> (Option<Timestamp>, &[u8]) {
    let Some(space) = frame.iter().position(|&byte| byte == b' ') else {
        return (None, frame);
    };
    let at = std::str::from_utf8(&frame[..space])
        .ok()
        .and_then(Timestamp::parse);
    match at {
        Some(at) => (Some(at), &frame[space + 1..]),
        None => (None, frame),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn out(text: &str) -> LogOutput {
        LogOutput::StdOut {
            message: text.to_owned().into(),
        }
    }

    #[test]
    fn a_line_in_two_frames_keeps_its_first_time() {
        let mut joined = Joined::default();
        assert_eq!(joined.take(out("2026-01-01T00:00:00.5Z ab")), []);
        let got = joined.take(out("2026-01-01T00:00:09Z cd\n"));
        assert_eq!(got.len(), 1);
        assert_eq!(got[0].text, "abcd");
        assert_eq!(got[0].at, Timestamp::parse("2026-01-01T00:00:00.5Z"));
    }

    #[test]
    fn the_streams_are_not_mixed() {
        let mut joined = Joined::default();
        assert_eq!(joined.take(out("2026-01-01T00:00:00Z a")), []);
        let error = LogOutput::StdErr {
            message: "2026-01-01T00:00:00Z b\n".into(),
        };
        assert_eq!(joined.take(error)[0].text, "b");
        assert_eq!(joined.rest()[0].text, "a");
    }
}
