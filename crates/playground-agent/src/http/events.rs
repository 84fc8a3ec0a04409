//! `events/`: everything that the page shows, as it changes, over one connection.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::sse::{Event as SentEvent, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures_util::StreamExt as _;
use playground_types::wire::{ErrorBody, Event};

use super::AppState;
use super::containers::query_pairs;
use super::error::ApiError;
use super::extract::Caller;
use super::logs::{KEEP_ALIVE, NO_BUFFERING, last_event_id};
use crate::events::{Cursor, Told, Topics, stream};

/// Readers that were cut off come back after this time.
const COME_BACK: Duration = Duration::from_secs(1);

/// How everything stands, as it changes: server-sent events, each with a name and JSON data as in the schema.
///
/// The last event's id, sent back in `Last-Event-ID` or `since`, goes on where the reader was, also with other logs and
/// stats than before.
#[utoipa::path(get, path = "/events", tag = "events",
    params(
        ("log" = Option<Vec<String>>, Query, description = "`container:{pk}` or `build:{launch id}`; at most 8"),
        ("tail" = Option<u32>, Query, description = "Lines of a container's log that come first: 500 unless said, at most 100000"),
        ("stats" = Option<Vec<String>>, Query, description = "`all`, or a container's pk to have it looked at more often; at most 8"),
        ("look" = Option<Vec<i64>>, Query, description = "The pk of an app that the reader shows to somebody: counted as its viewer; at most 8"),
        ("since" = Option<String>, Query, description = "The id of the last event; `Last-Event-ID` goes before it")),
    responses(
        (status = 200, body = Event, content_type = "text/event-stream", description = "`event` is the event's name, `data` its data"),
        (status = 400, body = ErrorBody), (status = 401, body = ErrorBody)))]
pub(crate) async fn events(
    State(state): State<AppState>,
    caller: Caller,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let pairs = query_pairs(query.as_deref());
    let topics = Topics::of(&pairs)?;
    let since = pairs.iter().rev().find(|(name, _)| name == "since");
    let since = last_event_id(&headers).or(since.map(|(_, text)| text.as_str()));
    // What is no cursor of ours is one that nobody knows any more: the reader is told everything.
    let since: Option<Cursor> = since.and_then(|text| text.parse().ok());
    let host = caller.host().map(str::to_owned);
    let events = stream(&state, host, topics, since).map(|told| Ok::<_, Infallible>(sent(&told)));
    let sse = Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
    Ok(([NO_BUFFERING], sse).into_response())
}

fn sent(told: &Told) -> SentEvent {
    let event = SentEvent::default()
        .event(told.event.name())
        .id(&told.cursor)
        .data(told.event.data().unwrap_or_default());
    match told.event {
        Event::Hello(_) | Event::Farewell(_) => event.retry(COME_BACK),
        _ => event,
    }
}
