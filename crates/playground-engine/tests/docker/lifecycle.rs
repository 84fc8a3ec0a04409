//! From create to remove, and what stands in the way.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use playground_engine::{ContainerSpec, EngineError, RunState};
use playground_types::{EngineId, HostPort};

use crate::bench::{eventually, on_docker};

const GRACE: Duration = Duration::from_secs(10);

#[tokio::test]
async fn docker_a_container_lives_from_create_to_remove() {
    on_docker("life", async |bench| {
        let engine = &bench.with_app().await.engine;
        let spec = bench.spec("a", "serve");
        let clock = Instant::now();
        let id = engine.create(&spec).await.unwrap();
        println!("create {:?}", clock.elapsed());
        let view = engine.inspect(&id).await.unwrap().unwrap();
        assert_eq!((&view.state, &view.started_at), (&RunState::Created, &None));
        assert_eq!(
            (&view.name, view.host_port),
            (&spec.name, Some(spec.host_port))
        );

        let clock = Instant::now();
        engine.start(&id).await.unwrap();
        println!("start {:?}", clock.elapsed());
        engine.start(&id).await.unwrap();
        let clock = Instant::now();
        let view = engine.inspect(&id).await.unwrap().unwrap();
        println!("inspect {:?}", clock.elapsed());
        assert_eq!(view.state, RunState::Running);
        let first_run = view.started_at.clone();
        assert!(first_run.is_some());
        let clock = Instant::now();
        assert_eq!(engine.list(&bench.agent).await.unwrap(), [view]);
        println!("list {:?}", clock.elapsed());
        let raw = engine.inspect_raw(&id).await.unwrap().unwrap();
        assert_eq!(raw["State"]["Running"], true);

        // A signal before the process has begun would end what Docker begins it with.
        bench.until_printed(&id, "doing").await;
        let clock = Instant::now();
        engine.stop(&id, GRACE).await.unwrap();
        let stop = clock.elapsed();
        println!("stop {stop:?}");
        // Without an init, a process 1 that does not handle the signal would wait for the whole grace period.
        assert!(stop < GRACE / 2, "{stop:?}");
        engine.stop(&id, GRACE).await.unwrap();
        engine.kill(&id).await.unwrap();
        let state = engine.inspect(&id).await.unwrap().unwrap().state;
        assert!(
            matches!(
                state,
                RunState::Exited {
                    exit_code: 143,
                    oom_killed: false,
                    ..
                }
            ),
            "{state:?}"
        );

        let clock = Instant::now();
        engine.restart(&id, GRACE).await.unwrap();
        println!("restart of a stopped one {:?}", clock.elapsed());
        let view = engine.inspect(&id).await.unwrap().unwrap();
        assert_ne!(view.started_at, first_run);
        let clock = Instant::now();
        engine.remove(&id).await.unwrap();
        println!("remove while running {:?}", clock.elapsed());
        engine.remove(&id).await.unwrap();
        assert_eq!(engine.inspect(&id).await.unwrap(), None);
        assert_eq!(engine.inspect_raw(&id).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn docker_a_taken_port_shows_at_start_whoever_has_it() {
    on_docker("ports", async |bench| {
        let engine = &bench.with_app().await.engine;
        let first = bench.spec("first", "serve");
        bench.started(&first).await;
        let second = ContainerSpec {
            host_port: first.host_port,
            ..bench.spec("second", "serve")
        };
        let id = engine.create(&second).await.unwrap();
        let taken = engine.start(&id).await;
        assert!(
            matches!(taken, Err(EngineError::PortTaken(port)) if port == first.host_port),
            "{taken:?}"
        );
        assert_eq!(
            engine.inspect(&id).await.unwrap().unwrap().state,
            RunState::Created
        );

        let process = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = HostPort(process.local_addr().unwrap().port());
        let third = ContainerSpec {
            host_port: port,
            ..bench.spec("third", "serve")
        };
        let id = engine.create(&third).await.unwrap();
        let taken = engine.start(&id).await;
        assert!(
            matches!(taken, Err(EngineError::PortTaken(found)) if found == port),
            "{taken:?}"
        );
        drop(process);
        engine.start(&id).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn docker_what_is_taken_or_missing_has_its_own_error() {
    on_docker("missing", async |bench| {
        let engine = &bench.with_app().await.engine;
        let spec = bench.spec("a", "serve");
        let id = engine.create(&spec).await.unwrap();
        let taken = engine.create(&spec).await;
        assert!(matches!(&taken, Err(EngineError::NameTaken(name)) if *name == spec.name), "{taken:?}");
        let other = engine.create(&bench.spec("b", "serve")).await.unwrap();
        let taken = engine.rename(&other, &spec.name).await;
        assert!(matches!(&taken, Err(EngineError::NameTaken(name)) if *name == spec.name), "{taken:?}");
        engine.rename(&other, &format!("{}-c", spec.name)).await.unwrap();

        let without = ContainerSpec { image: "synapse-nowhere:1".into(), ..bench.spec("d", "serve") };
        let missing = engine.create(&without).await;
        assert!(matches!(&missing, Err(EngineError::NoSuchImage(image)) if image == "synapse-nowhere:1"), "{missing:?}");
        let without = ContainerSpec { network: "synapse-nowhere".into(), ..bench.spec("e", "serve") };
        let lost = engine.create(&without).await.unwrap();
        let missing = engine.start(&lost).await;
        assert!(matches!(&missing, Err(EngineError::NoSuchNetwork(name)) if name == "synapse-nowhere"), "{missing:?}");

        assert!(matches!(engine.pause(&id).await, Err(EngineError::Conflict { .. })));
        engine.kill(&id).await.unwrap();
        let nobody = EngineId("0".repeat(64));
        for outcome in [
            engine.start(&nobody).await,
            engine.stop(&nobody, GRACE).await,
            engine.restart(&nobody, GRACE).await,
            engine.kill(&nobody).await,
            engine.pause(&nobody).await,
            engine.listening(&nobody).await.map(drop),
        ] {
            assert!(matches!(outcome, Err(EngineError::NoSuchContainer)), "{outcome:?}");
        }
        assert!(engine.logs(&nobody, Default::default()).await.is_err());
        assert_eq!(engine.image("synapse-nowhere:1").await.unwrap(), None);
        engine.remove_image("synapse-nowhere:1").await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn docker_a_paused_container_thaws() {
    on_docker("pause", async |bench| {
        let engine = &bench.with_app().await.engine;
        let id = bench.started(&bench.spec("a", "serve")).await;
        for _ in 0..2 {
            engine.pause(&id).await.unwrap();
        }
        assert_eq!(
            engine.inspect(&id).await.unwrap().unwrap().state,
            RunState::Paused
        );
        for _ in 0..2 {
            engine.unpause(&id).await.unwrap();
        }
        assert_eq!(
            engine.inspect(&id).await.unwrap().unwrap().state,
            RunState::Running
        );
        engine.pause(&id).await.unwrap();
        engine.remove(&id).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn docker_an_exit_keeps_its_code_and_an_image_in_use_stays() {
    on_docker("exit", async |bench| {
        let engine = &bench.with_app().await.engine;
        let spec = bench.spec("a", "exit");
        let id = bench.started(&spec).await;
        let mut state = RunState::Created;
        eventually("exited", async || {
            state = engine.inspect(&id).await.unwrap().unwrap().state;
            !matches!(state, RunState::Created | RunState::Running)
        })
        .await;
        assert!(
            matches!(
                &state,
                RunState::Exited {
                    exit_code: 3,
                    oom_killed: false,
                    finished_at: Some(_),
                    error: None
                }
            ),
            "{state:?}"
        );
        assert!(matches!(
            engine.remove_image(&spec.image).await,
            Err(EngineError::Conflict { .. })
        ));
        assert!(engine.writable_bytes(&id).await.unwrap().is_some());
        let view = engine.inspect(&id).await.unwrap().unwrap();
        let image = engine.image(&spec.image).await.unwrap().unwrap();
        assert_eq!(view.image_id, image.id);
        assert_eq!(
            (image.cmd, image.env),
            (vec!["/probe".into()], vec!["PATH=/bin".into()])
        );
        engine
            .tag_image(&spec.image, &format!("{}:second", bench.agent))
            .await
            .unwrap();
        assert_eq!(
            engine.image(&image.id).await.unwrap().unwrap().tags.len(),
            2
        );
        // The port of a container that does not run is still known.
        assert_eq!(view.host_port, Some(spec.host_port));
    })
    .await;
}

#[tokio::test]
async fn docker_a_container_over_its_memory_limit_is_said_to_be() {
    on_docker("oom", async |bench| {
        let engine = &bench.with_app().await.engine;
        // A busy engine now and then misses why a process ended: it is told of the end first.
        let mut is_said = false;
        for name in ["a", "b", "c", "d"] {
            let id = bench.started(&bench.spec(name, "hoard")).await;
            let mut state = RunState::Created;
            eventually("exited", async || {
                state = engine.inspect(&id).await.unwrap().unwrap().state;
                !matches!(state, RunState::Created | RunState::Running)
            })
            .await;
            let RunState::Exited {
                exit_code: 137,
                oom_killed,
                ..
            } = state
            else {
                panic!("{state:?}");
            };
            is_said = oom_killed;
            if is_said {
                break;
            }
            println!("the engine did not notice that it was for want of memory");
        }
        assert!(is_said);
    })
    .await;
}
