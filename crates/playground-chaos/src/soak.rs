//! A steady load for a long time: does the Agent grow under it?
//!
//! The same clients as in chaos, and nothing is killed. Memory, open files and threads of the Agent's process are read from
//! the kernel every few seconds, its tasks from what it says of itself; the medians of the first and the last third are
//! compared.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use playground_client::Client;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::Place;
use crate::chaos::clients::{Shared, Worker};
use crate::chaos::upload_all;
use crate::random::Random;
use crate::stage::Stage;
use crate::tell::say;

/// Between two samples.
const PERIOD: Duration = Duration::from_secs(5);
const MIB: u64 = 1024 * 1024;

/// What can be chosen.
#[derive(Debug, Clone, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    pub(crate) place: Place,
    /// How long the load lasts
    #[arg(long, default_value_t = 30.0)]
    minutes: f64,
    /// Repeats a run's plan
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Clients at the same time
    #[arg(long, default_value_t = 2)]
    clients: u64,
}

/// One look at the Agent's process.
#[derive(Debug, Clone, Copy)]
struct Sample {
    /// Resident bytes.
    memory: u64,
    open_files: u64,
    threads: u64,
    tasks: u64,
}

/// How much more the last third may have than the first: a part of it, and a fixed amount.
#[derive(Debug, Clone, Copy)]
struct Bound {
    name: &'static str,
    part: f64,
    more: u64,
    of: fn(&Sample) -> u64,
}

const BOUNDS: [Bound; 4] = [
    // An allocator gives freed memory back late, and SQLite fills its page cache once.
    Bound {
        name: "memory, bytes",
        part: 0.15,
        more: 4 * MIB,
        of: |sample| sample.memory,
    },
    // Connections of clients and to the engine come and go.
    Bound {
        name: "open files",
        part: 0.0,
        more: 8,
        of: |sample| sample.open_files,
    },
    // Blocking work brings threads of its own that leave after ten idle seconds.
    Bound {
        name: "threads",
        part: 0.0,
        more: 4,
        of: |sample| sample.threads,
    },
    // One for each record and each connection, and the clients and the records are as many as before.
    Bound {
        name: "tasks",
        part: 0.0,
        more: 8,
        of: |sample| sample.tasks,
    },
];

/// Runs it and prints the comparison. True when nothing grew.
pub(crate) async fn run(options: Options) -> anyhow::Result<bool> {
    let length = Duration::from_secs_f64(options.minutes * 60.0);
    let Options { clients, seed, .. } = options;
    let title = format!("Soak for {length:.0?} with {clients} clients, --seed {seed}");
    say(&title);
    let mut stage = Stage::set(&options.place).await?;
    upload_all(&stage.client).await?;
    let pid = stage.agent.pid().context("the Agent has ended")?;
    let shared = Arc::new(Shared::default());
    let random = Random::new(seed);
    let until = Instant::now() + length;
    let mut tasks = JoinSet::new();
    for number in 0..clients {
        tasks.spawn(Worker::new(random.fork(number), shared.clone())?.work(until));
    }
    let samples = sample_until(&stage.client, pid, until).await?;
    while let Some(ended) = tasks.join_next().await {
        ended?;
    }
    let mut report = std::mem::take(&mut *shared.report());
    for bound in BOUNDS {
        let (first, last) = thirds(&samples, bound.of);
        let most = bound.most(first);
        let ratio = last as f64 / first.max(1) as f64;
        let name = bound.name;
        report.line(format!(
            "{name:<16} first third {first:>11}   last third {last:>11}   ratio {ratio:.3}   at most {most}"
        ));
        report.check(last <= most, || {
            format!("{name} grew from {first} to {last} (medians), at most {most} would do")
        });
    }
    let count = samples.len();
    report.line(format!("{count} samples, one every {PERIOD:?}"));
    let status = stage.agent.stop().await?;
    report.check(status.success(), || {
        format!("asked to end, the Agent ended with {status}")
    });
    say(&report.text(&title));
    Ok(report.holds())
}

async fn sample_until(client: &Client, pid: u32, until: Instant) -> anyhow::Result<Vec<Sample>> {
    let mut samples = Vec::new();
    let mut next = Instant::now() + PERIOD;
    while next < until {
        sleep_until(next).await;
        let tasks = client.health().await?.tasks;
        samples.push(Sample::of(pid, tasks).context("the Agent has ended by itself")?);
        next += PERIOD;
    }
    sleep_until(until).await;
    Ok(samples)
}

impl Sample {
    fn of(pid: u32, tasks: u64) -> anyhow::Result<Self> {
        let proc = std::path::Path::new("/proc").join(pid.to_string());
        let status = std::fs::read_to_string(proc.join("status"))?;
        let count = |folder: &str| -> anyhow::Result<u64> {
            Ok(std::fs::read_dir(proc.join(folder))?.count() as u64)
        };
        Ok(Self {
            memory: resident(&status).context("the kernel does not say VmRSS")?,
            open_files: count("fd")?,
            threads: count("task")?,
            tasks,
        })
    }
}

/// `VmRSS:   12345 kB`, in bytes.
fn resident(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib * 1024)
}

impl Bound {
    fn most(&self, first: u64) -> u64 {
        first + (first as f64 * self.part) as u64 + self.more
    }
}

/// The medians of the first and the last third.
fn thirds(samples: &[Sample], of: fn(&Sample) -> u64) -> (u64, u64) {
    let third = samples.len() / 3;
    let median = |part: &[Sample]| {
        let mut values: Vec<u64> = part.iter().map(of).collect();
        values.sort_unstable();
        values.get(values.len() / 2).copied().unwrap_or(0)
    };
    (
        median(&samples[..third]),
        median(&samples[samples.len() - third..]),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(values: &[u64]) -> Vec<Sample> {
        let sample = |&memory| Sample {
            memory,
            open_files: 0,
            threads: 0,
            tasks: 0,
        };
        values.iter().map(sample).collect()
    }

    #[test]
    fn the_first_third_is_compared_with_the_last_one_and_one_peak_means_nothing() {
        let values = [10, 11, 12, 99, 99, 99, 20, 900, 21];
        assert_eq!(thirds(&samples(&values), |sample| sample.memory), (11, 21));
    }

    #[test]
    fn memory_is_read_as_the_kernel_writes_it() {
        let status = "Name:\tplayground\nVmHWM:\t   99 kB\nVmRSS:\t   12345 kB\n";
        assert_eq!(resident(status), Some(12345 * 1024));
    }

    #[test]
    fn growth_beyond_the_bound_is_more_than_it_allows() {
        let bound = BOUNDS[1];
        assert_eq!(bound.most(40), 48);
    }
}
