//! Host ports: taken by others, all gone, and never leaked.

use playground_testkit::{Plugin, TestControl};
use playground_types::{FailureKind, HostPort, PortRange};
use serde_json::json;

fn range(first: u16, last: u16) -> PortRange {
    format!("{first}-{last}").parse().unwrap()
}

#[tokio::test(start_paused = true)]
async fn item_53_a_port_that_is_taken_at_start_is_exchanged_and_left_alone_for_a_while() {
    let agent = TestControl::new().await;
    agent.fake.outside().occupy_port(HostPort(7860));
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let row = agent.ready(&facts).await;
    assert_eq!(row.host_port, Some(HostPort(7861)));
    agent.fake.outside().free_port(HostPort(7860));
    let other = agent
        .create(TestControl::request_with(&facts, Some(1), json!({})))
        .await;
    let other = agent.completed(&other).await;
    assert_eq!(other.host_port, Some(HostPort(7862)));
    crate::pass(std::time::Duration::from_secs(61)).await;
    let later = agent
        .create(TestControl::request_with(&facts, Some(2), json!({})))
        .await;
    let later = agent.completed(&later).await;
    assert_eq!(later.host_port, Some(HostPort(7860)));
    agent.settle().await;
}

#[tokio::test(start_paused = true)]
async fn item_53_a_port_that_is_stolen_while_the_container_is_stopped_is_exchanged() {
    let agent = TestControl::new().await;
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let first = agent.ready(&facts).await;
    agent.control.want_stopped(first.pk).await.unwrap();
    agent.settle().await;
    agent.fake.outside().occupy_port(HostPort(7860));
    let row = agent.ready(&facts).await;
    assert_eq!(row.pk, first.pk);
    assert_eq!(row.host_port, Some(HostPort(7861)));
    agent.settle().await;
}

#[tokio::test(start_paused = true)]
async fn item_53_a_create_without_a_free_port_fails_and_says_so_and_succeeds_when_one_is_free() {
    let agent = TestControl::with(|config| config.port_range = range(7860, 7861)).await;
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let request = |model| TestControl::request_with(&facts, Some(model), json!({}));
    let first = agent.create(request(1)).await;
    let first = agent.completed(&first).await;
    let second = agent.create(request(2)).await;
    agent.completed(&second).await;
    let third = agent.create(request(3)).await;
    assert_eq!(agent.failed(&third).await.kind, FailureKind::PortsExhausted);
    agent.settle().await;
    assert_eq!(agent.control.store().ports_in_use().await.unwrap(), 2);
    agent.control.want_absent(first.pk).await.unwrap();
    agent.gone(first.pk).await;
    let third = agent.create(request(3)).await;
    let row = agent.completed(&third).await;
    assert_eq!(row.host_port, first.host_port);
    agent.settle().await;
}

#[tokio::test(start_paused = true)]
async fn item_53_when_others_hold_every_port_the_create_fails_and_holds_none() {
    let agent = TestControl::with(|config| config.port_range = range(7860, 7862)).await;
    for port in 7860..=7862 {
        agent.fake.outside().occupy_port(HostPort(port));
    }
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let accepted = agent.create(TestControl::request(&facts)).await;
    assert_eq!(
        agent.failed(&accepted).await.kind,
        FailureKind::PortsExhausted
    );
    agent.settle().await;
    assert_eq!(agent.control.store().ports_in_use().await.unwrap(), 0);
    assert_eq!(agent.fake.containers(), []);
}

#[tokio::test(start_paused = true)]
async fn reserved_ports_are_never_handed_out() {
    let agent = TestControl::with(|config| config.reserved_ports = vec![HostPort(7860)]).await;
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let row = agent.ready(&facts).await;
    assert_eq!(row.host_port, Some(HostPort(7861)));
    agent.settle().await;
}

/// docs/security.md, item 53: the whole range of the seed, 7860-8860.
#[tokio::test(start_paused = true)]
async fn item_53_all_1001_ports_are_handed_out_once_and_the_next_create_finds_none() {
    let agent = TestControl::with(|config| {
        config.reserved_ports = vec![HostPort(8000)];
        config.profile = playground_engine::Profile::Strict;
    })
    .await;
    let range = agent.control.config().port_range;
    assert_eq!((range.count(), range.first()), (1001, HostPort(7860)));
    // Others hold all but three; one more is the Agent's own.
    let free = [7861, 7999, 8860];
    for port in 7860..=8860 {
        if !free.contains(&port) && port != 8000 {
            agent.fake.outside().occupy_port(HostPort(port));
        }
    }
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let mut ports = Vec::new();
    for model in 0..3 {
        let request = TestControl::request_with(&facts, Some(model), json!({}));
        let row = agent.create(request).await;
        ports.push(agent.completed(&row).await.host_port.unwrap().0);
    }
    assert_eq!(ports, free);
    let request = TestControl::request_with(&facts, Some(3), json!({}));
    let accepted = agent.create(request).await;
    let failure = agent.failed(&accepted).await;
    assert_eq!(failure.kind, FailureKind::PortsExhausted);
    assert!(failure.message.contains("7860-8860"), "{failure:?}");
    agent.settle().await;
    assert_eq!(agent.control.store().ports_in_use().await.unwrap(), 3);
}
