//! Who this Agent is: the id on the labels of everything it makes.
//!
//! It is kept twice, in the database and in a file beside it, because what carries it must be found again when either
//! is lost. Where they differ the Agent does not start: a database that was copied here, or a file, would make it take
//! another living Agent's containers for its own, and nothing here can tell which of the two is right.

use std::io::{self, Write as _};
use std::path::Path;

use playground_store::Store;
use playground_types::BuildId;
use tempfile::NamedTempFile;

use crate::ControlError;

/// The file in the data directory.
pub const AGENT_ID_FILE: &str = "agent-id";
/// Where the database keeps it.
const SETTING: &str = "agent_id";
/// Docker's filters carry it.
const LONGEST: usize = 128;

/// This Agent's id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) id: String,
    /// The file knew it and the database did not: this is a new database in place of one that is gone.
    pub(crate) database_is_new: bool,
}

/// Finds the id, or makes one, and keeps it in both places.
pub(crate) async fn identity(store: &Store, data_dir: &Path) -> Result<Identity, ControlError> {
    let path = data_dir.join(AGENT_ID_FILE);
    let disk = |source| ControlError::Disk {
        path: path.clone(),
        source,
    };
    let in_file = match std::fs::read_to_string(&path) {
        Ok(text) if is_id(text.trim()) => Some(text.trim().to_owned()),
        Ok(_) => return Err(ControlError::AgentIdInvalid { path }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(disk(error)),
    };
    let in_database = store.setting(SETTING).await?;
    match (in_database, in_file) {
        (Some(database), Some(file)) if database != file => Err(ControlError::AgentIdConflict {
            database,
            file,
            path,
        }),
        (Some(id), file) => {
            if file.is_none() {
                write(&path, &id).map_err(disk)?;
            }
            Ok(Identity {
                id,
                database_is_new: false,
            })
        }
        (None, file) => {
            let database_is_new = file.is_some();
            let id = file.unwrap_or_else(|| BuildId::generate().to_string());
            // The file first: killed in between, the next start finds the same id.
            if !database_is_new {
                write(&path, &id).map_err(disk)?;
            }
            let id = store.setting_or(SETTING, &id).await?;
            Ok(Identity {
                id,
                database_is_new,
            })
        }
    }
}

fn is_id(text: &str) -> bool {
    !text.is_empty() && text.len() <= LONGEST && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Written beside and renamed, so that the file is always whole.
fn write(path: &Path, id: &str) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = NamedTempFile::new_in(folder)?;
    writeln!(file, "{id}")?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}
