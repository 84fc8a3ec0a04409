//! What the platform's backend is told: every change, in order, however long it is away, and nothing twice without need.
//!
//! The backend is a real HTTP server on a thread of its own: the paused clock is not its clock.

use std::collections::{BTreeMap, HashSet};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use playground_control::BackendConfig;
use playground_engine::fake::Op;
use playground_store::ContainerRow;
use playground_testkit::{Plugin, TestControl};
use playground_types::{ContainerStatus, Timestamp};
use serde_json::{Value, json};
use tokio::net::TcpSocket;

use crate::{count, pass};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const TOKEN: &str = "0123456789abcdef0123456789abcdef01234567";

/// One request that reached the backend.
#[derive(Debug, Clone)]
struct Told {
    id: i64,
    token: Option<String>,
    body: Value,
    /// What it was answered.
    answer: u16,
}

impl Told {
    fn status(&self) -> &str {
        self.body["status"].as_str().unwrap()
    }
}

type Rule = Box<dyn Fn(&Told) -> u16 + Send>;

#[derive(Default)]
struct Shared {
    told: Mutex<Vec<Told>>,
    rule: Mutex<Option<Rule>>,
    closing: AtomicBool,
}

/// The platform's backend, which can go away and come back at the same address.
struct Backend {
    address: SocketAddr,
    /// Keeps the address for it while nobody listens there.
    _place: TcpSocket,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Backend {
    fn new() -> Self {
        let place = bound("127.0.0.1:0".parse().unwrap());
        let mut backend = Self {
            address: place.local_addr().unwrap(),
            _place: place,
            shared: Arc::default(),
            thread: None,
        };
        backend.come_back();
        backend
    }

    fn come_back(&mut self) {
        let listener = bound(self.address).listen(128).unwrap().into_std().unwrap();
        listener.set_nonblocking(false).unwrap();
        let shared = self.shared.clone();
        shared.closing.store(false, Ordering::SeqCst);
        self.thread = Some(std::thread::spawn(move || {
            for stream in listener.incoming() {
                if shared.closing.load(Ordering::SeqCst) {
                    break;
                }
                serve_one(&shared, stream.unwrap());
            }
        }));
    }

    /// Nothing listens any more.
    fn go_away(&mut self) {
        self.shared.closing.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address).unwrap());
        self.thread.take().unwrap().join().unwrap();
    }

    /// What it answers from now on.
    fn answer(&self, rule: impl Fn(&Told) -> u16 + Send + 'static) {
        *self.shared.rule.lock().unwrap() = Some(Box::new(rule));
    }

    fn told(&self) -> Vec<Told> {
        self.shared.told.lock().unwrap().clone()
    }

    fn of(&self, id: i64) -> Vec<Told> {
        self.told()
            .into_iter()
            .filter(|told| told.id == id)
            .collect()
    }

    /// The last thing that was said of a container and taken.
    fn last(&self, id: i64) -> Option<Told> {
        self.of(id).into_iter().rfind(|told| told.answer < 300)
    }

    /// Waits until that is this status.
    async fn knows(&self, id: i64, status: &str) -> Told {
        for _ in 0..3600 {
            match self.last(id) {
                Some(told) if told.status() == status => return told,
                _ => pass(SECOND).await,
            }
        }
        panic!("{id} is never {status}: {:#?}", self.of(id));
    }

    async fn agent(&self) -> TestControl {
        let url = format!("http://{}/", self.address);
        TestControl::with(|config| {
            config.backend = Some(BackendConfig {
                url,
                token: Some(TOKEN.to_owned()),
                tenant: None,
                allow_private: true,
            });
        })
        .await
    }
}

/// Several sockets may have the same address, of which those that listen are connected to.
fn bound(address: SocketAddr) -> TcpSocket {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseport(true).unwrap();
    socket.bind(address).unwrap();
    socket
}

impl Drop for Backend {
    fn drop(&mut self) {
        if self.thread.is_some() && !std::thread::panicking() {
            self.go_away();
        }
    }
}

