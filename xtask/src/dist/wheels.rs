//! The wheels: the Python client, and the command line for whoever has `pip` and no Rust.

use std::path::{Path, PathBuf};

use anyhow::ensure;

use super::STATIC;
use crate::command::{command, output, run as run_command};
use crate::repo;
use crate::step::step;

/// Makes both, and installs both where nothing else is.
pub(super) fn make(out: &Path, triple: &str) -> anyhow::Result<()> {
    let tools = repo::cache().join("dist-tools");
    step("Tools for wheels", || {
        let pip = environment(&tools)?;
        run_command(command(&pip, &["install", "--quiet", "maturin>=1.9,<2"]).current_dir(out))?;
        Ok("there")
    })?;
    let folder = out.to_string_lossy();
    step("Wheel of the SDK", || {
        let pip = tools.join("bin/pip");
        let wheel = [
            "wheel",
            "--quiet",
            "--no-deps",
            "--wheel-dir",
            &folder,
            "python/sdk",
        ];
        run_command(&mut command(pip, &wheel))?;
        Ok("made")
    })?;
    step("Wheel of the command line", || {
        // The same flags as the binary's: nothing is compiled again.
        let mut build = command(
            tools.join("bin/maturin"),
            &[
                "build",
                "--quiet",
                "--locked",
                "--profile",
                "dist",
                "--target",
                triple,
                "--out",
                &folder,
                "--manifest-path",
                "crates/playground-cli/Cargo.toml",
            ],
        );
        run_command(build.env("RUSTFLAGS", STATIC))?;
        Ok("made")
    })?;
    step("Wheels, installed", || tried(out)).map(drop)
}

/// In an environment of its own, as somebody who has only these files and the index.
fn tried(out: &Path) -> anyhow::Result<String> {
    let fresh = repo::target().join("dist-tried");
    drop(std::fs::remove_dir_all(&fresh));
    let pip = environment(&fresh)?;
    let mut install = command(&pip, &["install", "--quiet"]);
    for entry in std::fs::read_dir(out)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "whl") {
            install.arg(path);
        }
    }
    run_command(&mut install)?;
    let said = output(&mut command(fresh.join("bin/playground"), &["--version"]))?;
    ensure!(said.contains(env!("CARGO_PKG_VERSION")), "it says {said:?}");
    let import = "from synapse_sdk.clients.agent import AgentClient; print(AgentClient.__name__)";
    let imported = output(&mut command(fresh.join("bin/python"), &["-c", import]))?;
    ensure!(imported.trim() == "AgentClient", "it says {imported:?}");
    std::fs::remove_dir_all(&fresh)?;
    Ok(format!("{} and AgentClient", said.trim()))
}

/// A virtual environment; its `pip`.
fn environment(folder: &Path) -> anyhow::Result<PathBuf> {
    let pip = folder.join("bin/pip");
    if !pip.exists() {
        let path = folder.to_string_lossy();
        run_command(&mut command("python3", &["-m", "venv", &path]))?;
    }
    Ok(pip)
}
