//! A Python with virtual environments, for the suites that drive real Python clients.

use std::process::Stdio;

use anyhow::Context as _;

use crate::command::{apt_install, command};

/// Makes sure of `python3 -m venv`; says what was done.
pub(crate) fn ensure() -> anyhow::Result<String> {
    if has_venv() {
        return Ok("there already".to_owned());
    }
    apt_install(&["python3", "python3-venv", "python3-pip"])
        .context("Python with venv could not be installed")?;
    anyhow::ensure!(has_venv(), "python3 -m venv does not work on this machine");
    Ok("installed".to_owned())
}

fn has_venv() -> bool {
    command("python3", &["-c", "import ensurepip, venv"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
