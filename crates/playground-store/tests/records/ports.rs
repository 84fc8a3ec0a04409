//! Host ports: each at most once, kept, quarantined.

use std::collections::HashSet;

use playground_store::StoreError;
use playground_types::{ContainerPk, PortRange};
use serde_json::json;

use crate::{NOW, db, intent};

#[tokio::test]
async fn two_hundred_reservations_at_once_give_two_hundred_ports() {
    let db = db().await;
    let mut keys = Vec::new();
    for model in 0..200 {
        keys.push(
            db.create(intent("one", Some(model), json!({})))
                .await
                .container
                .pk,
        );
    }
    let tasks: Vec<_> = keys
        .into_iter()
        .map(|pk| {
            let store = db.store.clone();
            tokio::spawn(async move {
                store
                    .reserve_port(pk, PortRange::default(), NOW)
                    .await
                    .unwrap()
            })
        })
        .collect();
    let mut ports = HashSet::new();
    for task in tasks {
        ports.insert(task.await.unwrap());
    }
    assert_eq!(ports.len(), 200);
    assert_eq!(db.store.ports_in_use().await.unwrap(), 200);
}

#[tokio::test]
async fn barred_and_quarantined_ports_are_passed_over_until_none_is_left() {
    let db = db().await;
    let range: PortRange = "7860-7862".parse().unwrap();
    let pk = db.create(intent("one", None, json!({}))).await.container.pk;
    db.store.bar_ports(&[range.first()]).await.unwrap();
    let port = db.store.reserve_port(pk, range, NOW).await.unwrap();
    assert_eq!(port.0, 7861);
    db.store
        .quarantine_port(pk, port, NOW.plus_millis(1000))
        .await
        .unwrap();
    assert_eq!(db.store.reserve_port(pk, range, NOW).await.unwrap().0, 7862);
    let other = db
        .create(intent("one", Some(1), json!({})))
        .await
        .container
        .pk;
    let full = db.store.reserve_port(other, range, NOW).await;
    assert!(matches!(full, Err(StoreError::PortsExhausted)), "{full:?}");
    let later = db
        .store
        .reserve_port(other, range, NOW.plus_millis(1001))
        .await
        .unwrap();
    assert_eq!(later.0, 7861, "a quarantine ends");
}

/// docs/security.md, item 53.
#[tokio::test]
async fn item_53_1001_records_have_1001_ports_and_one_more_has_none_until_one_is_given_back() {
    let db = db().await;
    let range = PortRange::default();
    let mut ports = HashSet::new();
    let mut last = ContainerPk(0);
    for model in 0..1001 {
        let created = db.create(intent("one", Some(model), json!({}))).await;
        last = created.container.pk;
        ports.insert(db.store.reserve_port(last, range, NOW).await.unwrap().0);
    }
    assert_eq!(ports, (7860..=8860).collect());
    let more = db.create(intent("one", Some(1001), json!({}))).await;
    let more = more.container.pk;
    assert!(matches!(
        db.store.reserve_port(more, range, NOW).await,
        Err(StoreError::PortsExhausted)
    ));
    assert_eq!(db.store.ports_in_use().await.unwrap(), 1001);
    let given_back = db.store.container(last).await.unwrap().unwrap().host_port;
    let given_back = given_back.unwrap();
    db.store
        .quarantine_port(last, given_back, NOW)
        .await
        .unwrap();
    let later = NOW.plus_millis(1);
    let port = db.store.reserve_port(more, range, later).await.unwrap();
    assert_eq!(port, given_back);
}
