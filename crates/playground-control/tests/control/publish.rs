//! Where the Agent opens the apps' ports itself: who may change that, and what an app waits for.

use std::collections::HashSet;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::time::Duration;

use playground_control::{ControlConfig, Publish};
use playground_engine::labels::LABEL_PORT;
use playground_engine::{ContainerView, RunState};
use playground_store::ContainerRow;
use playground_testkit::{Plugin, TestControl};
use playground_types::{ContainerStatus, HostPort};

const PORTS: [HostPort; 2] = [HostPort(7860), HostPort(7861)];

fn by_agent(config: &mut ControlConfig) {
    config.publish = Publish::Agent;
    config.app_egress = false;
    config.network = "internal".to_owned();
}

/// As whoever listens for the Agent says it.
fn open(agent: &TestControl, ports: &[HostPort]) {
    agent
        .control
        .set_own_ports(ports.iter().copied().collect::<HashSet<_>>());
}

fn own_socket(view: &ContainerView) -> Option<SocketAddr> {
    let address = view.addresses.get("internal")?;
    Some(SocketAddr::new(*address, 7860))
}

async fn running_unpublished(agent: &TestControl, row: &ContainerRow) -> ContainerRow {
    let is_up = |view: &ContainerView| view.state == RunState::Running;
    let patience = Duration::from_secs(60);
    agent
        .fake
        .until(patience, |fake| fake.containers().iter().any(is_up))
        .await;
    crate::pass(Duration::from_secs(30)).await;
    agent.row(row.pk).await
}

#[tokio::test(start_paused = true)]
async fn an_app_is_ready_once_its_port_is_open_and_is_reached_at_its_own_address() {
    let agent = TestControl::with(by_agent).await;
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let accepted = agent.create(TestControl::request(&facts)).await;
    let waiting = running_unpublished(&agent, &accepted.container).await;
    assert_eq!(waiting.status, ContainerStatus::Starting);
    assert_eq!(agent.control.reached_at(&waiting), None);
    open(&agent, &PORTS);
    let row = agent.completed(&accepted).await;
    let view = agent.container_of(&row);
    assert_eq!(agent.control.reached_at(&row), own_socket(&view));
    assert_eq!(
        agent.control.endpoint(&row, None).as_deref(),
        Some("http://127.0.0.1:7860")
    );
    assert_eq!(
        view.labels.get(LABEL_PORT).map(String::as_str),
        Some("7860")
    );

    // The next run has another address.
    let again = agent.ready(&facts).await;
    let moved = agent.container_of(&again);
    assert_ne!(moved.addresses, view.addresses);
    assert_eq!(agent.control.reached_at(&again), own_socket(&moved));
    agent.settle().await;
}

#[tokio::test(start_paused = true)]
async fn item_53_a_port_that_the_agent_finds_taken_is_exchanged_and_one_that_is_free_stays() {
    let process = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
    let taken = process.local_addr().unwrap().port();
    let Some(last) = taken.checked_add(3) else {
        panic!("the system gave out the last port there is");
    };
    let agent = TestControl::with(|config| {
        by_agent(config);
        config.port_range = format!("{taken}-{last}").parse().unwrap();
    })
    .await;
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let accepted = agent.create(TestControl::request(&facts)).await;
    let row = running_unpublished(&agent, &accepted.container).await;
    assert_eq!(row.host_port, Some(HostPort(taken)));
    agent
        .control
        .lose_port(row.pk, HostPort(taken))
        .await
        .unwrap();
    let has_another = |row: &ContainerRow| row.host_port == Some(HostPort(taken + 1));
    agent.until(row.pk, has_another).await;
    // Told too late: the record holds another one.
    agent
        .control
        .lose_port(row.pk, HostPort(taken))
        .await
        .unwrap();
    open(&agent, &[HostPort(taken + 1)]);
    let ready = agent.completed(&accepted).await;
    assert_eq!(ready.host_port, Some(HostPort(taken + 1)));
    assert_eq!(ready.pk, row.pk);
    agent.settle().await;
}

#[tokio::test(start_paused = true)]
async fn whoever_publishes_may_change_and_containers_are_made_anew_on_the_same_port() {
    let mut agent = TestControl::new().await;
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let published = agent.ready(&facts).await;
    assert_eq!(published.address, None);
    let settings: [fn(&mut ControlConfig); 4] = [
        by_agent,
        |config| {
            config.app_egress = true;
            config.network = "open".to_owned();
        },
        // The same network: what differs is who publishes.
        |config| config.publish = Publish::Docker,
        |config| config.publish = Publish::Agent,
    ];
    let mut before = published;
    for setting in settings {
        agent.change(setting).await;
        open(&agent, &PORTS);
        let id = before.engine_id.clone();
        let is_anew = move |row: &ContainerRow| row.is_published() && row.engine_id != id;
        agent.until(before.pk, is_anew).await;
        let row = agent.row(before.pk).await;
        assert_eq!(row.host_port, before.host_port);
        assert!(agent.control.reached_at(&row).is_some());
        before = row;
    }
    agent.settle().await;
}

#[tokio::test(start_paused = true)]
async fn the_address_that_docker_publishes_on_is_no_matter_where_the_agent_does() {
    let mut agent = TestControl::with(by_agent).await;
    open(&agent, &PORTS);
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let row = agent.ready(&facts).await;
    agent
        .change(|config| config.publish_address = Ipv4Addr::LOCALHOST.into())
        .await;
    open(&agent, &PORTS);
    agent.settle().await;
    assert_eq!(agent.row(row.pk).await.engine_id, row.engine_id);
}

#[tokio::test(start_paused = true)]
async fn an_app_that_misses_health_checks_is_found_out_where_the_agent_reaches_it() {
    let agent = TestControl::with(by_agent).await;
    open(&agent, &PORTS);
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let row = agent.ready(&facts).await;
    agent.fake.outside().hang(&row.name, true);
    let is_found = |row: &ContainerRow| row.status == ContainerStatus::Unhealthy;
    agent.until(row.pk, is_found).await;
}
