//! An Agent without sockets: the real router over a scripted engine and a database of its own.

use std::io::{Cursor, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, Response, StatusCode, header};
use http_body_util::BodyExt as _;
use playground_agent::http::{AppState, Hold, router, without_trailing_slash};
use playground_agent::{Front, Links, Page, Tokens};
use playground_control::{Control, ControlConfig, DiskGauge, DiskSpace, Probe};
use playground_engine::fake::{AppBehaviour, BuildScript};
use playground_engine::{Engine, FakeEngine};
use playground_proxy::{Gateway, GatewayConfig, ListenLimits};
use playground_store::Store;
use secrecy::SecretString;
use serde_json::{Value, json};
use tower::ServiceExt as _;

/// With the mark that `cargo xtask test` looks for in every log.
pub(crate) const TOKEN: &str = "5ec2e7ca9a590123456789abcdef0123456789ab";
pub(crate) const BOUNDARY: &str = "a-boundary-that-no-test-contains";

pub(crate) struct TestAgent {
    pub(crate) fake: FakeEngine,
    pub(crate) control: Control,
    state: AppState,
    router: Router,
    _dir: Option<tempfile::TempDir>,
}

/// A status and a body.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }

    /// Status, code and sentence of an error, on one line.
    pub(crate) fn error(&self) -> String {
        let body = self.json();
        format!(
            "{} {}: {}",
            self.status.as_u16(),
            body["code"]
                .as_str()
                .unwrap_or_else(|| panic!("no error: {self:?}")),
            body["detail"].as_str().unwrap()
        )
    }
}

impl TestAgent {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut ControlConfig)) -> Self {
        crate::log::begin();
        let dir = tempfile::tempdir().unwrap();
        let agent = Self::at(dir.path(), change).await;
        Self {
            _dir: Some(dir),
            ..agent
        }
    }

    /// One that lets everybody in.
    pub(crate) async fn without_login() -> Self {
        crate::log::begin();
        let dir = tempfile::tempdir().unwrap();
        let agent = Self::made(dir.path(), |_| {}, false).await;
        Self {
            _dir: Some(dir),
            ..agent
        }
    }

    /// With its data in a directory of the test's own.
    pub(crate) async fn at(data_dir: &Path, change: impl FnOnce(&mut ControlConfig)) -> Self {
        Self::made(data_dir, change, true).await
    }

    async fn made(
        data_dir: &Path,
        change: impl FnOnce(&mut ControlConfig),
        login_required: bool,
    ) -> Self {
        let fake = FakeEngine::new();
        fake.add_image("synapse-gradio-base:latest");
        fake.behave_by_default(AppBehaviour {
            ready_after: Duration::from_millis(10),
            ..AppBehaviour::default()
        });
        fake.build_by_default(BuildScript {
            takes: Duration::from_millis(10),
            ..BuildScript::default()
        });
        let mut config = ControlConfig::new(data_dir.to_owned());
        config.probe_host_ports = false;
        // The same on every machine.
        config.clean.gauge = DiskGauge::of(|_| {
            Ok(DiskSpace {
                free_bytes: 50 << 30,
                total_bytes: 100 << 30,
            })
        });
        change(&mut config);
        let store = Store::open(&data_dir.join("playground.db")).await.unwrap();
        let tokens = Tokens::new(store.clone(), login_required);
        tokens
            .ensure(Some(&SecretString::from(TOKEN)), data_dir)
            .await
            .unwrap();
        let control = Control::new(
            store,
            Engine::Fake(fake.clone()),
            Probe::Fake(fake.clone()),
            config,
        )
        .await
        .unwrap();
        control.start().await.unwrap();
        assert!(control.ready().await);
        let links = Links::open(data_dir).unwrap();
        let gateway = Gateway::new(GatewayConfig::default());
        let state = AppState::new(
            control.clone(),
            tokens,
            links,
            gateway,
            Hold(Duration::from_secs(8)),
        );
        let router = router(state.clone());
        Self {
            fake,
            control,
            state,
            router,
            _dir: None,
        }
    }

    /// The same Agent with another page.
    pub(crate) fn showing(self, page: Page) -> Self {
        let state = self.state.with_page(page);
        Self {
            router: router(state.clone()),
            state,
            ..self
        }
    }

    /// The same Agent, which lets its clients wait for no longer than this.
    pub(crate) fn holding(self, hold: Duration) -> Self {
        let state = AppState::new(
            self.control.clone(),
            Tokens::new(self.control.store().clone(), true),
            Links::open(&self.control.config().data_dir).unwrap(),
            Gateway::new(GatewayConfig::default()),
            Hold(hold),
        );
        Self {
            router: router(state.clone()),
            state,
            ..self
        }
    }

    /// The same Agent behind a real socket, for what only a connection can do.
    pub(crate) async fn listen(&self, body_silence: Duration) -> SocketAddr {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = self.state.clone().with_body_silence(body_silence);
        Front::open(listener, state, ListenLimits::default(), Vec::new())
            .await
            .unwrap();
        address
    }

    /// An answer whose body is not read: some never end.
    pub(crate) async fn begin(&self, request: Request<Body>) -> Response<Body> {
        let router = self.router.clone();
        let answer = router.oneshot(without_trailing_slash(request)).await;
        answer.unwrap()
    }

    /// What answers, for a request that is not as all others are.
    pub(crate) fn router(&self) -> Router {
        self.router.clone()
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.begin(request).await;
        let status = response.status();
        let headers = response.headers().clone();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        Answer {
            status,
            headers,
            text: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }

    pub(crate) async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        self.send(Self::request(method, path, body)).await
    }

    /// A request with the token.
    pub(crate) fn request(method: Method, path: &str, body: Option<Value>) -> Request<Body> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, TOKEN)
            .header(header::HOST, "agent.local:8000");
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        request.body(body).unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, Some(body)).await
    }

    /// A form as the SDK sends it.
    pub(crate) async fn form(
        &self,
        path: &str,
        fields: &[(&str, &str)],
        archive: Option<&[u8]>,
    ) -> Answer {
        self.raw_form(path, form_body(fields, archive)).await
    }

    pub(crate) async fn raw_form(&self, path: &str, body: impl Into<Body>) -> Answer {
        let request = Request::post(path)
            .header(header::AUTHORIZATION, TOKEN)
            .header(header::HOST, "agent.local:8000")
            .header(
                header::CONTENT_TYPE,
                format!("multipart/form-data; boundary={BOUNDARY}"),
            )
            .body(body.into())
            .unwrap();
        self.send(request).await
    }

    /// A created container, as its answer shows it.
    pub(crate) async fn created(&self, fields: &[(&str, &str)]) -> Value {
        let answer = self
            .form(
                "/containers/",
                fields,
                Some(&plugin("my-plugin", "1.0.0", "")),
            )
            .await;
        assert!(answer.status.is_success(), "{answer:?}");
        answer.json()
    }
}

