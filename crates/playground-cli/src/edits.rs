//! What changes below a directory, as one batch each time its author saves.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

use crate::pack::is_wanted;

/// An editor writes, renames and sets times in one go: what comes this soon after it belongs to it.
const TOGETHER: Duration = Duration::from_millis(30);

/// A directory that is watched. Nothing that happens from its making on is missed.
#[derive(Debug)]
pub(crate) struct Edits {
    events: mpsc::UnboundedReceiver<PathBuf>,
    _watcher: RecommendedWatcher,
}

/// Files that changed, and when the first of them did.
#[derive(Debug)]
pub(crate) struct Edit {
    pub(crate) files: BTreeSet<PathBuf>,
    pub(crate) at: Instant,
}

impl Edits {
    pub(crate) fn of(folder: &Path) -> anyhow::Result<Self> {
        let root = folder
            .canonicalize()
            .with_context(|| format!("{} cannot be watched", folder.display()))?;
        let (sender, events) = mpsc::unbounded_channel();
        let below = root.clone();
        let mut watcher =
            notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
                let Ok(event) = event else { return };
                if matches!(event.kind, EventKind::Access(_)) {
                    return;
                }
                for path in event.paths {
                    if let Ok(name) = path.strip_prefix(&below)
                        && name
                            .components()
                            .all(|part| is_wanted(&part.as_os_str().to_string_lossy()))
                    {
                        // Nobody watches any more when the command ends.
                        drop(sender.send(name.to_owned()));
                    }
                }
            })
            .context("this system watches no files")?;
        watcher
            .watch(&root, RecursiveMode::Recursive)
            .with_context(|| format!("{} cannot be watched", folder.display()))?;
        Ok(Self {
            events,
            _watcher: watcher,
        })
    }

    /// The next batch. Cancel-safe: until its first event comes nothing is taken.
    pub(crate) async fn next(&mut self) -> Option<Edit> {
        let first = self.events.recv().await?;
        let at = Instant::now();
        let mut files = BTreeSet::from([first]);
        while let Ok(Some(file)) = timeout(TOGETHER, self.events.recv()).await {
            files.insert(file);
        }
        Some(Edit { files, at })
    }
}

impl Edit {
    /// What is there when the watching begins.
    pub(crate) fn first() -> Self {
        Self {
            files: BTreeSet::new(),
            at: Instant::now(),
        }
    }

    /// The files by name, the first few of them. Editors write files of their own on the way, which are gone by then.
    pub(crate) fn names(&self, folder: &Path) -> String {
        const MOST: usize = 3;
        let is_there = |file: &&PathBuf| folder.join(file).is_file();
        let mut files: Vec<_> = self.files.iter().filter(is_there).collect();
        if files.is_empty() {
            files = self.files.iter().collect();
        }
        let more = files.len().saturating_sub(MOST);
        files.truncate(MOST);
        let names: Vec<_> = files
            .iter()
            .map(|file| file.display().to_string())
            .collect();
        match more {
            0 => names.join(", "),
            more => format!("{} and {more} more", names.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_saved_comes_as_one_batch_without_what_is_no_part_of_a_plugin() {
        let folder = tempfile::tempdir().unwrap();
        let mut edits = Edits::of(folder.path()).unwrap();
        for name in ["__pycache__", "plugin", ".git"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        std::fs::write(folder.path().join(".git/index"), "1").unwrap();
        std::fs::write(folder.path().join("config.yaml"), "code: a").unwrap();
        let mut files = BTreeSet::new();
        while !files.contains(Path::new("config.yaml")) {
            files.extend(edits.next().await.unwrap().files);
        }
        let names: Vec<_> = files.iter().map(|file| file.to_str().unwrap()).collect();
        assert_eq!(names, ["config.yaml", "plugin"]);
    }
}
