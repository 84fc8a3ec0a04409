//! What can go wrong in the database.

/// A failure of the database, or a row that does not read back.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite refused or failed.
    #[error("the database failed")]
    Database(#[source] sqlx::Error),
    /// The schema could not be brought up to date.
    #[error("the database schema could not be brought up to date")]
    Migrate(#[source] sqlx::migrate::MigrateError),
    /// A column holds what no version of this program wrote.
    #[error("column {column} holds {value:?}, which does not read back")]
    Corrupt {
        /// `table.column`.
        column: &'static str,
        /// The text found there.
        value: String,
    },
    /// Every port of the range is taken or barred.
    #[error("no host port is free")]
    PortsExhausted,
    /// As many builds wait as may.
    #[error("{0} builds are waiting already")]
    QueueFull(u64),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}
