//! Logs of containers and builds: whole as text, live over server-sent events (resumable) or WebSocket.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, HeaderName, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures_util::future::select;
use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt as _};
use playground_control::{Control, Handle};
use playground_engine::{EngineError, LogLine, LogOptions, LogSource};
use playground_types::Timestamp;
use playground_types::wire::ErrorBody;
use serde::Deserialize;

use super::builds::find;
use super::error::ApiError;
use super::extract::{Path, Query, Upgrade};
use super::log_stream::{Frame, frames};
use super::place::Place;
use crate::auth::{Endings, Login};

/// A quiet stream says that it lives this often.
pub(super) const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// What every stream says last when the Agent is told to end: a status, which ends no log.
const FAREWELL: &str = r#"{"type":"status","message":"stopping"}"#;
/// Readers that were cut off come back after this time.
const COME_BACK: Duration = Duration::from_secs(2);
/// Lines of a container's log when the caller names no number.
const DEFAULT_TAIL: u32 = 500;
/// Most lines of a container's log in one answer.
const MAX_TAIL: u32 = 10_000;
/// Most bytes of a container's log in one answer, whatever its lines hold.
const ANSWER_BYTES: usize = 4 * 1024 * 1024;
/// Lines of a whole log in one part of the answer, at most.
const LINES_AT_ONCE: usize = 500;
/// Proxies that buffer would hold a live log back.
pub(super) const NO_BUFFERING: (HeaderName, &str) =
    (HeaderName::from_static("x-accel-buffering"), "no");

/// Which lines of a container's log.
#[derive(Debug, Deserialize)]
pub(crate) struct TailQuery {
    tail: Option<String>,
    since: Option<String>,
}

/// How many of the last lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tail {
    Lines(u32),
    /// The whole log.
    All,
}

impl TailQuery {
    fn tail(&self) -> Result<Tail, ApiError> {
        match self.tail.as_deref() {
            None | Some("") => Ok(Tail::Lines(DEFAULT_TAIL)),
            Some("all") => Ok(Tail::All),
            Some(text) => match text.parse::<u32>() {
                Ok(lines) => Ok(Tail::Lines(lines.min(MAX_TAIL))),
                Err(_) => Err(ApiError::bad_request(
                    "tail_invalid",
                    format!("tail is {text:?}: give a number of lines, or all"),
                )),
            },
        }
    }

    fn options(&self, follow: bool) -> Result<LogOptions, ApiError> {
        let since = match self.since.as_deref() {
            None | Some("") => None,
            Some(text) => Some(Timestamp::parse(text).ok_or_else(|| {
                ApiError::bad_request(
                    "since_invalid",
                    format!("since is {text:?}: give an RFC 3339 time"),
                )
            })?),
        };
        Ok(LogOptions {
            tail: match self.tail()? {
                Tail::Lines(lines) => Some(lines),
                Tail::All => None,
            },
            follow,
            since,
        })
    }
}

/// The last lines of a container's log, as text; or all of it, to be saved.
#[utoipa::path(get, path = "/containers/{id}/logs", tag = "logs",
    params(("id" = String, Path,),
        ("tail" = Option<String>, Query, description = "A number of lines, 500 unless said and at most 10000; or `all`"),
        ("since" = Option<String>, Query, description = "RFC 3339")),
    responses((status = 200, body = String, content_type = "text/plain"), (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(crate) async fn container_log(
    State(control): State<Control>,
    Path(id): Path<String>,
    Query(query): Query<TailQuery>,
) -> Result<Response, ApiError> {
    let row = control.find(&Handle(id)).await?;
    let mut lines = control.container_log(&row, query.options(false)?).await?;
    if query.tail()? == Tail::All {
        return Ok(whole_log(&row.name, lines));
    }
    let (mut kept, mut bytes) = (VecDeque::new(), 0);
    while let Some(line) = lines.next().await {
        let line = line?.text;
        bytes += line.len() + 1;
        kept.push_back(line);
        // The end is what is asked for, so the beginning goes.
        while bytes > ANSWER_BYTES {
            bytes -= kept.pop_front().map_or(bytes, |line| line.len() + 1);
        }
    }
    let mut text = String::with_capacity(bytes);
    for line in kept {
        text.push_str(&line);
        text.push('\n');
    }
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response())
}

/// A log of any length, as a file: read as it is sent, and nothing of it kept.
fn whole_log(name: &str, lines: BoxStream<'static, Result<LogLine, EngineError>>) -> Response {
    // Lines that are there at once travel together.
    let parts = lines.ready_chunks(LINES_AT_ONCE).map(|lines| {
        lines.into_iter().try_fold(String::new(), |mut part, line| {
            part.push_str(&line?.text);
            part.push('\n');
            // What breaks here ends the connection before its time: nobody takes a half for the whole.
            Ok::<_, EngineError>(part)
        })
    });
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}.log\""),
        ),
    ];
    (headers, Body::from_stream(parts)).into_response()
}

