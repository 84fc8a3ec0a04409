//! Connections that a paused clock waits for.
//!
//! The database works on threads of its own, so to tokio a task that waits for a statement is idle. A test that pauses tokio's
//! clock would see it jump to the next timer during every statement: time-outs would end what takes microseconds. Tokio's
//! clock stands still while a blocking task runs, so one runs here as long as any statement is under way. Without the
//! feature "testing" none of this exists, and a [`Pool`] is sqlx's own.

#[cfg(not(feature = "testing"))]
pub(crate) type Pool = sqlx::SqlitePool;

#[cfg(not(feature = "testing"))]
pub(crate) fn patient(pool: sqlx::SqlitePool) -> Pool {
    pool
}

#[cfg(feature = "testing")]
pub use testing::Hold;
#[cfg(feature = "testing")]
pub(crate) use testing::{Pool, patient};

#[cfg(feature = "testing")]
mod testing {
    use std::ops::{Deref, DerefMut};
    use std::sync::{Arc, Mutex, PoisonError, mpsc};

    use futures_util::StreamExt as _;
    use futures_util::future::BoxFuture;
    use futures_util::stream::BoxStream;
    use sqlx::sqlite::{
        SqliteConnection, SqlitePool, SqliteQueryResult, SqliteRow, SqliteStatement, SqliteTypeInfo,
    };
    use sqlx::{Describe, Either, Error, Execute, Executor, SqlStr, Sqlite, Transaction};

    /// The blocking task that stops the clock, while anybody needs it.
    #[derive(Debug, Clone, Default)]
    struct Brake(Arc<Mutex<Holders>>);

    #[derive(Debug, Default)]
    struct Holders {
        count: usize,
        release: Option<mpsc::Sender<()>>,
    }

    /// The clock stands still until this is dropped.
    #[derive(Debug)]
    pub struct Hold(Brake);

    impl Hold {
        /// For work that belongs to no pool.
        pub fn alone() -> Self {
            Brake::default().hold()
        }
    }

    impl Brake {
        fn hold(&self) -> Hold {
            let mut holders = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if holders.count == 0 {
                let (release, released) = mpsc::channel::<()>();
                tokio::task::spawn_blocking(move || released.recv().is_ok());
                holders.release = Some(release);
            }
            holders.count += 1;
            Hold(self.clone())
        }
    }

    impl Drop for Hold {
        fn drop(&mut self) {
            let mut holders = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
            holders.count -= 1;
            if holders.count == 0 {
                holders.release = None;
            }
        }
    }

    /// A pool whose statements stop the clock.
    #[derive(Debug, Clone)]
    pub(crate) struct Pool {
        inner: SqlitePool,
        brake: Brake,
    }

    pub(crate) fn patient(inner: SqlitePool) -> Pool {
        Pool {
            inner,
            brake: Brake::default(),
        }
    }

    /// A transaction that stops the clock. Fields drop in order: the clock goes on when the connection is free again.
    pub(crate) struct Held {
        inner: Transaction<'static, Sqlite>,
        _hold: Hold,
    }

    impl Pool {
        pub(crate) async fn begin(&self) -> Result<Held, Error> {
            let hold = self.brake.hold();
            let inner = self.inner.begin().await?;
            Ok(Held { inner, _hold: hold })
        }

        pub(crate) async fn begin_with(&self, statement: &'static str) -> Result<Held, Error> {
            let hold = self.brake.hold();
            let inner = self.inner.begin_with(statement).await?;
            Ok(Held { inner, _hold: hold })
        }

        pub(crate) async fn close(&self) {
            let _hold = self.brake.hold();
            self.inner.close().await;
        }
    }

    impl Held {
        pub(crate) async fn commit(self) -> Result<(), Error> {
            self.inner.commit().await
        }
    }

    impl Deref for Held {
        type Target = SqliteConnection;

        fn deref(&self) -> &SqliteConnection {
            &self.inner
        }
    }

    impl DerefMut for Held {
        fn deref_mut(&mut self) -> &mut SqliteConnection {
            &mut self.inner
        }
    }

    impl<'p> Executor<'p> for &'_ Pool {
        type Database = Sqlite;

        fn fetch_many<'e, 'q: 'e, E>(
            self,
            query: E,
        ) -> BoxStream<'e, Result<Either<SqliteQueryResult, SqliteRow>, Error>>
        where
            E: 'q + Execute<'q, Sqlite>,
        {
            let hold = self.brake.hold();
            let answers = self.inner.fetch_many(query);
            answers
                .map(move |answer| {
                    let _held_until_the_stream_is_dropped = &hold;
                    answer
                })
                .boxed()
        }

        fn fetch_optional<'e, 'q: 'e, E>(
            self,
            query: E,
        ) -> BoxFuture<'e, Result<Option<SqliteRow>, Error>>
        where
            E: 'q + Execute<'q, Sqlite>,
        {
            let hold = self.brake.hold();
            let answer = self.inner.fetch_optional(query);
            Box::pin(async move {
                let _hold = hold;
                answer.await
            })
        }

        fn prepare_with<'e>(
            self,
            sql: SqlStr,
            parameters: &'e [SqliteTypeInfo],
        ) -> BoxFuture<'e, Result<SqliteStatement, Error>>
        where
            'p: 'e,
        {
            self.inner.prepare_with(sql, parameters)
        }

        fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<Describe<Sqlite>, Error>>
        where
            'p: 'e,
        {
            self.inner.describe(sql)
        }
    }
}
