//! One file of the suite that drives a browser, run by itself: measurements and pictures.

use std::path::Path;

use crate::command::{command, run as run_command};
use crate::step::step;
use crate::{programs, python, repo, web};

/// Runs it and shows what it prints. `settings` are environment variables for it.
pub(crate) fn run(binary: &Path, file: &str, settings: &[(&str, &Path)]) -> anyhow::Result<()> {
    step("Python", python::ensure)?;
    step("Chromium", || programs::ensure(&programs::BROWSER))?;
    web::tools()?;
    let arguments = ["python/contract/run.py", "--browser", "--only", file];
    let mut suite = command("python3", &arguments);
    suite
        .arg("--binary")
        .arg(binary)
        .env("PLAYGROUND_CACHE", repo::cache())
        .envs(settings.iter().copied());
    run_command(&mut suite)
}
