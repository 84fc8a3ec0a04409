//! Files that nobody else on this machine may read.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// Writes one line whole: a reader sees the old file or the new one.
///
/// # Errors
/// When the file cannot be made, written or put in place.
pub(crate) fn write(file: &Path, line: &str) -> std::io::Result<()> {
    let temporary = file.with_extension("new");
    drop(std::fs::remove_file(&temporary));
    let mut out = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&temporary)?;
    writeln!(out, "{line}")?;
    out.sync_all()?;
    std::fs::rename(temporary, file)
}
