//! Lists and content.

use playground_store::ContainerFilter;
use playground_types::{Digest, ModelId};
use serde_json::json;

use crate::{NOW, db, intent};

#[tokio::test]
async fn lists_filter_by_status_release_model_label_and_text() {
    let db = db().await;
    let first = db.create(intent("one", Some(7), json!({}))).await;
    db.create(intent("one", None, json!({}))).await;
    db.make_ready(&first).await;
    let count = async |filter: ContainerFilter| {
        let (rows, count) = db
            .store
            .containers(&ContainerFilter {
                limit: 10,
                ..filter
            })
            .await
            .unwrap();
        assert_eq!(rows.len() as u64, count);
        count
    };
    assert_eq!(count(ContainerFilter::default()).await, 2);
    let running = playground_types::ContainerStatus::matching("running").unwrap();
    assert_eq!(
        count(ContainerFilter {
            statuses: running,
            ..Default::default()
        })
        .await,
        1
    );
    assert_eq!(
        count(ContainerFilter {
            release: Some("my-plugin".into()),
            ..Default::default()
        })
        .await,
        2
    );
    assert_eq!(
        count(ContainerFilter {
            release: Some("my-plugin@2".into()),
            ..Default::default()
        })
        .await,
        0
    );
    assert_eq!(
        count(ContainerFilter {
            model: Some(ModelId(7)),
            ..Default::default()
        })
        .await,
        1
    );
    assert_eq!(
        count(ContainerFilter {
            labels: vec!["gradio".into()],
            ..Default::default()
        })
        .await,
        2
    );
    assert_eq!(
        count(ContainerFilter {
            labels: vec!["gradio".into(), "x".into()],
            ..Default::default()
        })
        .await,
        0
    );
    assert_eq!(
        count(ContainerFilter {
            search: Some("EINSTEIN".into()),
            ..Default::default()
        })
        .await,
        2
    );
}

#[tokio::test]
async fn content_is_removed_when_nothing_refers_to_it_and_it_is_not_new() {
    let db = db().await;
    db.put("two").await;
    assert_eq!(db.store.remove_unused_sources(NOW).await.unwrap(), []);
    let later = NOW.plus_millis(1);
    assert_eq!(
        db.store.unused_sources(&[], later).await.unwrap(),
        [Digest::of(b"one")]
    );
    assert_eq!(
        db.store.remove_unused_sources(later).await.unwrap(),
        [Digest::of(b"one")]
    );
    let newest = db.store.newest_release("my-plugin").await.unwrap().unwrap();
    assert_eq!(newest.source.digest, Digest::of(b"two"));
}
