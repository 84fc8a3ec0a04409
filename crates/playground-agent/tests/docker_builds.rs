//! Builds of plugin images: what is kept, what is shared, what is explained, what ends when it is told to.
//!
//! Packages come from an index of the test's own, so nothing here depends on a network. When no engine answers these
//! tests fail, unless `PLAYGROUND_SKIP_DOCKER=1` says that they may be left out.

mod support;

use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use playground_types::wire::{BuildStep, ImageBuild};
use playground_types::{BuildStatus, FailureKind, LaunchStatus, StepPurpose};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use support::docker::{containers, images, shell};
use support::index::{Index, Shelf};
use support::plugin::Plugin;
use support::{Agent, Create, DEADLINE, eventually, on_docker};

/// Runs a test with an index that has these packages and lets whoever asks for `held` wait.
fn with_index(
    name: &str,
    packages: &[(&str, &str, &[&str])],
    held: Option<&str>,
    test: impl AsyncFnOnce(&Agent, &Shelf),
) {
    let index = Index::new(packages, held);
    on_docker(name, index.settings(), async |agent| {
        test(agent, &index.open()).await;
    });
}

/// A plugin with requirements that no run before this one had: nothing of an earlier run's cache fits.
fn requiring(code: &str, requirements: &str) -> Plugin {
    let now = std::time::SystemTime::UNIX_EPOCH
        .elapsed()
        .expect("a clock");
    let requirements = format!("# {}\n{requirements}\n", now.as_nanos());
    Plugin::mimic(code).with("requirements.txt", requirements)
}

/// The step that installs requirements.
fn install(build: &ImageBuild) -> &BuildStep {
    let is_install = |step: &&BuildStep| step.purpose == Some(StepPurpose::Install);
    build
        .steps
        .iter()
        .find(is_install)
        .unwrap_or_else(|| panic!("no step installs: {:#?}", build.steps))
}

/// The newest launch's key.
async fn newest_launch(agent: &Agent) -> String {
    eventually("a launch is listed", async || {
        let (_, list) = agent.send(agent.request(Method::GET, "builds/")).await;
        match list["results"][0]["id"].as_str() {
            Some(id) => Ok(id.to_owned()),
            None => Err(list),
        }
    })
    .await
}

/// Until a build asks for the held package.
async fn until_held(shelf: &Shelf, builds: usize) {
    eventually("builds wait for the held package", async || {
        let waiting = shelf.waiting();
        if waiting == builds {
            Ok(())
        } else {
            Err(waiting)
        }
    })
    .await;
}

#[test]
fn docker_changed_code_is_built_without_installing_requirements_again() {
    with_index(
        "code",
        &[("alpha", "1.0", &[])],
        None,
        async |agent, shelf| {
            let plugin = requiring("build-code", "alpha==1.0");
            let first = agent.create(&Create::of(&plugin)).await;
            let app = agent.ready_launch(&first.build_id).await;
            let build = agent
                .launch(&first.build_id)
                .await
                .image_build
                .expect("a build");
            assert!(!install(&build).cached, "{:#?}", build.steps);
            let unnamed = build.steps.iter().find(|step| step.purpose.is_none());
            assert_eq!(unnamed, None, "each is told for what it is");
            let python = "python -c 'import alpha; print(alpha.VERSION)'";
            assert_eq!(shell(app.id.as_deref().expect("an id"), python), "1.0");
            let asked = shelf.asked();

            let changed = plugin.with("plugin/more.py", "MORE = True\n");
            let second = agent.create(&Create::of(&changed)).await;
            assert!(second.restarted && second.recreated, "{second:#?}");
            let app = agent.ready_launch(&second.build_id).await;
            let build = agent
                .launch(&second.build_id)
                .await
                .image_build
                .expect("a build");
            assert!(install(&build).cached, "{:#?}", build.steps);
            assert!(
                build
                    .steps
                    .iter()
                    .any(|step| step.name.contains("COPY") && !step.cached),
                "{:#?}",
                build.steps
            );
            assert_eq!(shelf.asked(), asked, "the index was asked again");
            assert_eq!(
                agent.say(&app, "/exists?path=/app/plugin/more.py").await,
                "True"
            );
            let id = app.id.as_deref().expect("an id");
            assert_eq!(shell(id, python), "1.0");
        },
    );
}

