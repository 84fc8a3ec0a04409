//! Apps whose ports the Agent opens itself.
//!
//! When no engine answers these tests fail, unless `PLAYGROUND_SKIP_DOCKER=1` says that they may be left out.

#![allow(
    clippy::unwrap_used,
    reason = "a test may say so where nothing else can be the matter"
)]

mod support;

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};

use playground_control::{ControlConfig, Publish};
use playground_types::ContainerStatus;
use playground_types::wire::Container;
use reqwest::{Client, StatusCode, header};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use support::docker::{docker, inspect};
use support::plugin::Plugin;
use support::{Agent, Create, eventually, on_docker};

fn by_agent(config: &mut ControlConfig) {
    config.publish = Publish::Agent;
    config.app_egress = false;
}

fn port_of(app: &Container) -> u16 {
    app.host_port.expect("a port")
}

fn url_of(app: &Container, path: &str) -> String {
    format!("{}{path}", app.endpoint.as_deref().expect("ready"))
}

fn client() -> Client {
    Client::builder().no_proxy().build().unwrap()
}

/// The address that Docker gave the container in this run.
fn own_address(agent: &Agent, app: &Container) -> String {
    let raw = inspect(app.id.as_deref().expect("an id"));
    let network = &raw["NetworkSettings"]["Networks"][&agent.network];
    network["IPAddress"].as_str().unwrap().to_owned()
}

async fn is_closed(port: u16) {
    eventually("the port is closed", async || {
        match TcpStream::connect((Ipv4Addr::LOCALHOST, port)) {
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => Ok(()),
            other => Err(other),
        }
    })
    .await;
}

#[test]
fn docker_an_apps_own_port_carries_pages_streams_websockets_and_uploads() {
    on_docker("carries", by_agent, async |agent| {
        let app = agent.ready(&Create::of(&Plugin::mimic("carried"))).await;
        let port = port_of(&app);
        assert_eq!(app.endpoint, Some(format!("http://127.0.0.1:{port}")));
        let raw = inspect(app.id.as_deref().expect("an id"));
        let bound = &raw["HostConfig"]["PortBindings"];
        assert!(
            bound.as_object().is_none_or(|map| map.is_empty()),
            "{raw:#}"
        );
        assert_eq!(inspect(&agent.network)["Internal"], true);

        assert_eq!(agent.say(&app, "/").await, "ok");
        any_host_will_do(&app).await;
        ticks_come_one_by_one(agent, &app).await;
        a_websocket_echoes(port);
        an_upload_arrives(&app).await;
        let traffic = agent.show(app.pk).await.traffic.expect("traffic");
        assert!(traffic.requests >= 8, "{traffic:#?}");
        assert!(traffic.received_bytes >= UPLOAD as u64, "{traffic:#?}");
    });
}

const UPLOAD: usize = 20 << 20;

async fn any_host_will_do(app: &Container) {
    for path in ["/", "/play/carried/"] {
        let ask = client().get(url_of(app, path));
        let answer = ask.header(header::HOST, "any.example:81").send().await;
        let answer = answer.unwrap();
        // The mimic knows no other path: what looks like the gateway's is the app's own here.
        let status = if path == "/" { 200 } else { 404 };
        assert_eq!(answer.status().as_u16(), status);
        let headers = answer.headers();
        assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert!(!headers.contains_key(header::CONTENT_SECURITY_POLICY));
    }
}

/// Each is asked for only after the one before was there, so that nothing can have been held back.
async fn ticks_come_one_by_one(agent: &Agent, app: &Container) {
    agent.say(app, "/tick").await;
    let mut stream = client().get(url_of(app, "/ticks")).send().await.unwrap();
    for number in 0..3 {
        let event = stream.chunk().await.unwrap().expect("an event");
        assert_eq!(event, format!("data: {number}\n\n"));
        agent.say(app, "/tick").await;
    }
    assert_eq!(stream.chunk().await.unwrap(), None);
}

