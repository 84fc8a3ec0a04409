//! From uploaded bytes to a stored release: checked, transcoded, filed under the digest of its content.
//!
//! The upload is spooled to a nameless place first, since clients give up when their bytes are not drained within
//! seconds, and checked afterwards. A release is written only when its content is on disk.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::PathBuf;

use playground_plugin::{CheckedPlugin, PluginFacts, Requested, check};
use playground_store::SourceRow;
use playground_types::{Digest, PluginRelease};
use tempfile::NamedTempFile;

use crate::{Control, ControlConfig, ControlError};

impl ControlConfig {
    /// Checked content, one tar for each digest.
    pub(crate) fn sources_dir(&self) -> PathBuf {
        self.data_dir.join("sources")
    }

    /// Logs of builds.
    pub(crate) fn builds_dir(&self) -> PathBuf {
        self.data_dir.join("builds")
    }

    /// Uploads on their way; emptied at start.
    pub fn spool_dir(&self) -> PathBuf {
        self.data_dir.join("spool")
    }

    pub(crate) fn source_file(&self, digest: &Digest) -> PathBuf {
        self.sources_dir().join(format!("{digest}.tar"))
    }
}

impl Control {
    /// Checks an uploaded archive and stores it as a release.
    pub async fn take_in(
        &self,
        upload: File,
        requested: Requested,
    ) -> Result<PluginFacts, ControlError> {
        let config = self.config.clone();
        let checked = on_thread(move || check_upload(upload, &requested, &config)).await?;
        // Until the row is there, nobody may find that nothing refers to the file.
        let _filing = self.filing.read().await;
        let config = self.config.clone();
        let facts = on_thread(move || file_source(checked, &config)).await?;
        let json = serde_json::to_string(&facts).map_err(ControlError::Facts)?;
        let source = SourceRow {
            digest: facts.content.clone(),
            facts: json,
        };
        self.store
            .put_release(&facts.release, &source, self.clock.now())
            .await?;
        self.changes.note_releases();
        tracing::info!(release = %facts.release, source.digest = %facts.content, "plugin release {} is stored", facts.release);
        Ok(facts)
    }

    /// The facts of a stored release, asking the platform's backend when it is not here.
    pub async fn release_facts(
        &self,
        release: &PluginRelease,
    ) -> Result<PluginFacts, ControlError> {
        if let Some(row) = self.store.release(release).await? {
            return parse_facts(&row.source);
        }
        match &self.config.backend {
            Some(backend) => self.fetch_release(backend, release).await,
            None => Err(ControlError::UnknownRelease(release.to_string())),
        }
    }

    /// Forgets a release. Containers keep the content they were created with. False when there was none.
    pub async fn forget_release(&self, release: &PluginRelease) -> Result<bool, ControlError> {
        let is_gone = self.store.delete_release(release).await?;
        self.changes.note_releases();
        Ok(is_gone)
    }

    /// Leftovers of uploads that a killed process never finished.
    pub(crate) fn clean_spool(&self) {
        let Ok(entries) = std::fs::read_dir(self.config.spool_dir()) else {
            return;
        };
        for entry in entries.flatten() {
            if let Err(error) = std::fs::remove_file(entry.path()) {
                tracing::warn!(%error, file = %entry.path().display(), "an old upload could not be removed");
            }
        }
    }
}

/// What intake wrote about some content.
pub(crate) fn parse_facts(source: &SourceRow) -> Result<PluginFacts, ControlError> {
    serde_json::from_str(&source.facts).map_err(ControlError::Facts)
}

/// Runs what reads and writes files on a thread that may wait.
async fn on_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ControlError> + Send + 'static,
) -> Result<T, ControlError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| disk(PathBuf::from("spool"), io::Error::other(error)))?
}

fn check_upload(
    upload: File,
    requested: &Requested,
    config: &ControlConfig,
) -> Result<CheckedPlugin, ControlError> {
    check(
        upload,
        requested,
        &config.archive_limits,
        config.requirement_policy,
        &config.spool_dir(),
    )
    .map_err(ControlError::Plugin)
}

fn file_source(
    checked: CheckedPlugin,
    config: &ControlConfig,
) -> Result<PluginFacts, ControlError> {
    let file = config.source_file(&checked.facts.content);
    if !file.exists() {
        write_source(&checked, config).map_err(|source| disk(file, source))?;
    }
    Ok(checked.facts)
}

/// Written beside and renamed, so that a file under a digest's name is always whole.
fn write_source(checked: &CheckedPlugin, config: &ControlConfig) -> io::Result<()> {
    let temporary = NamedTempFile::new_in(config.spool_dir())?;
    let mut out = BufWriter::new(temporary);
    checked.write_source(&mut out)?;
    out.flush()?;
    let temporary = out.into_inner().map_err(|error| error.into_error())?;
    temporary.as_file().sync_all()?;
    temporary.persist(config.source_file(&checked.facts.content))?;
    Ok(())
}

fn disk(path: PathBuf, source: io::Error) -> ControlError {
    ControlError::Disk { path, source }
}