/// `POST /v2/_agent/containers/{id}/health/`, and nothing else.
fn serve_one(shared: &Shared, mut stream: TcpStream) {
    // Whoever waits for this backend's end sends nothing more meanwhile.
    stream.set_read_timeout(Some(2 * SECOND)).unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        match reader.read_line(&mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) if line == "\r\n" => break,
            Ok(_) => head.push(line.trim().to_owned()),
        }
    }
    let Some(request) = head.first() else { return };
    let header = |name: &str| {
        head.iter().find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then(|| value.to_owned())
        })
    };
    let length = header("content-length").unwrap().parse().unwrap();
    let mut body = vec![0; length];
    if reader.read_exact(&mut body).is_err() {
        return;
    }
    let id = request
        .strip_prefix("POST /v2/_agent/containers/")
        .and_then(|rest| rest.strip_suffix("/health/ HTTP/1.1"))
        .unwrap_or_else(|| panic!("{request}"));
    let mut told = Told {
        id: id.parse().unwrap(),
        token: header("authorization"),
        body: serde_json::from_slice(&body).unwrap(),
        answer: 200,
    };
    if let Some(rule) = shared.rule.lock().unwrap().as_ref() {
        told.answer = rule(&told);
    }
    let answer = told.answer;
    shared.told.lock().unwrap().push(told);
    let more = if answer == 429 {
        "Retry-After: 30\r\n"
    } else {
        ""
    };
    let text = format!(
        "HTTP/1.1 {answer} Answer\r\nContent-Length: 2\r\nConnection: close\r\n{more}\r\n{{}}"
    );
    stream.write_all(text.as_bytes()).unwrap();
}

/// A ready app that the backend knows by this key; each has a model of its own.
async fn ready(agent: &TestControl, id: i64) -> ContainerRow {
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let mut request = TestControl::request_with(&facts, Some(id), json!({}));
    request.backend_container_id = Some(id);
    let accepted = agent.create(request).await;
    agent.completed(&accepted).await
}

/// Whether these words come in this order, with others between them.
fn in_order(told: &[Told], words: &[&str]) -> bool {
    let mut statuses = told.iter().map(Told::status);
    words
        .iter()
        .all(|word| statuses.any(|status| status == *word))
}

#[tokio::test(start_paused = true)]
async fn every_change_of_status_and_health_is_told_in_order() {
    let backend = Backend::new();
    let agent = backend.agent().await;
    let row = ready(&agent, 41).await;
    let running = backend.knows(41, "running").await;
    assert_eq!(running.token, Some(format!("Token {TOKEN}")));
    assert_eq!(running.body["health_state"], "healthy");
    assert_eq!(running.body["consecutive_failures"], 0);
    let at = running.body["last_health_check_at"].as_str().unwrap();
    assert!(Timestamp::parse(at).is_some(), "{at}");
    assert_eq!(
        running.body.get("last_health_error"),
        None,
        "none is left out"
    );

    agent.fake.outside().kill(&row.name, 3);
    backend.knows(41, "starting").await;
    backend.knows(41, "running").await;

    agent.fake.outside().hang(&row.name, true);
    let unhealthy = backend.knows(41, "unhealthy").await;
    assert_eq!(unhealthy.body["health_state"], "unhealthy");
    assert_eq!(unhealthy.body["consecutive_failures"], 3);
    assert_eq!(unhealthy.body["last_health_error"], "no answer within 10 s");
    agent.fake.outside().hang(&row.name, false);
    let well = backend.knows(41, "running").await;
    assert_eq!(well.body["health_state"], "healthy");

    agent.control.want_stopped(row.pk).await.unwrap();
    let stopped = backend.knows(41, "stopped").await;
    assert_eq!(stopped.body["health_state"], "unknown");
    agent.control.want_absent(row.pk).await.unwrap();
    backend.knows(41, "deleted").await;

    let told = backend.of(41);
    let words = [
        "building",
        "starting",
        "running",
        "starting",
        "running",
        "unhealthy",
        "running",
        "stopped",
        "deleted",
    ];
    assert!(in_order(&told, &words), "{told:#?}");
    let failures: Vec<_> = told
        .iter()
        .map(|told| told.body["consecutive_failures"].as_i64().unwrap())
        .collect();
    assert!(
        failures.windows(3).any(|three| three == [1, 2, 3]),
        "{failures:?}"
    );
    pass(30 * MINUTE).await;
    assert_eq!(
        backend.of(41).len(),
        told.len(),
        "what is gone is told once"
    );
}