#[test]
fn docker_an_identical_archive_builds_nothing() {
    on_docker(
        "identical",
        |_| {},
        async |agent| {
            let plugin = Plugin::mimic("build-identical");
            let first = agent.create(&Create::of(&plugin)).await;
            let app = agent.ready_launch(&first.build_id).await;
            assert!(agent.launch(&first.build_id).await.image_build.is_some());

            let again = agent.create(&Create::of(&plugin)).await;
            assert!(again.restarted && !again.recreated, "{again:#?}");
            let same = agent.ready_launch(&again.build_id).await;
            assert_eq!((&same.id, same.host_port), (&app.id, app.host_port));
            assert_eq!(agent.launch(&again.build_id).await.image_build, None);

            let other = agent.create(&Create::of(&plugin).field("model", "7")).await;
            let other_app = agent.ready_launch(&other.build_id).await;
            assert_ne!(other_app.id, app.id);
            assert_eq!(agent.launch(&other.build_id).await.image_build, None);
            assert_eq!(images(&agent.id).len(), 1);
        },
    );
}

#[test]
fn docker_requirements_that_cannot_be_met_are_named_for_what_they_are() {
    let packages: [(&str, &str, &[&str]); 3] = [
        ("alpha", "1.0", &[]),
        ("alpha", "2.0", &[]),
        ("beta", "1.0", &["alpha>=2"]),
    ];
    with_index("unmet", &packages, None, async |agent, _| {
        for (code, requirements, kind, named) in [
            (
                "unmet-package",
                "alpha\nalfa-beta-gamma==1",
                FailureKind::NoSuchPackage,
                "alfa-beta-gamma",
            ),
            (
                "unmet-version",
                "alpha==9",
                FailureKind::NoSuchVersion,
                "alpha",
            ),
            (
                "unmet-conflict",
                "alpha==1.0\nbeta==1.0",
                FailureKind::VersionConflict,
                "beta==1.0",
            ),
            (
                "unmet-line",
                "alpha ==\n",
                FailureKind::BadRequirement,
                "alpha",
            ),
        ] {
            let (container, failure) = agent
                .failed(&Create::of(&requiring(code, requirements)))
                .await;
            println!("{requirements:?}: {:?}: {}", failure.kind, failure.message);
            assert_eq!(failure.kind, kind, "{failure:#?}");
            assert!(failure.message.contains(named), "{failure:#?}");
            assert!(
                failure.hint.is_some() && !failure.log_tail.is_empty(),
                "{failure:#?}"
            );
            assert_eq!(container.id, None);
        }
        assert!(containers(&agent.id).is_empty());
        assert!(images(&agent.id).is_empty());
    });
}

#[test]
fn docker_two_models_of_a_release_share_one_build() {
    with_index(
        "models",
        &[("slow", "1.0", &[])],
        Some("slow"),
        async |agent, shelf| {
            let plugin = requiring("build-models", "slow");
            let model = |model: &str| Create::of(&plugin).field("model", model);
            let (one, two) = (model("1"), model("2"));
            let held = async {
                until_held(shelf, 1).await;
                eventually("both wait for one build", async || {
                    let (_, list) = agent.send(agent.request(Method::GET, "builds/")).await;
                    let builds: Vec<Value> = list["results"]
                        .as_array()
                        .into_iter()
                        .flatten()
                        .map(|launch| launch["image_build"]["id"].clone())
                        .collect();
                    match &builds[..] {
                        [one, two] if one == two && !one.is_null() => Ok(()),
                        _ => Err(builds),
                    }
                })
                .await;
                shelf.release();
            };
            let (one, two, ()) = tokio::join!(agent.ready(&one), agent.ready(&two), held);
            assert_ne!(one.pk, two.pk);
            assert_ne!(one.host_port, two.host_port);
            assert_eq!(images(&agent.id).len(), 1);
        },
    );
}

#[test]
fn docker_a_cancelled_build_ends_at_once_and_leaves_nothing() {
    with_index(
        "cancel",
        &[("slow", "1.0", &[])],
        Some("slow"),
        async |agent, shelf| {
            let plugin = requiring("build-cancel", "slow");
            let upload = Create::of(&plugin);
            let cancel = async {
                until_held(shelf, 1).await;
                let launch = newest_launch(agent).await;
                let path = format!("builds/{launch}/");
                let clock = Instant::now();
                let (status, body) = agent.send(agent.request(Method::DELETE, &path)).await;
                assert_eq!(status, StatusCode::ACCEPTED, "{body:#}");
                let launch = agent.settled(&launch).await;
                assert_eq!(launch.status, LaunchStatus::Cancelled, "{launch:#?}");
                // Its process inside the builder is gone, and with it the request it had under way.
                until_held(shelf, 0).await;
                let took = clock.elapsed();
                println!("the build was gone {took:.2?} after it was cancelled");
                // pip by itself gives up a server that says nothing after 15 seconds.
                assert!(took < Duration::from_secs(12), "{took:?}");
                let build = launch.image_build.expect("a build");
                assert_eq!(build.status, BuildStatus::Cancelled);
                let (status, _) = agent.send(agent.request(Method::DELETE, &path)).await;
                assert_eq!(status, StatusCode::CONFLICT);
            };
            let (created, ()) = tokio::join!(agent.create(&upload), cancel);
            let container = agent.show(created.container.pk).await;
            assert_eq!((container.id, container.endpoint), (None, None));
            assert!(images(&agent.id).is_empty() && containers(&agent.id).is_empty());

            shelf.release();
            let again = agent.ready(&upload).await;
            assert_eq!(again.pk, container.pk);
        },
    );
}

