//! Logs and events.

use std::time::Duration;

use futures_util::StreamExt;
use playground_engine::{Action, EventOptions, LogOptions, LogSource};

use crate::bench::on_docker;

#[tokio::test]
async fn docker_followed_logs_come_whole_and_end_with_the_run() {
    on_docker("logs", async |bench| {
        let engine = &bench.with_app().await.engine;
        let id = bench.started(&bench.spec("a", "serve")).await;
        bench.until_printed(&id, "complaining").await;
        let follow = LogOptions {
            follow: true,
            ..LogOptions::default()
        };
        let lines = engine.logs(&id, follow).await.unwrap();
        let reader = tokio::spawn(lines.collect::<Vec<_>>());
        engine.stop(&id, Duration::from_secs(5)).await.unwrap();
        let lines = tokio::time::timeout(Duration::from_secs(10), reader)
            .await
            .unwrap()
            .unwrap();
        let lines: Vec<_> = lines.into_iter().map(Result::unwrap).collect();
        assert!(lines.iter().all(|line| line.at.is_some()));
        let mut texts: Vec<_> = lines
            .iter()
            .map(|line| (line.stream, line.text.as_str()))
            .collect();
        texts.sort_by_key(|(_, text)| *text);
        assert_eq!(
            texts,
            [
                (LogSource::Stderr, "complaining"),
                (LogSource::Stdout, "doing serve")
            ]
        );
        let tail = LogOptions {
            tail: Some(1),
            ..LogOptions::default()
        };
        assert_eq!(engine.logs(&id, tail).await.unwrap().count().await, 1);
    })
    .await;
}

#[tokio::test]
async fn docker_events_tell_what_happened_since_the_subscription() {
    on_docker("events", async |bench| {
        let engine = &bench.with_app().await.engine;
        let before = bench.started(&bench.spec("before", "serve")).await;
        let mut events = engine
            .events(&bench.agent, EventOptions::default())
            .await
            .unwrap();
        // Nobody read the stream yet, and still nothing is lost.
        let id = bench.started(&bench.spec("a", "exit")).await;
        let mut seen = Vec::new();
        let first = loop {
            let event = tokio::time::timeout(Duration::from_secs(10), events.next()).await;
            let event = event
                .expect("an event in time")
                .expect("the stream goes on")
                .unwrap();
            assert_eq!(event.id, id, "nothing from before, such as {before}");
            assert_eq!(event.labels, bench.labels());
            let died = matches!(event.action, Action::Die { .. });
            seen.push(event.clone());
            if died {
                break seen[0].at;
            }
        };
        let actions: Vec<_> = seen.into_iter().map(|event| event.action).collect();
        let known = [
            Action::Create,
            Action::Start,
            Action::Die { exit_code: Some(3) },
        ];
        assert!(
            known.iter().all(|action| actions.contains(action)),
            "{actions:?}"
        );
        let since = EventOptions { since: Some(first) };
        let mut replayed = engine.events(&bench.agent, since).await.unwrap();
        assert_eq!(
            replayed.next().await.unwrap().unwrap().action,
            Action::Create
        );
        let others = engine.events("nobody", since).await.unwrap();
        let silent = tokio::time::timeout(Duration::from_millis(300), others.into_future()).await;
        assert!(silent.is_err(), "another agent hears nothing of ours");
    })
    .await;
}
