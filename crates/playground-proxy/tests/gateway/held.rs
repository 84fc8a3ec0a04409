//! Requests for an app that is on its way: programs are held until it is ready, people see a page, and whoever comes to one
//! that sleeps wakes it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use playground_proxy::{Gateway, Stage, Wake};

use crate::support::apps::saying;
use crate::support::visitors::{Got, ask};
use crate::support::{Mounted, SOON, Stand, limits, put, soon, until};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const PAGE: &str = "Accept: text/html,*/*;q=0.8\r\n";

/// Whom it was asked to wake.
#[derive(Debug, Clone, Default)]
struct Calls(Arc<Mutex<Vec<i64>>>);

impl Wake for Calls {
    fn wake(&self, pk: i64) {
        self.0.lock().unwrap().push(pk);
    }
}

impl Calls {
    async fn come(&self) {
        until("somebody is called", || self.count(), |count| *count > 0).await;
    }

    fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

async fn stand(hold: Duration, stage: Stage) -> (Stand, Calls) {
    let stand = Stand::holding(hold, &[("app", stage)], limits(), 10).await;
    let calls = Calls::default();
    stand.gateway.woken_by(Arc::new(calls.clone()));
    (stand, calls)
}

/// Somebody asks, in a task of their own.
fn asking(stand: &Stand, accept: &str) -> tokio::task::JoinHandle<Got> {
    let head = Mounted::Path.head("GET", "app", "/x") + accept + "\r\n";
    let address = stand.address;
    tokio::spawn(async move { ask(address, head).await.unwrap() })
}

#[tokio::test]
async fn a_programs_request_is_held_through_every_stage_until_the_app_is_ready() {
    let (app, _) = saying(OK).await;
    let (stand, calls) = stand(SOON, Stage::Asleep).await;
    let asked = asking(&stand, "");
    calls.come().await;
    for stage in [Stage::Waiting, Stage::Building, Stage::Starting] {
        stand.put(&[("app", stage)]);
        assert_eq!(stand.visits().open, 1, "whoever is held is there");
    }
    assert!(!asked.is_finished());
    stand.put(&[("app", Stage::Ready(app))]);
    assert_eq!(soon("the answer", asked).await.unwrap().text(), "ok");
    assert_eq!(stand.left().await.requests, 1);
}

#[tokio::test]
async fn a_person_sees_a_page_and_the_app_is_woken_all_the_same() {
    let (stand, calls) = stand(SOON, Stage::Asleep).await;
    let page = soon("the page", asking(&stand, PAGE)).await.unwrap();
    assert_eq!(page.status, 503);
    assert!(page.text().contains("waking up"), "{page:?}");
    assert!(page.text().contains("http-equiv=\"refresh\""), "{page:?}");
    assert!(calls.count() > 0);
}

#[tokio::test]
async fn a_person_before_a_frozen_app_sees_nothing_but_the_app() {
    let (app, _) = saying(OK).await;
    let stand = Stand::holding(SOON, &[("app", Stage::Asleep)], limits(), 10).await;
    let frozen = Frozen(stand.gateway.clone(), app);
    stand.gateway.woken_by(Arc::new(frozen));
    let got = soon("the app", asking(&stand, PAGE)).await.unwrap();
    assert_eq!(got.text(), "ok");
}

/// An app that is there as soon as it is called: a page waits for less than half a second.
#[derive(Debug)]
struct Frozen(Gateway, SocketAddr);

impl Wake for Frozen {
    fn wake(&self, _: i64) {
        put(&self.0, &[("app", Stage::Ready(self.1))]);
    }
}

#[tokio::test]
async fn nobody_is_let_in_through_a_shut_door_whatever_the_table_says() {
    let (app, _) = saying(OK).await;
    let (stand, calls) = stand(SOON, Stage::Ready(app)).await;
    let traffic = stand.gateway.apps().traffic_of(1);
    assert!(traffic.shut(Duration::ZERO));
    let asked = asking(&stand, "");
    calls.come().await;
    stand.put(&[("app", Stage::Ready(app))]);
    stand.put(&[("app", Stage::Asleep)]);
    assert_eq!(stand.visits().requests, 0, "nothing came to the app");
    traffic.open();
    stand.put(&[("app", Stage::Ready(app))]);
    assert_eq!(soon("the answer", asked).await.unwrap().text(), "ok");
}

#[tokio::test]
async fn whoever_waits_calls_again_while_nothing_happens() {
    let (stand, calls) = stand(SOON, Stage::Asleep).await;
    let asked = asking(&stand, "");
    until("it is called again", || calls.count(), |count| *count > 1).await;
    asked.abort();
}

#[tokio::test]
async fn a_program_is_told_when_its_patience_is_at_its_end() {
    let (stand, _) = stand(Duration::from_millis(10), Stage::Starting).await;
    let told = soon("the answer", asking(&stand, "")).await.unwrap();
    assert_eq!((told.status, told.all("retry-after")), (503, vec!["1"]));
    assert!(told.text().contains("app_not_ready"), "{told:?}");
}

#[tokio::test]
async fn an_app_that_fails_or_goes_while_somebody_waits_is_told_at_once() {
    let failed = Stage::Failed {
        message: "it ended".to_owned(),
        korean: "끝났습니다".to_owned(),
    };
    let (held, calls) = stand(SOON, Stage::Asleep).await;
    let asked = asking(&held, "");
    calls.come().await;
    held.put(&[("app", failed)]);
    let told = soon("the failure", asked).await.unwrap();
    assert!(told.text().contains("app_failed"), "{told:?}");

    let (gone, calls) = stand(SOON, Stage::Asleep).await;
    let asked = asking(&gone, "");
    calls.come().await;
    gone.put(&[]);
    assert_eq!(soon("that it is gone", asked).await.unwrap().status, 404);
}

#[tokio::test]
async fn whoever_gives_up_waiting_is_not_there_any_more() {
    let (stand, calls) = stand(SOON, Stage::Asleep).await;
    let asked = asking(&stand, "");
    calls.come().await;
    asked.abort();
    assert_eq!(stand.left().await.requests, 0);
}

/// What a waiting page that shows this stage is told.
async fn told(stand: &Stand, shown: &str) -> (String, String) {
    let header = format!("X-Synapse-Stage: {shown}\r\n");
    let got = soon("the next stage", asking(stand, &header))
        .await
        .unwrap();
    let json: serde_json::Value = serde_json::from_slice(&got.body).unwrap();
    let detail = json["detail"].as_str().unwrap_or_default().to_owned();
    (got.all("x-synapse-stage")[0].to_owned(), detail)
}

#[tokio::test]
async fn a_waiting_page_is_told_each_stage_when_it_comes_and_the_app_is_asked_nothing() {
    let (app, _) = saying(OK).await;
    let (stand, calls) = stand(SOON, Stage::Asleep).await;
    let next = async { told(&stand, "asleep").await };
    let begin = async {
        calls.come().await;
        assert_eq!(stand.visits().open, 1, "whoever waits is there");
        stand.put(&[("app", Stage::Starting)]);
    };
    let ((stage, detail), ()) = tokio::join!(next, begin);
    assert_eq!(
        (stage.as_str(), detail.as_str()),
        ("starting", "app is starting")
    );
    assert_eq!(told(&stand, "waiting").await.0, "starting", "news at once");
    stand.put(&[("app", Stage::Ready(app))]);
    assert_eq!(told(&stand, "starting").await.0, "ready");
    assert_eq!(stand.left().await.requests, 0);
}

#[tokio::test]
async fn a_waiting_page_turns_into_an_app_only_once_its_door_is_open() {
    let (app, _) = saying(OK).await;
    let (stand, _) = stand(SOON, Stage::Ready(app)).await;
    let traffic = stand.gateway.apps().traffic_of(1);
    assert!(traffic.shut(Duration::ZERO));
    assert_eq!(told(&stand, "starting").await.0, "asleep");
    traffic.open();
    assert_eq!(told(&stand, "asleep").await.0, "ready");
}

#[tokio::test]
async fn a_page_of_ours_runs_nothing_that_is_not_in_it() {
    let (stand, _) = stand(SOON, Stage::Starting).await;
    let page = asking(&stand, PAGE).await.unwrap();
    let policy = page.all("content-security-policy");
    assert!(policy[0].starts_with("default-src 'none'; "), "{policy:?}");
    assert!(page.text().contains("data-stage=\"starting\""), "{page:?}");
}