#[test]
fn docker_a_builds_log_is_told_while_it_runs_and_resumed_where_it_was_left() {
    with_index(
        "log",
        &[("slow", "1.0", &[])],
        Some("slow"),
        async |agent, shelf| {
            let upload = Create::of(&requiring("build-log", "slow"));
            let follow = async {
                until_held(shelf, 1).await;
                let launch = newest_launch(agent).await;
                let mut live = Events::of(agent, &launch, None).await;
                let seen = live
                    .until(|event| event.message().contains("installing with"))
                    .await;
                assert_eq!(agent.launch(&launch).await.status, LaunchStatus::Building);
                assert_eq!(shelf.waiting(), 1);
                let place = seen.id.clone();
                drop(live);
                shelf.release();

                let mut rest = Events::of(agent, &launch, Some(&place)).await;
                let last = rest.until(|event| event.kind() == "complete").await;
                assert_eq!(last.message(), "completed");
                let told: Vec<&str> = rest.seen.iter().map(Event::message).collect();
                assert!(
                    told.iter().any(|line| line.contains("synapse: installed")),
                    "{told:#?}"
                );
                assert!(
                    !told.iter().any(|line| line.contains("installing with")),
                    "{told:#?}"
                );

                let mut whole = Events::of(agent, &launch, None).await;
                whole.until(|event| event.kind() == "complete").await;
                let log = |events: &Events| -> Vec<String> {
                    let lines = events.seen.iter().filter(|event| event.kind() == "log");
                    lines.map(|event| event.message().to_owned()).collect()
                };
                let (all, resumed) = (log(&whole), log(&rest));
                assert!(
                    all.len() > resumed.len() && all.ends_with(&resumed),
                    "{all:#?} {resumed:#?}"
                );
            };
            tokio::join!(agent.ready(&upload), follow);
        },
    );
}

/// Server-sent events of a build's log.
struct Events {
    stream: std::pin::Pin<Box<dyn futures_util::Stream<Item = reqwest::Result<Vec<u8>>>>>,
    text: String,
    seen: Vec<Event>,
}

#[derive(Debug, Clone)]
struct Event {
    id: String,
    data: Value,
}

impl Event {
    fn kind(&self) -> &str {
        self.data["type"].as_str().unwrap_or_default()
    }

    fn message(&self) -> &str {
        self.data["message"].as_str().unwrap_or_default()
    }
}

impl Events {
    async fn of(agent: &Agent, launch: &str, after: Option<&str>) -> Self {
        let mut request = agent.request(Method::GET, &format!("builds/{launch}/logs/stream/"));
        if let Some(id) = after {
            request = request.header("Last-Event-ID", id);
        }
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        let stream = answer
            .bytes_stream()
            .map(|part| part.map(|bytes| bytes.to_vec()));
        Self {
            stream: Box::pin(stream),
            text: String::new(),
            seen: Vec::new(),
        }
    }

    /// Reads on until an event is the one that is waited for.
    async fn until(&mut self, is_it: impl Fn(&Event) -> bool) -> Event {
        loop {
            while let Some((event, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| {
                    event
                        .lines()
                        .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
                        .unwrap_or_default()
                };
                let data = serde_json::from_str(field("data")).unwrap_or(json!({}));
                let event = Event {
                    id: field("id").to_owned(),
                    data,
                };
                self.text = rest.to_owned();
                self.seen.push(event.clone());
                if is_it(&event) {
                    return event;
                }
            }
            let part = tokio::time::timeout(DEADLINE, self.stream.next()).await;
            match part.unwrap_or_else(|_| panic!("no such event; so far {:#?}", self.seen)) {
                Some(part) => self
                    .text
                    .push_str(&String::from_utf8_lossy(&part.expect("a part"))),
                None => panic!("the stream has ended without it: {:#?}", self.seen),
            }
        }
    }
}
