//! The archive: the binary, and what shells and `man` want of it.

use std::fs;
use std::path::Path;

use crate::command::{command, output, run as run_command};
use crate::repo;

/// What is to be read beside the folder `docs`, where the READMEs lead.
const TEXTS: [&str; 6] = [
    "LICENSE",
    "README.md",
    "README.ko.md",
    "ARCHITECTURE.md",
    "python/sdk/README.md",
    "openapi/agent.json",
];

/// Packs it; equal contents give equal bytes.
pub(super) fn make(binary: &Path, out: &Path, name: &str) -> anyhow::Result<String> {
    let folder = out.join(name);
    fs::create_dir_all(folder.join("completions"))?;
    fs::copy(binary, folder.join("playground"))?;
    copy_texts(&repo::root(), &folder)?;
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
    // Modes, too: who packs may let nobody else read.
    tar.args(["--mtime=@0", "--mode=u=rwX,go=rX"]);
    tar.args(["--create", "--gzip", "--file"]);
    run_command(tar.arg(&archive).arg("--directory").arg(out).arg(name))?;
    let pages = fs::read_dir(&pages)?.count();
    fs::remove_dir_all(&folder)?;
    Ok(format!("{name}.tar.gz, with {pages} manual pages"))
}

fn copy_texts(root: &Path, folder: &Path) -> anyhow::Result<()> {
    for file in TEXTS {
        let target = folder.join(file);
        fs::create_dir_all(target.parent().unwrap_or(folder))?;
        fs::copy(root.join(file), target)?;
    }
    copy_folder(&root.join("docs"), &folder.join("docs"))
}

fn copy_folder(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_the_readmes_lead_is_packed_with_them() -> anyhow::Result<()> {
        let folder = std::env::temp_dir().join(format!("playground-texts-{}", std::process::id()));
        copy_texts(&repo::root(), &folder)?;
        let mut missing = Vec::new();
        for file in ["README.md", "README.ko.md"] {
            let text = fs::read_to_string(folder.join(file))?;
            let links = text.split("](").skip(1);
            let links = links.filter_map(|rest| rest.split([')', '#']).next());
            missing.extend(links.map(str::to_owned).filter(|link| {
                !link.is_empty() && !link.contains("://") && !folder.join(link).exists()
            }));
        }
        let has_license = folder.join("LICENSE").is_file();
        fs::remove_dir_all(&folder)?;
        assert!(has_license && missing.is_empty(), "{missing:?}");
        Ok(())
    }
}
