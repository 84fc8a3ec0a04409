//! The archive: the binary, and what shells and `man` want of it.

use std::fs;
use std::path::Path;

use crate::command::{command, output, run as run_command};
use crate::repo;

/// Packs it; equal contents give equal bytes.
pub(super) fn make(binary: &Path, out: &Path, name: &str) -> anyhow::Result<String> {
    let folder = out.join(name);
    fs::create_dir_all(folder.join("completions"))?;
    fs::copy(binary, folder.join("playground"))?;
    for file in ["README.md", "README.ko.md"] {
        fs::copy(repo::root().join(file), folder.join(file))?;
    }
    for (shell, file) in [
        ("bash", "playground.bash"),
        ("zsh", "_playground"),
        ("fish", "playground.fish"),
    ] {
        let script = output(&mut command(binary, &["completion", shell]))?;
        fs::write(folder.join("completions").join(file), script)?;
    }
    let pages = folder.join("man");
    run_command(&mut command(
        binary,
        &["man", "--dir", &pages.to_string_lossy()],
    ))?;
    let archive = out.join(format!("{name}.tar.gz"));
    let mut tar = command(
        "tar",
        &["--sort=name", "--owner=0", "--group=0", "--numeric-owner"],
    );
    tar.args(["--mtime=@0", "--create", "--gzip", "--file"]);
    run_command(tar.arg(&archive).arg("--directory").arg(out).arg(name))?;
    let pages = fs::read_dir(&pages)?.count();
    fs::remove_dir_all(&folder)?;
    Ok(format!("{name}.tar.gz, with {pages} manual pages"))
}
