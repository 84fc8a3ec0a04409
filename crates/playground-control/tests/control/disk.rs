//! A disk that is nearly full: what would fill it is refused or waits, and room is made from what nobody uses.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use playground_control::{ControlError, DiskGauge, DiskSpace};
use playground_engine::FakeEngine;
use playground_engine::fake::{BuildScript, Op};
use playground_engine::labels::LABEL_AGENT;
use playground_store::{Accepted, Outcome};
use playground_testkit::{Plugin, TestControl};
use playground_types::BuildStatus;

use crate::{count, pass};

const GIB: u64 = 1 << 30;
const SECOND: Duration = Duration::from_secs(1);

/// An engine whose plugin images take a gibibyte each of a disk with this much room; one gibibyte must stay free.
async fn agent(room: &Arc<AtomicU64>) -> TestControl {
    let fake = FakeEngine::new();
    let (engine, room) = (fake.clone(), room.clone());
    TestControl::on(&fake, |config| {
        config.clean.hours = "never".parse().unwrap();
        config.clean.min_free_bytes = Some(GIB);
        config.build.concurrent = 1;
        config.clean.gauge = DiskGauge::of(move |_| {
            let images = engine.images().into_iter();
            let taken = images
                .filter(|image| image.labels.contains_key(LABEL_AGENT))
                .count() as u64;
            let room = room.load(Ordering::Relaxed);
            Ok(DiskSpace {
                free_bytes: room.saturating_sub(taken * GIB),
                total_bytes: 100 * GIB,
            })
        });
    })
    .await
}

fn room(gib: u64) -> Arc<AtomicU64> {
    Arc::new(AtomicU64::new(gib * GIB))
}

/// Two creates: the build of the first one runs for minutes, so that the second's is certain to wait when it returns.
async fn one_builds_one_waits(agent: &TestControl) -> [Accepted; 2] {
    let first = agent.upload(&Plugin::new("first", "1.0.0")).await;
    let second = agent.upload(&Plugin::new("second", "1.0.0")).await;
    agent.fake.build_next(BuildScript {
        takes: 300 * SECOND,
        ..BuildScript::default()
    });
    let first = agent.create(TestControl::request(&first)).await;
    let begun = |fake: &FakeEngine| fake.builds_running() == 1;
    agent.fake.until(60 * SECOND, begun).await;
    let second = agent.create(TestControl::request(&second)).await;
    [first, second]
}

/// docs/security.md, item 58.
#[tokio::test(start_paused = true)]
async fn item_58_images_that_nothing_uses_go_oldest_first_before_a_create_is_refused() {
    let room = room(100);
    let agent = agent(&room).await;
    let mut used = Vec::new();
    // Four images: of the first a container runs, of the second one is stopped, the others lost theirs.
    for number in 0..4 {
        let facts = agent
            .upload(&Plugin::new(&format!("p{number}"), "1.0.0"))
            .await;
        let row = agent.ready(&facts).await;
        match number {
            0 => used.push(row),
            1 => {
                agent.control.want_stopped(row.pk).await.unwrap();
                used.push(row);
            }
            _ => {
                agent.control.want_absent(row.pk).await.unwrap();
                agent.gone(row.pk).await;
            }
        }
        pass(60 * SECOND).await;
    }
    agent.settle().await;
    room.store(4 * GIB, Ordering::Relaxed);
    let facts = Plugin::new("new", "1.0.0");
    let facts = agent.upload(&facts).await;
    let new = agent.create(TestControl::request(&facts)).await;
    agent.completed(&new).await;
    let references: Vec<String> = agent
        .fake
        .images()
        .into_iter()
        .flat_map(|image| image.tags)
        .filter(|tag| tag.ends_with("1.0.0:latest"))
        .collect();
    // Before the create the oldest unused one went, which was enough.
    for (name, is_there) in [
        ("p0", true),
        ("p1", true),
        ("p2", false),
        ("p3", true),
        ("new", true),
    ] {
        let tag = format!("synapse-plugin-{name}-1.0.0:latest");
        assert_eq!(
            references.contains(&tag),
            is_there,
            "{name}: {references:?}"
        );
    }
    agent.control.want_running(used[1].pk).await.unwrap();
    agent.settle().await;
}

