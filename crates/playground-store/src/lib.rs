//! The database of Synapse Playground: the only crate that knows SQL.
//!
//! Invariants live in the schema: one row for an identity, one row for a host port, one live build for a context.
//! Statements rely on those constraints instead of checking first. SQLite runs in WAL mode with one writing connection
//! (a second writer would only wait inside SQLite) and several reading ones.
//!
//! A statement that writes and returns rows by itself is read to its end (`fetch_all`): SQLite commits with the last step,
//! and who stops at the first row never hears that there was no space for it.
//!
//! Columns of `containers` have two writers that never share one: requests write what should be ([`intent`]), the
//! driver writes what was done and seen ([`outcome`]).

mod adopt;
mod build;
mod container;
mod error;
mod health;
pub mod intent;
mod launch;
mod live;
pub mod outcome;
mod patience;
mod port;
mod push;
mod queue;
mod replace;
mod row;
mod session;
mod setting;
mod sleep;
mod source;
mod spare;
mod token;

use std::path::Path;
use std::time::Duration;

use patience::{Pool, patient};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

pub use adopt::{Adopted, Adoption};
pub use build::{BuildRow, NewBuild};
pub use container::{ContainerFilter, ContainerRow, Desired, Spec};
pub use error::StoreError;
pub use health::Checkable;
pub use intent::{Accepted, CreateIntent};
pub use launch::{LaunchRow, Outcome};
#[cfg(feature = "testing")]
pub use patience::Hold;
pub use push::PushRow;
pub use queue::LiveBuild;
pub use session::SessionRow;
pub use source::{ReleaseRow, SourceRow};
pub use spare::SpareBuild;
pub use token::{Revoked, TokenRow};

/// A result of this crate.
pub type Result<T> = std::result::Result<T, StoreError>;

/// How long a statement waits for another process that holds the database.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// Reading connections: lists and polls run side by side.
const READERS: u32 = 4;

/// The database. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    read: Pool,
    write: Pool,
}

impl Store {
    /// Opens the database file, making it when it is not there, and brings its schema up to date.
    pub async fn open(file: &Path) -> Result<Self> {
        #[cfg(feature = "testing")]
        let _hold = patience::Hold::alone();
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // WAL with NORMAL survives a killed process; only a power cut can take the last transactions, and those
            // are found again by comparing with the engine.
            .synchronous(SqliteSynchronous::Normal)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT);
        let write = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_with(options.clone())
            .await?;
        sqlx::migrate!()
            .run(&write)
            .await
            .map_err(StoreError::Migrate)?;
        let read = SqlitePoolOptions::new()
            .max_connections(READERS)
            .connect_with(options.read_only(true))
            .await?;
        Ok(Self {
            read: patient(read),
            write: patient(write),
        })
    }

    /// Ends all connections; the write-ahead log is folded into the file.
    pub async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }

    /// The schema as SQLite has it, for the test that compares it with the committed one.
    pub async fn schema(&self) -> Result<String> {
        let statements: Vec<String> = sqlx::query_scalar(
            "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE '\\_sqlx%' ESCAPE '\\'
             AND name NOT LIKE 'sqlite%' ORDER BY type DESC, name",
        )
        .fetch_all(&self.read)
        .await?;
        Ok(statements.join(";\n\n") + ";\n")
    }
}