fn a_websocket_echoes(port: u16) {
    let mut socket = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    let ask = "GET /ws HTTP/1.1\r\nHost: any.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
               Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    socket.write_all(ask.as_bytes()).unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        socket.read_exact(&mut byte).unwrap();
        head.extend(byte);
    }
    let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
    assert!(head.starts_with("http/1.1 101 "), "{head}");
    // The answer to this key in RFC 6455, section 1.3.
    assert!(head.contains("s3pplmbitxaq9kygzzhzrbk+xoo="), "{head}");
    for said in [&b"\x81\x03one"[..], &b"\x82\x02\x00\xff"[..]] {
        socket.write_all(said).unwrap();
        let mut heard = vec![0; said.len()];
        socket.read_exact(&mut heard).unwrap();
        assert_eq!(heard, said);
    }
}

async fn an_upload_arrives(app: &Container) {
    let body: Vec<u8> = (0..UPLOAD).map(|at| at.to_le_bytes()[1]).collect();
    let digest = Sha256::digest(&body);
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let ask = client().post(url_of(app, "/upload")).body(body);
    let answer = ask
        .header(header::HOST, "any.example")
        .send()
        .await
        .unwrap();
    let heard: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    assert_eq!(heard["sha256"], digest);
    assert_eq!(heard["host"], "any.example");
}

#[test]
fn docker_a_start_with_another_address_of_its_own_is_followed() {
    on_docker("address", by_agent, async |agent| {
        let app = agent.ready(&Create::of(&Plugin::mimic("moving"))).await;
        let before = own_address(agent, &app);
        agent.set_status(app.pk, "stopped").await;
        eventually("the port says that the app is stopped", async || {
            let answer = client().get(format!("http://127.0.0.1:{}/", port_of(&app)));
            let answer = answer.send().await.expect("open while it is stopped");
            let said = (answer.status(), answer.text().await.unwrap());
            let is_told =
                said.0 == StatusCode::SERVICE_UNAVAILABLE && said.1.contains("\"app_stopped\"");
            is_told.then_some(()).ok_or(said)
        })
        .await;

        let _neighbour = Neighbour::at(agent, &app, &before);
        let app = agent.set_status(app.pk, "running").await;
        assert_ne!(own_address(agent, &app), before);
        eventually("the app answers at its port", async || {
            let answer = client().get(url_of(&app, "/")).send().await.unwrap();
            let status = answer.status();
            (status == StatusCode::OK).then_some(()).ok_or(status)
        })
        .await;
    });
}

/// A container that has taken an address on the Agent's network.
struct Neighbour(String);

impl Neighbour {
    fn at(agent: &Agent, app: &Container, address: &str) -> Self {
        let image = inspect(app.id.as_deref().expect("an id"))["Image"].clone();
        let image = image.as_str().unwrap();
        let run = ["run", "--detach", "--init", "--network", &agent.network];
        let sleep = ["--entrypoint", "sleep", image, "600"];
        let neighbour = Self(docker(&[&run[..], &sleep[..]].concat()).expect("it runs"));
        let raw = inspect(&neighbour.0);
        let network = &raw["NetworkSettings"]["Networks"][&agent.network];
        assert_eq!(network["IPAddress"], address, "Docker gives the lowest one");
        neighbour
    }
}

impl Drop for Neighbour {
    fn drop(&mut self) {
        docker(&["rm", "--force", &self.0]).expect("it is removed");
    }
}

#[test]
fn docker_an_agent_that_starts_again_has_every_port_open_before_it_is_ready() {
    on_docker("again", by_agent, async |agent| {
        let one = agent.ready(&Create::of(&Plugin::mimic("again-1"))).await;
        let two = agent.ready(&Create::of(&Plugin::mimic("again-2"))).await;
        assert_eq!(port_of(&two), port_of(&one) + 1);
        let agent = agent.again(|_| {}).await;
        for app in [&one, &two] {
            assert_eq!(agent.say(app, "/").await, "ok");
            let now = agent.show(app.pk).await;
            assert_eq!((&now.id, now.host_port), (&app.id, app.host_port));
        }
        agent.delete(one.pk).await;
        is_closed(port_of(&one)).await;
        assert_eq!(agent.say(&two, "/").await, "ok");
        let next = agent.ready(&Create::of(&Plugin::mimic("again-3"))).await;
        assert_eq!(next.host_port, one.host_port, "it is free again at once");
        agent.control.stop().await;
    });
}

