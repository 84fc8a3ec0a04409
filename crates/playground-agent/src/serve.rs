//! The life of the process: everything is made and every socket bound before the first request is answered.

use std::fs::{DirBuilder, File};
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail};
use playground_control::{Control, ControlConfig, Probe, Publish};
use playground_engine::Engine;
use playground_proxy::{Gateway, ListenLimits};
use playground_store::Store;
use secrecy::ExposeSecret as _;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{Instant, timeout};

use crate::http::{AppState, Hold};
use crate::{AgentConfig, Front, Links, Tokens, invitation, open_files};

/// The file that keeps a second Agent out of the same data directory.
const LOCK_FILE: &str = "lock";
/// The database.
const DATABASE_FILE: &str = "playground.db";
/// The database's own last writes take no longer than this.
const LAST_WRITES: Duration = Duration::from_secs(2);

/// Runs the Agent until it is told to end, by SIGTERM or SIGINT; a second one ends it at once. Prints
/// `listening http://HOST:PORT` once requests are answered, `open URL` with an address that opens the page logged in, once,
/// within an hour, and `ready http://HOST:PORT` once every record was compared with Docker, so that the answers are true.
///
/// # Errors
/// When the data directory is in use, or the address cannot be bound.
pub async fn serve(config: AgentConfig) -> anyhow::Result<Ended> {
    let data_dir = config.control.data_dir.clone();
    let _lock = lock(&data_dir)?;
    let store = Store::open(&data_dir.join(DATABASE_FILE))
        .await
        .context("the database cannot be opened")?;
    let tokens = Tokens::new(store.clone(), !config.no_auth);
    let new_token = tokens
        .ensure(config.token.as_ref(), &data_dir)
        .await
        .context("the token cannot be kept")?;
    let engine = Engine::docker(config.docker_host.as_deref());
    let probe = Probe::http().context("the readiness probe cannot be made")?;
    check_publish_address(&config.control).await?;
    let control = Control::new(store.clone(), engine, probe, config.control).await?;
    let mut signals = Signals::new()?;
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("{} cannot be bound", config.listen))?;
    let address = listener.local_addr()?;
    control.start().await?;
    let links = Links::open(&data_dir).context("the key of links cannot be kept")?;
    let gateway = Gateway::new(config.gateway);
    let state = AppState::new(control.clone(), tokens, links, gateway, Hold(config.hold))
        .with_body_silence(config.body_silence);
    if let Some(token) = new_token {
        announce(&format!("token {}", token.expose_secret()));
    }
    announce(&format!("listening http://{address}"));
    announce(&format!(
        "open {}",
        invitation::address(&state, address).await
    ));
    let limits = ListenLimits {
        connections: open_files::room_for(config.limits.connections),
        ..config.limits
    };
    let mut front = Front::open(listener, state, limits, config.trusted)
        .await
        .context("the records cannot be read")?;
    // After that: whoever waits for this line finds every app's port open again.
    tokio::spawn(announce_ready(control.clone(), address));
    // Cancel-safe: both only wait.
    tokio::select! {
        () = signals.next() => {}
        ended = front.ended() => {
            ended?;
            return Ok(Ended::InOrder);
        }
    }
    tracing::info!("stopping: containers keep running");
    // Cancel-safe: what is dropped here is what a killed process would leave, and the next start goes on from there.
    tokio::select! {
        () = shut_down(&control, &store, front) => Ok(Ended::InOrder),
        () = signals.next() => Ok(Ended::AtOnce),
    }
}

/// Where the Agent opens the apps' ports, an address that is not this host's would leave every app without one.
async fn check_publish_address(config: &ControlConfig) -> anyhow::Result<()> {
    if config.publish == Publish::Agent {
        let address = config.publish_address;
        TcpListener::bind((address, 0))
            .await
            .with_context(|| format!("publish_address {address} cannot be bound"))?;
    }
    Ok(())
}

/// How the Agent ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Told to, within its time.
    InOrder,
    /// Told to a second time.
    AtOnce,
}

/// Ends the loop and the open requests, none later than the deadline.
async fn shut_down(control: &Control, store: &Store, front: Front) {
    let patience = control.config().shutdown_timeout;
    let requests = timeout(patience, front.close());
    let (finished, answered) = tokio::join!(control.stop(), requests);
    if !finished {
        tracing::warn!("a step was left in the middle: the next start goes on with it");
    }
    if answered.is_err() {
        tracing::warn!("requests that were still open are cut off");
    }
    if timeout(LAST_WRITES, store.close()).await.is_err() {
        tracing::warn!("the database was not closed in order");
    }
}

/// One Agent for one data directory: two would fight over the same records.
fn lock(data_dir: &Path) -> anyhow::Result<File> {
    let shown = data_dir.display();
    // Apps' variables are in there, and their code.
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(data_dir)
        .with_context(|| format!("{shown} cannot be made"))?;
    if data_dir.metadata()?.permissions().mode() & 0o007 != 0 {
        tracing::warn!("everybody on this machine may read {shown}: chmod 700 {shown}");
    }
    let file = File::create(data_dir.join(LOCK_FILE))?;
    if file.try_lock().is_err() {
        bail!("another Agent uses {}", data_dir.display());
    }
    Ok(file)
}

/// While Docker is away this waits for it: scripts that wait for the line get an Agent that knows its containers.
async fn announce_ready(control: Control, address: SocketAddr) {
    let begun = Instant::now();
    if !control.ready().await {
        return;
    }
    let records = control.progress().records;
    tracing::info!(
        records,
        took_ms = begun.elapsed().as_millis(),
        "ready: all records were compared with Docker"
    );
    announce(&format!("ready http://{address}"));
}

/// What scripts read. A token is shown this once, and a login link works once.
#[expect(
    clippy::print_stdout,
    reason = "the one place where the Agent speaks on standard output"
)]
fn announce(line: &str) {
    println!("{line}");
}

/// What tells the Agent to end.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Until the next one comes.
    async fn next(&mut self) {
        // Cancel-safe: both only wait.
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
