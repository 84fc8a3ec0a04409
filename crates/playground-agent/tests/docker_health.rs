//! Apps that crash again and again, go mute, or are only busy: on a real engine.
//!
//! When no engine answers these tests fail, unless `PLAYGROUND_SKIP_DOCKER=1` says that they may be left out.

mod support;

use std::time::Duration;

use playground_control::ControlConfig;
use playground_types::wire::Container;
use playground_types::{ContainerStatus, FailureKind, HealthState};
use reqwest::Client;
use serde_json::json;
use support::docker::{docker, inspect};
use support::plugin::Plugin;
use support::{Agent, Create, eventually, on_docker};

/// Seconds instead of minutes, and still longer than a busy machine needs for an answer.
fn attentive(config: &mut ControlConfig) {
    config.health_checks.interval = Duration::from_secs(1);
    config.health_checks.timeout = Duration::from_secs(1);
    config.health_checks.misses = 3;
    config.stop_grace = Duration::from_secs(1);
}

/// Waits until a record is like this.
async fn becomes(
    agent: &Agent,
    pk: i64,
    what: &str,
    is_it: impl Fn(&Container) -> bool,
) -> Container {
    eventually(what, async || {
        let record = agent.show(pk).await;
        if is_it(&record) {
            Ok(record)
        } else {
            Err(record)
        }
    })
    .await
}

fn id(container: &Container) -> &str {
    container.id.as_deref().expect("an id")
}

fn started_at(container: &Container) -> String {
    inspect(id(container))["State"]["StartedAt"].to_string()
}

/// An app that answers one at a time, and has begun to answer somebody who waits for a file to appear.
async fn blocked(agent: &Agent, app: &Container, file: &str) -> tokio::task::JoinHandle<String> {
    let url = format!(
        "{}/block?until={file}",
        app.endpoint.as_deref().expect("ready")
    );
    let client = Client::builder().no_proxy().build().expect("a client");
    let request = tokio::spawn(async move {
        match client.get(url).send().await {
            Ok(answer) => answer
                .text()
                .await
                .unwrap_or_else(|error| error.to_string()),
            Err(error) => error.to_string(),
        }
    });
    becomes(agent, app.pk, "it is unhealthy", |record| {
        record.status == ContainerStatus::Unhealthy
    })
    .await;
    request
}

#[test]
fn docker_an_app_that_goes_mute_is_unhealthy_and_then_restarted() {
    on_docker(
        "mute",
        |config| {
            attentive(config);
            config.health_checks.restart_misses = Some(6);
        },
        async |agent| {
            let plugin = Plugin::mimic("mute");
            let app = agent
                .ready(&Create::of(&plugin).params(&json!({"do": "one at a time"})))
                .await;
            assert_eq!(app.health_state, HealthState::Healthy);
            let run = started_at(&app);
            let request = blocked(agent, &app, "/tmp/never").await;
            let mute = agent.show(app.pk).await;
            assert_eq!(mute.endpoint, app.endpoint, "its address stays out");
            assert_eq!(mute.health_state, HealthState::Unhealthy);
            assert!(mute.consecutive_failures >= 3, "{mute:#?}");
            assert_eq!(
                mute.last_health_error.as_deref(),
                Some("no answer within 1 s")
            );
            assert_eq!(mute.attempts, 0);
            let back = becomes(agent, app.pk, "it is restarted", |record| {
                record.status == ContainerStatus::Running && record.attempts == 1
            })
            .await;
            assert_eq!((&back.id, &back.endpoint), (&app.id, &app.endpoint));
            assert_ne!(started_at(&back), run);
            assert_eq!(back.health_state, HealthState::Healthy);
            assert_eq!(agent.say(&back, "/").await, "ok");
            let answer = request.await.expect("a task");
            assert_ne!(answer, "done", "its work is lost");
        },
    );
}

