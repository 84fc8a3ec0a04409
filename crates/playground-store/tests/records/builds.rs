//! Builds: one live for a context, a bounded queue, and what may go.

use playground_store::{ContainerFilter, CreateIntent, NewBuild, StoreError};
use playground_types::{BuildStatus, ContainerPk, Digest, Failure, FailureKind};
use serde_json::json;

use crate::{NOW, db, intent, release};

#[tokio::test]
async fn the_same_context_has_one_live_build() {
    let db = db().await;
    let new = NewBuild {
        release: release(),
        source: Digest::of(b"one"),
        context: Digest::of(b"context"),
        image: "image:d-1".into(),
    };
    let first = db
        .store
        .queue_build(ContainerPk(1), &new, NOW)
        .await
        .unwrap();
    assert_eq!(
        db.store
            .queue_build(ContainerPk(1), &new, NOW)
            .await
            .unwrap()
            .id,
        first.id
    );
    let begun = db.store.begin_build(first.id, NOW).await.unwrap().unwrap();
    assert_eq!((begun.id, begun.attempt), (first.id, 1));
    assert_eq!(
        db.store
            .queue_build(ContainerPk(1), &new, NOW)
            .await
            .unwrap()
            .id,
        first.id
    );
    assert_eq!(db.store.requeue_interrupted_builds().await.unwrap(), 1);
    assert_eq!(
        db.store
            .begin_build(first.id, NOW)
            .await
            .unwrap()
            .unwrap()
            .attempt,
        2
    );
    db.store
        .finish_build(first.id, BuildStatus::Failed, None, NOW)
        .await
        .unwrap();
    assert_ne!(
        db.store
            .queue_build(ContainerPk(1), &new, NOW)
            .await
            .unwrap()
            .id,
        first.id
    );
}

#[tokio::test]
async fn a_queued_build_is_cancelled_at_once_and_a_running_one_on_request() {
    let db = db().await;
    let mut new = NewBuild {
        release: release(),
        source: Digest::of(b"one"),
        context: Digest::of(b"a"),
        image: "image:d-1".into(),
    };
    let cancelled = Failure::new(FailureKind::Cancelled, "the build was cancelled");
    let running = db
        .store
        .queue_build(ContainerPk(1), &new, NOW)
        .await
        .unwrap();
    db.store.begin_build(running.id, NOW).await.unwrap();
    new.context = Digest::of(b"b");
    let queued = db
        .store
        .queue_build(ContainerPk(1), &new, NOW)
        .await
        .unwrap();
    let row = db
        .store
        .want_build_cancelled(queued.id, &cancelled, NOW)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (row.status, row.failure),
        (BuildStatus::Cancelled, Some(cancelled.clone()))
    );
    let row = db
        .store
        .want_build_cancelled(running.id, &cancelled, NOW)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (row.status, row.cancel_wanted),
        (BuildStatus::Building, true)
    );
}

#[tokio::test]
async fn a_build_is_only_unneeded_while_no_record_waits_for_it_and_not_joined_once_it_is_being_cancelled()
 {
    let db = db().await;
    let pk = db.create(intent("one", None, json!({}))).await.container.pk;
    let new = NewBuild {
        release: release(),
        source: Digest::of(b"one"),
        context: Digest::of(b"a"),
        image: "image:d-1".into(),
    };
    let cancelled = Failure::new(FailureKind::Cancelled, "the build was cancelled");
    let build = db.store.queue_build(pk, &new, NOW).await.unwrap();
    db.store.begin_build(build.id, NOW).await.unwrap();
    let cancel = || {
        db.store
            .want_unneeded_build_cancelled(build.id, &cancelled, NOW)
    };
    assert_eq!(cancel().await.unwrap(), None);
    db.store.want_absent(pk, NOW).await.unwrap();
    assert!(cancel().await.unwrap().unwrap().cancel_wanted);
    let other = db.create(intent("one", Some(1), json!({}))).await;
    let other = other.container.pk;
    let dying = db.store.queue_build(other, &new, NOW).await.unwrap();
    assert_eq!((dying.id, dying.cancel_wanted), (build.id, true));
    let row = db.store.container(other).await.unwrap().unwrap();
    assert_eq!(row.build, None);
}

#[tokio::test]
async fn ended_builds_go_by_number_and_age_unless_somebody_needs_them() {
    let db = db().await;
    let pk = db.create(intent("one", None, json!({}))).await.container.pk;
    let mut ids = Vec::new();
    for number in 0..5_i64 {
        let new = NewBuild {
            release: release(),
            source: Digest::of(b"one"),
            context: Digest::of(&[number as u8]),
            image: "image:d-1".into(),
        };
        // Of a record that is not there: only the last one is waited for.
        let waits = if number == 4 { pk } else { ContainerPk(99) };
        let build = db.store.queue_build(waits, &new, NOW).await.unwrap();
        let at = NOW.plus_millis(number);
        db.store.begin_build(build.id, NOW).await.unwrap();
        db.store
            .finish_build(build.id, BuildStatus::Completed, None, at)
            .await
            .unwrap();
        ids.push(build.id);
    }
    let spare = async |keep, before| {
        let spare = db.store.spare_builds(keep, before).await.unwrap();
        spare.into_iter().map(|build| build.id).collect::<Vec<_>>()
    };
    assert_eq!(spare(3, NOW).await, ids[..2]);
    assert_eq!(spare(5, NOW.plus_millis(1)).await, ids[..1]);
    assert_eq!(spare(0, NOW).await, ids[..4], "the record needs the last");
    assert!(!db.store.forget_build(ids[4]).await.unwrap());
    for id in &ids[..4] {
        assert!(db.store.forget_build(*id).await.unwrap());
    }
    assert_eq!(spare(0, NOW.plus_millis(99)).await, []);
    assert_eq!(
        db.store.needed_contexts().await.unwrap(),
        [Digest::of(&[4]).hex().to_owned()].into()
    );
    let (delete, later) = (release(), NOW.plus_millis(99));
    db.store.delete_release(&delete).await.unwrap();
    assert_eq!(db.store.remove_unused_sources(later).await.unwrap(), []);
}

/// docs/security.md, item 52.
#[tokio::test]
async fn item_52_creates_that_need_a_build_are_refused_when_as_many_wait_as_may() {
    let db = db().await;
    for content in ["a", "b", "c"] {
        db.put_as(content, content).await;
    }
    let of = |content: &str, model| CreateIntent {
        release: format!("{content}@1.0.0").parse().unwrap(),
        ..intent(content, model, json!({}))
    };
    let store = &db.store;
    let accept =
        |intent: CreateIntent| async move { store.accept_create_within(&intent, 2, NOW).await };
    let first = accept(of("a", None)).await.unwrap().container;
    accept(of("b", None)).await.unwrap();
    assert!(matches!(
        accept(of("c", None)).await,
        Err(StoreError::QueueFull(2))
    ));
    assert_eq!(store.waiting_builds().await.unwrap(), 2);
    let (_, count) = store.containers(&ContainerFilter::default()).await.unwrap();
    assert_eq!(count, 2, "a refused one leaves nothing");
    // The same content again needs no build of its own.
    accept(of("a", Some(1))).await.unwrap();
    let new = NewBuild {
        release: first.release.clone(),
        source: first.spec.source.clone(),
        context: Digest::of(b"context"),
        image: "image:d-1".into(),
    };
    let build = store.queue_build(first.pk, &new, NOW).await.unwrap();
    assert_eq!(store.waiting_builds().await.unwrap(), 2);
    store.begin_build(build.id, NOW).await.unwrap();
    accept(of("c", None)).await.unwrap();
}
