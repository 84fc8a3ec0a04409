use insta::assert_snapshot;
use serde_json::json;

use crate::agent::FakeAgent;
use crate::run::against;

#[test]
fn a_login_link_is_printed_and_nothing_else() {
    let link = json!({"url": "http://localhost:8000/#/login/c0de", "expires_at": "2026-01-01T00:00:00.000Z"});
    let agent = FakeAgent::new().on("POST /session/codes/", 201, &link);
    assert_snapshot!(against(&agent, &["open"]), @"
    exit 0
    --- stdout
    http://localhost:8000/#/login/c0de
    --- stderr
    ");
}
