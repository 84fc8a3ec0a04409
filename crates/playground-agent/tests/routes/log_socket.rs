//! A build's log over a WebSocket, for as long as it lasts and somebody may hear it.

use std::net::SocketAddr;
use std::time::Duration;

use axum::http::{Method, header};
use futures_util::{SinkExt as _, StreamExt as _};
use playground_engine::fake::BuildScript;
use playground_plugin::Requested;
use playground_testkit::{Plugin, TestControl};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Bytes, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::agent::TestAgent;

const PATIENT: Duration = Duration::from_secs(600);

/// An Agent with a build that goes on and prints nothing.
struct Place {
    agent: TestAgent,
    address: SocketAddr,
    path: String,
}

impl Place {
    async fn set() -> Self {
        let agent = TestAgent::start().await;
        agent.fake.build_by_default(BuildScript {
            hangs: true,
            ..BuildScript::default()
        });
        let upload = Plugin::new("slow", "1.0.0").upload();
        let facts = agent.control.take_in(upload, Requested::default());
        let request = TestControl::request(&facts.await.unwrap());
        let accepted = agent.control.create_container(request).await.unwrap();
        Self {
            address: agent.listen(PATIENT).await,
            path: format!("/builds/{}/logs", accepted.launch.id),
            agent,
        }
    }

    async fn open(&self, token: &str) -> WebSocketStream<TcpStream> {
        let url = format!("ws://{}{}", self.address, self.path);
        let mut request = url.into_client_request().unwrap();
        let headers = request.headers_mut();
        headers.insert(header::AUTHORIZATION, token.parse().unwrap());
        let stream = TcpStream::connect(self.address).await.unwrap();
        let (mut socket, _) = client_async(request, stream).await.unwrap();
        // Something is told: it is open at the other end as well.
        let told = socket.next().await.unwrap().unwrap();
        assert!(told.is_text(), "{told:?}");
        socket
    }
}

#[tokio::test]
async fn a_silent_build_answers_pings() {
    let place = Place::set().await;
    let mut socket = place.open(crate::agent::TOKEN).await;
    let ping = Bytes::from_static(b"are you there");
    socket.send(Message::Ping(ping.clone())).await.unwrap();
    let mut answer = socket.next().await.unwrap().unwrap();
    while answer.is_text() {
        answer = socket.next().await.unwrap().unwrap();
    }
    assert_eq!(answer, Message::Pong(ping));
}

#[tokio::test]
async fn it_ends_with_the_login_that_let_it_in() {
    let place = Place::set().await;
    let made = place.agent.post("/tokens/", json!({"label": "ci"})).await;
    let made: Value = made.json();
    let mut socket = place.open(made["token"].as_str().unwrap()).await;
    let path = format!("/tokens/{}", made["id"]);
    place.agent.call(Method::DELETE, &path, None).await;
    let close = loop {
        match socket.next().await.unwrap().unwrap() {
            Message::Close(close) => break close.unwrap(),
            other => assert!(other.is_text(), "{other:?}"),
        }
    };
    assert_eq!(close.code, CloseCode::Policy);
    assert!(close.reason.contains("login"), "{close:?}");
}