/// docs/security.md, item 58.
#[tokio::test(start_paused = true)]
async fn item_58_without_room_a_create_is_refused_before_anything_is_written() {
    let room = room(100);
    let agent = agent(&room).await;
    let facts = agent.upload(&Plugin::new("ready", "1.0.0")).await;
    let ready = agent.ready(&facts).await;
    let unbuilt = agent.upload(&Plugin::new("unbuilt", "1.0.0")).await;
    room.store(GIB, Ordering::Relaxed);
    let builds = count(&agent, Op::Build);
    let refused = agent
        .control
        .create_container(TestControl::request(&unbuilt));
    let error = refused.await.unwrap_err();
    assert!(
        matches!(
            error,
            ControlError::DiskLow {
                free_bytes: 0,
                min_free_bytes: GIB,
                ..
            }
        ),
        "{error:?}"
    );
    assert!(
        error
            .to_string()
            .contains("0 MiB are free, 1024 MiB must be"),
        "{error}"
    );
    let health = agent.control.health().await.unwrap();
    assert_eq!(health.status, "degraded");
    assert!(
        health
            .problems
            .iter()
            .any(|problem| problem.contains("nearly full")),
        "{:?}",
        health.problems
    );
    assert_eq!(agent.rows().await.len(), 1);
    assert_eq!(count(&agent, Op::Build), builds);
    // What needs no build goes on.
    let again = agent.create(TestControl::request(&facts)).await;
    assert_eq!(agent.completed(&again).await.pk, ready.pk);
    room.store(100 * GIB, Ordering::Relaxed);
    let accepted = agent.create(TestControl::request(&unbuilt)).await;
    agent.completed(&accepted).await;
    assert_eq!(agent.control.health().await.unwrap().problems, [""; 0]);
    agent.settle().await;
}

/// docs/security.md, item 58.
#[tokio::test(start_paused = true)]
async fn item_58_a_build_that_waits_when_the_disk_fills_waits_on_and_is_not_lost() {
    let room = room(100);
    let agent = agent(&room).await;
    // Accepted while there is room, its turn when there is none.
    let [first, second] = one_builds_one_waits(&agent).await;
    room.store(0, Ordering::Relaxed);
    agent.completed(&first).await;
    pass(600 * SECOND).await;
    let store = agent.control.store();
    let launch = store.launch(second.launch.id).await.unwrap().unwrap();
    assert_eq!(launch.outcome, None, "{launch:?}");
    let build = store.build(launch.build.unwrap()).await.unwrap();
    assert_eq!(build.unwrap().status, BuildStatus::Queued);
    assert_eq!(count(&agent, Op::Build), 1);
    room.store(100 * GIB, Ordering::Relaxed);
    agent.completed(&second).await;
    agent.settle().await;
}

/// docs/security.md, item 58: a build that waits for room can still be cancelled.
#[tokio::test(start_paused = true)]
async fn item_58_a_build_that_waits_for_room_is_cancelled_like_any_other() {
    let room = room(100);
    let agent = agent(&room).await;
    let [first, second] = one_builds_one_waits(&agent).await;
    room.store(0, Ordering::Relaxed);
    agent.completed(&first).await;
    agent
        .until(second.container.pk, |row| row.build.is_some())
        .await;
    let id = second.launch.id.to_string();
    agent.control.cancel(&id).await.unwrap();
    let launch = agent.ended(&second).await;
    assert_ne!(launch.outcome, Some(Outcome::Completed));
    assert_eq!(count(&agent, Op::Build), 1);
    agent.settle().await;
}

/// docs/security.md, item 58: the disk that the engine fills counts as well as the Agent's own.
#[tokio::test(start_paused = true)]
async fn item_58_the_engines_disk_is_watched_where_it_can_be_measured() {
    let fake = FakeEngine::new();
    fake.set_data_root("/engine".into());
    let agent = TestControl::on(&fake, |config| {
        config.clean.gauge = DiskGauge::of(|path| {
            let free = if path.starts_with("/engine") { 1 } else { 50 };
            Ok(DiskSpace {
                free_bytes: free * GIB,
                total_bytes: 100 * GIB,
            })
        });
    })
    .await;
    let health = agent.control.health().await.unwrap();
    let told: Vec<(&str, u64)> = health
        .disks
        .iter()
        .map(|disk| (disk.name.as_str(), disk.min_free_bytes))
        .collect();
    assert_eq!(told, [("data", 2 * GIB), ("engine", 2 * GIB)]);
    assert!(matches!(
        agent.control.ensure_room().await,
        Err(ControlError::DiskLow { path, .. }) if path.starts_with("/engine")
    ));
}
