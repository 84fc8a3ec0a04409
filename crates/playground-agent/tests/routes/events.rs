//! The stream of events.

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use playground_types::wire::{Container, Event, Launch, Snapshot};
use playground_types::{ContainerStatus, LaunchStatus, Visibility};
use serde_json::{Value, json};

use crate::agent::{TOKEN, TestAgent};
use crate::reader::Reader;

pub(crate) async fn listening() -> (TestAgent, SocketAddr) {
    // When an app was asked for its health is written into its record and told with its next change only.
    let agent = TestAgent::with(|config| config.health_checks.interval = Duration::ZERO).await;
    let address = agent.listen(Duration::from_secs(60)).await;
    (agent, address)
}

/// Whether so many apps run, and all that was begun for them has ended.
fn are_up(known: &Snapshot, apps: usize) -> bool {
    let runs = |container: &Container| {
        container.status == ContainerStatus::Running && container.endpoint.is_some()
    };
    let is_done = |launch: &Launch| launch.status == LaunchStatus::Completed;
    (known.containers.len(), known.launches.len()) == (apps, apps)
        && known.containers.iter().all(runs)
        && known.launches.iter().all(is_done)
}

fn container_of(event: &Event, pk: &Value) -> Option<Container> {
    match event {
        Event::Container(container) if *pk == container.pk => Some((**container).clone()),
        _ => None,
    }
}

#[tokio::test]
async fn two_windows_see_each_others_changes() {
    let (agent, address) = listening().await;
    let (mut one, mut other) = (
        Reader::open(address, "").await,
        Reader::open(address, "").await,
    );
    for window in [&mut one, &mut other] {
        let snapshot = window.snapshot().await;
        assert!(snapshot.containers.is_empty() && snapshot.releases.is_empty());
    }
    let created = agent.created(&[]).await;
    let pk = &created["pk"];
    for window in [&mut one, &mut other] {
        let mut has_release = false;
        let mut launch = None;
        let container = window
            .until(|event| {
                match event {
                    Event::Release(release) => has_release |= release.code == "my-plugin",
                    Event::Launch(told) => launch = Some(told.clone()),
                    _ => {}
                }
                let is_running =
                    |container: &Container| container.status == ContainerStatus::Running;
                container_of(event, pk).filter(is_running)
            })
            .await;
        assert!(has_release);
        let launch = launch.expect("its launch is told, too");
        assert_eq!(
            (launch.id.as_str(), &launch.result),
            (created["build_id"].as_str().unwrap(), &None)
        );
        assert_eq!(
            container.endpoint,
            Some(format!("http://agent.local:{}", created["host_port"])),
            "as the reader reached the Agent"
        );
    }
    let path = format!("/containers/{pk}");
    agent
        .call(Method::PATCH, &path, Some(json!({"status": "stopped"})))
        .await;
    for window in [&mut one, &mut other] {
        window
            .until(|event| {
                container_of(event, pk)
                    .filter(|container| container.status == ContainerStatus::Stopped)
            })
            .await;
    }
    agent.call(Method::DELETE, &path, None).await;
    for window in [&mut one, &mut other] {
        window
            .until(|event| {
                matches!(event, Event::ContainerGone(gone) if *pk == gone.pk).then_some(())
            })
            .await;
    }
    assert_eq!(
        agent
            .call(Method::DELETE, "/plugin_releases/my-plugin@1.0.0", None)
            .await
            .status,
        StatusCode::NO_CONTENT
    );
    for window in [&mut one, &mut other] {
        window
            .until(|event| matches!(event, Event::ReleaseGone(_)).then_some(()))
            .await;
    }
}

#[tokio::test]
async fn what_is_told_is_what_the_lists_say() {
    let (agent, address) = listening().await;
    agent.created(&[("model", "1")]).await;
    let mut reader = Reader::open(address, "").await;
    reader.snapshot().await;
    agent.created(&[("model", "2")]).await;
    reader.until_it_knows(|known| are_up(known, 2)).await;
    let mut again = Reader::open(address, "").await;
    again.snapshot().await;
    let listed = async |path| agent.get(path).await.json()["results"].clone();
    let containers = listed("/containers").await;
    let releases = listed("/plugin_releases").await;
    let mut launches = listed("/builds").await;
    for launch in launches.as_array_mut().unwrap() {
        launch["result"] = Value::Null;
    }
    for knows in [&reader.knows, &again.knows] {
        let told = serde_json::to_value(knows).unwrap();
        assert_eq!(told["containers"], containers);
        assert_eq!(told["releases"], releases);
        assert_eq!(told["launches"], launches);
    }
}

