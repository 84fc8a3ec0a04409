//! What the platform's backend is told of its containers: `POST /v2/_agent/containers/{backend_container_id}/health/` with
//! `Authorization: Token ...`, whenever the status or the health of one changes, and now and then
//! for ready apps, so that the backend sees that checks go on.
//!
//! What is to be told is read from the store (playground-store/src/push.rs), the newest state of each container, and
//! noted there once it was told. A backend that is away is asked again for ever, with one container's state at a
//! time and a growing wait; a state that it cannot take just now waits by itself. One state of a container is on its way at a
//! time, so the backend sees them in order. What it refuses for good (4xx) is said in the log, counted, and not sent again.
//!
//! The driver knows nothing of all this: it writes rows, as ever.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use playground_store::PushRow;
use playground_types::wire::BackendHealth;
use playground_types::{ContainerPk, ContainerStatus};
use reqwest::{Client, Response, StatusCode, header, redirect};
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use crate::{BackendConfig, Control, ControlError, error_chain};

/// Longest wait for one answer.
const TIMEOUT: Duration = Duration::from_secs(10);
/// States on their way at the same time.
const CONCURRENT: usize = 8;
/// Ready apps are told about at least this often.
const HEARTBEAT_MS: i64 = 300_000;
/// The store is looked at this often when nothing changes.
const LOOK: Duration = Duration::from_secs(30);
/// First wait after a failure; doubles up to [`LONGEST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// Longest wait between two tries.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// How telling goes, for the Agent's own health.
#[derive(Debug, Default)]
pub(crate) struct PushState {
    refused: AtomicU64,
    error: Mutex<Option<String>>,
}

impl PushState {
    fn set_error(&self, error: Option<String>) {
        *self.error.lock().unwrap_or_else(PoisonError::into_inner) = error;
    }
}

/// What became of one state.
enum Told {
    /// It was taken.
    Taken,
    /// It never will be.
    Refused(StatusCode),
    /// Not just now, which says nothing about the others.
    Later(StatusCode),
    /// The backend is away, or wants to be left alone for a while.
    Away(String, Option<Duration>),
}

/// Tells one backend.
struct Pusher {
    backend: BackendConfig,
    client: Client,
    /// Failures in a row of the backend as a whole.
    away: u32,
    /// Containers whose state it could not take: how often, and when to try again.
    later: HashMap<ContainerPk, (u32, Instant)>,
}

impl Control {
    /// Tells the backend until the Agent stops; does nothing where none is configured.
    pub(crate) fn spawn_push(&self) {
        let Some(backend) = self.config.backend.clone() else {
            return;
        };
        let control = self.clone();
        self.tasks.spawn(async move {
            match Pusher::new(backend) {
                Ok(pusher) => control.push(pusher).await,
                Err(error) => tracing::error!(
                    error = &error_chain(&error),
                    "the backend cannot be told anything"
                ),
            }
        });
    }

    async fn push(&self, mut pusher: Pusher) {
        let mut changes = self.changes.subscribe();
        while !self.shutdown.is_cancelled() {
            changes.mark_unchanged();
            // Cancel-safe: what was not noted as told is told again.
            let round = tokio::select! {
                round = self.push_round(&mut pusher) => round,
                () = self.shutdown.cancelled() => break,
            };
            let wait = round.unwrap_or_else(|error| {
                tracing::warn!(
                    error = &error_chain(&error),
                    "what the backend is to be told could not be read or noted"
                );
                FIRST_WAIT
            });
            // Cancel-safe: a change that was not taken is seen the next time, the others only wait.
            tokio::select! {
                changed = changes.changed(), if pusher.away == 0 => {
                    if changed.is_err() { break }
                }
                () = tokio::time::sleep(wait) => {}
                () = self.shutdown.cancelled() => {}
            }
        }
    }

    /// Tells what is due, as much as is good at once; how long to wait for the next round.
    async fn push_round(&self, pusher: &mut Pusher) -> Result<Duration, ControlError> {
        let stale = self.clock.now().plus_millis(-HEARTBEAT_MS);
        let mut due = self.store.pushes_due(stale).await?;
        pusher
            .later
            .retain(|pk, _| due.iter().any(|push| push.container == *pk));
        due.retain(|push| !pusher.is_put_off(push.container));
        pusher.choose(&mut due);
        if due.is_empty() {
            return Ok(pusher.next_try());
        }
        let told = join_all(due.iter().map(|push| pusher.tell(push))).await;
        let mut wait = Duration::ZERO;
        let mut away = None;
        for (push, told) in due.iter().zip(told) {
            match told {
                Told::Taken => self.note_pushed(pusher, push).await?,
                Told::Refused(status) => {
                    self.pushes.refused.fetch_add(1, Ordering::Relaxed);
                    tracing::warn!(
                        container.pk = %push.container, http.status = status.as_u16(),
                        "the backend refuses that container {} is {}", push.backend_container_id, push.status
                    );
                    self.note_pushed(pusher, push).await?;
                }
                Told::Later(status) => pusher.put_off(push.container, status),
                Told::Away(reason, asked) => away = Some((reason, asked)),
            }
        }
        match away {
            Some((reason, asked)) => {
                if pusher.away == 0 {
                    tracing::warn!(reason, "the backend cannot be told and is tried again");
                }
                self.pushes.set_error(Some(reason));
                pusher.away = pusher.away.saturating_add(1);
                wait = asked.unwrap_or_else(|| back_off(pusher.away));
            }
            None if pusher.away > 0 => {
                tracing::info!("the backend can be told again");
                self.pushes.set_error(None);
                pusher.away = 0;
            }
            None => {}
        }
        Ok(wait)
    }

