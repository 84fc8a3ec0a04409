//! What containers use: who is looked at, and how often.

use std::time::Duration;

use playground_engine::EngineError;
use playground_engine::fake::Op;
use playground_store::ContainerRow;
use playground_testkit::{Plugin, TestControl};
use playground_types::Timestamp;
use playground_types::wire::StatsSample;
use tokio::time::timeout;

use crate::{count, pass};

/// Longer than from one look to the one after the next.
const TURN: Duration = Duration::from_secs(21);
const SECOND: Duration = Duration::from_secs(1);

async fn running() -> (TestControl, ContainerRow) {
    let control = TestControl::with(|config| config.samples_stats = true).await;
    let facts = control.upload(&Plugin::new("used", "1.0.0")).await;
    let row = control.ready(&facts).await;
    (control, row)
}

/// A record's samples once there are so many new ones.
async fn samples(test: &TestControl, row: &ContainerRow, more: usize) -> Vec<StatsSample> {
    let mut sampled = test.control.stats_changes();
    let (_, known) = test.control.stats_since(row.pk, 0);
    loop {
        let (news, _) = test.control.stats_since(row.pk, known);
        if news.len() >= more {
            return news;
        }
        let came = timeout(TURN, sampled.changed()).await;
        assert!(came.is_ok(), "no sample comes; there are {news:?}");
    }
}

fn seconds_between(samples: &[StatsSample]) -> Vec<i64> {
    let at = |sample: &StatsSample| Timestamp::parse(&sample.at).unwrap();
    let between = |pair: &[StatsSample]| at(&pair[1]).millis_since(at(&pair[0])) / 1000;
    samples.windows(2).map(between).collect()
}

#[tokio::test(start_paused = true)]
async fn every_running_container_is_looked_at_now_and_then_and_more_often_while_somebody_looks() {
    let (test, row) = running().await;
    assert!(test.control.stats(row.pk).samples.is_empty());
    let seldom = samples(&test, &row, 3).await;
    assert_eq!(seconds_between(&seldom), [10, 10]);
    assert_eq!(test.control.stats(row.pk).interval_seconds, 10);
    let interest = test.control.want_stats(row.pk);
    assert_eq!(test.control.stats(row.pk).interval_seconds, 2);
    let close = samples(&test, &row, 4).await;
    assert_eq!(seconds_between(&close[1..]), [2, 2]);
    drop(interest);
    let seldom = samples(&test, &row, 4).await;
    assert_eq!(seconds_between(&seldom[1..]), [10, 10]);
}

#[tokio::test(start_paused = true)]
async fn how_busy_it_is_is_told_of_one_cpu() {
    let (test, row) = running().await;
    assert_eq!(samples(&test, &row, 1).await[0].cpu_percent, 0.0);
    test.fake.outside().work(&row.name, true);
    samples(&test, &row, 1).await;
    let busy = &samples(&test, &row, 1).await[0];
    assert_eq!((busy.cpu_percent, busy.processes), (100.0, 1));
    assert_eq!(busy.memory_limit_bytes, Some(row.spec.limits.memory_bytes));
}

#[tokio::test(start_paused = true)]
async fn what_does_not_run_is_not_looked_at_and_its_samples_last_for_ten_minutes() {
    let (test, row) = running().await;
    samples(&test, &row, 1).await;
    test.control.want_stopped(row.pk).await.unwrap();
    test.settle().await;
    let before = count(&test, Op::Stats);
    pass(500 * SECOND).await;
    assert_eq!(test.control.stats(row.pk).samples.len(), 1);
    pass(120 * SECOND).await;
    assert!(test.control.stats(row.pk).samples.is_empty());
    assert!(test.control.stats_numbers().is_empty());
    assert_eq!(count(&test, Op::Stats), before);
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_cannot_tell_is_asked_again() {
    let (test, row) = running().await;
    samples(&test, &row, 1).await;
    let error = EngineError::TimedOut("look at resources");
    test.fake.fail_next(Op::Stats, error);
    let next = test.control.stats(row.pk).samples.into_iter();
    let next: Vec<_> = next
        .chain(samples_after_failure(&test, &row).await)
        .collect();
    assert_eq!(seconds_between(&next), [20], "one is left out");
    test.settle().await;
}

/// The next sample comes a turn later than else.
async fn samples_after_failure(test: &TestControl, row: &ContainerRow) -> Vec<StatsSample> {
    pass(10 * SECOND).await;
    samples(test, row, 1).await
}
