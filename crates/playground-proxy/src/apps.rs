//! The apps there are, as one table that is swapped whole: a request sees the old table or the new one.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use crate::traffic::{Look, Traffic, Visits};

/// How far an app is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// It answers at this address.
    Ready(SocketAddr),
    /// It sleeps, and is woken by whoever comes.
    Asleep,
    /// It was asked for and nothing has begun.
    Waiting,
    /// Its image is being made.
    Building,
    /// Its container is on its way.
    Starting,
    /// It is not meant to run.
    Stopped,
    /// It was given up.
    Failed {
        /// Why, in English.
        message: String,
        /// Why, in Korean.
        korean: String,
    },
}

impl Stage {
    /// Whether it is ready, or will be if nothing goes wrong.
    pub(crate) fn is_coming(&self) -> bool {
        !matches!(self, Self::Stopped | Self::Failed { .. })
    }

    /// Whether somebody must be called for it. One that is ready and yet lets nobody in is just falling asleep.
    pub(crate) fn sleeps(&self) -> bool {
        matches!(self, Self::Asleep | Self::Ready(_))
    }
}

/// An app, as visitors meet it.
#[derive(Debug, Clone)]
pub struct App {
    /// What its record is called, for people.
    pub name: String,
    /// The record's key, for whoever decides who may see it.
    pub pk: i64,
    /// Whether everybody may see it.
    pub is_public: bool,
    /// How far it is.
    pub stage: Stage,
    /// What passes through: [`Apps::traffic_of`] its record, which outlives the table.
    pub traffic: Arc<Traffic>,
}

/// One table.
#[derive(Debug, Default)]
struct Table {
    by_label: HashMap<String, Arc<App>>,
    by_record: HashMap<i64, Arc<App>>,
}

/// The table that holds now, and what passed through to each of its apps.
#[derive(Debug, Default)]
pub struct Apps {
    table: watch::Sender<Table>,
    traffic: Mutex<HashMap<i64, Arc<Traffic>>>,
}

impl Apps {
    /// The app with this label, whoever spelled it.
    pub fn find(&self, written: &str) -> Option<Arc<App>> {
        let table = self.table.borrow();
        // Nearly everybody spells it as we do.
        let app = table.by_label.get(written);
        app.or_else(|| table.by_label.get(&label(written))).cloned()
    }

    /// The app of the record with this key.
    pub fn of_record(&self, pk: i64) -> Option<Arc<App>> {
        self.table.borrow().by_record.get(&pk).cloned()
    }

    /// The traffic of a record's app, whether or not it is in the table.
    pub fn traffic_of(&self, pk: i64) -> Arc<Traffic> {
        let mut traffic = self.traffic.lock().unwrap_or_else(PoisonError::into_inner);
        traffic.entry(pk).or_default().clone()
    }

    /// Counts somebody who has the app of this record before their eyes, until what is returned is dropped; none when there is no
    /// such app.
    pub fn look_at(&self, pk: i64) -> Option<Look> {
        let traffic = self.traffic.lock().unwrap_or_else(PoisonError::into_inner);
        Look::at(traffic.get(&pk)?)
    }

    /// What passed through to each app by its record's key.
    pub fn visits(&self) -> Vec<(i64, Visits)> {
        let traffic = self.traffic.lock().unwrap_or_else(PoisonError::into_inner);
        let visits = traffic.iter().map(|(pk, traffic)| (*pk, traffic.visits()));
        visits.collect()
    }

    /// Puts a new table in the place of the old one.
    pub fn replace(&self, apps: impl IntoIterator<Item = App>) {
        let mut table = Table::default();
        for app in apps {
            let app = Arc::new(app);
            table.by_label.insert(label(&app.name), app.clone());
            table.by_record.insert(app.pk, app);
        }
        let mut traffic = self.traffic.lock().unwrap_or_else(PoisonError::into_inner);
        traffic.retain(|pk, _| table.by_record.contains_key(pk));
        drop(traffic);
        self.table.send_replace(table);
    }

    /// Tells of every new table.
    pub(crate) fn subscribe(&self) -> watch::Receiver<impl Sized + use<>> {
        self.table.subscribe()
    }
}

/// A name as a part of a host: not every resolver takes an underscore, and none tells capitals from small letters.
pub fn label(name: &str) -> String {
    name.to_ascii_lowercase().replace('_', "-")
}