/// A container's log as it grows. Each event's id is its time and place: a reader that comes back with it in
/// `Last-Event-ID` misses nothing and is told nothing twice.
#[utoipa::path(get, path = "/containers/{id}/logs/stream", tag = "logs",
    params(("id" = String, Path,), ("tail" = Option<String>, Query,), ("since" = Option<String>, Query,)),
    responses((status = 200, body = Object, content_type = "text/event-stream", description = "Each event, with its data as JSON text"), (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(crate) async fn container_log_stream(
    State(control): State<Control>,
    Path(id): Path<String>,
    Query(mut query): Query<TailQuery>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let row = control.find(&Handle(id)).await?;
    let resumed = last_event_id(&headers).map(Place::split);
    if let Some((time, _)) = resumed {
        query = TailQuery {
            tail: Some("all".to_owned()),
            since: Some(time.to_owned()),
        };
    }
    let options = query.options(true)?;
    let seen = options.since.map(|at| Place {
        at,
        // A time alone stands for everything that was printed then.
        nth: resumed.and_then(|(_, nth)| nth).unwrap_or(u32::MAX),
    });
    let mut last = None;
    let lines = control.container_log(&row, options).await?;
    let events = lines.filter_map(move |line| {
        // Docker counts in whole seconds: what the reader has already is left out here.
        let event = line.ok().and_then(|line| {
            last = line.at.map(|at| Place::after(last, at)).or(last);
            let place = line.at.and(last);
            let is_new = place.is_none() || place > seen;
            is_new.then(|| Ok::<_, Infallible>(line_event(&line, place)))
        });
        std::future::ready(event)
    });
    let end = futures_util::stream::once(std::future::ready(Ok(frame_event(&Frame::new(
        "complete",
        "the log has ended".into(),
        0,
    )))));
    Ok(sse(&control, events.chain(end)))
}

/// A build's log: as text; over WebSocket where the request asks for one.
#[utoipa::path(get, path = "/builds/{id}/logs", tag = "logs", params(("id" = String, Path,)),
    responses((status = 200, body = String, content_type = "text/plain"), (status = 101, description = "WebSocket"),
        (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(crate) async fn build_log(
    State(control): State<Control>,
    State(endings): State<Endings>,
    Extension(login): Extension<Login>,
    Path(id): Path<String>,
    Upgrade(upgrade): Upgrade,
) -> Result<Response, ApiError> {
    let found = find(&control, &id).await?;
    if let Some(upgrade) = upgrade {
        return Ok(upgrade.on_upgrade(move |socket| async move {
            // Nobody else waits for an upgraded connection.
            let _token = control.stream_token();
            let frames = frames(control.clone(), found, 0, true);
            let over = select(Box::pin(control.stopping()), Box::pin(endings.of(login)));
            send_frames(&control, socket, frames.take_until(over)).await;
        }));
    }
    let mut text = String::new();
    let mut stream = std::pin::pin!(frames(control, found, 0, false));
    while let Some(frame) = stream.next().await {
        let frame = frame.map_err(playground_control::ControlError::from)?;
        if frame.kind == "log" {
            text.push_str(&frame.message);
            text.push('\n');
        }
    }
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response())
}

/// A build's log as it grows, with the launch's status. `Last-Event-ID` resumes it.
#[utoipa::path(get, path = "/builds/{id}/logs/stream", tag = "logs", params(("id" = String, Path,)),
    responses((status = 200, body = Object, content_type = "text/event-stream", description = "Each event, with its data as JSON text"), (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody)))]
pub(crate) async fn build_log_stream(
    State(control): State<Control>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let found = find(&control, &id).await?;
    let offset = last_event_id(&headers)
        .and_then(|id| id.parse().ok())
        .unwrap_or(0);
    let events = frames(control.clone(), found, offset, true).map(|frame| {
        Ok::<_, Infallible>(frame.map_or_else(
            |_| Event::default().comment("the log cannot be read"),
            |frame| frame_event(&frame),
        ))
    });
    Ok(sse(&control, events))
}

/// Events until their end, or the Agent's.
fn sse(
    control: &Control,
    events: impl Stream<Item = Result<Event, Infallible>> + Send + 'static,
) -> Response {
    let last = control.clone();
    let farewell = futures_util::stream::once(async move { last.is_stopping().then(farewell) });
    let events = events
        .take_until(control.stopping())
        .chain(farewell.filter_map(|event| std::future::ready(event.map(Ok))));
    let sse = Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
    ([NO_BUFFERING], sse).into_response()
}

/// The last event of a stream that the Agent's own end cuts off. It has no id and ends no log: a reader that comes back
/// goes on where it was.
fn farewell() -> Event {
    Event::default().retry(COME_BACK).data(FAREWELL)
}

fn frame_event(frame: &Frame) -> Event {
    let data = serde_json::to_string(frame).unwrap_or_default();
    Event::default().id(frame.next.to_string()).data(data)
}

fn line_event(line: &LogLine, place: Option<Place>) -> Event {
    let stream = match line.stream {
        LogSource::Stdout => "stdout",
        LogSource::Stderr => "stderr",
    };
    let data =
        serde_json::json!({"type": "log", "message": line.text, "stream": stream, "at": line.at});
    let event = Event::default().data(data.to_string());
    match place {
        Some(place) => event.id(place.to_string()),
        None => event,
    }
}

/// Frames until their end, or until whoever listens has gone.
async fn send_frames(
    control: &Control,
    mut socket: WebSocket,
    frames: impl Stream<Item = Result<Frame, playground_store::StoreError>>,
) {
    let mut frames = std::pin::pin!(frames);
    let mut has_ended = false;
    loop {
        // Cancel-safe: frames keep what is not taken, and so does the socket.
        tokio::select! {
            frame = frames.next() => {
                let Some(Ok(frame)) = frame else { break };
                has_ended = matches!(frame.kind, "complete" | "error");
                let text = serde_json::to_string(&frame).unwrap_or_default();
                if socket.send(Message::text(text)).await.is_err() {
                    return;
                }
            }
            // Pings are answered by whoever reads, and nothing else that is said matters.
            said = socket.recv() => match said {
                Some(Ok(message)) if !matches!(message, Message::Close(_)) => {}
                _ => return,
            },
        }
    }
    if control.is_stopping() {
        drop(socket.send(Message::text(FAREWELL)).await);
    }
    let close = Message::Close(why_closed(control, has_ended));
    drop(socket.send(close).await);
}

/// What a WebSocket is closed with; nothing where the log was told to its end.
fn why_closed(control: &Control, has_ended: bool) -> Option<CloseFrame> {
    let (code, reason) = match () {
        () if control.is_stopping() => (close_code::RESTART, "the Agent is stopping"),
        () if has_ended => return None,
        () => (
            close_code::POLICY,
            "the log cannot be read on, or the login that let this in has ended",
        ),
    };
    Some(CloseFrame {
        code,
        reason: reason.into(),
    })
}

pub(super) fn last_event_id(headers: &HeaderMap) -> Option<&str> {
    headers
        .get("last-event-id")
        .and_then(|value| value.to_str().ok())
        .filter(|id| !id.is_empty())
}
