//! One reader's events. Nothing is made before the reader takes it: who is slow is told what is newest by then.

use std::sync::Arc;

use async_stream::stream;
use futures_util::stream::{BoxStream, SelectAll};
use futures_util::{Stream, StreamExt as _};
use playground_control::Control;
use playground_proxy::{Gateway, Look};
use playground_types::wire::{
    Event, Farewell, Health, Hello, LaunchGone, RecordGone, ReleaseGone, Snapshot,
};
use tokio::sync::watch;
use tokio::time::sleep_until;

use super::cursor::Cursor;
use super::feed::{Feed, Item, Key, Next};
use super::journal::Change;
use super::logs::{self, LogNews};
use super::stats::KnownStats;
use super::topics::Topics;
use super::traffic::KnownTraffic;
use crate::http::AppState;
use crate::http::containers::with_traffic;

/// An event, and where the reader is once it has it.
#[derive(Debug)]
pub(crate) struct Told {
    /// The event.
    pub(crate) event: Event,
    /// What the reader comes back with.
    pub(crate) cursor: String,
}

/// One reader.
#[derive(Debug)]
struct Reader {
    control: Control,
    gateway: Gateway,
    feed: Feed,
    /// The name under which it reached the Agent.
    host: Option<String>,
    cursor: Cursor,
    wants_snapshot: bool,
    traffic: KnownTraffic,
    stats: KnownStats,
    health: watch::Receiver<Option<Arc<Health>>>,
    /// Those that it has before its eyes know so as long as it is here.
    _looks: Vec<Look>,
}

/// What a reader is told, from where it was on, until the Agent stops. `host` as for [`Control::endpoint`].
pub(crate) fn stream(
    state: &AppState,
    host: Option<String>,
    topics: Topics,
    since: Option<Cursor>,
) -> impl Stream<Item = Told> + Send + use<> {
    let mut reader = Reader::new(state, host, &topics, since);
    let mut logs = reader.logs(&topics);
    let control = state.control.clone();
    let mut moves = reader.feed.moves();
    stream! {
        yield reader.told(reader.hello());
        while !control.is_stopping() {
            moves.borrow_and_update();
            if let Some(event) = reader.next() {
                yield reader.told(event);
                continue;
            }
            // Cancel-safe: a log keeps what it has read until it is taken, the others only wait.
            let news = tokio::select! {
                Some(news) = logs.next() => Some(news),
                _ = moves.changed() => None,
                _ = reader.health.changed() => {
                    reader.health.mark_changed();
                    None
                }
                () = reader.stats.changed() => None,
                () = sleep_until(reader.traffic.next_look()) => None,
                () = control.stopping() => None,
            };
            if let Some(news) = news {
                yield reader.told_of_log(news);
            }
        }
        yield reader.told(Event::Farewell(Farewell {}));
    }
}

impl Reader {
    fn new(state: &AppState, host: Option<String>, topics: &Topics, since: Option<Cursor>) -> Self {
        let feed = state.feed.clone();
        let mut cursor = since.unwrap_or_default();
        let is_known = feed.can_resume(&cursor.epoch, cursor.number);
        feed.epoch().clone_into(&mut cursor.epoch);
        if !is_known {
            cursor.number = 0;
        }
        Self {
            control: state.control.clone(),
            gateway: state.gateway.clone(),
            feed,
            host,
            cursor,
            wants_snapshot: !is_known,
            traffic: KnownTraffic::new(state.gateway.clone()),
            stats: KnownStats::new(state.control.clone(), &topics.stats),
            health: state.health.listen(),
            _looks: (topics.looks.iter())
                .filter_map(|pk| state.gateway.apps().look_at(*pk))
                .collect(),
        }
    }

    /// The logs that it wants, each from where it was. It is nowhere in others any more.
    fn logs(&mut self, topics: &Topics) -> SelectAll<BoxStream<'static, LogNews>> {
        self.cursor
            .places
            .retain(|topic, _| topics.logs.contains(topic));
        let follow = |topic| {
            let place = self.cursor.places.get(topic).map(String::as_str);
            let (control, feed) = (self.control.clone(), self.feed.clone());
            logs::follow(control, feed, *topic, topics.tail, place)
        };
        topics.logs.iter().map(follow).collect()
    }

    fn told_of_log(&mut self, news: LogNews) -> Told {
        if let Some(place) = news.place {
            self.cursor.places.insert(news.topic, place);
        }
        self.told(news.event)
    }

    fn told(&self, event: Event) -> Told {
        Told {
            event,
            cursor: self.cursor.to_string(),
        }
    }

    fn hello(&self) -> Event {
        Event::Hello(Hello {
            agent_id: self.control.agent_id().to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            resumed: !self.wants_snapshot,
        })
    }

    /// What is to be told by now; none when the reader knows everything.
    fn next(&mut self) -> Option<Event> {
        if self.wants_snapshot {
            return Some(self.snapshot());
        }
        match self.feed.next(self.cursor.number) {
            Next::Everything => Some(self.snapshot()),
            Next::Change(change) => {
                self.cursor.number = change.number;
                Some(self.change(change))
            }
            Next::Nothing => {
                let traffic = self.traffic.next();
                traffic
                    .or_else(|| self.stats.next())
                    .or_else(|| self.health())
            }
        }
    }

    fn health(&mut self) -> Option<Event> {
        if !self.health.has_changed().unwrap_or_default() {
            return None;
        }
        let health = self.health.borrow_and_update().clone()?;
        Some(Event::Health(Box::new((*health).clone())))
    }

    fn snapshot(&mut self) -> Event {
        let all = self.feed.all();
        self.cursor.number = all.number;
        self.wants_snapshot = false;
        let mut snapshot = Snapshot::default();
        for item in all
            .containers
            .iter()
            .chain(&all.launches)
            .chain(&all.releases)
        {
            match self.shown(item) {
                Event::Container(container) => snapshot.containers.push(*container),
                Event::Launch(launch) => snapshot.launches.push(*launch),
                Event::Release(release) => snapshot.releases.push(*release),
                _ => {}
            }
        }
        Event::Snapshot(snapshot)
    }

    fn change(&mut self, change: Change<Key, Item>) -> Event {
        match (change.state, change.key) {
            (Some(item), _) => self.shown(&item),
            (None, Key::Container(pk)) => Event::ContainerGone(RecordGone { pk }),
            (None, Key::Launch(id)) => Event::LaunchGone(LaunchGone { id }),
            (None, Key::Release(id)) => Event::ReleaseGone(ReleaseGone { id }),
        }
    }

    fn shown(&mut self, item: &Item) -> Event {
        match item {
            Item::Container(row, _) => {
                self.traffic.note(row.pk.0);
                let container = self.control.view(row, self.host.as_deref());
                Event::Container(Box::new(with_traffic(container, &self.gateway)))
            }
            Item::Launch(launch) => Event::Launch(launch.clone()),
            Item::Release(release) => Event::Release(release.clone()),
        }
    }
}
