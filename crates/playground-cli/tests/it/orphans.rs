use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::agent::{FakeAgent, container, page};
use crate::run::against;

fn orphan(id: &str, of_this_agent: bool, reason: &str, adopt: Option<&str>) -> Value {
    let id = format!("{id}{:060}", 0);
    json!({"id": id, "name": "calm_curie", "status": "running", "agent_id": "0198-a", "of_this_agent": of_this_agent,
        "plugin_release": "my-plugin@1.0.0", "model": 7, "record": 3, "host_port": 7861, "reason": reason,
        "detail": "the database does not know it", "adopt_command": adopt,
        "remove_command": format!("playground orphans rm {}", &id[..12])})
}

#[test]
fn orphans_are_listed_with_what_to_type() {
    let list = vec![
        orphan(
            "abcd",
            true,
            "no_record",
            Some("playground orphans adopt abcd00000000"),
        ),
        orphan("ef01", false, "other_agent", None),
    ];
    let agent = FakeAgent::new().on("GET /orphans/", 200, &page(list, 2));
    assert_snapshot!(against(&agent, &["orphans", "ls", "--all-agents"]), @"
    exit 0
    --- stdout
    ID            NAME        RELEASE          MODEL  STATUS   PORT  RECORD  AGENT
    abcd00000000  calm_curie  my-plugin@1.0.0  7      running  7861  3       this one
    ef0100000000  calm_curie  my-plugin@1.0.0  7      running  7861  3       0198-a
    --- stderr
    abcd00000000: the database does not know it
      adopt:  playground orphans adopt abcd00000000
      remove: playground orphans rm abcd00000000
    ef0100000000: the database does not know it
      remove: playground orphans rm ef0100000000
    ");
    assert_snapshot!(agent.asked()[0].0, @"GET /orphans/?all_agents=true&page_size=100");
    assert_snapshot!(against(&FakeAgent::new().on("GET /orphans/", 200, &page(vec![], 0)), &["orphans"]), @"
    exit 0
    --- stdout
    --- stderr
    no containers without a record
    ");
}

#[test]
fn an_orphan_is_adopted_or_removed() {
    let refused = json!({"detail": "container ef01 was made by Agent 0198-a, which may be alive",
        "code": "orphan_of_other_agent", "hint": "Add all_agents=true when that Agent is gone for good."});
    let agent = FakeAgent::new()
        .on("POST /orphans/abcd/adopt/", 201, &container(3, "starting"))
        .on("DELETE /orphans/ef01/", 409, &refused)
        .on("DELETE /orphans/ef01/", 204, &Value::Null);
    assert_snapshot!(against(&agent, &["orphans", "adopt", "abcd"]), @"
    exit 0
    --- stdout
    quirky_einstein_3  adopted as record 3
    --- stderr
    ");
    assert_snapshot!(against(&agent, &["orphans", "rm", "ef01"]), @"
    exit 1
    --- stdout
    --- stderr
    error: container ef01 was made by Agent 0198-a, which may be alive
    hint: Add all_agents=true when that Agent is gone for good.
    ");
    assert_snapshot!(against(&agent, &["orphans", "rm", "ef01", "--all-agents"]), @"
    exit 0
    --- stdout
    ef01  removed
    --- stderr
    ");
    assert_eq!(agent.asked()[2].0, "DELETE /orphans/ef01/?all_agents=true");
}
