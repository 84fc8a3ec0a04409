//! What changes below a directory, as one batch each time its author saves.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use notify::{ErrorKind, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

use crate::language::say;
use crate::output::note;
use crate::pack::{folders, matters};

/// An editor writes, renames and sets times in one go: what comes this soon after it belongs to it.
pub(crate) const TOGETHER: Duration = Duration::from_millis(30);

/// What changed: a file, named from the directory on, or something that the system did not name.
type Change = Option<PathBuf>;

/// A directory that is watched. Nothing that happens from its making on is missed.
#[derive(Debug)]
pub(crate) struct Edits {
    root: PathBuf,
    changes: mpsc::UnboundedReceiver<Change>,
    watcher: RecommendedWatcher,
}

/// Files that changed, and when the first of them did. None where only that something did is known.
#[derive(Debug)]
pub(crate) struct Edit {
    pub(crate) files: BTreeSet<PathBuf>,
    pub(crate) at: Instant,
}

impl Edits {
    pub(crate) fn of(folder: &Path) -> anyhow::Result<Self> {
        let cannot = || {
            let shown = folder.display();
            say(
                format!("{shown} cannot be watched"),
                format!("디렉터리의 변경을 감시할 수 없습니다: {shown}"),
            )
        };
        let root = folder.canonicalize().with_context(cannot)?;
        let (sender, changes) = mpsc::unbounded_channel();
        let below = root.clone();
        let watcher = notify::recommended_watcher(move |event| {
            for change in told(&below, event) {
                // Nobody watches any more when the command ends.
                drop(sender.send(change));
            }
        })
        .with_context(|| {
            say(
                "this system watches no files",
                "이 시스템에서는 파일의 변경을 감시할 수 없습니다",
            )
        })?;
        let mut edits = Self {
            root,
            changes,
            watcher,
        };
        edits.watch().with_context(cannot)?;
        Ok(edits)
    }

    /// The next batch. Cancel-safe: until its first change comes nothing is taken.
    pub(crate) async fn next(&mut self) -> Option<Edit> {
        let first = self.changes.recv().await?;
        let at = Instant::now();
        let mut files = BTreeSet::from_iter(first);
        while let Ok(Some(change)) = timeout(TOGETHER, self.changes.recv()).await {
            files.extend(change);
        }
        // What is in a folder by now is looked at with this batch; what comes into it later, with another.
        if let Err(error) = self.watch() {
            note(&say(
                format!("not every folder is watched: {error}"),
                format!("일부 폴더의 변경은 알 수 없습니다: {error}"),
            ));
        }
        Some(Edit { files, at })
    }

    /// Watches every folder that files are packed from, new ones too, and no other: systems give few watches, and a
    /// virtual environment would take thousands.
    fn watch(&mut self) -> notify::Result<()> {
        for folder in folders(&self.root) {
            match self.watcher.watch(&folder, RecursiveMode::NonRecursive) {
                // It went meanwhile.
                Err(error) if matches!(error.kind, ErrorKind::PathNotFound) => {}
                watched => watched?,
            }
        }
        Ok(())
    }
}

/// What an event is about. An error, and events that were too many to keep, are about anything.
fn told(root: &Path, event: notify::Result<notify::Event>) -> Vec<Change> {
    let Ok(event) = event else { return vec![None] };
    if event.need_rescan() {
        return vec![None];
    }
    if matches!(event.kind, EventKind::Access(_)) {
        return Vec::new();
    }
    let names = event.paths.iter().filter_map(|path| {
        let name = path.strip_prefix(root).ok()?;
        matters(name).then(|| Some(name.to_owned()))
    });
    names.collect()
}

impl Edit {
    /// What is there when the watching begins.
    pub(crate) fn first() -> Self {
        Self {
            files: BTreeSet::new(),
            at: Instant::now(),
        }
    }

