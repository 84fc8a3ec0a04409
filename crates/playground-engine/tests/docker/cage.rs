//! The cage, seen from inside and from the engine's side.

use std::net::SocketAddr;
use std::process::Command;

use playground_engine::{ContainerSpec, EngineError, Profile, Reach, bridge_name};
use serde_json::json;

use crate::bench::on_docker;

#[tokio::test]
async fn docker_the_cage_holds_from_inside() {
    on_docker("cage", async |bench| {
        let bench = bench.with_app().await;
        let standard = bench.started(&bench.spec("standard", "report")).await;
        let said = bench.until_printed(&standard, "reported").await;
        for line in [
            "Uid: 65532 65532 65532 65532",
            "Gid: 65532 65532 65532 65532",
            "CapEff: 0000000000000000",
            "CapBnd: 0000000000000000",
            "NoNewPrivs: 1",
            "Seccomp: 2",
            "init docker-init",
            "/x refused",
        ] {
            assert!(
                said.iter().any(|said| said == line),
                "{line:?} is not in {said:?}"
            );
        }
        let strict = ContainerSpec {
            profile: Profile::Strict,
            ..bench.spec("strict", "report")
        };
        let strict = bench.started(&strict).await;
        let said = bench.until_printed(&strict, "reported").await;
        for line in [
            "/x refused",
            "/tmp/x written",
            "/app/flagged/x written",
            "/home/plugin/x written",
        ] {
            assert!(
                said.iter().any(|said| said == line),
                "{line:?} is not in {said:?}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn docker_the_engine_keeps_the_cage_as_it_was_asked_for() {
    on_docker("asked", async |bench| {
        let bench = bench.with_app().await;
        let id = bench.started(&bench.spec("a", "serve")).await;
        let raw = bench.engine.inspect_raw(&id).await.unwrap().unwrap();
        let host = &raw["HostConfig"];
        for (key, expected) in [
            ("CapDrop", json!(["ALL"])),
            ("Init", json!(true)),
            ("IpcMode", json!("private")),
            ("Memory", json!(256 << 20)),
            ("MemorySwap", json!(256 << 20)),
            ("NanoCpus", json!(1_000_000_000)),
            ("OomScoreAdj", json!(500)),
            ("PidsLimit", json!(512)),
            ("Privileged", json!(false)),
            ("ReadonlyRootfs", json!(false)),
            ("SecurityOpt", json!(["no-new-privileges:true"])),
            ("ShmSize", json!(64 << 20)),
        ] {
            assert_eq!(host[key], expected, "{key}");
        }
        assert_eq!(host["RestartPolicy"]["Name"], "no");
        assert_eq!(host["LogConfig"]["Config"]["max-size"], "10m");
        for key in ["Binds", "Mounts", "CapAdd"] {
            assert!(host[key].as_array().is_none_or(Vec::is_empty), "{key}");
        }
        assert!(host["Devices"].as_array().is_none_or(Vec::is_empty));
        assert_eq!(raw["Config"]["User"], "65532:65532");
    })
    .await;
}

#[tokio::test]
async fn docker_neighbours_do_not_reach_each_other() {
    on_docker("icc", async |bench| {
        let bench = bench.with_app().await;
        let server = bench.started(&bench.spec("server", "serve")).await;
        let raw = bench.engine.inspect_raw(&server).await.unwrap().unwrap();
        let address = raw["NetworkSettings"]["Networks"][&bench.network]["IPAddress"]
            .as_str()
            .unwrap();
        let target = format!("{address}:7860");
        // The host does reach it, so what blocks the neighbour is the network and not a wrong address.
        crate::bench::eventually("reached from the host", async || {
            tokio::net::TcpStream::connect(&target).await.is_ok()
        })
        .await;
        let mut client = bench.spec("client", "dial");
        client.env.push(("TARGET".into(), target));
        let client = bench.started(&client).await;
        let said = bench.until_printed(&client, "blocked").await;
        assert!(!said.iter().any(|line| line == "reached"), "{said:?}");
    })
    .await;
}

#[tokio::test]
async fn docker_our_network_is_made_once_and_a_foreign_one_is_left_alone() {
    on_docker("net", async |bench| {
        bench
            .engine
            .ensure_network(&bench.network, Reach::Everywhere, &bench.labels())
            .await
            .unwrap();
        let interface = format!("/sys/class/net/{}", bridge_name(&bench.network));
        assert!(std::path::Path::new(&interface).exists(), "{interface}");
        let foreign = bench
            .engine
            .ensure_network("bridge", Reach::Everywhere, &bench.labels())
            .await;
        assert!(matches!(foreign, Err(EngineError::ForeignNetwork(name)) if name == "bridge"));
        let engine = &bench.engine;
        let has = async |name: &str| engine.has_network(name, Reach::Everywhere).await;
        assert!(has(&bench.network).await.unwrap());
        assert!(matches!(
            has("bridge").await,
            Err(EngineError::ForeignNetwork(_))
        ));
        // One more is made to see whether that is possible, and is gone again.
        let one_more = format!("{}-more", bench.network);
        engine.try_network(&one_more).await.unwrap();
        assert!(!has(&one_more).await.unwrap());
        let count = Command::new("docker")
            .args([
                "network",
                "ls",
                "-q",
                "--filter",
                &format!("name={}", bench.network),
            ])
            .output()
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&count.stdout).lines().count(), 1);
    })
    .await;
}

#[tokio::test]
async fn docker_sockets_tell_loopback_from_everywhere() {
    on_docker("sockets", async |bench| {
        let bench = bench.with_app().await;
        for (what, expected) in [("serve", "0.0.0.0:7860"), ("loopback", "127.0.0.1:7860")] {
            let id = bench.started(&bench.spec(what, what)).await;
            let expected: SocketAddr = expected.parse().unwrap();
            crate::bench::eventually("listening", async || {
                bench
                    .engine
                    .listening(&id)
                    .await
                    .unwrap()
                    .contains(&expected)
            })
            .await;
        }
    })
    .await;
}
