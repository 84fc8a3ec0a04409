//! A server that answers each request with the next recorded answer, and remembers what was asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use playground_client::Client;
use tokio::net::TcpListener;

/// With the mark that `cargo xtask test` looks for in everything that is printed.
pub(crate) const TOKEN: &str = "5ec2e7ca9a59-of-the-client";

/// What was asked.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) line: String,
    pub(crate) headers: axum::http::HeaderMap,
    pub(crate) body: String,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

#[derive(Clone, Default)]
struct Script {
    answers: Arc<Mutex<VecDeque<Response>>>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

pub(crate) struct Stub {
    pub(crate) url: String,
    script: Script,
}

impl Stub {
    pub(crate) async fn start(answers: impl IntoIterator<Item = Response>) -> Self {
        let script = Script::default();
        script.answers.lock().unwrap().extend(answers);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(script.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, script }
    }

    pub(crate) fn client(&self) -> Client {
        drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
        Client::new(&self.url, Some(TOKEN))
            .unwrap()
            .with_timeout(Duration::from_secs(5))
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.script.asked.lock().unwrap().clone()
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.line).collect()
    }
}

async fn answer(State(script): State<Script>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    script.asked.lock().unwrap().push(Asked {
        line: format!("{} {}", parts.method, parts.uri),
        headers: parts.headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    });
    let next = script.answers.lock().unwrap().pop_front();
    next.unwrap_or_else(|| answers_ran_out(&parts.uri.to_string()))
}

fn answers_ran_out(uri: &str) -> Response {
    Response::builder()
        .status(410)
        .body(Body::from(format!("no answer is left for {uri}")))
        .unwrap()
}
