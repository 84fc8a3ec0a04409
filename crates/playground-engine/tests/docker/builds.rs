//! Builds by both builders: cached the second time, cancelled by dropping, failed with the builder's words.

use std::path::Path;
use std::time::Duration;

use playground_engine::{BuildEvent, Builder, StepState};
use tokio::sync::mpsc;

use crate::bench::{Bench, eventually, on_docker, tar_of};

/// The names of the finished steps that an earlier result was used for.
fn cached(events: &[BuildEvent]) -> Vec<&str> {
    let cached = |event| match event {
        &BuildEvent::Step {
            ref name,
            state: StepState::Finished { cached: true, .. },
            ..
        } => Some(name.as_str()),
        _ => None,
    };
    events.iter().filter_map(cached).collect()
}

fn logged<'a>(events: &'a [BuildEvent], text: &str) -> Option<&'a BuildEvent> {
    events
        .iter()
        .find(|event| matches!(event, BuildEvent::Log { line, .. } if line.contains(text)))
}

#[tokio::test]
async fn docker_buildkit_builds_with_mounts_and_a_second_time_from_its_cache() {
    on_docker("buildkit", async |bench| {
        let dockerfile = format!(
            "RUN --mount=type=cache,id={agent},target=/cache [\"/probe\", \"append\", \"/cache/{agent}\"]\n\
             RUN --mount=type=bind,source=secret,target=/secret [\"/bin/cat\", \"/secret\", \"/dev/null\"]\n\
             COPY code.py /code.py\n",
            agent = bench.agent
        );
        let dockerfile = bench.dockerfile(&dockerfile);
        let files: [(&str, &[u8], u32); 2] = [("code.py", b"print()", 0o644), ("secret", b"from the context", 0o600)];
        let (outcome, events) = bench.build(Builder::BuildKit, "one", &dockerfile, &files).await;
        outcome.unwrap_or_else(|error| panic!("{error} {events:#?}"));
        let appended = logged(&events, "holds x").unwrap_or_else(|| panic!("{events:#?}"));
        assert!(matches!(appended, BuildEvent::Log { step: Some(_), .. }));
        assert!(logged(&events, "from the context").is_some(), "{events:#?}");
        assert_eq!(cached(&events).iter().filter(|name| name.contains("RUN")).count(), 0);
        let image = bench.engine.image(&format!("{}:one", bench.agent)).await.unwrap().unwrap();
        assert_eq!(image.labels, bench.labels());

        let (outcome, events) = bench.build(Builder::BuildKit, "two", &dockerfile, &files).await;
        outcome.unwrap();
        let reused = cached(&events);
        println!("cached the second time: {reused:?}");
        assert_eq!(reused.iter().filter(|name| name.contains("RUN")).count(), 2, "{events:#?}");
        assert!(reused.iter().any(|name| name.contains("COPY")));

        let edited = format!("{dockerfile}RUN --mount=type=cache,id={agent},target=/cache [\"/probe\", \"append\", \"/cache/{agent}\"]\n", agent = bench.agent);
        let (outcome, events) = bench.build(Builder::BuildKit, "three", &edited, &files).await;
        outcome.unwrap();
        assert!(logged(&events, "holds xx").is_some(), "the cache mount is kept: {events:#?}");
    })
    .await;
}

#[tokio::test]
async fn docker_the_classic_builder_builds_and_uses_its_cache() {
    on_docker("classic", async |bench| {
        let dockerfile =
            bench.dockerfile("RUN [\"/probe\", \"say\", \"hello\"]\nCOPY code.py /code.py\n");
        let files: [(&str, &[u8], u32); 1] = [("code.py", b"print()", 0o644)];
        let (outcome, events) = bench
            .build(Builder::Classic, "one", &dockerfile, &files)
            .await;
        outcome.unwrap_or_else(|error| panic!("{error} {events:#?}"));
        assert!(logged(&events, "hello").is_some(), "{events:#?}");
        let (outcome, events) = bench
            .build(Builder::Classic, "two", &dockerfile, &files)
            .await;
        outcome.unwrap();
        let reused = cached(&events);
        println!("cached the second time: {reused:?}");
        assert!(
            reused.iter().any(|name| name.contains("RUN"))
                && reused.iter().any(|name| name.contains("COPY")),
            "{events:#?}"
        );
        let refused = bench.dockerfile("RUN --mount=type=cache,target=/c [\"/probe\"]\n");
        let (outcome, _) = bench.build(Builder::Classic, "three", &refused, &[]).await;
        let refused = outcome.unwrap_err();
        assert!(refused.message.contains("--mount"), "{refused:?}");
    })
    .await;
}

