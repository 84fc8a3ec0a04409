//! A visitor before the door of an app that is not ready: the app is woken if it sleeps, and the request is held until it
//! is ready.
//!
//! A page is held only as long as nobody notices, because a person is told more by a page that says what happens.

use std::fmt::Debug;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::apps::{App, Apps, Stage};
use crate::refusal::Refusal;
use crate::traffic::Visit;

/// How long a page is held: an app that was frozen is there by then.
const PAGE: Duration = Duration::from_millis(400);
/// How long a page waits for the next stage before it asks again: less than any server in between is patient for.
const WATCH: Duration = Duration::from_secs(25);
/// An app that still sleeps is called again after this time: whoever was called may have failed.
const CALL_AGAIN: Duration = Duration::from_secs(1);

/// Wakes apps that sleep.
pub trait Wake: Debug + Send + Sync {
    /// Somebody stands before the door of the app with this key. Called again while nothing happens.
    fn wake(&self, pk: i64);
}

/// How a request is held.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hold<'a> {
    pub(crate) apps: &'a Apps,
    pub(crate) waker: Option<&'a dyn Wake>,
    /// How long a program's request is held.
    pub(crate) programs: Duration,
}

impl Hold<'_> {
    /// The app's stage once it is another than this one, or after a while. Waiting for it is a visit.
    pub(crate) async fn until_changed(&self, app: Arc<App>, visit: &Visit, known: &str) -> Stage {
        let deadline = Instant::now() + WATCH;
        let mut call_at = Instant::now();
        let mut tables = self.apps.subscribe();
        loop {
            tables.borrow_and_update();
            let Some(app) = self.apps.of_record(app.pk) else {
                return Stage::Stopped;
            };
            let is_shut = matches!(app.stage, Stage::Ready(_)) && !visit.is_let_in();
            let stage = if is_shut {
                Stage::Asleep
            } else {
                app.stage.clone()
            };
            if stage.word() != known || Instant::now() >= deadline {
                return stage;
            }
            let next_look = self.call(&app, &mut call_at).min(deadline);
            // Cancel-safe: both only wait.
            tokio::select! {
                _ = tables.changed() => {}
                () = sleep_until(next_look) => {}
            }
        }
    }

    /// Calls for an app that sleeps, unless it was called just now. When to look again.
    fn call(&self, app: &App, call_at: &mut Instant) -> Instant {
        let now = Instant::now();
        if !app.stage.sleeps() {
            return now + WATCH;
        }
        if now >= *call_at {
            *call_at = now + CALL_AGAIN;
            if let Some(waker) = self.waker {
                waker.wake(app.pk);
            }
        }
        *call_at
    }

    /// The app once it is ready, and where it is. Refused when it will not be, or not in time.
    pub(crate) async fn until_ready(
        &self,
        app: Arc<App>,
        visit: &Visit,
        is_page: bool,
    ) -> Result<(Arc<App>, SocketAddr), Refusal> {
        if let Some(target) = enter(&app, visit) {
            return Ok((app, target));
        }
        let begun = Instant::now();
        let deadline = begun + if is_page { PAGE } else { self.programs };
        let mut call_at = begun;
        let mut tables = self.apps.subscribe();
        loop {
            tables.borrow_and_update();
            let gone = || Refusal::NoSuchApp(app.name.clone());
            let app = self.apps.of_record(app.pk).ok_or_else(gone)?;
            if let Some(target) = enter(&app, visit) {
                tracing::debug!(app = app.name, waited = ?begun.elapsed(), "a request was held");
                return Ok((app, target));
            }
            let now = Instant::now();
            if !app.stage.is_coming() || now >= deadline {
                return Err(Refusal::NotReady {
                    name: app.name.clone(),
                    stage: app.stage.clone(),
                });
            }
            let next_look = self.call(&app, &mut call_at).min(deadline);
            // Cancel-safe: both only wait.
            tokio::select! {
                _ = tables.changed() => {}
                () = sleep_until(next_look) => {}
            }
        }
    }
}

/// Where the app is, if it is ready and its door is open. Once a visitor is in, the door stays open until they leave.
fn enter(app: &App, visit: &Visit) -> Option<SocketAddr> {
    match app.stage {
        Stage::Ready(target) if visit.enter(target) => Some(target),
        _ => None,
    }
}
