//! The clients: each does one thing after the other over the real API, and writes down what it was told.
//!
//! While the Agent is away connections break, which is expected; what it says must make sense all the same.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use playground_client::wire::{Container, OnExisting};
use playground_client::{
    Archive, Client, ClientError, ContainerFilter, CreateRequest, LogTail, WantedStatus,
};
use tokio::time::{Instant, sleep};

use super::ledger::{Ledger, Told, Wish};
use super::plan::{Identity, Operation, Plan, Spec, archive};
use super::report::{Heard, Report};
use crate::agent;
use crate::random::Random;

/// After a connection that broke.
const PAUSE: Duration = Duration::from_millis(100);
const PAGE: u64 = 100;

/// What the clients have in common.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    ledger: Mutex<Ledger>,
    report: Mutex<Report>,
    /// Archives that are just being sent.
    pub(crate) uploads: AtomicU64,
}

impl Shared {
    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn report(&self) -> MutexGuard<'_, Report> {
        self.report.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One client.
#[derive(Debug)]
pub(crate) struct Worker {
    client: Client,
    plan: Plan,
    shared: Arc<Shared>,
}

impl Worker {
    pub(crate) fn new(random: Random, shared: Arc<Shared>) -> anyhow::Result<Self> {
        Ok(Self {
            client: agent::client()?,
            plan: Plan::new(random),
            shared,
        })
    }

    /// One operation after the other until the time is over.
    pub(crate) async fn work(mut self, until: Instant) {
        while Instant::now() < until {
            let (pause, operation) = self.plan.next();
            sleep(pause).await;
            let name = operation.name();
            let heard = match self.perform(operation).await {
                Ok(heard) => heard,
                Err(error) => self.judge(name, &error),
            };
            self.shared.report().note(name, heard);
            if heard == Heard::Nothing {
                sleep(PAUSE).await;
            }
        }
    }

    async fn perform(&mut self, operation: Operation) -> Result<Heard, ClientError> {
        match operation {
            Operation::Create(identity, spec, on_existing) => {
                self.create(identity, spec, on_existing).await
            }
            Operation::Delete(identity) => {
                let client = self.client.clone();
                self.wish(identity, Wish::Delete, async |pk| {
                    client.delete_container(pk).await.map(drop)
                })
                .await
            }
            Operation::Stop(identity) => {
                let client = self.client.clone();
                self.wish(identity, Wish::Stop, async |pk| {
                    let stopped = client.update_container(pk, WantedStatus::Stopped);
                    stopped.await.map(drop)
                })
                .await
            }
            Operation::Start(identity) => {
                let client = self.client.clone();
                self.wish(identity, Wish::Start, async |pk| {
                    let started = client.update_container(pk, WantedStatus::Running);
                    started.await.map(drop)
                })
                .await
            }
            Operation::Restart(identity) => {
                let client = self.client.clone();
                self.wish(identity, Wish::Start, async |pk| {
                    client.restart_container(pk).await.map(drop)
                })
                .await
            }
            Operation::Cancel => self.cancel().await,
            Operation::List => {
                let filter = ContainerFilter::default();
                self.client.containers(&filter, 1, PAGE).await?;
                Ok(Heard::Yes)
            }
            Operation::Show(identity) => match self.find(identity).await? {
                Some(container) => {
                    self.client.container(&container.pk.to_string()).await?;
                    Ok(Heard::Yes)
                }
                None => Ok(Heard::No),
            },
            Operation::Builds => self.client.builds(1, PAGE).await.map(|_| Heard::Yes),
            Operation::Logs(identity) => match self.find(identity).await? {
                Some(container) => {
                    let (pk, tail) = (container.pk.to_string(), LogTail::default());
                    self.client.container_log(&pk, &tail).await?;
                    Ok(Heard::Yes)
                }
                None => Ok(Heard::No),
            },
            Operation::Health => self.client.health().await.map(|_| Heard::Yes),
        }
    }

