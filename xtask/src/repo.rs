//! Where things are.

use std::path::{Path, PathBuf};

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_owned()
}

/// What is made once and kept: environments, archives of root file systems, logs. `PLAYGROUND_CACHE` moves it.
pub(crate) fn cache() -> PathBuf {
    std::env::var_os("PLAYGROUND_CACHE").map_or_else(|| root().join(".cache"), PathBuf::from)
}

/// What the suites of the last test run printed and logged, a folder for each level.
pub(crate) fn test_output() -> PathBuf {
    target().join("test-output")
}

/// Where cargo puts what it builds.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}