    /// Leaves away what is not packed, where something else was saved, too; says whether something was. Editors write files
    /// of their own on the way, and apps what is ignored.
    pub(crate) fn narrow<'a>(&mut self, packed: impl Iterator<Item = &'a str>) -> bool {
        let packed = packed.map(Path::new);
        let saved: BTreeSet<_> = packed.filter_map(|file| self.files.take(file)).collect();
        let is_saved = !saved.is_empty();
        if is_saved {
            self.files = saved;
        }
        is_saved
    }

    /// The files by name, the first few of them.
    pub(crate) fn names(&self) -> String {
        const MOST: usize = 3;
        if self.files.is_empty() {
            return say("changes", "변경 사항");
        }
        let files = self.files.iter().take(MOST);
        let names: Vec<_> = files.map(|file| file.display().to_string()).collect();
        match self.files.len().saturating_sub(MOST) {
            0 => names.join(", "),
            more => say(
                format!("{} and {more} more", names.join(", ")),
                format!("{} 외 {more}개", names.join(", ")),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everything that is told until this file is.
    async fn until(edits: &mut Edits, last: &str) -> Vec<String> {
        let mut files = BTreeSet::new();
        while !files.contains(Path::new(last)) {
            files.extend(edits.next().await.unwrap().files);
        }
        let names = files.iter().map(|file| file.to_str().unwrap().to_owned());
        names.collect()
    }

    #[tokio::test]
    async fn what_is_saved_comes_as_one_batch_without_what_is_no_part_of_a_plugin() {
        let folder = tempfile::tempdir().unwrap();
        let mut edits = Edits::of(folder.path()).unwrap();
        for name in ["__pycache__", "plugin", ".git"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        std::fs::write(folder.path().join(".git/index"), "1").unwrap();
        std::fs::write(folder.path().join(".gitignore"), "outputs/\n").unwrap();
        std::fs::write(folder.path().join("config.yaml"), "code: a").unwrap();
        let names = until(&mut edits, "config.yaml").await;
        assert_eq!(names, [".gitignore", "config.yaml", "plugin"]);
    }

    #[tokio::test]
    async fn folders_are_watched_from_their_making_on_unless_they_are_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path(".gitignore"), "outputs/\n").unwrap();
        std::fs::create_dir(path("outputs")).unwrap();
        let mut edits = Edits::of(folder.path()).unwrap();
        std::fs::create_dir(path("plugin")).unwrap();
        until(&mut edits, "plugin").await;
        std::fs::write(path("outputs/picture.png"), "x").unwrap();
        std::fs::write(path("plugin/app.py"), "x").unwrap();
        assert_eq!(until(&mut edits, "plugin/app.py").await, ["plugin/app.py"]);
    }

    #[test]
    fn an_edit_is_named_by_what_is_packed_of_it() {
        let edit = |names: &[&str]| Edit {
            files: names.iter().map(PathBuf::from).collect(),
            ..Edit::first()
        };
        let mut both = edit(&["a.py", "picture.png"]);
        assert!(both.narrow(["a.py", "b.py"].into_iter()));
        assert_eq!(both.names(), "a.py");
        let mut gone = edit(&["c.py"]);
        assert!(!gone.narrow(["a.py", "b.py"].into_iter()));
        assert_eq!(gone.names(), "c.py");
        assert_eq!(edit(&["1", "2", "3", "4"]).names(), "1, 2, 3 and 1 more");
    }

    #[test]
    fn what_the_system_could_not_tell_is_something_that_changed() {
        use notify::event::Flag;
        let root = Path::new("/plugin");
        let overflow = notify::Event::new(EventKind::Other).set_flag(Flag::Rescan);
        assert_eq!(told(root, Ok(overflow)), [None]);
        assert_eq!(told(root, Err(notify::Error::generic("broken"))), [None]);
        let edit = notify::Event::new(EventKind::Any).add_path("/plugin/app.py".into());
        assert_eq!(told(root, Ok(edit)), [Some("app.py".into())]);
    }
}
