//! How long an app takes until its answers begin: a histogram whose buckets never change, so that noting is one addition.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Four to each doubling, from 4 microseconds to more than four hours: what is told is at most a quarter too much.
const BUCKETS: usize = 128;

/// The times of all answers.
#[derive(Debug)]
pub(crate) struct Latency([AtomicU64; BUCKETS]);

impl Default for Latency {
    fn default() -> Self {
        Self(std::array::from_fn(|_| AtomicU64::new(0)))
    }
}

impl Latency {
    pub(crate) fn note(&self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.0[bucket(micros)].fetch_add(1, Relaxed);
    }

    /// The time within which so many of a hundred answers began; none before the first.
    pub(crate) fn within(&self, percent: u64) -> Option<Duration> {
        let counts: Vec<u64> = self.0.iter().map(|count| count.load(Relaxed)).collect();
        let wanted = (counts.iter().sum::<u64>() * percent).div_ceil(100);
        let mut seen = 0;
        let at = counts.iter().position(|count| {
            seen += count;
            seen >= wanted
        });
        at.filter(|_| wanted > 0)
            .map(|bucket| Duration::from_micros(end(bucket)))
    }
}

fn bucket(micros: u64) -> usize {
    let micros = micros.max(4);
    let doublings = micros.ilog2() - 2;
    let quarter = (micros >> doublings) & 3;
    (doublings as usize * 4 + quarter as usize).min(BUCKETS - 1)
}

/// The first time that belongs to the next bucket.
fn end(bucket: usize) -> u64 {
    (5 + bucket as u64 % 4) << (bucket / 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_lies_in_a_bucket_that_ends_within_a_quarter() {
        for micros in [4, 5, 7, 8, 9, 100, 1023, 1024, 5_000, 1_234_567, 60_000_000] {
            let end = end(bucket(micros));
            assert!(micros < end && end * 4 <= micros * 5 + 4, "{micros}: {end}");
        }
        assert_eq!(bucket(0), 0);
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
    }

    #[test]
    fn shares_are_told_once_there_is_an_answer() {
        let latency = Latency::default();
        assert_eq!(latency.within(50), None);
        for _ in 0..94 {
            latency.note(Duration::from_millis(1));
        }
        for _ in 0..6 {
            latency.note(Duration::from_secs(1));
        }
        let millis = |percent| latency.within(percent).map(|time| time.as_millis());
        assert_eq!(millis(50), Some(1));
        assert!(millis(95).is_some_and(|millis| (1000..1250).contains(&millis)));
    }
}
