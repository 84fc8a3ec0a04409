//! A fake Agent: answers each route with recorded answers, the last one again and again.

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::future::{pending, ready};
use std::sync::{Arc, Mutex};
use std::thread;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use futures_util::StreamExt as _;
use futures_util::stream::{self, once};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::run::TOKEN;

/// The kind of a body of events that has no end.
const ENDLESS: &str = "text/event-stream; endless";
/// The kind of what never begins.
const SILENCE: &str = "silence";

/// A status and a body for a route.
type Answer = (u16, &'static str, String);

#[derive(Default)]
struct Routes {
    answers: Mutex<HashMap<String, VecDeque<Answer>>>,
    asked: Mutex<Vec<(String, String)>>,
    /// Where the readers of logs said that they were.
    positions: Mutex<Vec<Option<String>>>,
}

/// Lives as long as its test.
pub(crate) struct FakeAgent {
    pub(crate) url: String,
    routes: Arc<Routes>,
    _runtime: Runtime,
}

impl FakeAgent {
    pub(crate) fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        let routes = Arc::new(Routes::default());
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&routes));
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self {
            url,
            routes,
            _runtime: runtime,
        }
    }

    /// Answers `METHOD /path/` with this, once; the last answer of a route stays.
    pub(crate) fn on(self, route: &str, status: u16, body: &Value) -> Self {
        self.add(route, (status, "application/json", body.to_string()))
    }

    /// Answers with events.
    pub(crate) fn on_events(self, route: &str, frames: &[(&str, &str)]) -> Self {
        let frames: Vec<Value> = frames
            .iter()
            .map(|(kind, message)| json!({"type": kind, "message": message}))
            .collect();
        self.on_frames(route, &frames)
    }

    /// The same, with everything that an event may hold.
    pub(crate) fn on_frames(self, route: &str, frames: &[Value]) -> Self {
        let body = frames
            .iter()
            .map(|frame| format!("data: {frame}\n\n"))
            .collect();
        self.add(route, (200, "text/event-stream", body))
    }

    /// Answers with events of which nobody knows whether there are more.
    pub(crate) fn on_endless_events(self, route: &str, frames: &[(&str, &str)]) -> Self {
        let agent = self.on_events(route, frames);
        let mut answers = agent.routes.answers.lock().unwrap();
        for (_, kind, _) in answers.get_mut(route).into_iter().flatten() {
            *kind = ENDLESS;
        }
        drop(answers);
        agent
    }

    /// Answers with what one run of an app prints: the id of each line, and the line. The end has the id that it has of an
    /// Agent, which is none of a line.
    pub(crate) fn on_run(self, route: &str, lines: &[(&str, &str)]) -> Self {
        let mut body = String::new();
        for (id, line) in lines {
            let frame = json!({"type": "log", "message": line});
            body += &format!("id: {id}\ndata: {frame}\n\n");
        }
        body += "id: 0\ndata: {\"type\":\"complete\",\"message\":\"the log has ended\"}\n\n";
        self.add(route, (200, "text/event-stream", body))
    }

    /// Never answers.
    pub(crate) fn on_silence(self, route: &str) -> Self {
        self.add(route, (200, SILENCE, String::new()))
    }

    pub(crate) fn on_text(self, route: &str, text: &str) -> Self {
        self.add(route, (200, "text/plain", text.to_owned()))
    }

    fn add(self, route: &str, answer: Answer) -> Self {
        let mut answers = self.routes.answers.lock().unwrap();
        answers
            .entry(route.to_owned())
            .or_default()
            .push_back(answer);
        drop(answers);
        self
    }

    /// What was asked, with bodies.
    pub(crate) fn asked(&self) -> Vec<(String, String)> {
        self.routes.asked.lock().unwrap().clone()
    }

    /// The `Last-Event-ID` of each log that was asked for.
    pub(crate) fn positions(&self) -> Vec<Option<String>> {
        self.routes.positions.lock().unwrap().clone()
    }

    /// Waits until something that begins like this is asked.
    pub(crate) fn hears(&self, line: &str) {
        while !self
            .asked()
            .iter()
            .any(|(asked, _)| asked.starts_with(line))
        {
            thread::yield_now();
        }
    }
}

