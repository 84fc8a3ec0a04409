//! Logs in the stream of events.

use std::net::SocketAddr;
use std::time::Duration;

use axum::http::Method;
use futures_util::StreamExt as _;
use playground_engine::fake::BuildScript;
use playground_types::wire::Event;
use serde_json::{Value, json};

use crate::agent::TestAgent;
use crate::events::listening;
use crate::reader::Reader;

/// Reads a log's lines until there is this one; all of them, and how often it ended meanwhile.
async fn lines_until(reader: &mut Reader, source: &str, last: &str) -> (Vec<String>, usize) {
    let (mut lines, mut ends) = (Vec::new(), 0);
    reader
        .until(|event| {
            match event {
                Event::Log(log) if log.source == source => {
                    lines.extend(log.lines.iter().map(|line| line.text.clone()));
                }
                Event::LogEnd(end) if end.source == source => ends += 1,
                _ => {}
            }
            lines.iter().any(|line| line == last).then_some(())
        })
        .await;
    (lines, ends)
}

async fn end_of(reader: &mut Reader, source: &str) -> String {
    reader
        .until(|event| match event {
            Event::LogEnd(end) if end.source == source => Some(end.reason.clone()),
            Event::Log(log) if log.source == source => panic!("nothing was printed: {log:?}"),
            _ => None,
        })
        .await
}

/// A running app with a way to print.
async fn printing() -> (TestAgent, SocketAddr, Value, String) {
    let (agent, address) = listening().await;
    let created = agent.created(&[]).await;
    let source = format!("container:{}", created["pk"]);
    (agent, address, created, source)
}

fn print(agent: &TestAgent, created: &Value, lines: &[&str]) {
    for line in lines {
        let name = created["name"].as_str().unwrap();
        agent.fake.outside().print(name, line);
    }
}

#[tokio::test]
async fn a_containers_log_goes_on_where_the_reader_was() {
    let (agent, address, created, source) = printing().await;
    print(&agent, &created, &["one", "two", "three"]);
    let query = format!("log={source}");
    let mut reader = Reader::open(address, &query).await;
    let (lines, _) = lines_until(&mut reader, &source, "three").await;
    assert_eq!(lines[lines.len() - 3..], ["one", "two", "three"]);
    print(&agent, &created, &["four"]);
    assert_eq!(lines_until(&mut reader, &source, "four").await.0, ["four"]);
    let cursor = reader.cursor.clone();
    drop(reader);
    print(&agent, &created, &["five", "six"]);
    let more = format!(
        "{query}&log=build:{}",
        created["build_id"].as_str().unwrap()
    );
    let mut back = Reader::resume(address, &more, Some(&cursor)).await;
    assert!(back.is_resumed().await);
    assert_eq!(
        lines_until(&mut back, &source, "six").await.0,
        ["five", "six"],
        "nothing is lost and nothing told twice, whatever else is asked for"
    );
}

