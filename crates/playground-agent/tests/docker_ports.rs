//! Host ports when others want them too.
//!
//! When no engine answers these tests fail, unless `PLAYGROUND_SKIP_DOCKER=1` says that they may be left out.

mod support;

use std::net::{Ipv4Addr, TcpListener};

use playground_types::{ContainerStatus, FailureKind};
use reqwest::StatusCode;
use serde_json::json;
use support::docker::inspect;
use support::plugin::Plugin;
use support::{Create, eventually, on_docker};

/// A process of the host that holds a port of loopback.
fn hold(port: u16) -> TcpListener {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap_or_else(|error| panic!("{port}: {error}"))
}

#[test]
fn docker_item_53_a_port_that_a_foreign_process_holds_is_skipped() {
    on_docker(
        "foreign",
        |_| {},
        async |agent| {
            let first = agent.ports.first().0;
            let _process = hold(first);
            let container = agent
                .ready(&Create::of(&Plugin::mimic("port-foreign")))
                .await;
            assert_eq!(container.host_port, Some(first + 1));
            assert_eq!(
                container.endpoint,
                Some(format!("http://127.0.0.1:{}", first + 1))
            );
        },
    );
}

#[test]
fn docker_item_53_a_port_taken_between_reservation_and_start_is_survived_with_another() {
    // Without a look at the host's sockets, the port is found taken where it always may be: when Docker binds it.
    let blind = |config: &mut playground_control::ControlConfig| config.probe_host_ports = false;
    on_docker("race", blind, async |agent| {
        let first = agent.ports.first().0;
        let process = hold(first);
        let plugin = Plugin::mimic("port-race");
        let container = agent.ready(&Create::of(&plugin)).await;
        assert_eq!(container.host_port, Some(first + 1), "{container:#?}");
        assert_eq!(agent.say(&container, "/").await, "ok");
        drop(process);
        // One container, and the one that could not be started is gone.
        let ids = support::docker::containers(&agent.id);
        assert_eq!(ids, [container.id.expect("an id")]);
        // Left alone for a while, though it is free again; an image that is there already takes nothing of that while.
        let next = agent
            .ready(&Create::again(&plugin).field("model", "1"))
            .await;
        assert_eq!(next.host_port, Some(first + 2));
    });
}

#[test]
fn docker_item_53_a_stopped_containers_port_that_was_taken_meanwhile_is_replaced_at_its_start() {
    on_docker(
        "stolen",
        |_| {},
        async |agent| {
            let container = agent
                .ready(&Create::of(&Plugin::mimic("port-stolen")))
                .await;
            let port = container.host_port.expect("a port");
            let stopped = agent.set_status(container.pk, "stopped").await;
            assert_eq!((stopped.host_port, stopped.endpoint), (Some(port), None));
            let _thief = hold(port);
            let started = agent.set_status(container.pk, "running").await;
            assert_ne!(started.host_port, Some(port));
            assert_eq!(started.pk, container.pk);
            assert_eq!(agent.say(&started, "/").await, "ok");
            let id = started.id.expect("an id");
            let bound = &inspect(&id)["HostConfig"]["PortBindings"]["7860/tcp"][0]["HostPort"];
            assert_eq!(
                *bound,
                json!(started.host_port.expect("a port").to_string())
            );
            assert_eq!(support::docker::containers(&agent.id), [id]);
        },
    );
}

#[test]
fn docker_a_restart_finds_its_port_where_it_was() {
    on_docker(
        "same",
        |_| {},
        async |agent| {
            let plugin = Plugin::mimic("port-same");
            let first = agent.ready(&Create::of(&plugin)).await;
            let again = agent.create(&Create::again(&plugin)).await;
            assert!(again.restarted && !again.recreated, "{again:#?}");
            let again = agent.ready_launch(&again.build_id).await;
            assert_eq!(
                (again.pk, &again.id, again.host_port),
                (first.pk, &first.id, first.host_port)
            );
        },
    );
}

#[test]
fn docker_changed_params_make_another_container_on_the_same_port() {
    on_docker(
        "params",
        |_| {},
        async |agent| {
            let plugin = Plugin::mimic("port-params");
            let first = agent
                .ready(&Create::of(&plugin).params(&json!({"threshold": 1})))
                .await;
            let created = agent
                .create(&Create::again(&plugin).params(&json!({"threshold": 2})))
                .await;
            assert!(created.restarted && created.recreated, "{created:#?}");
            let second = agent.ready_launch(&created.build_id).await;
            assert_eq!((second.pk, second.host_port), (first.pk, first.host_port));
            assert_ne!(second.id, first.id);
            assert_eq!(agent.say(&second, "/params").await, "{\"threshold\": 2}");
            assert_eq!(
                support::docker::containers(&agent.id),
                [second.id.expect("an id")]
            );
        },
    );
}

#[test]
fn docker_item_53_a_full_range_is_no_capacity_until_a_port_is_free_again() {
    let tiny = |config: &mut playground_control::ControlConfig| {
        let first = config.port_range.first();
        config.port_range = format!("{first}-{first}").parse().expect("a range");
    };
    on_docker("full", tiny, async |agent| {
        let (one, two) = (Plugin::mimic("port-full-1"), Plugin::mimic("port-full-2"));
        let first = agent.ready(&Create::of(&one)).await;
        // Told to whoever still waits when its image is built.
        let body = eventually("the range is full", async || {
            match agent.ask(&Create::of(&two)).await {
                (StatusCode::INSUFFICIENT_STORAGE, body) => Ok(body),
                other => Err(other),
            }
        })
        .await;
        assert_eq!(body["code"], "ports_exhausted");
        let range = agent.ports.to_string();
        assert!(
            body["detail"]
                .as_str()
                .is_some_and(|text| text.contains(&range)),
            "{body:#}"
        );
        let refused = agent.show(first.pk + 1).await;
        assert_eq!(refused.status, ContainerStatus::Failed);
        let kind = refused.failure.map(|failure| failure.kind);
        assert_eq!(kind, Some(FailureKind::PortsExhausted));

        agent.delete(first.pk).await;
        let second = agent.ready(&Create::again(&two)).await;
        assert_eq!(second.host_port, first.host_port);
        assert_eq!(second.pk, refused.pk);
    });
}
