//! Containers without a record: listed, adopted, removed; and those of another Agent only when asked for.

use axum::http::{Method, StatusCode};
use playground_engine::ContainerSpec;
use serde_json::{Value, json};

use crate::agent::TestAgent;

/// A ready container, and what another one like it would be made from, for a record that is not here.
async fn twin_of(agent: &TestAgent, change: impl Fn(&mut ContainerSpec)) -> Value {
    let created = agent.created(&[]).await;
    let name = created["name"].as_str().unwrap();
    let mut spec = agent.fake.outside().spec_of(name);
    spec.name = "twin".to_owned();
    spec.labels
        .insert("synapse.record".to_owned(), "999".to_owned());
    change(&mut spec);
    agent.control.engine().create(&spec).await.unwrap();
    created
}

#[tokio::test]
async fn an_orphan_is_listed_with_the_reason_and_what_to_type_on_both_forms_of_the_path() {
    let agent = TestAgent::start().await;
    assert_eq!(agent.get("/orphans/").await.json()["count"], 0);
    twin_of(&agent, |_| {}).await;
    for path in [
        "/orphans",
        "/orphans/",
        "/orphans/?page=1&page_size=10&all_agents=false",
    ] {
        let page = agent.get(path).await.json();
        assert_eq!(page["count"], 1, "{path}");
        let mut orphan = page["results"][0].clone();
        let id = orphan["id"].as_str().unwrap()[..12].to_owned();
        assert_eq!(orphan["agent_id"], agent.control.agent_id());
        orphan["id"] = json!("[id]");
        orphan["agent_id"] = json!("[agent]");
        let shown = serde_json::to_string_pretty(&orphan)
            .unwrap()
            .replace(&id, "[id]");
        insta::assert_snapshot!("orphan", shown);
    }
    insta::assert_snapshot!(agent.get("/orphans/?all_agents=perhaps").await.error(), @r#"400 all_agents_invalid: all_agents is "perhaps": give true or false"#);
    insta::assert_snapshot!(agent.get("/orphans/?page=2").await.error(), @"404 page_unknown: there are 1 page(s)");
    insta::assert_snapshot!(agent.call(Method::POST, "/orphans/twin/adopt/", None).await.error().split(':').next().unwrap(), @"409 orphan_not_adoptable");
    insta::assert_snapshot!(agent.call(Method::POST, "/orphans/nobody/adopt", None).await.error(), @"404 orphan_unknown: there is no orphan nobody");
    insta::assert_snapshot!(agent.call(Method::DELETE, "/orphans/nobody", None).await.error(), @"404 orphan_unknown: there is no orphan nobody");
    let removed = agent.call(Method::DELETE, "/orphans/twin/", None).await;
    assert_eq!(removed.status, StatusCode::NO_CONTENT);
    assert_eq!(agent.get("/orphans/").await.json()["count"], 0);
}

#[tokio::test]
async fn an_orphan_gets_a_record_when_somebody_says_so() {
    let agent =
        TestAgent::with(|config| config.orphans = playground_control::OrphanPolicy::List).await;
    let created = twin_of(&agent, |spec| {
        spec.labels
            .insert("synapse.model".to_owned(), "5".to_owned());
        spec.host_port = playground_types::HostPort(7999);
    })
    .await;
    let adopted = agent.call(Method::POST, "/orphans/twin/adopt", None).await;
    assert_eq!(adopted.status, StatusCode::CREATED, "{adopted:?}");
    let container = adopted.json();
    assert_eq!(
        (
            &container["pk"],
            &container["model"],
            &container["host_port"]
        ),
        (&json!(999), &json!(5), &json!(7999))
    );
    assert_eq!(container["plugin_release"], created["plugin_release"]);
    assert_eq!(agent.get("/containers/twin").await.json()["pk"], 999);
}

#[tokio::test]
async fn an_orphan_of_another_agent_needs_more_than_its_id() {
    let agent = TestAgent::start().await;
    twin_of(&agent, |spec| {
        spec.labels
            .insert("synapse.agent".to_owned(), "another".to_owned());
    })
    .await;
    assert_eq!(agent.get("/orphans/").await.json()["count"], 0);
    let page = agent.get("/orphans/?all_agents=true").await.json();
    let orphan = &page["results"][0];
    assert_eq!(
        (&orphan["reason"], &orphan["of_this_agent"]),
        (&json!("other_agent"), &json!(false))
    );
    assert!(
        orphan["remove_command"]
            .as_str()
            .unwrap()
            .ends_with("--all-agents")
    );
    let refused = agent.call(Method::DELETE, "/orphans/twin", None).await;
    assert_eq!(
        (refused.status, &refused.json()["code"]),
        (StatusCode::CONFLICT, &json!("orphan_of_other_agent"))
    );
    let removed = agent
        .call(Method::DELETE, "/orphans/twin?all_agents=true", None)
        .await;
    assert_eq!(removed.status, StatusCode::NO_CONTENT);
}