#[tokio::test]
async fn a_log_is_told_from_its_last_lines_on_and_without_any_from_now_on() {
    let (agent, address, created, source) = printing().await;
    print(&agent, &created, &["one", "two", "three"]);
    let mut last = Reader::open(address, &format!("log={source}&tail=1")).await;
    assert_eq!(lines_until(&mut last, &source, "three").await.0, ["three"]);
    let mut none = Reader::open(address, &format!("log={source}&tail=0")).await;
    // Nothing tells when the log is followed: it goes on printing until it was heard.
    let goes_on = async {
        loop {
            print(&agent, &created, &["four"]);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let told = tokio::select! {
        (told, _) = lines_until(&mut none, &source, "four") => told,
        () = goes_on => unreachable!("it never ends"),
    };
    assert!(told.iter().all(|line| line == "four"), "{told:?}");
}

#[tokio::test]
async fn a_reader_of_the_last_lines_of_a_burst_comes_back_to_its_place() {
    let (agent, address, created, source) = printing().await;
    let burst: Vec<String> = (0..200).map(|number| number.to_string()).collect();
    print(
        &agent,
        &created,
        &burst.iter().map(String::as_str).collect::<Vec<_>>(),
    );
    let query = format!("log={source}&tail=3");
    let mut reader = Reader::open(address, &query).await;
    let (lines, _) = lines_until(&mut reader, &source, "199").await;
    assert_eq!(lines, ["197", "198", "199"]);
    print(&agent, &created, &["after"]);
    let mut back = Reader::resume(address, &query, Some(&reader.cursor)).await;
    let (lines, _) = lines_until(&mut back, &source, "after").await;
    assert_eq!(lines, ["after"], "however many lines one millisecond had");
}

#[tokio::test]
async fn a_log_ends_with_its_container_and_goes_on_with_it() {
    let (agent, address, created, source) = printing().await;
    print(&agent, &created, &["before"]);
    let mut reader = Reader::open(address, &format!("log={source}")).await;
    lines_until(&mut reader, &source, "before").await;
    let path = format!("/containers/{}", created["pk"]);
    let set = async |status: &str| {
        let change = Some(json!({ "status": status }));
        agent.call(Method::PATCH, &path, change).await
    };
    set("stopped").await;
    assert_eq!(end_of(&mut reader, &source).await, "stopped");
    set("running").await;
    print(&agent, &created, &["after"]);
    let (lines, ends) = lines_until(&mut reader, &source, "after").await;
    assert!(!lines.contains(&"before".to_owned()), "{lines:?}");
    assert_eq!(ends, 0);
    agent.call(Method::DELETE, &path, None).await;
    let mut reason = end_of(&mut reader, &source).await;
    if reason == "stopped" {
        reason = end_of(&mut reader, &source).await;
    }
    assert_eq!(reason, "gone");
}

#[tokio::test]
async fn a_builds_log_is_told_to_its_end_and_goes_on_where_the_reader_was() {
    let (agent, address) = listening().await;
    agent.fake.build_next(BuildScript {
        log: vec!["downloading".into(), "installing".into()],
        takes: Duration::from_millis(200),
        ..BuildScript::default()
    });
    let created = agent.created(&[]).await;
    let id = created["build_id"].as_str().unwrap();
    let source = format!("build:{id}");
    let whole = agent.get(&format!("/builds/{id}/logs")).await.text;
    let mut reader = Reader::open(address, &format!("log={source}")).await;
    let mut told = Vec::new();
    let reason = reader
        .until(|event| match event {
            Event::Log(log) => {
                told.extend(log.lines.iter().map(|line| line.text.clone()));
                None
            }
            Event::LogEnd(end) => Some(end.reason.clone()),
            _ => None,
        })
        .await;
    assert_eq!(reason, "completed");
    assert_eq!(told, whole.lines().collect::<Vec<_>>());
    let mut back = Reader::resume(address, &format!("log={source}"), Some(&reader.cursor)).await;
    assert_eq!(
        end_of(&mut back, &source).await,
        "completed",
        "it has all lines"
    );
}

#[tokio::test]
async fn a_build_is_told_while_it_prints() {
    let (agent, address) = listening().await;
    agent.fake.build_next(BuildScript {
        log: vec!["downloading".into()],
        hangs: true,
        ..BuildScript::default()
    });
    let mut window = Reader::open(address, "").await;
    window.snapshot().await;
    let create = agent.created(&[]);
    let watch = async {
        let launch = window
            .until(|event| match event {
                Event::Launch(launch) => Some(launch.id.clone()),
                _ => None,
            })
            .await;
        let source = format!("build:{launch}");
        let query = format!("log={source}");
        let mut reader = Reader::resume(address, &query, Some(&window.cursor)).await;
        assert!(
            reader.is_resumed().await,
            "another topic needs no other stream"
        );
        lines_until(&mut reader, &source, "downloading").await;
        reader
            .until(|event| match event {
                Event::Launch(launch) => launch
                    .image_build
                    .clone()
                    .filter(|build| build.steps.len() == 2),
                _ => None,
            })
            .await;
        agent
            .call(Method::DELETE, &format!("/builds/{launch}"), None)
            .await;
        let reason = reader
            .until(|event| match event {
                Event::LogEnd(end) => Some(end.reason.clone()),
                _ => None,
            })
            .await;
        assert_eq!(reason, "cancelled");
    };
    tokio::join!(create, watch);
}

#[tokio::test]
async fn the_log_of_nobody_has_ended() {
    let (_agent, address) = listening().await;
    let nobody = "build:01a203dc-7bce-73a2-8011-f59679796b48";
    for source in ["container:4711", nobody] {
        let mut reader = Reader::open(address, &format!("log={source}")).await;
        assert_eq!(end_of(&mut reader, source).await, "unknown");
    }
}

#[tokio::test]
async fn a_whole_log_is_a_file_that_is_read_as_it_is_sent() {
    let (agent, _, created, _) = printing().await;
    let line = "x".repeat(1000);
    let lines: Vec<&str> = std::iter::repeat_n(line.as_str(), 6000).collect();
    print(&agent, &created, &lines);
    let path = format!("/containers/{}/logs", created["pk"]);
    let last = agent.get(&format!("{path}?tail=10000")).await.text;
    assert!(
        last.len() <= 4 << 20,
        "an answer that is kept has an end: {}",
        last.len()
    );
    let request = TestAgent::request(Method::GET, &format!("{path}?tail=all"), None);
    let answer = agent.begin(request).await;
    assert_eq!(
        answer.headers()["content-disposition"],
        format!(
            "attachment; filename=\"{}.log\"",
            created["name"].as_str().unwrap()
        )
    );
    let parts: Vec<_> = answer.into_body().into_data_stream().collect().await;
    let parts: Vec<_> = parts.into_iter().map(Result::unwrap).collect();
    assert!(
        parts.iter().all(|part| part.len() < 1 << 20),
        "never all of it at once"
    );
    let whole = String::from_utf8(parts.concat()).unwrap();
    assert_eq!(whole.lines().filter(|text| *text == line).count(), 6000);
    assert!(whole.ends_with('\n'));
    let wrong = agent.get(&format!("{path}?tail=some")).await;
    assert_eq!(
        wrong.error(),
        "400 tail_invalid: tail is \"some\": give a number of lines, or all"
    );
}