#[tokio::test(start_paused = true)]
async fn nothing_is_lost_while_the_backend_is_away_and_the_agent_is_killed() {
    let mut backend = Backend::new();
    let mut agent = backend.agent().await;
    let mut rows = Vec::new();
    for id in 1..=5 {
        rows.push(ready(&agent, id).await);
        backend.knows(id, "running").await;
    }
    backend.go_away();
    let before = backend.told().len();
    agent.control.want_stopped(rows[0].pk).await.unwrap();
    agent.control.want_absent(rows[1].pk).await.unwrap();
    agent.fake.outside().kill(&rows[2].name, 1);
    agent.fake.outside().hang(&rows[3].name, true);
    pass(3 * MINUTE).await;
    agent.crash().await;
    agent.control.want_absent(rows[4].pk).await.unwrap();
    // Made and gone again without the backend ever hearing of it.
    let short = ready(&agent, 6).await;
    agent.control.want_absent(short.pk).await.unwrap();
    agent.gone(short.pk).await;
    pass(3 * MINUTE).await;
    agent.crash().await;
    pass(MINUTE).await;
    backend.come_back();
    for (id, status) in [
        (1, "stopped"),
        (2, "deleted"),
        (3, "running"),
        (4, "unhealthy"),
        (5, "deleted"),
        (6, "deleted"),
    ] {
        backend.knows(id, status).await;
    }
    // One state of each container, its newest. Those that run are told of again and again, changed or not.
    let mut told = BTreeMap::<i64, usize>::new();
    for one in &backend.told()[before..] {
        *told.entry(one.id).or_default() += 1;
    }
    told.retain(|id, _| ![3, 4].contains(id));
    assert_eq!(told, [1, 2, 5, 6].map(|id| (id, 1)).into());
    let due = agent
        .control
        .store()
        .pushes_due(Timestamp(0))
        .await
        .unwrap();
    assert_eq!(due, []);
}

#[tokio::test(start_paused = true)]
async fn a_backend_that_is_away_is_asked_for_ever_and_not_too_often() {
    let backend = Backend::new();
    let agent = backend.agent().await;
    let row = ready(&agent, 7).await;
    backend.knows(7, "running").await;
    backend.answer(|_| 503);
    let before = backend.told().len();
    agent.control.want_stopped(row.pk).await.unwrap();
    pass(60 * MINUTE).await;
    let tries = backend.told().len() - before;
    assert!((60..=75).contains(&tries), "{tries} in an hour");
    let health = agent.control.health().await.unwrap().backend.unwrap();
    assert_eq!(health.waiting, 1);
    assert_eq!(
        health.error.as_deref(),
        Some("it answered 503 Service Unavailable")
    );
    backend.answer(|_| 200);
    backend.knows(7, "stopped").await;
    let health = agent.control.health().await.unwrap().backend.unwrap();
    assert_eq!((health.waiting, health.error), (0, None));
}

#[tokio::test(start_paused = true)]
async fn a_backend_that_names_a_time_is_left_alone_until_then() {
    let backend = Backend::new();
    let agent = backend.agent().await;
    let row = ready(&agent, 7).await;
    backend.knows(7, "running").await;
    backend.answer(|_| 429);
    let before = backend.told().len();
    agent.control.want_stopped(row.pk).await.unwrap();
    pass(5 * MINUTE).await;
    let tries = backend.told().len() - before;
    assert!((9..=11).contains(&tries), "every 30 s: {tries}");
    backend.answer(|_| 200);
    backend.knows(7, "stopped").await;
}

