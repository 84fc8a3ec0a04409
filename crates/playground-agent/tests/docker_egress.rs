//! How far an app reaches, and who reaches it.
//!
//! Needs root: it makes a machine of another network beside the host, and lets the Agent set host rules. When no engine
//! answers these tests fail, unless `PLAYGROUND_SKIP_DOCKER=1` says that they may be left out.

#![allow(
    clippy::unwrap_used,
    reason = "a test may say so where nothing else can be the matter"
)]

mod support;

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use playground_control::{ControlConfig, Publish};
use playground_engine::bridge_name;
use playground_types::wire::Container;
use support::docker::inspect;
use support::plugin::Plugin;
use support::table::Table;
use support::{Agent, Create, eventually, in_turn, on_docker};

/// What gets no answer is given up after this time.
const SOON: Duration = Duration::from_secs(2);
/// The machine of another network, and this host's address there.
const ELSEWHERE: [u8; 4] = [10, 213, 77, 2];
const HERE: &str = "10.213.77.1/30";
/// Where clouds answer what they know of a machine.
const METADATA: [u8; 4] = [169, 254, 169, 254];
const PORT: u16 = 8099;

fn by_agent(config: &mut ControlConfig) {
    config.publish = Publish::Agent;
    config.app_egress = false;
}

/// Everywhere, so that an app is kept from its neighbour's port by rules and not by an address that nobody listens on.
fn everywhere(config: &mut ControlConfig) {
    config.publish_address = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
}

#[test]
fn docker_item_34_an_app_that_the_agent_publishes_reaches_nobody() {
    let _turn = in_turn();
    let cage = |config: &mut ControlConfig| {
        by_agent(config);
        everywhere(config);
        config.host_rules = true;
    };
    on_docker("internal", cage, async |agent| {
        eventually("the host rules are in force", async || {
            let isolation = agent.control.health().await.unwrap().isolation;
            assert_eq!(isolation.publish, "agent");
            let is_closed = isolation.no_way_out && isolation.host_rules;
            is_closed.then_some(()).ok_or(isolation)
        })
        .await;
        reaches(agent, "publish = agent", [false; 5]).await;
        remove_rules(&agent.network);
    });
}

#[test]
fn docker_item_34_without_host_rules_an_internal_network_leads_to_its_host_and_health_says_so() {
    let _turn = in_turn();
    let cage = |config: &mut ControlConfig| {
        by_agent(config);
        everywhere(config);
    };
    on_docker("bare", cage, async |agent| {
        let health = agent.control.health().await.unwrap();
        assert!(health.isolation.no_way_out && !health.isolation.host_rules);
        assert_eq!(health.status, "degraded");
        let is_told = |problem: &String| problem.contains("host rules are not in force");
        assert!(health.problems.iter().any(is_told), "{health:#?}");
        let found = [false, true, true, false, false];
        reaches(agent, "publish = agent without host rules", found).await;
    });
}

/// What the other tests find blocked is there to be reached, and `app_egress` lets it be.
#[test]
fn docker_item_34_an_app_that_may_go_out_does() {
    let _turn = in_turn();
    let open = |config: &mut ControlConfig| {
        everywhere(config);
        config.publish = Publish::Agent;
        config.app_egress = true;
    };
    on_docker("open", open, async |agent| {
        let health = agent.control.health().await.unwrap();
        assert!(!health.isolation.no_way_out, "{health:#?}");
        let found = [false, true, true, true, true];
        reaches(agent, "publish = agent with app_egress", found).await;
    });
}

/// Dials everybody from an app, and says whom it should reach: its neighbour, its neighbour's port on the host, a service
/// of the host, the metadata address, a machine of another network.
async fn reaches(agent: &Agent, title: &str, wanted: [bool; 5]) {
    let elsewhere = Elsewhere::made().await;
    let service = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
    let app = agent.ready(&Create::of(&Plugin::mimic("reach-a"))).await;
    let neighbour = agent.ready(&Create::of(&Plugin::mimic("reach-b"))).await;
    let bridge = inspect(&agent.network)["IPAM"]["Config"][0]["Gateway"].clone();
    let bridge: IpAddr = bridge.as_str().unwrap().parse().unwrap();
    let targets = [
        ("the neighbour", own_address(agent, &neighbour), 7860),
        ("its port on the host", bridge, neighbour.host_port.unwrap()),
        (
            "a service of the host",
            bridge,
            service.local_addr().unwrap().port(),
        ),
        ("the metadata address", METADATA.into(), PORT),
        ("another network", ELSEWHERE.into(), PORT),
    ];
    let mut table = Table::new(&format!("Whom an app reaches, {title}"));
    for ((name, address, port), wanted) in targets.into_iter().zip(wanted) {
        // The host does, so that what keeps the app from it is not a wrong address.
        let target = SocketAddr::new(address, port);
        TcpStream::connect_timeout(&target, SOON).unwrap_or_else(|error| panic!("{name}: {error}"));
        let began = Instant::now();
        let said = agent
            .say(&app, &format!("/dial?host={address}&port={port}"))
            .await;
        let took = began.elapsed();
        let wanted = if wanted { "reached" } else { "blocked" };
        let found = format!("{said} ({took:.2?})");
        table.holds(name, wanted, &found, said.starts_with(wanted));
    }
    assert_eq!(agent.say(&app, "/").await, "ok");
    table.show();
    drop(elsewhere);
}

