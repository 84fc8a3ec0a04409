//! What is kept of one container.

use std::collections::VecDeque;

use playground_engine::EngineStats;
use playground_types::wire::{GpuSample, StatsSample};
use playground_types::{EngineId, Timestamp};

/// Samples are kept for so long.
const KEPT_MS: i64 = 600_000;

/// The samples of one record's containers, and what the next one is compared with.
#[derive(Debug, Default)]
pub(super) struct Kept {
    before: Option<(EngineId, EngineStats)>,
    samples: VecDeque<(Timestamp, StatsSample)>,
    /// Of the newest sample; each has the next one.
    last: u64,
}

impl Kept {
    /// Takes in what the engine counted; whether it made a sample. The first count of a run makes none: how busy the CPU is
    /// shows only between two of them.
    pub(super) fn note(&mut self, id: &EngineId, now: EngineStats, gpus: Vec<GpuSample>) -> bool {
        let before = self.before.replace((id.clone(), now.clone()));
        let before =
            before.filter(|(before, stats)| before == id && stats.cpu_time <= now.cpu_time);
        let Some((_, before)) = before else {
            return false;
        };
        let millis = now.at.millis_since(before.at);
        if millis <= 0 {
            return false;
        }
        let used = (now.cpu_time - before.cpu_time).as_secs_f64() * 1000.0;
        let percent = 100.0 * used / millis as f64;
        let sample = StatsSample {
            at: now.at.to_string(),
            cpu_percent: (percent * 100.0).round() / 100.0,
            memory_bytes: now.memory_bytes,
            memory_limit_bytes: now.memory_limit_bytes,
            received_bytes: now.received_bytes,
            sent_bytes: now.sent_bytes,
            read_bytes: now.read_bytes,
            written_bytes: now.written_bytes,
            processes: now.processes,
            gpus,
        };
        self.samples.push_back((now.at, sample));
        self.last += 1;
        self.forget(now.at);
        true
    }

    /// Forgets what is too old; whether anything is left.
    pub(super) fn forget(&mut self, now: Timestamp) -> bool {
        let is_old = |at: Timestamp| now.millis_since(at) > KEPT_MS;
        while self.samples.front().is_some_and(|(at, _)| is_old(*at)) {
            self.samples.pop_front();
        }
        self.before.take_if(|(_, stats)| is_old(stats.at));
        self.before.is_some()
    }

    /// The number of the newest sample.
    pub(super) fn last(&self) -> u64 {
        self.last
    }

    /// The samples after this number, oldest first.
    pub(super) fn since(&self, number: u64) -> Vec<StatsSample> {
        let news = usize::try_from(self.last.saturating_sub(number)).unwrap_or(usize::MAX);
        let known = self.samples.len().saturating_sub(news);
        let samples = self.samples.iter().skip(known);
        samples.map(|(_, sample)| sample.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn id(text: &str) -> EngineId {
        EngineId(text.to_owned())
    }

    fn stats(at_seconds: i64, cpu_millis: u64) -> EngineStats {
        EngineStats {
            at: Timestamp(at_seconds * 1000),
            cpu_time: Duration::from_millis(cpu_millis),
            memory_bytes: 1,
            memory_limit_bytes: None,
            received_bytes: 0,
            sent_bytes: 0,
            read_bytes: 0,
            written_bytes: 0,
            processes: 1,
        }
    }

    #[test]
    fn how_busy_it_is_shows_between_two_counts_of_one_run() {
        let mut kept = Kept::default();
        assert!(
            !kept.note(&id("a"), stats(0, 5_000), Vec::new()),
            "nothing to compare with"
        );
        assert!(kept.note(&id("a"), stats(10, 20_000), Vec::new()));
        assert!(
            !kept.note(&id("a"), stats(10, 20_000), Vec::new()),
            "the same moment"
        );
        assert!(
            !kept.note(&id("a"), stats(20, 100), Vec::new()),
            "it was started anew"
        );
        assert!(
            !kept.note(&id("b"), stats(30, 9_000), Vec::new()),
            "another container"
        );
        assert!(kept.note(&id("b"), stats(40, 9_001), Vec::new()));
        let percents: Vec<f64> = kept
            .since(0)
            .iter()
            .map(|sample| sample.cpu_percent)
            .collect();
        assert_eq!(percents, [150.0, 0.01]);
        assert_eq!(
            (kept.since(1).len(), kept.since(2).len(), kept.last()),
            (1, 0, 2)
        );
    }

    #[test]
    fn ten_minutes_are_kept() {
        let mut kept = Kept::default();
        for second in (0..2000).step_by(2) {
            kept.note(&id("a"), stats(second, 0), Vec::new());
        }
        assert_eq!((kept.since(0).len(), kept.last()), (301, 999));
        assert_eq!(kept.since(998).len(), 1);
        assert!(kept.forget(Timestamp(2_500_000)));
        assert!(!kept.forget(Timestamp(3_000_000)));
        assert!(kept.since(0).is_empty());
    }
}
