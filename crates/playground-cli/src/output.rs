//! Where words go: results to standard output, the rest to standard error.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::Path;

use clap::ValueEnum;
use serde::Serialize;

/// The form of results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    // No doc comments: clap would give every option of every verb a paragraph of its own.
    Table,
    Json,
}

/// Prints a result.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{}", text.trim_end_matches('\n'))?;
    out.flush()
}

/// Prints a result as JSON.
pub(crate) fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    Ok(print(&serde_json::to_string_pretty(value)?)?)
}

/// Says something beside the result. Nobody there to hear it is no reason to fail.
pub(crate) fn note(text: &str) {
    drop(writeln!(io::stderr().lock(), "{text}"));
}

/// A file of a folder, as it is named from here.
pub(crate) fn below(folder: &Path, file: &str) -> String {
    match folder == Path::new(".") {
        true => file.to_owned(),
        false => folder.join(file).display().to_string(),
    }
}

/// Whether results go to a terminal.
pub(crate) fn is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Whether results may have colours.
pub(crate) fn has_colour() -> bool {
    is_terminal() && is_capable()
}

/// Whether what is said beside results may have colours.
pub(crate) fn has_colour_beside() -> bool {
    has_motion()
}

/// Whether progress may move.
pub(crate) fn has_motion() -> bool {
    io::stderr().is_terminal() && is_capable()
}

fn is_capable() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}
