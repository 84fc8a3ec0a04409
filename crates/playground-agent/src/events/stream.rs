//! One reader's events. Nothing is made before the reader takes it: who is slow is told what is newest by then.

use async_stream::stream;
use futures_util::Stream;
use playground_control::Control;
use playground_proxy::Gateway;
use playground_types::wire::{
    Event, Farewell, Hello, LaunchGone, RecordGone, ReleaseGone, Snapshot,
};

use super::cursor::Cursor;
use super::feed::{Feed, Item, Key, Next};
use super::journal::Change;
use super::topics::Topics;
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
}

/// What a reader is told, from where it was on, until the Agent stops. `host` as for [`Control::endpoint`].
pub(crate) fn stream(
    state: &AppState,
    host: Option<String>,
    _topics: Topics,
    since: Option<Cursor>,
) -> impl Stream<Item = Told> + Send + use<> {
    let mut reader = Reader::new(state, host, since);
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
            // Cancel-safe: both only wait.
            tokio::select! {
                _ = moves.changed() => {}
                () = control.stopping() => {}
            }
        }
        yield reader.told(Event::Farewell(Farewell {}));
    }
}

impl Reader {
    fn new(state: &AppState, host: Option<String>, since: Option<Cursor>) -> Self {
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
        }
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
            Next::Nothing => None,
        }
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

    fn change(&self, change: Change<Key, Item>) -> Event {
        match (change.state, change.key) {
            (Some(item), _) => self.shown(&item),
            (None, Key::Container(pk)) => Event::ContainerGone(RecordGone { pk }),
            (None, Key::Launch(id)) => Event::LaunchGone(LaunchGone { id }),
            (None, Key::Release(id)) => Event::ReleaseGone(ReleaseGone { id }),
        }
    }

    fn shown(&self, item: &Item) -> Event {
        match item {
            Item::Container(row, _) => {
                let container = self.control.view(row, self.host.as_deref());
                Event::Container(Box::new(with_traffic(container, &self.gateway)))
            }
            Item::Launch(launch) => Event::Launch(launch.clone()),
            Item::Release(release) => Event::Release(release.clone()),
        }
    }
}
