//! The Agent's own image, from a binary and what it needs. No registry is asked: the image begins from nothing.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;

use crate::command::{command, output, run as run_command};
use crate::repo;
use crate::step::step;

/// The name of the image.
pub(crate) const NAME: &str = "synapse-playground-agent";
/// The certificates that this machine trusts, as Debian keeps them.
const CA_BUNDLE: &str = "/etc/ssl/certs/ca-certificates.crt";

/// What can be chosen.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The binary; built now when none is named
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
    /// The image's name
    #[arg(long, default_value = "synapse-playground-agent:latest")]
    tag: String,
}

/// Makes it.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let binary = match &options.binary {
        Some(binary) => binary.clone(),
        None => crate::binary::build(crate::binary::Profile::Release)?,
    };
    step("Image", || {
        make(&binary, &options.tag)?;
        Ok(&options.tag)
    })?;
    Ok(())
}

/// Lays a root together, and has the engine take it.
pub(crate) fn make(binary: &Path, tag: &str) -> anyhow::Result<()> {
    let context = repo::target().join(format!("agent-image-{}", std::process::id()));
    let made = lay(binary, &context).and_then(|()| {
        let folder = context.to_string_lossy();
        let mut build = command("docker", &["build", "--quiet", "--tag", tag, &folder]);
        output(&mut build).map(drop)
    });
    drop(fs::remove_dir_all(&context));
    made
}

fn lay(binary: &Path, context: &Path) -> anyhow::Result<()> {
    let root = context.join("root");
    copy(binary, &root.join("usr/bin/playground"))?;
    for library in libraries(binary)? {
        copy(&library, &below(&root, &library))?;
    }
    // Registries and package indexes are asked by the builds, which have a bundle of their own; this is for the Agent itself.
    if Path::new(CA_BUNDLE).exists() {
        copy(Path::new(CA_BUNDLE), &below(&root, Path::new(CA_BUNDLE)))?;
    }
    for folder in ["tmp", "data"] {
        fs::create_dir_all(root.join(folder))?;
    }
    fs::set_permissions(root.join("tmp"), fs::Permissions::from_mode(0o1777))?;
    // A new volume takes it over.
    fs::set_permissions(root.join("data"), fs::Permissions::from_mode(0o700))?;
    copy(
        &repo::root().join("deploy/Dockerfile"),
        &context.join("Dockerfile"),
    )
}

/// What the loader would load for it: nothing for a static binary.
fn libraries(binary: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let told = command("ldd", &[&binary.to_string_lossy()])
        .output()
        .context("ldd could not be started")?;
    Ok(paths(&String::from_utf8_lossy(&told.stdout)))
}

/// `libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x…)`, and the loader itself, which has no arrow.
fn paths(ldd: &str) -> Vec<PathBuf> {
    ldd.lines()
        .filter_map(|line| {
            line.split_whitespace()
                .find(|word| word.starts_with('/'))
                .map(PathBuf::from)
        })
        .collect()
}

fn below(root: &Path, path: &Path) -> PathBuf {
    root.join(path.strip_prefix("/").unwrap_or(path))
}

fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::copy(from, to).with_context(|| format!("{} could not be copied", from.display()))?;
    Ok(())
}

/// Writes an image to a file, for machines that reach no registry.
pub(crate) fn save(tag: &str, file: &Path) -> anyhow::Result<()> {
    let name = file.to_string_lossy();
    run_command(&mut command("docker", &["save", "--output", &name, tag]))?;
    // Docker makes it for its owner only; it is made to be given away.
    fs::set_permissions(file, fs::Permissions::from_mode(0o644))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::paths;

    #[test]
    fn what_a_binary_needs_is_read_from_ldd() {
        let told = "\tlinux-vdso.so.1 (0x00007ffd)\n\tlibc.so.6 => /lib/x/libc.so.6 (0x00007f)\n\t/lib64/ld-linux.so.2 (0x7f)\n";
        let expected = ["/lib/x/libc.so.6", "/lib64/ld-linux.so.2"];
        assert_eq!(paths(told), expected.map(std::path::PathBuf::from));
        assert_eq!(
            paths("\tstatically linked\n"),
            Vec::<std::path::PathBuf>::new()
        );
    }
}