    async fn note_pushed(&self, pusher: &mut Pusher, push: &PushRow) -> Result<(), ControlError> {
        pusher.later.remove(&push.container);
        Ok(self.store.set_pushed(push, self.clock.now()).await?)
    }

    /// How far the backend knows what there is; none where none is configured.
    pub(crate) async fn backend_health(&self) -> Result<Option<BackendHealth>, ControlError> {
        if self.config.backend.is_none() {
            return Ok(None);
        }
        let stale = self.clock.now().plus_millis(-HEARTBEAT_MS);
        Ok(Some(BackendHealth {
            waiting: self.store.pushes_due(stale).await?.len() as u64,
            refused: self.pushes.refused.load(Ordering::Relaxed),
            error: self
                .pushes
                .error
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone(),
        }))
    }
}

impl Pusher {
    fn new(backend: BackendConfig) -> Result<Self, reqwest::Error> {
        Ok(Self {
            backend,
            // A redirect would turn the POST into a GET and look like success.
            client: Client::builder()
                .redirect(redirect::Policy::none())
                .timeout(TIMEOUT)
                .build()?,
            away: 0,
            later: HashMap::new(),
        })
    }

    /// As many as are sent at once. Of a backend that is away only one is asked, another one each time.
    fn choose(&self, due: &mut Vec<PushRow>) {
        if self.away > 0 && !due.is_empty() {
            let chosen = self.away as usize % due.len();
            due.swap(0, chosen);
            due.truncate(1);
        }
        due.truncate(CONCURRENT);
    }

    async fn tell(&self, push: &PushRow) -> Told {
        // A paused clock waits for the answer, as it waits for the database.
        #[cfg(feature = "testing")]
        let _hold = playground_store::Hold::alone();
        let url = format!(
            "{}/v2/_agent/containers/{}/health/",
            self.backend.url.trim_end_matches('/'),
            push.backend_container_id
        );
        let mut request = self.client.post(url).json(&body(push));
        if let Some(token) = &self.backend.token {
            request = request.header(header::AUTHORIZATION, format!("Token {token}"));
        }
        match request.send().await {
            Ok(answer) => judge(&answer),
            Err(error) => Told::Away(error_chain(&error.without_url()), None),
        }
    }

    fn is_put_off(&self, pk: ContainerPk) -> bool {
        self.later
            .get(&pk)
            .is_some_and(|(_, until)| *until > Instant::now())
    }

    fn put_off(&mut self, pk: ContainerPk, status: StatusCode) {
        let (times, until) = self.later.entry(pk).or_insert((0, Instant::now()));
        *times = times.saturating_add(1);
        *until = Instant::now() + back_off(*times);
        tracing::debug!(
            container.pk = %pk, http.status = status.as_u16(), attempt = *times,
            "the backend could not take a container's state and is tried again"
        );
    }

    /// Until the first that was put off is due, or the store is looked at again.
    fn next_try(&self) -> Duration {
        let now = Instant::now();
        self.later
            .values()
            .map(|(_, until)| until.saturating_duration_since(now))
            .min()
            .unwrap_or(LOOK)
            .min(LOOK)
    }
}

/// What is not known is left out, as the platform's own client does.
fn body(push: &PushRow) -> Value {
    // The platform has nine states; an app that idles is there for whoever asks.
    let status = match push.status {
        ContainerStatus::Paused => ContainerStatus::Running,
        other => other,
    };
    let mut body = Map::new();
    body.insert("status".to_owned(), json!(status));
    body.insert("health_state".to_owned(), json!(push.health_state));
    body.insert(
        "consecutive_failures".to_owned(),
        json!(push.consecutive_failures),
    );
    if let Some(at) = push.last_health_check_at {
        body.insert("last_health_check_at".to_owned(), json!(at.to_string()));
    }
    if let Some(error) = &push.last_health_error {
        body.insert("last_health_error".to_owned(), json!(error));
    }
    Value::Object(body)
}

fn judge(answer: &Response) -> Told {
    let status = answer.status();
    match status.as_u16() {
        200..300 => Told::Taken,
        429 | 502..=504 => {
            let asked = answer
                .headers()
                .get(header::RETRY_AFTER)
                .and_then(|value| value.to_str().ok()?.parse().ok())
                .map(|seconds| Duration::from_secs(seconds).clamp(FIRST_WAIT, LONGEST_WAIT));
            Told::Away(format!("it answered {status}"), asked)
        }
        408 | 500.. => Told::Later(status),
        _ => Told::Refused(status),
    }
}

fn back_off(failures: u32) -> Duration {
    (FIRST_WAIT * 2_u32.pow(failures.saturating_sub(1).min(6))).min(LONGEST_WAIT)
}
