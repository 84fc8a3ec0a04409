//! Live containers: their code is put into them, and their app starts anew without the container and without Gradio's import.
//!
//! The launcher of such a container unpacks the code before it starts the app, as a process of its own: SIGUSR1 ends that,
//! SIGHUP begins it anew.

use std::future::ready;
use std::io;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use playground_engine::{EngineError, TarStream};
use playground_store::ContainerRow;
use playground_types::EngineId;
use tokio::fs::File;
use tokio::time::{Instant, sleep};
use tokio_util::io::ReaderStream;

use super::execute::ignore_conflict;
use super::observe::Observed;
use crate::{Control, ControlError, StepError};

/// The launcher's folder in the container, where the code is put as one file.
const FOLDER: &str = "/opt/synapse";
/// That file.
const FILE: &str = "code.tar";
/// A tar's unit of length.
const BLOCK: u64 = 512;
/// Ends the app and keeps the launcher.
const END: &str = "SIGUSR1";
/// Unpacks the code and starts the app.
const BEGIN: &str = "SIGHUP";
/// Between two looks whether the app is gone.
const LOOK: Duration = Duration::from_millis(2);
/// It is killed, so it is gone at once.
const GONE: Duration = Duration::from_secs(5);

impl Control {
    /// Puts the record's code into its container.
    pub(super) async fn deliver(
        &self,
        row: &ContainerRow,
        id: Option<&EngineId>,
    ) -> Result<(), StepError> {
        let Some(id) = id else { return Ok(()) };
        if self.gave_up_without_content(row).await? {
            return Ok(());
        }
        let path = self.config.source_file(&row.spec.source);
        let packed = packed(&path).await;
        let tar = packed.map_err(|source| ControlError::Disk { path, source })?;
        match self.engine.unpack(id, FOLDER, tar).await {
            Ok(()) => {
                let now = self.clock.now();
                let code = &row.spec.source;
                Ok(self.store.set_delivered(row, id, code, now).await?)
            }
            Err(EngineError::NoSuchContainer) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Starts the app anew in its container. The old one is gone before the new one begins: an answer is the new one's.
    pub(super) async fn reload(
        &self,
        row: &ContainerRow,
        observed: &Observed,
    ) -> Result<(), StepError> {
        let Some(view) = &observed.view else {
            return Ok(());
        };
        self.store.set_withdrawn(row.pk, self.clock.now()).await?;
        let signal = async |signal| {
            let sent = self.engine.signal(&view.id, signal).await;
            sent.or_else(ignore_conflict)
        };
        signal(END).await?;
        self.await_end(row, observed).await;
        signal(BEGIN).await?;
        // Written after it was done: an Agent that dies in between does it twice, which is better than not at all.
        let (done, now) = (row.restart_wanted, self.clock.now());
        Ok(self.store.set_started(row.pk, done, now).await?)
    }

    async fn await_end(&self, row: &ContainerRow, observed: &Observed) {
        let Some(port) = row.host_port else { return };
        let place = self.place(port, self.own_address(observed.view.as_ref()));
        let deadline = Instant::now() + GONE;
        while self.probe.ask(place, GONE).await.is_ok() && Instant::now() < deadline {
            sleep(LOOK).await;
        }
    }
}

/// A tar with the code, which is a tar itself, as its only file.
async fn packed(path: &Path) -> io::Result<TarStream> {
    let code = File::open(path).await?;
    let size = code.metadata().await?.len();
    let mut header = tar::Header::new_gnu();
    header.set_path(FILE)?;
    header.set_size(size);
    header.set_mode(0o644);
    header.set_cksum();
    // Whole blocks, and two empty ones at the end.
    let padding = usize::try_from(size.next_multiple_of(BLOCK) - size).unwrap_or(0);
    let end = vec![0; padding + 2 * header.as_bytes().len()];
    let part = |bytes| stream::once(ready(Ok(Bytes::from(bytes))));
    let begin = part(header.as_bytes().to_vec());
    Ok(begin
        .chain(ReaderStream::new(code))
        .chain(part(end))
        .boxed())
}
