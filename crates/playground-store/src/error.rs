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

/// SQLite's code for "database or disk is full".
const SQLITE_FULL: i32 = 13;
/// SQLite's code for "disk I/O error": what a full disk looks like where a file of its own cannot grow.
const SQLITE_IOERR: i32 = 10;

impl StoreError {
    /// Whether nothing was written for want of space. It can be tried again once there is some.
    pub fn is_disk_full(&self) -> bool {
        let Self::Database(sqlx::Error::Database(error)) = self else {
            return false;
        };
        let code: Option<i32> = error.code().and_then(|code| code.parse().ok());
        // Extended codes have the plain one in their lowest byte.
        code.is_some_and(|code| matches!(code & 0xff, SQLITE_FULL | SQLITE_IOERR))
    }
}
