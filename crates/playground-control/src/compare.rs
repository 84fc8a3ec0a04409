//! Records beside the engine, all at once: after a start, and whenever events may have been lost.
//!
//! One list tells of most records that nothing is left to do; only the others need a turn of their own. What the Agent
//! says of a record before it was compared is no more than what it remembers, so it is ready only when every record was.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use playground_engine::ContainerView;
use playground_engine::labels::LABEL_RECORD;
use playground_store::{ContainerFilter, ContainerRow};
use playground_types::{ContainerPk, EngineId, Timestamp};
use tokio::sync::watch;

use crate::container::decide::{Decision, Image, Observation, Seen, decide, status};
use crate::container::observe::needs_image;
use crate::{Control, StepError};

/// Records looked at in one go.
const ALL: u64 = 100_000;

/// How far the first comparison since the start has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Records there were at the start.
    pub records: u64,
    /// How many of them were compared.
    pub compared: u64,
    /// Whether the engine has listed our containers.
    pub listed: bool,
}

impl Progress {
    /// Whether everything was compared once.
    pub fn is_ready(self) -> bool {
        self.listed && self.compared == self.records
    }
}

/// The first comparison since the start.
#[derive(Debug, Default)]
pub(crate) struct Comparison {
    left: Mutex<HashSet<ContainerPk>>,
    progress: watch::Sender<Progress>,
}

impl Comparison {
    /// These records are to be compared.
    pub(crate) fn begin(&self, records: Vec<ContainerPk>) {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        *left = records.into_iter().collect();
        let records = left.len() as u64;
        self.progress
            .send_modify(|progress| progress.records = records);
    }

    /// This record was compared, or is gone.
    pub(crate) fn note(&self, pk: ContainerPk) {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        if left.remove(&pk) {
            self.progress.send_modify(|progress| progress.compared += 1);
        }
    }

    fn note_list(&self) {
        self.progress
            .send_if_modified(|progress| !std::mem::replace(&mut progress.listed, true));
    }
}

/// Records by what one list says of them.
#[derive(Debug, Default)]
pub(crate) struct Compared {
    /// As they should be.
    pub(crate) settled: Vec<ContainerPk>,
    /// These need a look of their own.
    pub(crate) rest: Vec<ContainerPk>,
}

impl Control {
    /// How far the first comparison with the engine has come.
    pub fn progress(&self) -> Progress {
        *self.comparison.progress.borrow()
    }

    /// Waits until every record was compared with the engine once. False when the Agent stops before.
    pub async fn ready(&self) -> bool {
        let mut progress = self.comparison.progress.subscribe();
        // Cancel-safe: both only wait.
        tokio::select! {
            ready = progress.wait_for(|progress| progress.is_ready()) => ready.is_ok(),
            () = self.shutdown.cancelled() => false,
        }
    }

    /// Compares all records with one list of our containers. It changes nothing.
    pub(crate) async fn compare_all(&self) -> Result<Compared, StepError> {
        // The engine first: a record made after the list was taken is one of the rest.
        let views = Listed::of(self.engine.list(&self.agent_id).await?);
        self.comparison.note_list();
        let everything = ContainerFilter {
            limit: ALL,
            ..ContainerFilter::default()
        };
        let (rows, _) = self.store.containers(&everything).await?;
        let now = self.clock.now();
        let mut compared = Compared::default();
        for row in rows {
            if self.is_settled(&row, &views, now).await? {
                self.comparison.note(row.pk);
                compared.settled.push(row.pk);
            } else {
                compared.rest.push(row.pk);
            }
        }
        Ok(compared)
    }

    /// Whether the list alone shows that nothing is to be done for a record. The decision is that of a turn.
    async fn is_settled(
        &self,
        row: &ContainerRow,
        views: &Listed,
        now: Timestamp,
    ) -> Result<bool, StepError> {
        if row.previous_engine_id.is_some() {
            return Ok(false);
        }
        let (container, drift) = match views.container(row) {
            Found::Its(view) => (self.see(row, view), self.see_drift(row, view).await?),
            Found::None => (Seen::Missing, None),
            Found::Another => return Ok(false),
        };
        if needs_image(row, &container) {
            return Ok(false);
        }
        let observation = Observation {
            image: Image::NotAsked,
            container,
            drift,
            previous: None,
            // A settled record has its own turns, which ask for it.
            idle: None,
        };
        let decision = decide(row, &observation, now, &self.policy());
        Ok(decision == Decision::Settled && status(row, &decision) == row.status)
    }
}

/// Our containers by their ids, and the records they were made for.
struct Listed {
    by_id: HashMap<EngineId, ContainerView>,
    records: HashSet<String>,
}

/// A record's container in a list.
enum Found<'a> {
    Its(&'a ContainerView),
    /// One that was made for it, and that it does not know.
    Another,
    None,
}

impl Listed {
    fn of(views: Vec<ContainerView>) -> Self {
        let record = |view: &ContainerView| view.labels.get(LABEL_RECORD).cloned();
        Self {
            records: views.iter().filter_map(record).collect(),
            by_id: views
                .into_iter()
                .map(|view| (view.id.clone(), view))
                .collect(),
        }
    }

    fn container(&self, row: &ContainerRow) -> Found<'_> {
        match row.engine_id.as_ref().and_then(|id| self.by_id.get(id)) {
            Some(view) => Found::Its(view),
            None if self.records.contains(&row.pk.to_string()) => Found::Another,
            None => Found::None,
        }
    }
}
