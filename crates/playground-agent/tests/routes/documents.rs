//! The API's document is committed and is what the handlers say.

use std::path::Path;

use crate::agent::TestAgent;

/// Remade by `UPDATE_DOCS=1 cargo test -p playground-agent --test routes`.
#[tokio::test]
async fn the_openapi_document_is_the_committed_one() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../openapi/agent.json");
    let document = playground_agent::openapi_json();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, &document).unwrap();
    }
    assert_eq!(
        std::fs::read_to_string(file).unwrap(),
        document,
        "UPDATE_DOCS=1 remakes it"
    );
    let served = TestAgent::start().await.get("/openapi.json").await;
    assert_eq!(
        served.json(),
        serde_json::from_str::<serde_json::Value>(&document).unwrap()
    );
    assert_eq!(served.json()["openapi"], "3.1.0");
}