#[tokio::test(start_paused = true)]
async fn what_the_backend_refuses_is_counted_and_not_said_again_until_it_changes() {
    let backend = Backend::new();
    backend.answer(|told| if told.id == 8 { 404 } else { 200 });
    let agent = backend.agent().await;
    let refused = ready(&agent, 8).await;
    ready(&agent, 9).await;
    backend.knows(9, "running").await;
    pass(SECOND).await;
    let tries = backend.of(8);
    assert_eq!(tries.last().unwrap().status(), "running");
    let words: HashSet<_> = tries.iter().map(Told::status).collect();
    assert_eq!(words.len(), tries.len(), "each once: {tries:#?}");
    pass(4 * MINUTE).await;
    assert_eq!(backend.of(8).len(), tries.len());
    let health = agent.control.health().await.unwrap().backend.unwrap();
    assert_eq!((health.refused, health.waiting), (tries.len() as u64, 0));
    backend.answer(|_| 200);
    agent.control.want_stopped(refused.pk).await.unwrap();
    backend.knows(8, "stopped").await;
}

#[tokio::test(start_paused = true)]
async fn a_state_that_cannot_be_taken_holds_up_no_other_and_is_said_until_it_is() {
    let backend = Backend::new();
    let agent = backend.agent().await;
    let (one, two) = (ready(&agent, 1).await, ready(&agent, 2).await);
    backend.knows(1, "running").await;
    backend.knows(2, "running").await;
    backend.answer(|told| if told.id == 1 { 500 } else { 200 });
    agent.control.want_stopped(one.pk).await.unwrap();
    pass(2 * MINUTE).await;
    assert_eq!(backend.last(1).unwrap().status(), "running");
    agent.control.want_stopped(two.pk).await.unwrap();
    pass(SECOND).await;
    assert_eq!(backend.last(2).unwrap().status(), "stopped");
    agent.control.want_running(one.pk).await.unwrap();
    agent.until(one.pk, |row| row.is_published()).await;
    agent.control.want_stopped(one.pk).await.unwrap();
    agent
        .until(one.pk, |row| row.status == ContainerStatus::Stopped)
        .await;
    backend.answer(|_| 200);
    backend.knows(1, "stopped").await;
    let tries = backend.of(1).len();
    assert!(tries < 20, "with a growing wait: {tries}");
}

#[tokio::test(start_paused = true)]
async fn a_ready_app_is_told_of_every_five_minutes_and_a_stopped_one_is_not() {
    let backend = Backend::new();
    let agent = backend.agent().await;
    ready(&agent, 1).await;
    let stopped = ready(&agent, 2).await;
    agent.control.want_stopped(stopped.pk).await.unwrap();
    backend.knows(1, "running").await;
    backend.knows(2, "stopped").await;
    let before = (backend.of(1), backend.of(2));
    pass(61 * MINUTE).await;
    let after = (backend.of(1), backend.of(2));
    let beats = after.0.len() - before.0.len();
    assert!((11..=13).contains(&beats), "{beats} in an hour");
    let at = |told: &[Told]| told.last().unwrap().body["last_health_check_at"].to_string();
    assert!(at(&after.0) > at(&before.0), "a newer check");
    assert_eq!(after.1.len(), before.1.len());
}

#[tokio::test(start_paused = true)]
async fn containers_that_the_backend_does_not_know_are_told_to_nobody() {
    let backend = Backend::new();
    let agent = backend.agent().await;
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let row = agent.ready(&facts).await;
    agent.control.want_absent(row.pk).await.unwrap();
    agent.gone(row.pk).await;
    pass(10 * MINUTE).await;
    assert_eq!(backend.told().len(), 0);
    assert_eq!(count(&agent, Op::Start), 1);
}

#[tokio::test(start_paused = true)]
async fn deletions_are_not_kept_where_there_is_no_backend_to_tell() {
    let agent = TestControl::new().await;
    let row = ready(&agent, 5).await;
    agent.control.want_absent(row.pk).await.unwrap();
    agent.gone(row.pk).await;
    // The sweeper's period.
    pass(6 * MINUTE).await;
    let due = agent
        .control
        .store()
        .pushes_due(Timestamp(0))
        .await
        .unwrap();
    assert_eq!(due, []);
}