/// Text parts, then the archive without a content type of its own.
pub(crate) fn form_body(fields: &[(&str, &str)], archive: Option<&[u8]>) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields {
        write!(
            body,
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        )
        .unwrap();
    }
    if let Some(archive) = archive {
        let disposition =
            "Content-Disposition: form-data; name=\"file\"; filename=\"plugin-release.zip\"";
        write!(body, "--{BOUNDARY}\r\n{disposition}\r\n\r\n").unwrap();
        body.extend_from_slice(archive);
        body.extend_from_slice(b"\r\n");
    }
    write!(body, "--{BOUNDARY}--\r\n").unwrap();
    body
}

/// A plugin with one line of code of its own.
pub(crate) fn plugin(code: &str, version: &str, line: &str) -> Vec<u8> {
    zip_of(&[
        (
            "config.yaml",
            &format!(
                "code: {code}\nversion: {version}\nactions:\n  gradio:\n    entrypoint: plugin.gradio_interface.app\n"
            ),
        ),
        ("plugin/__init__.py", ""),
        (
            "plugin/gradio_interface.py",
            &format!("import gradio as gr\n{line}\ndemo = gr.Interface(str, 'text', 'text')\n"),
        ),
    ])
}

pub(crate) fn zip_of(files: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        zip.start_file(*name, zip::write::SimpleFileOptions::default())
            .unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// What differs from run to run, replaced.
pub(crate) fn settled(mut body: Value) -> Value {
    const VARYING: &[&str] = &[
        "id",
        "name",
        "created_at",
        "updated_at",
        "last_health_check_at",
        "build_id",
        "ws_url",
        "sse_url",
        "status_url",
        "agent_id",
        "checksum",
        "tasks",
    ];
    if let Some(fields) = body.as_object_mut() {
        for (key, value) in fields.iter_mut() {
            if VARYING.contains(&key.as_str()) && (value.is_string() || key == "tasks") {
                *value = json!(format!("[{key}]"));
            }
        }
    }
    body
}
