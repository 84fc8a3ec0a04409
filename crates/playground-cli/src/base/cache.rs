//! Where what was made once is kept.

use std::path::{Path, PathBuf};

/// The folder's name inside the user's cache directory.
const OURS: &str = "synapse-playground";

/// The folder that was named, else one in the user's cache directory, else one in the data directory.
pub(super) fn folder(named: Option<&Path>, data_dir: &Path) -> PathBuf {
    if let Some(named) = named {
        return named.to_owned();
    }
    let variable = |name| std::env::var_os(name).map(PathBuf::from);
    let user = variable("XDG_CACHE_HOME").or_else(|| Some(variable("HOME")?.join(".cache")));
    match user.filter(|path| path.is_absolute()) {
        Some(user) => user.join(OURS),
        None => data_dir.join("cache"),
    }
}
