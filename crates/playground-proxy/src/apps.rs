//! The apps there are, as one table that is swapped whole: a request sees the old table or the new one.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock};

use crate::traffic::Traffic;

/// How far an app is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// It answers at this address.
    Ready(SocketAddr),
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
    /// What passes through. Shared with the table before, where the app was there already.
    pub traffic: Arc<Traffic>,
}

/// The table.
#[derive(Debug, Default)]
pub struct Apps(RwLock<Arc<HashMap<String, Arc<App>>>>);

impl Apps {
    /// The app with this label, whoever spelled it.
    pub fn find(&self, written: &str) -> Option<Arc<App>> {
        self.table().get(&label(written)).cloned()
    }

    /// The traffic of an app that is there already, for the next table.
    pub fn traffic_of(&self, name: &str) -> Arc<Traffic> {
        let app = self.find(name);
        app.map_or_else(Arc::default, |app| app.traffic.clone())
    }

    /// Puts a new table in the place of the old one.
    pub fn replace(&self, apps: impl IntoIterator<Item = App>) {
        let table = apps
            .into_iter()
            .map(|app| (label(&app.name), Arc::new(app)))
            .collect();
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(table);
    }

    fn table(&self) -> Arc<HashMap<String, Arc<App>>> {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// A name as a part of a host: not every resolver takes an underscore, and none tells capitals from small letters.
pub fn label(name: &str) -> String {
    name.to_ascii_lowercase().replace('_', "-")
}
