//! Tokens, and the schema itself.

use playground_types::Digest;

use crate::{NOW, db};

/// security.md 2.7, item 49.
#[tokio::test]
async fn item_49_a_revoked_token_is_no_longer_valid_and_only_digests_are_stored() {
    let db = db().await;
    db.store
        .add_token("old", &Digest::of(b"t1"), NOW)
        .await
        .unwrap();
    db.store
        .add_token("new", &Digest::of(b"t2"), NOW)
        .await
        .unwrap();
    assert_eq!(db.store.valid_tokens(NOW).await.unwrap().len(), 2);
    db.store.revoke_tokens("old", NOW).await.unwrap();
    let valid = db.store.valid_tokens(NOW).await.unwrap();
    assert_eq!(
        valid
            .iter()
            .map(|token| token.hash.as_str())
            .collect::<Vec<_>>(),
        [Digest::of(b"t2").hex()]
    );
}

#[tokio::test]
async fn a_token_that_is_set_again_is_valid_again() {
    let db = db().await;
    let hash = Digest::of(b"t1");
    for _ in 0..2 {
        db.store.revoke_tokens("agent", NOW).await.unwrap();
        db.store.add_token("agent", &hash, NOW).await.unwrap();
        assert_eq!(db.store.valid_tokens(NOW).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn the_schema_is_the_committed_one() {
    let db = db().await;
    insta::assert_snapshot!("schema", db.store.schema().await.unwrap());
}
