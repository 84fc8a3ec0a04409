//! What a create makes of the record that is there.

use std::collections::HashSet;

use playground_store::{CreateIntent, Desired, Outcome};
use playground_types::wire::OnExisting;
use playground_types::{ContainerPk, Digest, Failure, FailureKind, LaunchId, PortRange};
use serde_json::json;

use crate::{NOW, db, intent};

#[tokio::test]
async fn no_model_equals_no_model_and_model_zero_is_a_model() {
    let db = db().await;
    let first = db.create(intent("one", None, json!({}))).await;
    let again = db.create(intent("one", None, json!({}))).await;
    let zero = db.create(intent("one", Some(0), json!({}))).await;
    let one = db.create(intent("one", Some(1), json!({}))).await;
    assert_eq!(first.container.pk, again.container.pk);
    let keys: HashSet<ContainerPk> = [&first, &zero, &one]
        .map(|accepted| accepted.container.pk)
        .into();
    assert_eq!(keys.len(), 3);
    let names: HashSet<String> = [&first, &zero, &one]
        .map(|accepted| accepted.container.name.clone())
        .into();
    assert_eq!(names.len(), 3, "the same candidate name is made unique");
}

/// docs/security.md, item 51.
#[tokio::test]
async fn item_51_fifty_identical_creates_share_one_record_and_one_launch() {
    let db = db().await;
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let store = db.store.clone();
            tokio::spawn(async move {
                store
                    .accept_create(&intent("one", None, json!({})), NOW)
                    .await
                    .unwrap()
            })
        })
        .collect();
    let mut launches = HashSet::new();
    for task in tasks {
        let accepted = task.await.unwrap();
        assert!(!accepted.restarted && !accepted.recreated);
        launches.insert(accepted.launch.id);
    }
    assert_eq!(launches.len(), 1);
    assert_eq!(db.store.container_keys().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_second_create_restarts_a_ready_container() {
    let db = db().await;
    let first = db.create(intent("one", None, json!({}))).await;
    db.make_ready(&first).await;
    let second = db.create(intent("one", None, json!({}))).await;
    assert!(second.restarted && !second.recreated);
    assert_eq!(second.container.restart_wanted, 1);
    assert_eq!(second.container.epoch, first.container.epoch);
    assert_ne!(second.launch.id, first.launch.id);
}

#[tokio::test]
async fn reuse_leaves_a_ready_container_alone_and_starts_a_stopped_one() {
    let db = db().await;
    let first = db.create(intent("one", None, json!({}))).await;
    db.make_ready(&first).await;
    let reuse = CreateIntent {
        on_existing: OnExisting::Reuse,
        ..intent("one", None, json!({}))
    };
    let second = db.create(reuse.clone()).await;
    assert_eq!(
        (second.restarted, second.launch.id),
        (false, first.launch.id)
    );
    db.store
        .want_stopped(first.container.pk, NOW)
        .await
        .unwrap();
    db.store
        .set_withdrawn(first.container.pk, NOW)
        .await
        .unwrap();
    let third = db
        .create(CreateIntent {
            launch: LaunchId::generate(),
            ..reuse
        })
        .await;
    assert_eq!(
        (
            third.restarted,
            third.container.desired,
            third.container.restart_wanted
        ),
        (true, Desired::Running, 0)
    );
}

#[tokio::test]
async fn changed_params_replace_the_container_and_keep_the_record_and_its_port() {
    let db = db().await;
    let first = db.create(intent("one", None, json!({"size": 1}))).await;
    let port = db
        .store
        .reserve_port(first.container.pk, PortRange::default(), NOW)
        .await
        .unwrap();
    db.make_ready(&first).await;
    let second = db.create(intent("one", None, json!({"size": 2}))).await;
    assert!(second.restarted && second.recreated);
    assert_eq!(
        (second.container.pk, second.container.host_port),
        (first.container.pk, Some(port))
    );
}

#[tokio::test]
async fn changed_content_plans_another_image() {
    let db = db().await;
    let first = db.create(intent("one", None, json!({}))).await;
    let (pk, source) = (first.container.pk, first.container.spec.source.clone());
    db.store
        .set_image_plan(pk, &source, &Digest::of(b"context"), "image:d-1")
        .await
        .unwrap();
    db.make_ready(&first).await;
    db.put("two").await;
    let second = db.create(intent("two", None, json!({}))).await;
    assert_eq!(
        (second.container.image, second.container.context),
        (None, None)
    );
    db.store
        .set_image_plan(pk, &source, &Digest::of(b"late"), "image:late")
        .await
        .unwrap();
    let row = db.store.container(pk).await.unwrap().unwrap();
    assert_eq!(row.image, None, "a plan for the old content comes too late");
}

#[tokio::test]
async fn a_create_after_a_failure_starts_from_a_fresh_container() {
    let db = db().await;
    let first = db.create(intent("one", None, json!({}))).await;
    let failure = Failure::new(FailureKind::ImportError, "the plugin raised ValueError");
    let (pk, generation) = (first.container.pk, first.container.generation);
    db.store
        .set_failed(pk, generation, &failure, NOW)
        .await
        .unwrap();
    db.store
        .finish_launches(pk, generation, Outcome::Failed, Some(&failure), None, NOW)
        .await
        .unwrap();
    let second = db.create(intent("one", None, json!({}))).await;
    assert!(second.recreated && second.container.epoch > first.container.epoch);
    assert_eq!(second.container.current_failure(), None);
    let old = db.store.launch(first.launch.id).await.unwrap().unwrap();
    assert_eq!(
        (old.outcome, old.failure),
        (Some(Outcome::Failed), Some(failure))
    );
}

#[tokio::test]
async fn a_record_that_is_wanted_back_is_not_forgotten() {
    let db = db().await;
    let first = db.create(intent("one", None, json!({}))).await;
    db.store.want_absent(first.container.pk, NOW).await.unwrap();
    let revived = db.create(intent("one", None, json!({}))).await;
    assert!(
        !db.store
            .forget_container(first.container.pk, NOW)
            .await
            .unwrap()
    );
    assert_eq!(
        (revived.restarted, revived.container.desired),
        (false, Desired::Running)
    );
    db.store.want_absent(first.container.pk, NOW).await.unwrap();
    assert!(
        db.store
            .forget_container(first.container.pk, NOW)
            .await
            .unwrap()
    );
    let launch = db.store.launch(revived.launch.id).await.unwrap();
    let launch = launch.expect("launches outlive their container");
    assert_eq!(
        launch.outcome,
        Some(Outcome::Cancelled),
        "begun after the removal was, and never looked at again"
    );
}
