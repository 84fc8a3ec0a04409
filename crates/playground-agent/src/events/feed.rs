//! The records in a journal, for all streams.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use playground_control::Control;
use playground_store::ContainerRow;
use playground_types::wire::{ImageBuild, Launch, Release, Waiting};
use tokio::sync::watch;

use super::journal::{Change, Journal, State};

/// Keys that went and are remembered: whoever was away for longer than it takes so many to go is told everything anew.
const MOST_GONE: usize = 1000;

/// What changed when. Cheap to clone; clones share everything.
#[derive(Debug, Clone)]
pub(crate) struct Feed(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// Numbers of another journal mean nothing in this one: each has a name of its own.
    epoch: String,
    journal: Mutex<Journal<Key, Item>>,
    moved: watch::Sender<u64>,
}

/// What a change is of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    /// A container, by its integer key.
    Container(i64),
    /// A launch.
    Launch(String),
    /// A plugin release, by its integer key.
    Release(i64),
}

/// How it stands.
#[derive(Debug)]
pub(super) enum Item {
    /// A record, and what it waits for. It is shown to each reader under the name by which that one reached the Agent.
    Container(Arc<ContainerRow>, Option<Waiting>),
    /// A launch without its result.
    Launch(Box<Launch>),
    /// A plugin release.
    Release(Box<Release>),
}

/// Everything that is there, newest first.
#[derive(Debug, Default)]
pub(super) struct All {
    pub(super) number: u64,
    pub(super) containers: Vec<Arc<Item>>,
    pub(super) launches: Vec<Arc<Item>>,
    pub(super) releases: Vec<Arc<Item>>,
}

impl Feed {
    /// Empty.
    pub(crate) fn new() -> Self {
        Self(Arc::new(Shared {
            epoch: format!("{:08x}", rand::random::<u32>()),
            journal: Mutex::new(Journal::new(MOST_GONE)),
            moved: watch::Sender::new(0),
        }))
    }

    /// The journal's name.
    pub(super) fn epoch(&self) -> &str {
        &self.0.epoch
    }

    /// These are all containers.
    pub(crate) fn set_containers(&self, control: &Control, rows: &[Arc<ContainerRow>]) {
        let item = |row: &Arc<ContainerRow>| {
            let waiting = control.waiting(row.pk);
            let item = Item::Container(row.clone(), waiting);
            (Key::Container(row.pk.0), item)
        };
        let is_container = |key: &Key| matches!(key, Key::Container(_));
        self.replace(is_container, rows.iter().map(item).collect());
    }

    /// These are the launches that are told of.
    pub(crate) fn set_launches(&self, launches: Vec<Launch>) {
        let item = |launch: Launch| {
            let key = Key::Launch(launch.id.clone());
            (key, Item::Launch(Box::new(launch)))
        };
        let is_launch = |key: &Key| matches!(key, Key::Launch(_));
        self.replace(is_launch, launches.into_iter().map(item).collect());
    }

    /// These are all releases.
    pub(crate) fn set_releases(&self, releases: Vec<Release>) {
        let item = |release: Release| {
            let key = Key::Release(release.id);
            (key, Item::Release(Box::new(release)))
        };
        let is_release = |key: &Key| matches!(key, Key::Release(_));
        self.replace(is_release, releases.into_iter().map(item).collect());
    }

    /// Moves with every change. Subscribe first, look second, wait third: no change is missed.
    pub(super) fn moves(&self) -> watch::Receiver<u64> {
        self.0.moved.subscribe()
    }

    /// The number of a container's last change. Another one says that there was one more.
    pub(super) fn number_of(&self, pk: i64) -> Option<u64> {
        self.journal().number_of(&Key::Container(pk))
    }

    /// Whether a reader of this journal that is at this number can be told the rest.
    pub(super) fn can_resume(&self, epoch: &str, number: u64) -> bool {
        epoch == self.0.epoch && self.journal().can_resume(number)
    }

    /// What comes next for a reader at this number.
    pub(super) fn next(&self, number: u64) -> Next {
        let journal = self.journal();
        match journal.next(number) {
            _ if !journal.can_resume(number) => Next::Everything,
            Some(change) => Next::Change(change),
            None => Next::Nothing,
        }
    }

    /// Everything that is there.
    pub(super) fn all(&self) -> All {
        let journal = self.journal();
        let mut all = All {
            number: journal.last(),
            ..All::default()
        };
        for (key, item) in journal.all() {
            match key {
                Key::Container(_) => all.containers.push(item.clone()),
                Key::Launch(_) => all.launches.push(item.clone()),
                Key::Release(_) => all.releases.push(item.clone()),
            }
        }
        drop(journal);
        all.containers.reverse();
        all.launches.reverse();
        all.releases.reverse();
        all
    }

    fn replace(&self, is_meant: impl Fn(&Key) -> bool, items: Vec<(Key, Item)>) {
        let last = {
            let mut journal = self.journal();
            journal.replace(is_meant, items);
            journal.last()
        };
        self.0.moved.send_if_modified(|moved| {
            let has_moved = *moved != last;
            *moved = last;
            has_moved
        });
    }

    fn journal(&self) -> MutexGuard<'_, Journal<Key, Item>> {
        self.0
            .journal
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a reader is told next.
#[derive(Debug)]
pub(super) enum Next {
    /// It missed more than is remembered.
    Everything,
    /// This.
    Change(Change<Key, Item>),
    /// It knows everything.
    Nothing,
}

impl State for Item {
    fn is_news_after(&self, before: &Self) -> bool {
        match (self, before) {
            (Self::Container(row, waiting), Self::Container(before, waited)) => {
                waiting != waited || row != before && is_news(row, before)
            }
            (Self::Launch(launch), Self::Launch(before)) => {
                launch != before && without_estimate(launch) != without_estimate(before)
            }
            (Self::Release(release), Self::Release(before)) => release != before,
            _ => true,
        }
    }
}

/// That an app was asked once more and answered, and that somebody was there (see `traffic`), is no news by itself: it
/// would be told of every app, again and again.
fn is_news(row: &ContainerRow, before: &ContainerRow) -> bool {
    let mut row = row.clone();
    row.last_health_check_at = before.last_health_check_at;
    row.last_visit_at = before.last_visit_at;
    row != *before
}

/// A place in line is news; how long it may take is another guess with every second.
fn without_estimate(launch: &Launch) -> Launch {
    Launch {
        estimate_seconds: None,
        image_build: launch.image_build.clone().map(|build| ImageBuild {
            estimate_seconds: None,
            ..build
        }),
        ..launch.clone()
    }
}
