//! Somebody who reads a stream of events, over a real connection.

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::Response;
use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt as _};
use playground_types::wire::{Event, Snapshot};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::agent::TOKEN;

/// How long anything may take to be told.
const PATIENCE: Duration = Duration::from_secs(20);

/// A reader, where it is, and what it knows by then, as the page does.
pub(crate) struct Reader {
    parts: BoxStream<'static, Vec<u8>>,
    text: String,
    /// What it was told of the records.
    pub(crate) knows: Snapshot,
    /// The id of the last event.
    pub(crate) cursor: String,
}

impl Reader {
    /// Reads what `query` asks for.
    pub(crate) async fn open(agent: SocketAddr, query: &str) -> Self {
        Self::resume(agent, query, None).await
    }

    /// Comes back with the id of an event.
    pub(crate) async fn resume(agent: SocketAddr, query: &str, cursor: Option<&str>) -> Self {
        let client = Client::builder().no_proxy().build().unwrap();
        let mut request = client
            .get(format!("http://{agent}/events?{query}"))
            .header("Host", "agent.local:8000")
            .header("Authorization", TOKEN);
        if let Some(cursor) = cursor {
            request = request.header("Last-Event-ID", cursor);
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        Self::of(answer.bytes_stream())
    }

    /// Reads a body that is made no faster than it is read.
    pub(crate) fn slow(answer: Response<Body>) -> Self {
        assert_eq!(answer.status(), StatusCode::OK);
        Self::of(answer.into_body().into_data_stream())
    }

    fn of<E>(parts: impl Stream<Item = Result<Bytes, E>> + Send + 'static) -> Self {
        // A connection that breaks is a stream that ends.
        let parts =
            parts.filter_map(|part| std::future::ready(part.ok().map(|part| part.to_vec())));
        Self {
            parts: parts.boxed(),
            text: String::new(),
            knows: Snapshot::default(),
            cursor: String::new(),
        }
    }

    /// The next event; none when the stream has ended.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        // A quiet stream still says that it lives: what is waited for is an event.
        timeout(PATIENCE, self.event_after_comments())
            .await
            .unwrap_or_else(|_| panic!("nothing is told"))
    }

    async fn event_after_comments(&mut self) -> Option<Event> {
        loop {
            if let Some(end) = self.text.find("\n\n") {
                let message: String = self.text.drain(..end + 2).collect();
                if let Some(event) = self.event(&message) {
                    self.learn(&event);
                    return Some(event);
                }
                continue;
            }
            let part = self.parts.next().await?;
            self.text.push_str(std::str::from_utf8(&part).unwrap());
        }
    }

    fn event(&mut self, message: &str) -> Option<Event> {
        let field = |name: &str| {
            let mut lines = message.lines();
            lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
        };
        let name = field("event")?;
        self.cursor = field("id").expect("every event has an id").to_owned();
        let data: Value = serde_json::from_str(field("data").unwrap()).unwrap();
        let event = json!({"event": name, "data": data});
        Some(serde_json::from_value(event).unwrap_or_else(|error| panic!("{error}: {message}")))
    }

    fn learn(&mut self, event: &Event) {
        let knows = &mut self.knows;
        match event {
            Event::Snapshot(snapshot) => *knows = snapshot.clone(),
            Event::Container(told) => {
                put(&mut knows.containers, (**told).clone(), |known| known.pk);
            }
            Event::ContainerGone(gone) => knows.containers.retain(|known| known.pk != gone.pk),
            Event::Launch(told) => {
                put(&mut knows.launches, (**told).clone(), |known| {
                    known.id.clone()
                });
            }
            Event::LaunchGone(gone) => knows.launches.retain(|known| known.id != gone.id),
            Event::Release(told) => put(&mut knows.releases, (**told).clone(), |known| known.id),
            Event::ReleaseGone(gone) => knows.releases.retain(|known| known.id != gone.id),
            _ => {}
        }
    }

    /// Reads until it knows something.
    pub(crate) async fn until_it_knows(&mut self, is_known: impl Fn(&Snapshot) -> bool) {
        while !is_known(&self.knows) {
            let event = self.next().await;
            assert!(event.is_some(), "the stream has ended at {:?}", self.knows);
        }
    }

    /// The first event that `is_meant` makes something of.
    pub(crate) async fn until<T>(&mut self, mut is_meant: impl FnMut(&Event) -> Option<T>) -> T {
        loop {
            let event = self.next().await.expect("the stream goes on");
            if let Some(found) = is_meant(&event) {
                return found;
            }
        }
    }

    /// Whether the stream goes on where the reader was.
    pub(crate) async fn is_resumed(&mut self) -> bool {
        match self.next().await {
            Some(Event::Hello(hello)) => hello.resumed,
            other => panic!("a stream begins with hello, not {other:?}"),
        }
    }

    /// What is there when a new stream begins.
    pub(crate) async fn snapshot(&mut self) -> Snapshot {
        assert!(!self.is_resumed().await);
        match self.next().await {
            Some(Event::Snapshot(snapshot)) => snapshot,
            other => panic!("a snapshot follows, not {other:?}"),
        }
    }
}

/// In its place, or as the newest.
fn put<T, K: PartialEq>(list: &mut Vec<T>, told: T, key: impl Fn(&T) -> K) {
    match list.iter_mut().find(|known| key(known) == key(&told)) {
        Some(known) => *known = told,
        None => list.insert(0, told),
    }
}