#[test]
fn docker_item_53_a_port_that_the_agent_finds_taken_is_exchanged() {
    // Without a look at the host's sockets, the port is found taken when the Agent opens it.
    let blind = |config: &mut ControlConfig| {
        by_agent(config);
        config.probe_host_ports = false;
    };
    on_docker("taken", blind, async |agent| {
        let first = agent.ports.first().0;
        let process = TcpListener::bind((Ipv4Addr::LOCALHOST, first)).unwrap();
        let plugin = Plugin::mimic("taken");
        let app = agent.ready(&Create::of(&plugin)).await;
        assert_eq!(app.host_port, Some(first + 1), "{app:#?}");
        assert_eq!(agent.say(&app, "/").await, "ok");
        drop(process);
        let ids = support::docker::containers(&agent.id);
        assert_eq!(ids, [app.id.expect("an id")]);
        // An image that is there already takes nothing of the while that the port is left alone.
        let another = Create::again(&plugin).field("model", "1");
        let next = agent.ready(&another).await;
        assert_eq!(next.host_port, Some(first + 2), "left alone for a while");
    });
}

#[test]
fn docker_a_port_that_was_stolen_while_the_agent_was_away_costs_no_record() {
    on_docker("stolen", by_agent, async |agent| {
        let app = agent.ready(&Create::of(&Plugin::mimic("stolen"))).await;
        let mut thief = None;
        let agent = agent
            .again(|_| thief = TcpListener::bind((Ipv4Addr::LOCALHOST, port_of(&app))).ok())
            .await;
        assert!(thief.is_some());
        let moved = eventually("another port is found", async || {
            let now = agent.show(app.pk).await;
            let is_ready = now.endpoint.is_some() && now.host_port != app.host_port;
            if is_ready { Ok(now) } else { Err(now) }
        })
        .await;
        assert_eq!(agent.say(&moved, "/").await, "ok");
        agent.control.stop().await;
    });
}

#[test]
fn docker_whoever_publishes_may_change_and_apps_are_made_anew_on_the_same_port() {
    on_docker(
        "change",
        |_| {},
        async |agent| {
            let app = agent.ready(&Create::of(&Plugin::mimic("changed"))).await;
            let bindings = |id: &Option<String>| {
                let raw = inspect(id.as_deref().expect("an id"));
                raw["HostConfig"]["PortBindings"]
                    .as_object()
                    .map_or(0, serde_json::Map::len)
            };
            assert_eq!(bindings(&app.id), 1);
            let agent = agent
                .again_with(|config| {
                    by_agent(config);
                    config.network.push_str("-internal");
                })
                .await;
            let carried = made_anew(&agent, &app).await;
            assert_eq!(bindings(&carried.id), 0);
            let agent = agent
                .again_with(|config| {
                    config.publish = Publish::Docker;
                    config.app_egress = true;
                    config.network = agent.network.replace("-internal", "");
                })
                .await;
            let published = made_anew(&agent, &carried).await;
            assert_eq!(bindings(&published.id), 1);
            agent.control.stop().await;
        },
    );
}

/// The same record at the same port, in another container.
async fn made_anew(agent: &Agent, before: &Container) -> Container {
    let now = eventually("it is made anew", async || {
        let now = agent.show(before.pk).await;
        let is_ready = now.status == ContainerStatus::Running && now.id != before.id;
        if is_ready { Ok(now) } else { Err(now) }
    })
    .await;
    assert_eq!(now.host_port, before.host_port);
    assert_eq!(agent.say(&now, "/").await, "ok");
    now
}
