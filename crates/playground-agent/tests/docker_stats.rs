//! What containers use, against what Docker's own command line says: on a real engine.
//!
//! When no engine answers these tests fail, unless `PLAYGROUND_SKIP_DOCKER=1` says that they may be left out.

mod support;

use playground_types::ContainerPk;
use playground_types::wire::{Container, ContainerStats, StatsSample};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use support::docker::{docker, shell};
use support::plugin::Plugin;
use support::{Agent, Create, eventually, on_docker};

const MIB: u64 = 1 << 20;

/// What `docker stats` says of a container, as text.
fn docker_says(container: &Container) -> Value {
    let id = container.id.as_deref().expect("an id");
    let line = docker(&["stats", "--no-stream", "--format", "{{json .}}", id]);
    serde_json::from_str(&line.expect("docker stats")).expect("JSON")
}

/// `12.5MiB` and the like, in bytes.
fn bytes(text: &str) -> f64 {
    let number = text.trim_end_matches(char::is_alphabetic);
    let unit = match &text[number.len()..] {
        "B" => 1.0,
        "kB" => 1e3,
        "MB" => 1e6,
        "KiB" => 1024.0,
        "MiB" => 1024.0 * 1024.0,
        "GiB" => 1024.0 * 1024.0 * 1024.0,
        other => panic!("what is {other:?}?"),
    };
    number.parse::<f64>().expect("a number") * unit
}

async fn newest(agent: &Agent, pk: i64, is_it: impl Fn(&StatsSample) -> bool) -> StatsSample {
    eventually("there is such a sample", async || {
        let (status, body) = agent
            .send(agent.request(Method::GET, &format!("containers/{pk}/stats/")))
            .await;
        assert_eq!(status, StatusCode::OK, "{body:#}");
        let stats: ContainerStats = serde_json::from_value(body).expect("stats");
        match stats.samples.last() {
            Some(sample) if is_it(sample) => Ok(sample.clone()),
            last => Err(last.cloned()),
        }
    })
    .await
}

#[test]
fn docker_what_a_container_uses_is_what_docker_stats_says() {
    on_docker(
        "stats",
        |_| {},
        async |agent| {
            let limits = json!({"memory_bytes": 512 * MIB});
            let create = Create::of(&Plugin::mimic("used")).limits(&limits);
            let app = agent.ready(&create).await;
            let _closely = agent.control.want_stats(ContainerPk(app.pk));
            // Each looks at a moment of its own.
            let sample = eventually("both say the same", async || {
                let sample = newest(agent, app.pk, |_| true).await;
                let said = docker_says(&app);
                let memory: Vec<f64> = said["MemUsage"]
                    .as_str()
                    .expect("text")
                    .split(" / ")
                    .map(bytes)
                    .collect();
                assert_eq!(sample.memory_limit_bytes, Some(512 * MIB));
                assert_eq!(memory[1], (512 * MIB) as f64, "{said:#}");
                let apart = (sample.memory_bytes as f64 - memory[0]).abs();
                let processes = sample.processes.to_string();
                if apart < 4e6 && said["PIDs"] == processes {
                    Ok(sample)
                } else {
                    Err((sample, said))
                }
            })
            .await;
            assert!(
                sample.received_bytes > 0 && sample.sent_bytes > 0,
                "it was asked whether it is ready"
            );
            assert_eq!(sample.gpus, []);
            agent.say(&app, "/").await;
            let id = app.id.clone().expect("an id");
            let work = tokio::task::spawn_blocking(move || {
                shell(&id, "timeout 8 sh -c 'while :; do :; done' || true")
            });
            let busy = newest(agent, app.pk, |sample| sample.cpu_percent > 50.0).await;
            assert!(
                busy.cpu_percent < 120.0,
                "one loop keeps one CPU busy: {busy:?}"
            );
            assert!(
                busy.sent_bytes > sample.sent_bytes,
                "{busy:?} after {sample:?}"
            );
            work.await.expect("it ends");
            let idle = newest(agent, app.pk, |sample| sample.cpu_percent < 10.0).await;
            assert!(idle.at > busy.at);
        },
    );
}
