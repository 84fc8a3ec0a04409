//! Tokens, the sessions they open, and the schema itself.

use playground_store::Revoked;
use playground_types::{Digest, Timestamp};

use crate::{Db, NOW, db};

const LATER: Timestamp = Timestamp(NOW.0 + 1000);

fn digest(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

async fn labels(db: &Db, now: Timestamp) -> Vec<String> {
    let valid = db.store.valid_tokens(now).await.unwrap();
    valid.into_iter().map(|token| token.label).collect()
}

/// docs/security.md, item 49.
#[tokio::test]
async fn item_49_a_revoked_token_is_no_longer_valid_and_only_digests_are_stored() {
    let db = db().await;
    let old = db.store.add_token("old", &digest("t1"), None, NOW).await;
    let old = old.unwrap();
    let new = db.store.add_token("new", &digest("t2"), None, NOW).await;
    assert_eq!(labels(&db, NOW).await, ["old", "new"]);
    let revoked = db.store.revoke_token(old.id, NOW).await.unwrap();
    assert_eq!(revoked, Revoked::Done);
    let valid = db.store.valid_tokens(NOW).await.unwrap();
    assert_eq!(valid, [new.unwrap()]);
    assert_eq!(valid[0].hash, digest("t2").hex());
    let again = db.store.revoke_token(old.id, NOW).await.unwrap();
    assert_eq!(again, Revoked::Unknown);
}

#[tokio::test]
async fn a_token_lasts_until_it_expires() {
    let db = db().await;
    let hash = digest("t");
    let added = db.store.add_token("a", &hash, Some(LATER), NOW).await;
    added.unwrap();
    assert_eq!(labels(&db, NOW).await, ["a"]);
    assert!(labels(&db, LATER).await.is_empty());
}

#[tokio::test]
async fn the_own_token_that_is_set_again_is_the_same_and_nobody_revokes_it() {
    let db = db().await;
    let mut ids = Vec::new();
    for _ in 0..2 {
        let set = db.store.set_own_token("agent", &digest("t1"), NOW).await;
        set.unwrap();
        let valid = db.store.valid_tokens(NOW).await.unwrap();
        ids.extend(valid.iter().map(|token| token.id));
    }
    assert!(ids.len() == 2 && ids[0] == ids[1], "{ids:?}");
    let revoked = db.store.revoke_token(ids[0], NOW).await.unwrap();
    assert_eq!(revoked, Revoked::Own);

    let other = db.store.add_token("agent", &digest("t2"), None, NOW).await;
    other.unwrap();
    let set = db.store.set_own_token("agent", &digest("t3"), NOW).await;
    set.unwrap();
    let valid = db.store.valid_tokens(NOW).await.unwrap();
    let hashes: Vec<_> = valid.iter().map(|token| token.hash.as_str()).collect();
    assert_eq!(hashes, [digest("t2").hex(), digest("t3").hex()]);
}

#[tokio::test]
async fn a_code_is_spent_once_and_not_when_it_has_expired() {
    let db = db().await;
    let token = db.store.add_token("a", &digest("t"), None, NOW).await;
    let token = token.unwrap().id;
    for code in ["c1", "c2"] {
        let added = db
            .store
            .add_session_code(&digest(code), token, LATER, NOW)
            .await;
        added.unwrap();
    }
    let spend = async |code, now| {
        db.store
            .spend_session_code(&digest(code), now)
            .await
            .unwrap()
    };
    assert_eq!(spend("c0", NOW).await, None);
    assert_eq!(spend("c1", NOW).await, Some(token));
    assert_eq!(spend("c1", NOW).await, None);
    assert_eq!(spend("c2", LATER).await, None);
    assert_eq!(spend("c2", NOW).await, Some(token));
}

#[tokio::test]
async fn a_session_lasts_as_long_as_it_is_used_and_its_token_is_valid() {
    let db = db().await;
    let token = db.store.add_token("a", &digest("t"), None, NOW).await;
    let token = token.unwrap().id;
    for key in ["k1", "k2"] {
        let added = db
            .store
            .add_session(&digest(key), &digest("cookie"), token, LATER, NOW)
            .await;
        added.unwrap();
    }
    let session = async |key, now| db.store.session(&digest(key), now).await.unwrap();
    let found = session("k1", NOW).await.unwrap();
    assert_eq!(found.cookie_hash, digest("cookie").hex());
    assert_eq!((found.token, found.expires_at), (token, LATER));
    assert_eq!(session("cookie", NOW).await, None);
    assert_eq!(session("k1", LATER).await, None);

    let longer = LATER.plus_millis(1000);
    db.store.extend_session(found.id, longer).await.unwrap();
    assert_eq!(session("k1", LATER).await.unwrap().expires_at, longer);
    db.store.end_session(found.id).await.unwrap();
    assert_eq!(session("k1", NOW).await, None);

    assert!(session("k2", NOW).await.is_some());
    db.store.revoke_token(token, NOW).await.unwrap();
    assert_eq!(session("k2", NOW).await, None);
}

#[tokio::test]
async fn the_schema_is_the_committed_one() {
    let db = db().await;
    insta::assert_snapshot!("schema", db.store.schema().await.unwrap());
}
