//! Between an Agent and a real engine: a socket that passes everything on, and misbehaves on command.
//!
//! The engine itself is never touched, so tests in trouble share it with tests that are not.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy, copy_bidirectional};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::task::AbortHandle;

/// Where an engine listens that nobody moved.
const USUAL: &str = "/var/run/docker.sock";

/// What the engine does, as far as whoever asks through the proxy can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It works.
    None,
    /// Its socket is gone.
    Gone,
    /// It takes so long before it hears anything.
    Slow(Duration),
    /// It answers everything with 500.
    Fails,
    /// Every connection breaks after so many bytes of its answers, in the middle of whatever it is.
    CutAfter(u64),
}

/// The socket in front of the engine. Gone with its last owner.
#[derive(Debug)]
pub struct EngineProxy {
    socket: PathBuf,
    fault: watch::Sender<Fault>,
    listener: AbortHandle,
    _dir: TempDir,
}

impl EngineProxy {
    /// In front of the engine at `DOCKER_HOST` (a unix socket), or at the usual place.
    ///
    /// # Panics
    /// Without a runtime, or where no socket can be made.
    pub fn start() -> Self {
        let dir = tempfile::tempdir().expect("there is room for a temporary directory");
        let socket = dir.path().join("docker.sock");
        let listener = UnixListener::bind(&socket).expect("a socket can be made");
        let fault = watch::Sender::new(Fault::None);
        let engine = engine();
        let faults = fault.clone();
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (engine, fault) = (engine.clone(), faults.subscribe());
                tokio::spawn(serve(client, engine, fault));
            }
        });
        Self {
            socket,
            fault,
            listener: accepting.abort_handle(),
            _dir: dir,
        }
    }

    /// The address for whoever shall go through it.
    pub fn host(&self) -> String {
        format!("unix://{}", self.socket.display())
    }

    /// From now on the engine does this. Connections that are open break.
    ///
    /// # Panics
    /// When the socket cannot be moved.
    pub fn set(&self, fault: Fault) {
        let was = self.fault.send_replace(fault);
        let away = self.socket.with_extension("gone");
        match (was, fault) {
            (Fault::Gone, Fault::Gone) => {}
            (Fault::Gone, _) => std::fs::rename(away, &self.socket).expect("the socket comes back"),
            (_, Fault::Gone) => std::fs::rename(&self.socket, away).expect("the socket goes"),
            _ => {}
        }
    }

    /// Breaks the connections that are open, once.
    pub fn cut(&self) {
        let now = *self.fault.borrow();
        self.set(now);
    }
}

impl Drop for EngineProxy {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

fn engine() -> PathBuf {
    let named = std::env::var("DOCKER_HOST").ok();
    let path = named
        .as_deref()
        .and_then(|host| host.strip_prefix("unix://"));
    Path::new(path.unwrap_or(USUAL)).to_owned()
}

/// One connection, until either side ends it or the fault changes.
async fn serve(client: UnixStream, engine: PathBuf, mut fault: watch::Receiver<Fault>) {
    let now = *fault.borrow_and_update();
    // Cancel-safe: a connection that is dropped anywhere is what a broken one looks like.
    tokio::select! {
        _ = pass(client, &engine, now) => {}
        _ = fault.changed() => {}
    }
}

async fn pass(mut client: UnixStream, engine: &Path, fault: Fault) -> std::io::Result<()> {
    match fault {
        Fault::Gone => Ok(()),
        Fault::Fails => refuse(client).await,
        Fault::None => {
            let mut engine = UnixStream::connect(engine).await?;
            copy_bidirectional(&mut client, &mut engine).await?;
            Ok(())
        }
        Fault::Slow(time) => {
            let (mut from_client, mut to_client) = client.into_split();
            let (mut from_engine, mut to_engine) = UnixStream::connect(engine).await?.into_split();
            tokio::try_join!(delayed(&mut from_client, &mut to_engine, time), async {
                copy(&mut from_engine, &mut to_client).await?;
                to_client.shutdown().await
            })?;
            Ok(())
        }
        Fault::CutAfter(bytes) => {
            let (mut from_client, mut to_client) = client.into_split();
            let (from_engine, mut to_engine) = UnixStream::connect(engine).await?.into_split();
            let mut some = from_engine.take(bytes);
            // Cancel-safe: whichever ends first ends the connection.
            tokio::select! {
                up = copy(&mut from_client, &mut to_engine) => up?,
                down = copy(&mut some, &mut to_client) => down?,
            };
            Ok(())
        }
    }
}

/// Passes each part on after so long.
async fn delayed(
    from: &mut (impl tokio::io::AsyncRead + Unpin),
    to: &mut (impl tokio::io::AsyncWrite + Unpin),
    time: Duration,
) -> std::io::Result<()> {
    let mut part = vec![0; 64 * 1024];
    loop {
        let read = from.read(&mut part).await?;
        if read == 0 {
            return to.shutdown().await;
        }
        tokio::time::sleep(time).await;
        to.write_all(&part[..read]).await?;
    }
}

/// Answers whatever is asked first, as an engine in trouble does.
async fn refuse(mut client: UnixStream) -> std::io::Result<()> {
    let mut asked = Vec::new();
    while !asked.windows(4).any(|end| end == b"\r\n\r\n") {
        if client.read_buf(&mut asked).await? == 0 {
            return Ok(());
        }
    }
    let body = r#"{"message":"the engine is in trouble"}"#;
    let answer = format!(
        "HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    client.write_all(answer.as_bytes()).await?;
    client.shutdown().await
}
