//! Logs in a stream of events: line by line from where they are, batch by batch to the reader.

use std::time::Duration;

use async_stream::stream;
use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt as _};
use playground_control::Control;
use playground_engine::{EngineError, LogLine, LogOptions, LogSource};
use playground_store::ContainerRow;
use playground_types::wire::{Event, LogEnd, LogLines, StreamedLine};
use playground_types::{ContainerPk, ContainerStatus, LaunchId, Timestamp};
use tokio::time::{Instant, sleep, timeout_at};

use super::feed::Feed;
use super::topics::LogTopic;
use crate::http::builds::find;
use crate::http::log_stream::frames;
use crate::http::place::Place;

/// Most lines of one event.
const BATCH_LINES: usize = 1000;
/// Most bytes of one event, one long line more at most.
const BATCH_BYTES: usize = 256 * 1024;
/// A batch waits so long for more lines: the engine hands over one at a time, also of a hundred thousand.
const LINGER: Duration = Duration::from_millis(10);
/// A log that ends while its container is up is asked for again after this time.
const TRY_AGAIN: Duration = Duration::from_millis(500);

/// What a container printed.
type Lines = BoxStream<'static, Result<LogLine, EngineError>>;

/// A part of a log.
#[derive(Debug)]
enum Piece {
    /// A line, and where its reader is then.
    Line(StreamedLine, Option<String>),
    /// No more lines, for the time being or for ever.
    End(String),
}

/// What is told of a log, and where its reader is then.
#[derive(Debug)]
pub(super) struct LogNews {
    pub(super) topic: LogTopic,
    pub(super) event: Event,
    pub(super) place: Option<String>,
}

/// A log from `place` on, or its last lines and what follows. It is read no faster than the reader takes it.
pub(super) fn follow(
    control: Control,
    feed: Feed,
    topic: LogTopic,
    tail: u32,
    place: Option<&str>,
) -> BoxStream<'static, LogNews> {
    match topic {
        LogTopic::Container(pk) => {
            let place = place.and_then(|text| text.parse().ok());
            let log = ContainerLog {
                control,
                feed,
                pk: ContainerPk(pk),
                tail,
                place,
            };
            batches(topic, log.pieces()).boxed()
        }
        LogTopic::Build(id) => {
            let offset = place.and_then(|text| text.parse().ok()).unwrap_or(0);
            batches(topic, build_pieces(control, id, offset)).boxed()
        }
    }
}

/// What comes within a moment in one event.
fn batches(
    topic: LogTopic,
    pieces: impl Stream<Item = Piece> + Send + 'static,
) -> impl Stream<Item = LogNews> + Send {
    stream! {
        let mut pieces = std::pin::pin!(pieces);
        let (mut lines, mut bytes, mut place) = (Vec::new(), 0, None);
        let mut until = Instant::now();
        loop {
            let is_full = lines.len() >= BATCH_LINES || bytes >= BATCH_BYTES;
            let next = if lines.is_empty() {
                pieces.next().await
            } else if is_full {
                None
            } else {
                // Cancel-safe: a line that is not taken stays in the stream.
                timeout_at(until, pieces.next()).await.unwrap_or_default()
            };
            let ended = match next {
                Some(Piece::Line(line, at)) => {
                    if lines.is_empty() {
                        until = Instant::now() + LINGER;
                    }
                    bytes += line.text.len();
                    place = at.or(place);
                    lines.push(line);
                    continue;
                }
                Some(Piece::End(reason)) => Some(reason),
                None if lines.is_empty() => break,
                None => None,
            };
            let source = topic.to_string();
            if !lines.is_empty() {
                let lines = std::mem::take(&mut lines);
                bytes = 0;
                let event = Event::Log(LogLines { source: source.clone(), lines });
                yield LogNews { topic, event, place: place.clone() };
            }
            if let Some(reason) = ended {
                let event = Event::LogEnd(LogEnd { source, reason });
                yield LogNews { topic, event, place: place.clone() };
            }
        }
    }
}

/// A launch's build's log, until the launch has ended.
fn build_pieces(control: Control, id: LaunchId, offset: u64) -> impl Stream<Item = Piece> + Send {
    stream! {
        let Ok(found) = find(&control, &id.to_string()).await else {
            yield Piece::End("unknown".to_owned());
            return;
        };
        let mut frames = std::pin::pin!(frames(control, found, offset, true));
        let mut status = None;
        while let Some(frame) = frames.next().await {
            match frame {
                Ok(frame) if frame.kind == "log" => {
                    let line = StreamedLine { text: frame.message, stream: None, at: None };
                    yield Piece::Line(line, Some(frame.next.to_string()));
                }
                Ok(frame) if frame.kind == "status" => status = Some(frame.message),
                Ok(_) => {}
                Err(_) => {
                    yield Piece::End("unreadable".to_owned());
                    return;
                }
            }
        }
        yield Piece::End(status.unwrap_or_default());
    }
}

