//! A package index of a test's own: it has what the test put there, and answers for some of it only when it is told to.

use std::collections::BTreeMap;
use std::io::{Cursor, Write as _};
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Html;
use axum::routing::get;
use playground_control::ControlConfig;
use tokio::sync::Semaphore;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// The index, listening before any Agent is told of it.
#[derive(Debug)]
pub(crate) struct Index {
    listener: std::net::TcpListener,
    shelf: Shelf,
}

/// What it holds, and who asks for it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shelf(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    wheels: BTreeMap<String, Vec<u8>>,
    /// The package whose askers wait.
    held: Option<String>,
    released: Semaphore,
    waiting: AtomicUsize,
    asked: AtomicUsize,
}

impl Default for Inner {
    fn default() -> Self {
        Self {
            wheels: BTreeMap::new(),
            held: None,
            released: Semaphore::new(0),
            waiting: AtomicUsize::new(0),
            asked: AtomicUsize::new(0),
        }
    }
}

impl Index {
    /// An index with these packages: name, version, and what each requires. Whoever asks for `held` waits.
    pub(crate) fn new(packages: &[(&str, &str, &[&str])], held: Option<&str>) -> Self {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        listener.set_nonblocking(true).expect("a socket");
        let wheels = packages
            .iter()
            .map(|&(name, version, requires)| {
                (
                    format!("{name}-{version}-py3-none-any.whl"),
                    wheel(name, version, requires),
                )
            })
            .collect();
        let inner = Inner {
            wheels,
            held: held.map(str::to_owned),
            ..Inner::default()
        };
        Self {
            listener,
            shelf: Shelf(Arc::new(inner)),
        }
    }

    /// Offers a file too: a source distribution, or something that only looks like a wheel.
    pub(crate) fn with(mut self, file: &str, bytes: Vec<u8>) -> Self {
        let inner = Arc::get_mut(&mut self.shelf.0).expect("nobody else has it yet");
        inner.wheels.insert(file.to_owned(), bytes);
        self
    }

    /// Lets builds install from here and from nowhere else. They run in the host's network, to reach it.
    pub(crate) fn settings(&self) -> impl FnOnce(&mut ControlConfig) + use<> {
        let address = self.listener.local_addr().expect("an address");
        move |config| {
            config.build.index.index_url = Some(format!("http://{address}/simple/"));
            config.build.network = Some("host".to_owned());
        }
    }

    /// Answers from now on, in this runtime.
    pub(crate) fn open(self) -> Shelf {
        let listener = tokio::net::TcpListener::from_std(self.listener).expect("a socket");
        let router = Router::new()
            .route("/simple/{package}/", get(list))
            .route("/files/{file}", get(file))
            .with_state(self.shelf.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        self.shelf
    }
}

impl Shelf {
    /// How many wait for the held package just now.
    pub(crate) fn waiting(&self) -> usize {
        self.0.waiting.load(Ordering::SeqCst)
    }

    /// How often anything was asked for.
    pub(crate) fn asked(&self) -> usize {
        self.0.asked.load(Ordering::SeqCst)
    }

    /// Answers whoever waits, now and later.
    pub(crate) fn release(&self) {
        self.0.released.close();
    }

    async fn held_back(&self) {
        /// Counts down when the one who waits goes away, too.
        struct Waiting<'a>(&'a AtomicUsize);
        impl Drop for Waiting<'_> {
            fn drop(&mut self) {
                self.0.fetch_sub(1, Ordering::SeqCst);
            }
        }
        self.0.waiting.fetch_add(1, Ordering::SeqCst);
        let _waiting = Waiting(&self.0.waiting);
        // It has no permit to give: it only ever closes.
        drop(self.0.released.acquire().await);
    }
}

async fn list(
    State(shelf): State<Shelf>,
    Path(package): Path<String>,
) -> Result<Html<String>, StatusCode> {
    shelf.0.asked.fetch_add(1, Ordering::SeqCst);
    if shelf.0.held.as_ref() == Some(&package) {
        shelf.held_back().await;
    }
    let links: Vec<String> = shelf
        .0
        .wheels
        .keys()
        .filter(|file| file.split('-').next() == Some(&package))
        .map(|file| format!("<a href=\"/files/{file}\">{file}</a>"))
        .collect();
    if links.is_empty() {
        Err(StatusCode::NOT_FOUND)
    } else {
        Ok(Html(links.concat()))
    }
}

async fn file(State(shelf): State<Shelf>, Path(file): Path<String>) -> Result<Vec<u8>, StatusCode> {
    shelf
        .0
        .wheels
        .get(&file)
        .cloned()
        .ok_or(StatusCode::NOT_FOUND)
}

/// A package with one module that knows its version.
fn wheel(name: &str, version: &str, requires: &[&str]) -> Vec<u8> {
    let requires: String = requires
        .iter()
        .map(|requirement| format!("Requires-Dist: {requirement}\n"))
        .collect();
    wheel_with(name, version, &requires)
}

/// The same with these lines of metadata.
pub(crate) fn wheel_with(name: &str, version: &str, lines: &str) -> Vec<u8> {
    let info = format!("{name}-{version}.dist-info");
    let metadata = format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{lines}");
    let files = [
        (format!("{name}.py"), format!("VERSION = \"{version}\"\n")),
        (format!("{info}/METADATA"), metadata),
        (
            format!("{info}/WHEEL"),
            "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
                .to_owned(),
        ),
    ];
    let mut record: String = files
        .iter()
        .map(|(path, _)| format!("{path},,\n"))
        .collect();
    record.push_str(&format!("{info}/RECORD,,\n"));
    let record = (format!("{info}/RECORD"), record);
    zipped(files.iter().chain([&record]))
}

/// A source distribution that any tool begins to build, without fetching one first; and its build raises.
pub(crate) fn unbuildable(name: &str, version: &str) -> Vec<u8> {
    let top = format!("{name}-{version}");
    let metadata = format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n");
    let project =
        "[build-system]\nrequires = []\nbuild-backend = \"backend\"\nbackend-path = [\".\"]\n";
    let backend = "def build_wheel(*arguments):\n    raise RuntimeError('no compiler here')\n";
    let files = [
        (format!("{top}/PKG-INFO"), metadata),
        (format!("{top}/pyproject.toml"), project.to_owned()),
        (format!("{top}/backend.py"), backend.to_owned()),
    ];
    zipped(&files)
}

fn zipped<'a>(files: impl IntoIterator<Item = &'a (String, String)>) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, text) in files {
        zip.start_file(path, SimpleFileOptions::default())
            .expect("a name");
        zip.write_all(text.as_bytes()).expect("in memory");
    }
    zip.finish().expect("in memory").into_inner()
}
