//! Live containers on a real engine: changed code reaches the app in its container, whatever the code does.
//!
//! When no engine answers these tests fail, unless `PLAYGROUND_SKIP_DOCKER=1` says that they may be left out.

mod support;

use playground_control::ControlConfig;
use playground_engine::Profile;
use playground_types::wire::Container;
use playground_types::{ContainerStatus, FailureKind};
use support::docker::inspect;
use support::plugin::Plugin;
use support::{Agent, Create, on_docker};

/// An app that says a word, from a file of its own. Tests that run beside each other need codes of their own: an image is
/// shared by name.
fn saying(code: &str, word: &str) -> Plugin {
    const APP: &str = "from fastapi import FastAPI\n\
        from fastapi.responses import PlainTextResponse\n\
        from plugin.words import WORD\n\n\
        app = FastAPI()\n\n\
        @app.get('/')\n\
        def say():\n    return PlainTextResponse(WORD)\n";
    Plugin::new(code, APP).with("plugin/words.py", format!("WORD = {word}\n"))
}

fn live(plugin: &Plugin) -> Create {
    Create::of(plugin)
        .field("live", "true")
        .field("on_existing", "reuse")
}

/// When Docker started it.
fn started(container: &Container) -> String {
    let id = container.id.as_deref().expect("an id");
    inspect(id)["State"]["StartedAt"].to_string()
}

async fn said(agent: &Agent, plugin: &Plugin) -> (Container, String) {
    let container = agent.ready(&live(plugin)).await;
    let word = agent.say(&container, "/").await;
    (container, word)
}

#[test]
fn docker_changed_code_runs_in_the_container_that_runs() {
    on_docker(
        "live",
        |_| {},
        async |agent| {
            let (first, word) = said(agent, &saying("live-edit", "'one'")).await;
            assert_eq!((first.live, word.as_str()), (true, "one"));
            let run = started(&first);
            for word in ["two", "six"] {
                let (now, heard) = said(agent, &saying("live-edit", &format!("'{word}'"))).await;
                assert_eq!(heard, word);
                assert_eq!((&now.id, &now.endpoint), (&first.id, &first.endpoint));
                assert_eq!(started(&now), run, "the same process of Docker's");
            }
        },
    );
}

#[test]
fn docker_code_that_fails_says_where_and_the_next_one_is_served_from_the_same_address() {
    on_docker(
        "live-broken",
        |_| {},
        async |agent| {
            let (first, _) = said(agent, &saying("live-broken", "'one'")).await;
            let (_, failure) = agent.failed(&live(&saying("live-broken", "1 / 0"))).await;
            assert_eq!(failure.kind, FailureKind::ImportError, "{failure:#?}");
            assert!(
                failure.message.contains("plugin/words.py, line 1"),
                "{failure:#?}"
            );
            let (mended, word) = said(agent, &saying("live-broken", "'two'")).await;
            assert_eq!(word, "two");
            assert_eq!((&mended.id, &mended.endpoint), (&first.id, &first.endpoint));
        },
    );
}

#[test]
fn docker_a_live_app_is_stopped_started_and_restarted_with_its_last_code() {
    on_docker(
        "live-again",
        |_| {},
        async |agent| {
            said(agent, &saying("live-again", "'one'")).await;
            let (container, _) = said(agent, &saying("live-again", "'two'")).await;
            for status in [ContainerStatus::Stopped, ContainerStatus::Running] {
                agent.set_status(container.pk, status.as_str()).await;
            }
            let now = agent.show(container.pk).await;
            assert_eq!(agent.say(&now, "/").await, "two");
            let restarted = agent
                .ready(&Create::of(&saying("live-again", "'two'")).field("live", "true"))
                .await;
            assert_eq!(restarted.id, container.id);
            assert_eq!(agent.say(&restarted, "/").await, "two");
        },
    );
}

#[test]
fn docker_in_the_strict_profile_changed_code_is_another_container() {
    let strict = |config: &mut ControlConfig| config.profile = Profile::Strict;
    on_docker("live-strict", strict, async |agent| {
        let (first, _) = said(agent, &saying("live-strict", "'one'")).await;
        let (second, word) = said(agent, &saying("live-strict", "'two'")).await;
        assert_eq!((second.live, word.as_str()), (false, "two"));
        assert_ne!(first.id, second.id);
    });
}
