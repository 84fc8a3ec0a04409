//! What running containers use, looked at every few seconds and kept for some minutes, in memory.
//!
//! | module | idea |
//! |---|---|
//! | `kept` | what is kept of one container |
//! | `sampler` | who is looked at, and when |
//! | `gpu` | the machine's GPUs, where there are any |

mod gpu;
mod kept;
mod sampler;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use playground_types::ContainerPk;
use playground_types::wire::{ContainerStats, StatsSample};
use tokio::sync::{Notify, watch};

use crate::Control;
use gpu::Gpus;
use kept::Kept;

/// Between two looks at a container that nobody looks at in particular.
const INTERVAL: Duration = Duration::from_secs(10);
/// Between two looks at one that somebody does.
const CLOSE_INTERVAL: Duration = Duration::from_secs(2);

/// What is kept of all containers. Cheap to clone; clones share everything.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stats(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    kept: Mutex<HashMap<ContainerPk, Kept>>,
    /// How many look at each in particular.
    wanted: Mutex<BTreeMap<ContainerPk, usize>>,
    is_wanted: Notify,
    sampled: watch::Sender<u64>,
    gpus: Gpus,
}

/// Has a container looked at more often, until it is dropped.
#[derive(Debug)]
pub struct StatsInterest {
    stats: Stats,
    pk: ContainerPk,
}

impl Stats {
    fn kept(&self) -> MutexGuard<'_, HashMap<ContainerPk, Kept>> {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wanted(&self) -> MutexGuard<'_, BTreeMap<ContainerPk, usize>> {
        self.0.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for StatsInterest {
    fn drop(&mut self) {
        let mut wanted = self.stats.wanted();
        if let Some(count) = wanted.get_mut(&self.pk) {
            *count -= 1;
        }
        wanted.retain(|_, count| *count > 0);
    }
}

impl Control {
    /// What a container used in the last ten minutes.
    pub fn stats(&self, pk: ContainerPk) -> ContainerStats {
        let is_wanted = self.stats.wanted().contains_key(&pk);
        let interval = if is_wanted { CLOSE_INTERVAL } else { INTERVAL };
        let kept = self.stats.kept();
        ContainerStats {
            interval_seconds: interval.as_secs(),
            samples: kept.get(&pk).map_or_else(Vec::new, |kept| kept.since(0)),
        }
    }

    /// Has a container looked at more often.
    pub fn want_stats(&self, pk: ContainerPk) -> StatsInterest {
        *self.stats.wanted().entry(pk).or_default() += 1;
        self.stats.0.is_wanted.notify_one();
        StatsInterest {
            stats: self.stats.clone(),
            pk,
        }
    }

    /// Moves whenever there is a new sample, of whichever container. Subscribe first, look second, wait third.
    pub fn stats_changes(&self) -> watch::Receiver<u64> {
        self.stats.0.sampled.subscribe()
    }

    /// The containers of which there are samples, each with the number of its newest one.
    pub fn stats_numbers(&self) -> Vec<(ContainerPk, u64)> {
        let kept = self.stats.kept();
        kept.iter().map(|(pk, kept)| (*pk, kept.last())).collect()
    }

    /// A container's samples after this number (0 is all that are kept), and the number of its newest one.
    pub fn stats_since(&self, pk: ContainerPk, number: u64) -> (Vec<StatsSample>, u64) {
        let kept = self.stats.kept();
        kept.get(&pk)
            .map_or_else(Default::default, |kept| (kept.since(number), kept.last()))
    }
}
