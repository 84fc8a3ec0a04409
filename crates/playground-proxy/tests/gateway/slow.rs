//! Visitors who take nothing of what there is for them are waited for, and not for ever. Whoever listens to an app that says
//! nothing is no such visitor.

use std::time::Duration;

use playground_proxy::Stage;
use tokio::time::Instant;

use crate::support::apps::raw;
use crate::support::visitors::Raw;
use crate::support::{Mounted, Stand, limits, until};

const SHORT: Duration = Duration::from_millis(300);

async fn stand(app: std::net::SocketAddr) -> Stand {
    let limits = playground_proxy::ListenLimits {
        write_timeout: SHORT,
        ..limits()
    };
    Stand::with(&[("app", Stage::Ready(app))], limits, 1).await
}

#[tokio::test]
async fn a_visitor_who_takes_nothing_is_given_up_and_the_app_let_go() {
    let (app, log) = raw(|mut line| async move {
        line.head().await;
        line.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
            .await;
        while line.write(&[b'.'; 1 << 16]).await {}
    })
    .await;
    let stand = stand(app).await;
    let mut visitor = Raw::to(stand.address).await;
    let began = Instant::now();
    visitor
        .send(Mounted::Path.head("GET", "app", "/") + "\r\n")
        .await;
    until("the app was let go", || log.ended(), |ended| *ended == 1).await;
    assert!(began.elapsed() >= SHORT, "{:?}", began.elapsed());
    stand.left().await;
}

#[tokio::test]
async fn a_stream_on_which_the_app_says_nothing_is_not_cut() {
    let (app, _) = raw(|mut line| async move {
        line.head().await;
        line.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
            .await;
        line.gone().await;
    })
    .await;
    let stand = stand(app).await;
    let mut visitor = Raw::to(stand.address).await;
    visitor
        .send(Mounted::Path.head("GET", "app", "/") + "\r\n")
        .await;
    assert!(visitor.head().await.is_some());
    assert!(
        visitor.is_silent_for(SHORT * 3).await,
        "neither said nor cut"
    );
    assert_eq!(stand.visits().viewers, 1);
}