#[tokio::test]
async fn docker_a_failed_build_tells_the_builders_words() {
    on_docker("failed", async |bench| {
        for builder in [Builder::BuildKit, Builder::Classic] {
            let dockerfile = bench.dockerfile("RUN [\"/probe\", \"fail\"]\n");
            let (outcome, events) = bench.build(builder, "bad", &dockerfile, &[]).await;
            let failed = outcome.unwrap_err();
            println!("{builder:?}: {}", failed.message);
            assert!(
                !failed.not_supported && failed.engine.is_none(),
                "{failed:?}"
            );
            assert!(
                logged(&events, "no matching distribution").is_some(),
                "{events:#?}"
            );
            let ended_badly = |event: &BuildEvent| {
                matches!(
                    event,
                    BuildEvent::Step {
                        state: StepState::Finished { error: Some(_), .. },
                        ..
                    }
                )
            };
            assert!(events.iter().any(ended_badly), "{events:#?}");
            let (outcome, _) = bench.build(builder, "worse", "FORM nothing\n", &[]).await;
            let failed = outcome.unwrap_err();
            println!("{builder:?}: {}", failed.message);
            assert!(
                !failed.not_supported && failed.engine.is_none(),
                "{failed:?}"
            );
            let missing = "FROM synapse-nowhere.invalid/none:1\n";
            let (outcome, _) = bench.build(builder, "worst", missing, &[]).await;
            println!("{builder:?}: {:?}", outcome.unwrap_err());
        }
    })
    .await;
}

#[tokio::test]
async fn docker_the_classic_builder_honours_a_memory_limit() {
    on_docker("limit", async |bench| {
        let dockerfile = bench.dockerfile("ENV DO=hoard\nRUN [\"/probe\"]\n");
        let mut request = bench.request(Builder::Classic, "fat");
        request.memory_bytes = Some(64 << 20);
        request.cpus = Some(0.5);
        let (sender, _events) = mpsc::channel(1000);
        let context = tar_of(&[("Dockerfile", dockerfile.as_bytes(), 0o644)]);
        let failed = bench
            .engine
            .build(&request, context, sender)
            .await
            .unwrap_err();
        assert!(failed.message.contains("137"), "{failed:?}");
    })
    .await;
}

#[tokio::test]
async fn docker_dropping_a_build_ends_its_step_in_the_engine() {
    on_docker("cancel", async |bench| {
        for builder in [Builder::BuildKit, Builder::Classic] {
            let token = format!("{}-{builder:?}", bench.agent);
            let dockerfile = bench.dockerfile(&format!(
                "RUN [\"/probe\", \"sleep\", \"300\", \"{token}\"]\n"
            ));
            let (sender, mut events) = mpsc::channel(100);
            let context = tar_of(&[("Dockerfile", dockerfile.as_bytes(), 0o644)]);
            let request = bench.request(builder, "never");
            let build = tokio::spawn({
                let engine = bench.engine.clone();
                async move { engine.build(&request, context, sender).await }
            });
            eventually("the step runs", async || is_running(&token)).await;
            build.abort();
            let clock = std::time::Instant::now();
            eventually("the step is gone", async || !is_running(&token)).await;
            println!(
                "{builder:?}: the step ended {:?} after its build was dropped",
                clock.elapsed()
            );
            while events.recv().await.is_some() {}
            no_container_is_left(bench).await;
        }
    })
    .await;
}

#[tokio::test]
async fn docker_a_context_that_breaks_is_told_as_such() {
    on_docker("broken", async |bench| {
        use futures_util::{StreamExt, stream};
        for builder in [Builder::BuildKit, Builder::Classic] {
            let (sender, _events) = mpsc::channel(100);
            let broken =
                stream::iter([Err(std::io::Error::other("the archive went away"))]).boxed();
            let build = bench
                .engine
                .build(&bench.request(builder, "x"), broken, sender)
                .await;
            let failed = build.unwrap_err();
            assert!(
                failed.message.contains("the archive went away"),
                "{failed:?}"
            );
        }
    })
    .await;
}

/// Looks on the host: a step's process is a process like any other there.
fn is_running(token: &str) -> bool {
    let has_token = |path: &Path| {
        std::fs::read(path.join("cmdline"))
            .is_ok_and(|line| String::from_utf8_lossy(&line).contains(token))
    };
    std::fs::read_dir("/proc")
        .expect("proc")
        .filter_map(Result::ok)
        .any(|entry| has_token(&entry.path()))
}

/// The classic builder makes a container for each step; none may outlive its build.
async fn no_container_is_left(bench: &Bench) {
    let mut left = String::new();
    let none = async || {
        let listed = std::process::Command::new("docker")
            .args(["ps", "-a", "--no-trunc", "--format", "{{.ID}} {{.Command}}"])
            .output()
            .expect("docker");
        left = String::from_utf8_lossy(&listed.stdout).into_owned();
        !left.contains(&bench.agent)
    };
    tokio::time::timeout(
        Duration::from_secs(30),
        eventually("no container is left", none),
    )
    .await
    .expect("in time");
}