#[tokio::test]
async fn a_reader_that_comes_back_is_told_what_it_missed_and_nothing_else() {
    let (agent, address) = listening().await;
    let stays = agent.created(&[("model", "1")]).await;
    let goes = agent.created(&[("model", "2")]).await;
    let mut reader = Reader::open(address, "").await;
    assert_eq!(reader.snapshot().await.containers.len(), 2);
    let cursor = reader.cursor.clone();
    drop(reader);
    agent
        .call(Method::DELETE, &format!("/containers/{}", goes["pk"]), None)
        .await;
    for query in [String::new(), format!("since={cursor}")] {
        let header = query.is_empty().then_some(cursor.as_str());
        let mut back = Reader::resume(address, &query, header).await;
        assert!(back.is_resumed().await);
        back.until(|event| {
            assert!(
                container_of(event, &stays["pk"]).is_none(),
                "it did not change: {event:?}"
            );
            matches!(event, Event::ContainerGone(gone) if goes["pk"] == gone.pk).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn a_slow_reader_is_told_the_newest_state_once() {
    let (agent, address) = listening().await;
    let pk = agent.created(&[]).await["pk"].clone();
    let mut fast = Reader::open(address, "").await;
    fast.snapshot().await;
    fast.until_it_knows(|known| are_up(known, 1)).await;
    let mut slow = Reader::slow(
        agent
            .begin(TestAgent::request(Method::GET, "/events", None))
            .await,
    );
    slow.snapshot().await;
    slow.until_it_knows(|known| are_up(known, 1)).await;
    for visibility in [Visibility::Public, Visibility::Private, Visibility::Public] {
        let change = json!({ "visibility": visibility });
        agent
            .call(Method::PATCH, &format!("/containers/{pk}"), Some(change))
            .await;
        fast.until_it_knows(|known| known.containers[0].visibility == visibility)
            .await;
    }
    let told = slow.until(|event| container_of(event, &pk)).await;
    assert_eq!(
        told.visibility,
        Visibility::Public,
        "the first that it reads is the newest"
    );
}

#[tokio::test]
async fn health_is_told_at_first_and_when_it_changed() {
    let (agent, address) = listening().await;
    let pk = agent.created(&[]).await["pk"].clone();
    let mut reader = Reader::open(address, "").await;
    let health = |event: &Event| match event {
        Event::Health(health) => Some(health.clone()),
        _ => None,
    };
    assert_eq!(reader.until(health).await.status, "ok");
    agent
        .fake
        .outside()
        .remove_image("synapse-gradio-base:latest");
    let change = json!({"visibility": "public"});
    agent
        .call(Method::PATCH, &format!("/containers/{pk}"), Some(change))
        .await;
    let now = reader.until(health).await;
    assert_eq!((now.status.as_str(), now.problems.len()), ("degraded", 1));
}

#[tokio::test]
async fn what_a_container_uses_is_told_with_all_that_is_kept_first() {
    let (agent, address) = listening().await;
    let pk = agent.created(&[]).await["pk"].clone();
    let stats = |event: &Event| match event {
        Event::Stats(told) if pk == told.pk => Some(told.samples.clone()),
        _ => None,
    };
    let kept = async || agent.get(&format!("/containers/{pk}/stats/")).await.json();
    assert_eq!(kept().await, json!({"interval_seconds": 10, "samples": []}));
    let mut one = Reader::open(address, &format!("stats={pk}")).await;
    let first = one.until(stats).await;
    assert_eq!((first.len(), first[0].processes), (1, 1), "{first:?}");
    let second = one.until(stats).await;
    assert!(second[0].at > first[0].at, "{second:?}");
    let mut other = Reader::open(address, &format!("stats={pk}")).await;
    let all = other.until(stats).await;
    assert_eq!(all[..2], [first[0].clone(), second[0].clone()]);
    // Of every container only the newest: ten minutes of a thousand are megabytes.
    let mut every = Reader::open(address, "stats=all").await;
    let newest = every.until(stats).await;
    assert!(
        newest.len() == 1 && newest[0].at >= second[0].at,
        "{newest:?}"
    );
    let kept_now = kept().await;
    assert_eq!(kept_now["interval_seconds"], 2);
    assert_eq!(kept_now["samples"][0], json!(first[0]));
    drop((one, other));
    let seldom = async {
        while kept().await["interval_seconds"] != 10 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), seldom)
        .await
        .expect("nobody looks closely any more");
}

#[tokio::test]
async fn a_cursor_of_another_run_or_none_at_all_is_answered_with_everything() {
    let (agent, address) = listening().await;
    agent.created(&[]).await;
    for cursor in ["00000000.3", "nonsense", "f.99999999999999999999"] {
        let mut reader = Reader::resume(address, "", Some(cursor)).await;
        assert_eq!(reader.snapshot().await.containers.len(), 1, "{cursor}");
    }
}

#[tokio::test]
async fn secrets_stay_masked() {
    let (agent, address) = listening().await;
    let mut before = Reader::open(address, "").await;
    before.snapshot().await;
    let secret = "5ec2e7-value-nobody-may-see";
    let envs = json!({"API_TOKEN": secret}).to_string();
    let params = json!({"api_key": secret, "deep": {"password": secret}}).to_string();
    let created = agent.created(&[("envs", &envs), ("params", &params)]).await;
    let told = before
        .until(|event| container_of(event, &created["pk"]))
        .await;
    let mut after = Reader::open(address, "").await;
    let snapshot = after.snapshot().await;
    for text in [
        serde_json::to_string(&told).unwrap(),
        serde_json::to_string(&snapshot).unwrap(),
    ] {
        assert!(
            text.contains("API_TOKEN") && !text.contains(secret),
            "{text}"
        );
    }
}

#[tokio::test]
async fn a_stream_ends_with_a_farewell() {
    let (agent, address) = listening().await;
    let mut reader = Reader::open(address, "").await;
    reader.snapshot().await;
    agent.control.stop().await;
    reader
        .until(|event| matches!(event, Event::Farewell(_)).then_some(()))
        .await;
    assert_eq!(reader.next().await, None);
}

#[tokio::test]
async fn a_stream_ends_with_the_login_that_let_it_in_and_no_other_does() {
    let (agent, _) = listening().await;
    let made = agent.post("/tokens/", json!({"label": "ci"})).await.json();
    let token = made["token"].as_str().unwrap();
    let opened = agent.post("/session/", json!({"token": token})).await;
    let (key, cookie) = (
        opened.json()["key"].as_str().unwrap().to_owned(),
        opened.headers[header::SET_COOKIE].to_str().unwrap(),
    );
    let cookie = cookie.split(';').next().unwrap();
    let session = [("cookie", cookie), ("x-synapse-key", &key)];
    let read = async |headers: &[(&str, &str)]| {
        let mut request = Request::get("/events");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).unwrap();
        let mut reader = Reader::slow(agent.begin(request).await);
        reader.snapshot().await;
        reader
    };
    let mut own = read(&[("authorization", TOKEN)]).await;
    let mut by_token = read(&[("authorization", token)]).await;
    let mut by_session = read(&session).await;

    let mut end = Request::delete("/session");
    for (name, value) in session {
        end = end.header(name, value);
    }
    let ended = agent.send(end.body(Body::empty()).unwrap()).await;
    assert_eq!(ended.status, StatusCode::NO_CONTENT, "{ended:?}");
    until_the_end(&mut by_session).await;

    let path = format!("/tokens/{}", made["id"]);
    agent.call(Method::DELETE, &path, None).await;
    until_the_end(&mut by_token).await;

    // Whoever came in otherwise reads on.
    agent.created(&[]).await;
    own.until(|event| matches!(event, Event::Container(_)).then_some(()))
        .await;
}

async fn until_the_end(reader: &mut Reader) {
    while reader.next().await.is_some() {}
}

#[tokio::test]
async fn a_stream_that_cannot_be_is_refused() {
    let agent = TestAgent::start().await;
    let many: String = (0..9).map(|pk| format!("log=container:{pk}&")).collect();
    for query in [
        "log=everything",
        "log=container:x",
        "stats=x",
        "tail=x",
        &many,
    ] {
        let answer = agent.get(&format!("/events?{query}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
        let code = answer.json()["code"].clone();
        let expected = if query == many {
            "topics_too_many"
        } else {
            "topic_invalid"
        };
        assert_eq!(code, expected, "{query}");
    }
    let nobody = axum::http::Request::get("/events").body(axum::body::Body::empty());
    assert_eq!(
        agent.send(nobody.unwrap()).await.status,
        StatusCode::UNAUTHORIZED
    );
}
