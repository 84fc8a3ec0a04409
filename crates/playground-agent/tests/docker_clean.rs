//! Images on a real engine: what goes, and what never does.
//!
//! When no engine answers these tests fail, unless `PLAYGROUND_SKIP_DOCKER=1` says that they may be left out.

mod support;

use playground_control::ControlConfig;
use playground_types::FailureKind;
use playground_types::wire::{Cleanup, CleanupKind, CleanupReason};
use reqwest::{Method, StatusCode};
use support::docker::{docker, images};
use support::index::Index;
use support::plugin::Plugin;
use support::{Agent, Create, on_docker};

/// One image is kept of each release, and nothing goes by itself.
fn by_hand(config: &mut ControlConfig) {
    config.clean.keep_newest = 1;
    config.clean.hours = "never".parse().expect("hours");
}

async fn clean(agent: &Agent, dry_run: bool) -> Cleanup {
    let path = format!("cleanup/?dry_run={dry_run}");
    let (status, body) = agent.send(agent.request(Method::POST, &path)).await;
    assert_eq!(status, StatusCode::OK, "{body:#}");
    serde_json::from_value(body).expect("a clean-up")
}

/// The image that a reference points at.
fn image_id(reference: &str) -> Option<String> {
    docker(&["image", "inspect", "--format", "{{.Id}}", reference]).ok()
}

#[test]
fn docker_images_go_by_policy_and_none_that_somebody_uses_or_named() {
    on_docker("clean", by_hand, async |agent| {
        let version =
            |number: u32| Plugin::mimic("clean-versions").with("number.txt", number.to_string());
        let mut made = Vec::new();
        for number in 0..5 {
            let app = agent.ready(&Create::of(&version(number))).await;
            let id = app.attrs.as_ref().expect("Docker's view")["Image"].clone();
            made.push(id.as_str().expect("an id").to_owned());
        }
        assert_eq!(images(&agent.id).len(), 5);
        // Somebody names one, and makes a container of another, which does not even run.
        let (name, user) = (format!("{}-keep:1", agent.id), format!("{}-user", agent.id));
        docker(&["tag", &made[0], &name]).expect("a name");
        docker(&["create", "--name", &user, &made[1], "true"]).expect("a container");
        let dry = clean(agent, true).await;
        let told: Vec<_> = dry
            .items
            .iter()
            .map(|item| (item.kind, item.reason))
            .collect();
        let goes = (CleanupKind::Image, CleanupReason::NotNewest);
        assert_eq!(told, [goes, goes], "{dry:#?}");
        assert!(
            dry.bytes > 0 && dry.bytes < 50 << 20,
            "its own layers only: {dry:#?}"
        );
        assert_eq!(images(&agent.id).len(), 5, "a dry run removes nothing");

        let done = clean(agent, false).await;
        assert_eq!(done.items, dry.items);
        let left: Vec<bool> = made.iter().map(|id| image_id(id).is_some()).collect();
        assert_eq!(left, [true, true, false, false, true]);
        assert_eq!(image_id(&name).as_deref(), Some(made[0].as_str()));
        assert_eq!(clean(agent, false).await.items, []);

        docker(&["rm", &user]).expect("the container goes");
        docker(&["rmi", &name]).expect("the name goes");
        let rest = clean(agent, false).await;
        let gone = rest.items.iter().filter(|item| item.kept.is_none()).count();
        assert!(gone >= 1, "{rest:#?}");
        assert_eq!(images(&agent.id), [made[4].clone()]);
    });
}

#[test]
fn docker_what_classic_builds_leave_behind_is_ours_and_goes() {
    let index = Index::new(&[("alpha", "1.0", &[])], None);
    let settings = index.settings();
    let classic = |config: &mut ControlConfig| {
        settings(config);
        by_hand(config);
        config.build.classic = true;
    };
    on_docker("classic", classic, async |agent| {
        let _shelf = index.open();
        let bad =
            Plugin::mimic("classic-bad").with("requirements.txt", "nothing-of-this-name==1\n");
        let (_, failure) = agent.failed(&Create::of(&bad)).await;
        assert_eq!(failure.kind, FailureKind::NoSuchPackage, "{failure:#?}");
        let left = nameless(agent);
        assert!(!left.is_empty(), "a failed build leaves nothing any more");
        let good = Plugin::mimic("classic-good").with("requirements.txt", "alpha==1.0\n");
        let app = agent.ready(&Create::of(&good)).await;
        assert!(nameless(agent).len() > left.len(), "nor does a stage");

        let done = clean(agent, false).await;
        let reasons = |item: &playground_types::wire::CleanupItem| item.reason;
        assert!(
            done.items
                .iter()
                .map(reasons)
                .all(|reason| reason == CleanupReason::Leftover),
            "{done:#?}"
        );
        assert!(
            done.items.iter().all(|item| item.kept.is_none()),
            "{done:#?}"
        );
        assert_eq!(nameless(agent), [""; 0]);
        let own = app.attrs.as_ref().expect("Docker's view")["Image"].clone();
        assert_eq!(images(&agent.id), [own.as_str().expect("an id")]);
        assert_eq!(agent.say(&app, "/").await, "ok");
    });
}

/// This Agent's images that have no name and are nobody's parent.
fn nameless(agent: &Agent) -> Vec<String> {
    let label = format!("label=synapse.agent={}", agent.id);
    let arguments = [
        "images",
        "--quiet",
        "--filter",
        "dangling=true",
        "--filter",
        &label,
    ];
    let listed = docker(&arguments).unwrap_or_else(|error| panic!("{error}"));
    listed.lines().map(str::to_owned).collect()
}
