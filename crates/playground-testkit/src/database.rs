//! Databases that are lost, or put back from before, under an Agent that is started again.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

use crate::TestControl;
use crate::control::open;

/// A copy of a database as it was.
#[derive(Debug)]
pub struct Backup(TempDir);

impl TestControl {
    /// Copies the database. The Agent is stopped and started again around it.
    pub async fn backup(&mut self) -> Backup {
        self.control.stop().await;
        self.store.close().await;
        let backup = tempfile::tempdir().expect("there is room for a copy");
        for file in self.database_files() {
            let name = file.file_name().expect("a file has a name");
            fs::copy(&file, backup.path().join(name)).expect("a database can be copied");
        }
        self.open_again().await;
        Backup(backup)
    }

    /// The Agent is killed, its database is gone, and it starts again.
    pub async fn lose_database(&mut self) {
        self.kill().await;
        self.remove_database().await;
        self.open_again().await;
    }

    /// The Agent is killed, its database is the one of the backup, and it starts again.
    pub async fn restore(&mut self, backup: &Backup) {
        self.kill().await;
        self.remove_database().await;
        for entry in fs::read_dir(backup.0.path()).expect("the copy is there") {
            let entry = entry.expect("the copy can be listed");
            fs::copy(entry.path(), self.dir.path().join(entry.file_name()))
                .expect("the copy can be put back");
        }
        self.open_again().await;
    }

    /// The files of all uploaded plugins are gone.
    pub fn lose_contents(&self) {
        let folder = self.dir.path().join("sources");
        for entry in fs::read_dir(folder).expect("the folder is there").flatten() {
            fs::remove_file(entry.path()).expect("a content can be removed");
        }
    }

    async fn remove_database(&self) {
        self.store.close().await;
        for file in self.database_files() {
            fs::remove_file(file).expect("a database can be removed");
        }
    }

    async fn open_again(&mut self) {
        self.store = open(self.dir.path()).await;
        self.start_again().await;
    }

    fn database_files(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.dir.path()).expect("the data directory is there");
        entries
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.to_string_lossy().contains("playground.db"))
            .collect()
    }
}