fn own_address(agent: &Agent, app: &Container) -> IpAddr {
    let raw = inspect(app.id.as_deref().expect("an id"));
    let network = &raw["NetworkSettings"]["Networks"][&agent.network];
    network["IPAddress"].as_str().unwrap().parse().unwrap()
}

/// The Agent leaves its rules, as it leaves its containers; the next Agent takes away those of bridges that are gone.
fn remove_rules(network: &str) {
    let bridge = bridge_name(network);
    for chain in ["INPUT", "DOCKER-USER"] {
        let listed = Command::new("iptables")
            .args(["-w", "5", "-S", chain])
            .output();
        let listed = String::from_utf8(listed.unwrap().stdout).unwrap();
        for rule in listed.lines().filter(|line| line.contains(&bridge)) {
            let words = rule.split_whitespace().skip(1);
            run("iptables", ["-w", "5", "-D"].into_iter().chain(words));
        }
    }
}

fn run<'a>(program: &str, arguments: impl IntoIterator<Item = &'a str>) {
    let arguments: Vec<&str> = arguments.into_iter().collect();
    let output = Command::new(program).args(&arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {said}");
}

/// A machine beside this host, in a private network of its own, that also has the metadata address.
struct Elsewhere {
    name: String,
    server: Child,
}

impl Elsewhere {
    async fn made() -> Self {
        let name = format!("synt{}", std::process::id());
        let (ours, theirs) = (format!("{name}h"), format!("{name}n"));
        let ip = |line: &str| run("ip", line.split_whitespace());
        ip(&format!("netns add {name}"));
        ip(&format!(
            "link add {ours} type veth peer name {theirs} netns {name}"
        ));
        ip(&format!("address add {HERE} dev {ours}"));
        ip(&format!("link set {ours} up"));
        let [elsewhere, metadata] = [ELSEWHERE, METADATA].map(Ipv4Addr::from);
        for line in [
            format!("address add {elsewhere}/30 dev {theirs}"),
            format!("address add {metadata}/32 dev {theirs}"),
            format!("link set {theirs} up"),
            format!("route add default via {}", HERE.trim_end_matches("/30")),
        ] {
            ip(&format!("-n {name} {line}"));
        }
        ip(&format!("route add {metadata}/32 dev {ours}"));
        let serve = format!("netns exec {name} python3 -m http.server {PORT}");
        let mut server = Command::new("ip");
        server.args(serve.split_whitespace());
        server.stdout(std::process::Stdio::null());
        server.stderr(std::process::Stdio::null());
        let made = Self {
            name,
            server: server.spawn().unwrap(),
        };
        eventually("the other machine listens", async || {
            TcpStream::connect_timeout(&SocketAddr::new(elsewhere.into(), PORT), SOON)
        })
        .await;
        made
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        self.server.kill().expect("it is ended");
        self.server.wait().expect("it has ended");
        // Takes both ends of the wire and the route along.
        run("ip", ["netns", "delete", &self.name]);
    }
}

#[test]
fn docker_item_35_an_apps_port_is_open_on_the_configured_address_only() {
    for (name, change) in [
        ("only-docker", (|_| {}) as fn(&mut ControlConfig)),
        ("only-agent", by_agent),
    ] {
        on_docker(name, change, async |agent| {
            let app = agent.ready(&Create::of(&Plugin::mimic("only"))).await;
            let port = app.host_port.unwrap();
            assert_eq!(listening_on(port), ["127.0.0.1"], "{name}");
        });
    }
}

/// The addresses of this host on which somebody listens at a port, as the kernel lists them.
fn listening_on(port: u16) -> Vec<String> {
    const LISTEN: &str = "0A";
    let four = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let six = std::fs::read_to_string("/proc/net/tcp6").unwrap_or_default();
    let of_port = |line: &str| {
        let mut words = line.split_whitespace().skip(1);
        let (address, found) = words.next()?.split_once(':')?;
        let is_listening = words.nth(1) == Some(LISTEN);
        (is_listening && u16::from_str_radix(found, 16) == Ok(port)).then(|| address.to_owned())
    };
    let named = |address: String| match u32::from_str_radix(&address, 16) {
        Ok(bits) => Ipv4Addr::from(bits.to_ne_bytes()).to_string(),
        Err(_) => format!("[{address}]"),
    };
    four.lines()
        .chain(six.lines())
        .filter_map(of_port)
        .map(named)
        .collect()
}