#[test]
fn docker_a_busy_app_that_answers_again_runs_on_and_its_work_is_not_lost() {
    on_docker("busy", attentive, async |agent| {
        let plugin = Plugin::mimic("busy");
        let app = agent
            .ready(&Create::of(&plugin).params(&json!({"do": "one at a time"})))
            .await;
        let run = started_at(&app);
        let request = blocked(agent, &app, "/tmp/go").await;
        docker(&["exec", id(&app), "touch", "/tmp/go"]).expect("a file");
        assert_eq!(request.await.expect("a task"), "done");
        let back = becomes(agent, app.pk, "it is running again", |record| {
            record.status == ContainerStatus::Running
        })
        .await;
        assert_eq!((back.attempts, back.consecutive_failures), (0, 0));
        assert_eq!((&back.id, &back.endpoint), (&app.id, &app.endpoint));
        assert_eq!(started_at(&back), run, "the same process");
        assert_eq!(back.last_health_error, None);
    });
}

#[test]
fn docker_a_gradio_app_whose_prediction_blocks_its_event_loop_is_not_killed_hastily() {
    const APP: &str = "import os, time\nimport gradio as gr\n\nasync def predict(text):\n    while not os.path.exists('/tmp/go'):\n        time.sleep(0.05)\n    return text\n\ndemo = gr.Interface(predict, 'text', 'text', api_name='predict')\n";
    on_docker("gradio", attentive, async |agent| {
        let app = agent
            .ready(&Create::of(&Plugin::new("gradio-busy", APP)))
            .await;
        let run = started_at(&app);
        let url = format!(
            "{}/gradio_api/call/predict",
            app.endpoint.as_deref().expect("ready")
        );
        let client = Client::builder().no_proxy().build().expect("a client");
        let asked = client.post(url).json(&json!({"data": ["hello"]}));
        let asked = tokio::spawn(async move { asked.send().await.is_ok() });
        becomes(agent, app.pk, "it is unhealthy", |record| {
            record.status == ContainerStatus::Unhealthy
        })
        .await;
        docker(&["exec", id(&app), "touch", "/tmp/go"]).expect("a file");
        let back = becomes(agent, app.pk, "it is running again", |record| {
            record.status == ContainerStatus::Running
        })
        .await;
        assert_eq!(back.attempts, 0);
        assert_eq!(started_at(&back), run, "the same process");
        asked.await.expect("a task");
    });
}

#[test]
fn docker_a_crash_loop_backs_off_visibly_and_is_given_up_at_the_cap() {
    on_docker(
        "loop",
        |config| config.crash_attempts = 2,
        async |agent| {
            let plugin = Plugin::mimic("loop");
            let created = agent
                .create(&Create::of(&plugin).params(&json!({"do": "crash"})))
                .await;
            let pk = created.container.pk;
            let waiting = becomes(agent, pk, "it backs off", |record| {
                record.retry_at.is_some()
            })
            .await;
            assert!((1..=2).contains(&waiting.attempts), "{waiting:#?}");
            assert_eq!(
                (waiting.status, &waiting.endpoint),
                (ContainerStatus::Starting, &None)
            );
            let failed = becomes(agent, pk, "it is given up", |record| {
                record.status == ContainerStatus::Failed
            })
            .await;
            assert_eq!((failed.attempts, &failed.retry_at), (2, &None));
            let failure = failed.failure.as_ref().expect("a reason");
            assert_eq!(failure.kind, FailureKind::CrashLoop);
            assert_eq!(failure.exit_code, Some(3));
            assert!(failure.message.contains("crashed 3 times"), "{failure:#?}");
            assert_eq!(inspect(id(&failed))["State"]["Status"], "exited");
            // A create tries again, with all attempts.
            let again = agent
                .ready(&Create::again(&plugin).params(&json!({"do": "serve"})))
                .await;
            assert_eq!((again.pk, again.attempts), (pk, 0));
        },
    );
}

#[test]
fn docker_a_crash_is_final_where_the_policy_is_never() {
    on_docker(
        "never",
        |config| config.restart = playground_control::RestartPolicy::Never,
        async |agent| {
            let app = agent.ready(&Create::of(&Plugin::mimic("never"))).await;
            docker(&["kill", id(&app)]).expect("a running container");
            let failed = becomes(agent, app.pk, "it has failed", |record| {
                record.status == ContainerStatus::Failed
            })
            .await;
            assert_eq!(failed.attempts, 0);
            let failure = failed.failure.expect("a reason");
            assert_eq!(failure.kind, FailureKind::Killed, "{failure:#?}");
        },
    );
}