    async fn create(
        &self,
        identity: Identity,
        spec: Spec,
        on_existing: OnExisting,
    ) -> Result<Heard, ClientError> {
        let request = CreateRequest {
            model: identity.model,
            params: Some(spec.mimic().params()),
            on_existing: Some(on_existing),
            ..CreateRequest::of(identity.release())
        };
        let began = Instant::now();
        let answer = match spec.content {
            Some(content) => {
                let file = Archive::from_bytes("plugin.zip", archive(identity.code, content));
                self.shared.uploads.fetch_add(1, Ordering::Relaxed);
                let sent = self.client.create_container_from(file, &request, |_| ());
                let answer = sent.await;
                self.shared.uploads.fetch_sub(1, Ordering::Relaxed);
                answer
            }
            None => self.client.create_container(&request).await,
        };
        let wish = Wish::Create(spec);
        self.write_down(identity, wish, began, answer.as_ref().err());
        let created = answer?;
        self.shared.ledger().launches.push(created.build_id);
        Ok(Heard::Yes)
    }

    /// Cancels the newest launch that is on its way.
    async fn cancel(&self) -> Result<Heard, ClientError> {
        let began = Instant::now();
        let launches = self.client.builds(1, PAGE).await?.results;
        let Some(launch) = launches.iter().find(|launch| !launch.status.is_final()) else {
            return Ok(Heard::No);
        };
        let pk = launch.container_pk.to_string();
        let Some(identity) = Identity::of(&self.client.container(&pk).await?) else {
            return Ok(Heard::No);
        };
        let answer = self.client.cancel_build(&launch.id).await;
        if !answer.as_ref().is_err_and(is_refused) {
            // Whatever was said, the build may have been faster.
            let mut ledger = self.shared.ledger();
            ledger.note(identity, Wish::Cancel, Told::Nothing, began);
        }
        answer.map(|()| Heard::Yes)
    }

    /// Asks something of a container that is there.
    async fn wish(
        &self,
        identity: Identity,
        wish: Wish,
        ask: impl AsyncFnOnce(&str) -> Result<(), ClientError>,
    ) -> Result<Heard, ClientError> {
        let began = Instant::now();
        let Some(container) = self.find(identity).await? else {
            return Ok(Heard::No);
        };
        let answer = ask(&container.pk.to_string()).await;
        self.write_down(identity, wish, began, answer.as_ref().err());
        answer.map(|()| Heard::Yes)
    }

    fn write_down(
        &self,
        identity: Identity,
        wish: Wish,
        began: Instant,
        error: Option<&ClientError>,
    ) {
        let told = match error {
            Some(error) if is_refused(error) => return,
            Some(_) => Told::Nothing,
            None => Told::Yes,
        };
        self.shared.ledger().note(identity, wish, told, began);
    }

    async fn find(&self, identity: Identity) -> Result<Option<Container>, ClientError> {
        let filter = ContainerFilter {
            plugin_release: Some(identity.release()),
            ..ContainerFilter::default()
        };
        let page = self.client.containers(&filter, 1, PAGE).await?;
        let is_it = |container: &Container| container.model == identity.model;
        Ok(page.results.into_iter().find(is_it))
    }

    /// What a failed call means, and whether the Agent may say such a thing at all.
    fn judge(&self, name: &str, error: &ClientError) -> Heard {
        match error {
            ClientError::Unreachable { .. } => Heard::Nothing,
            // The engine is away now and then, and said to be.
            ClientError::Api { code, .. } if code == "engine_unavailable" => Heard::Nothing,
            error if is_refused(error) => Heard::No,
            error => {
                let text = format!("{name} was answered with: {}", chain(error));
                self.shared.report().differs(text);
                Heard::Nothing
            }
        }
    }
}

/// Nothing was done, and the caller was told why.
fn is_refused(error: &ClientError) -> bool {
    matches!(error, ClientError::Api { status, .. } if (400..500).contains(status))
}

fn chain(error: &ClientError) -> String {
    let mut text = format!("{error:?}");
    text.truncate(600);
    text
}