/// A container's log, run after run.
struct ContainerLog {
    control: Control,
    feed: Feed,
    pk: ContainerPk,
    /// Lines that come first.
    tail: u32,
    /// The last line that the reader has.
    place: Option<Place>,
}

impl ContainerLog {
    fn pieces(mut self) -> impl Stream<Item = Piece> + Send {
        stream! {
            let mut moves = self.feed.moves();
            let mut tail = Some(self.tail).filter(|_| self.place.is_none());
            let mut is_known = false;
            let mut is_ended = false;
            loop {
                moves.borrow_and_update();
                let number = self.feed.number_of(self.pk.0);
                let row = match self.control.store().container(self.pk).await {
                    Ok(Some(row)) => row,
                    Ok(None) => {
                        let reason = if is_known { "gone" } else { "unknown" };
                        yield Piece::End(reason.to_owned());
                        return;
                    }
                    Err(_) => {
                        sleep(TRY_AGAIN).await;
                        continue;
                    }
                };
                is_known = true;
                if let Some(lines) = tail {
                    let Ok(place) = self.before_last(&row, lines).await else {
                        sleep(TRY_AGAIN).await;
                        continue;
                    };
                    (self.place, tail) = (place, None);
                }
                let options = LogOptions {
                    follow: true,
                    since: self.place.map(|place| place.at),
                    ..LogOptions::default()
                };
                if let Ok(mut lines) = self.control.container_log(&row, options).await {
                    let (began, mut counted) = (self.place, None);
                    while let Some(Ok(line)) = lines.next().await {
                        if let Some(piece) = self.new_line(line, began, &mut counted) {
                            is_ended = false;
                            yield piece;
                        }
                    }
                }
                if is_up(row.status) {
                    sleep(TRY_AGAIN).await;
                    continue;
                }
                if !is_ended {
                    is_ended = true;
                    yield Piece::End("stopped".to_owned());
                }
                while self.feed.number_of(self.pk.0) == number && moves.changed().await.is_ok() {}
            }
        }
    }

    /// Where a reader is who has all but the last lines; none where there are no more. From there on its way is that of a
    /// reader who comes back: which line of its millisecond the first one is shows only in the whole log.
    async fn before_last(
        &self,
        row: &ContainerRow,
        lines: u32,
    ) -> Result<Option<Place>, EngineError> {
        if lines == 0 {
            return Ok(Some(Place::after_all(self.control.now())));
        }
        let last = LogOptions {
            tail: Some(lines),
            ..LogOptions::default()
        };
        let last = self.control.container_log(row, last).await?;
        let Some((at, told)) = first_millisecond(last).await else {
            return Ok(None);
        };
        let since = LogOptions {
            since: Some(at),
            ..LogOptions::default()
        };
        let printed = printed_at(self.control.container_log(row, since).await?, at).await;
        Ok(Some(Place::nth(at, printed.saturating_sub(told))))
    }

    /// A line, unless the reader had it when the reading began: Docker counts in whole seconds, so what was before comes
    /// again. After that every line is new, also one that is a little older than the one before it: what an app prints to
    /// its two outputs comes out of order.
    fn new_line(
        &mut self,
        line: LogLine,
        began: Option<Place>,
        counted: &mut Option<Place>,
    ) -> Option<Piece> {
        *counted = line.at.map(|at| Place::after(*counted, at)).or(*counted);
        let place = line.at.and(*counted);
        if place.is_some() && place <= began {
            return None;
        }
        self.place = self.place.max(place);
        let stream = match line.stream {
            LogSource::Stdout => "stdout",
            LogSource::Stderr => "stderr",
        };
        let shown = StreamedLine {
            text: line.text,
            stream: Some(stream.to_owned()),
            at: line.at.map(|at| at.to_string()),
        };
        Some(Piece::Line(shown, self.place.map(|place| place.short())))
    }
}

/// The time of the first line, and how many lines have it.
async fn first_millisecond(mut lines: Lines) -> Option<(Timestamp, u32)> {
    let mut found = None;
    while let Some(Ok(line)) = lines.next().await {
        match (line.at, &mut found) {
            (Some(at), None) => found = Some((at, 1)),
            (Some(at), Some((first, count))) if at == *first => *count += 1,
            _ => {}
        }
    }
    found
}

/// How many lines have this time.
async fn printed_at(mut lines: Lines, at: Timestamp) -> u32 {
    let mut count = 0;
    while let Some(Ok(line)) = lines.next().await {
        count += u32::from(line.at == Some(at));
    }
    count
}

/// Whether there will be more by itself.
fn is_up(status: ContainerStatus) -> bool {
    !matches!(
        status,
        ContainerStatus::Stopped
            | ContainerStatus::Failed
            | ContainerStatus::Deleting
            | ContainerStatus::Deleted
    )
}