async fn answer(State(routes): State<Arc<Routes>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let line = format!("{} {}", parts.method, parts.uri);
    let body = String::from_utf8_lossy(&body).into_owned();
    if line.contains("/logs/stream/") {
        let id = parts.headers.get("last-event-id");
        let position = id.map(|id| id.to_str().unwrap().to_owned());
        routes.positions.lock().unwrap().push(position);
    }
    routes.asked.lock().unwrap().push((line, body));
    let authorised = parts
        .headers
        .get("authorization")
        .is_some_and(|value| value == TOKEN);
    let (status, kind, body) = if authorised {
        let route = format!("{} {}", parts.method, parts.uri.path());
        next(&routes, &route)
    } else {
        let body = json!({"detail": "this token is not valid", "code": "unauthorized"});
        (401, "application/json", body.to_string())
    };
    if kind == SILENCE {
        return pending().await;
    }
    Response::builder()
        .status(status)
        .header("content-type", kind)
        .body(match kind {
            ENDLESS => {
                Body::from_stream(once(ready(Ok::<_, Infallible>(body))).chain(stream::pending()))
            }
            _ => Body::from(body),
        })
        .unwrap()
}

fn next(routes: &Routes, route: &str) -> Answer {
    let mut answers = routes.answers.lock().unwrap();
    let found = answers.get_mut(route).and_then(|left| {
        if left.len() > 1 {
            left.pop_front()
        } else {
            left.front().cloned()
        }
    });
    found.unwrap_or_else(|| {
        let body =
            json!({"detail": format!("there is nothing at {route}"), "code": "route_unknown"});
        (404, "application/json", body.to_string())
    })
}

/// A container as the Agent shows it.
pub(crate) fn container(pk: i64, status: &str) -> Value {
    let is_up = status == "running";
    let address = is_up.then(|| format!("http://127.0.0.1:{}", 7859 + pk));
    json!({
        "id": "0123456789abcdef", "pk": pk, "name": format!("quirky_einstein_{pk}"), "status": status,
        "plugin_release": "my-plugin@1.0.0", "model": null, "image": "synapse-plugin-my-plugin-1.0.0",
        "endpoint": address, "url": address, "host_port": 7859 + pk,
        "labels": [], "metadata": {}, "params": {}, "envs": {},
        "limits": {"memory_bytes": 2_147_483_648_u64, "cpus": 2.0, "pids": 512, "open_files": 4096,
            "shm_bytes": 67_108_864, "disk_bytes": 2_147_483_648_u64},
        "kind": "plugin_runtime", "backend_container_id": null, "failure": null,
        "created_at": "2020-01-01T00:00:00.000Z", "updated_at": "2020-01-01T00:00:01.000Z"
    })
}

/// A time that is three hours ago whenever the test runs.
pub(crate) fn three_hours_ago() -> String {
    playground_types::Timestamp::now()
        .plus_millis(-3 * 3600 * 1000 - 1000)
        .to_string()
}

/// Fields over a value.
pub(crate) fn with(mut value: Value, fields: Value) -> Value {
    if let (Value::Object(value), Value::Object(fields)) = (&mut value, fields) {
        value.extend(fields);
    }
    value
}

/// The answer to a create.
pub(crate) fn created(container: Value) -> Value {
    with(
        container,
        json!({"build_id": "b1", "ws_url": "ws://x/", "sse_url": "http://x/", "status_url": "http://x/"}),
    )
}

/// A launch as the Agent shows it.
pub(crate) fn launch(status: &str) -> Value {
    json!({
        "build_id": "b1", "id": "b1", "status": status, "plugin_release": "my-plugin@1.0.0", "container_pk": 1,
        "result": null, "error": null, "failure": null, "image_build": null,
        "created_at": "2020-01-01T00:00:00.000Z", "finished_at": null
    })
}

/// The failure of a build.
pub(crate) fn failure() -> Value {
    json!({
        "kind": "no_such_package", "message": "there is no package nump",
        "hint": "Check the spelling of the package, or whether it lives on another index.",
        "log_tail": ["Resolving", "\u{1b}[31merror\u{1b}[0m: nump was not found"]
    })
}

/// An image's build, which ended like this.
pub(crate) fn image_build(failure: &Value) -> Value {
    json!({
        "id": "i1", "status": if failure.is_null() { "completed" } else { "failed" },
        "plugin_release": "my-plugin@1.0.0", "context_digest": "d", "image": "x", "queue_position": null, "steps": [],
        "failure": failure, "queued_at": "2020-01-01T00:00:00.000Z", "started_at": null, "finished_at": null
    })
}

pub(crate) fn page(results: Vec<Value>, count: u64) -> Value {
    json!({"count": count, "next": null, "previous": null, "results": results})
}
