//! A machine of its own inside this one: network, processes and mounts that nothing outside sees.
//!
//! A second Docker Engine beside the machine's own one would rewrite its iptables chains and share its ports. In a
//! network namespace of its own it has neither; in a process namespace of its own, everything that was started ends when
//! the first process does, engine, containers and all. No process is ever looked for by its name.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, bail};

use crate::Place;

/// The first process of the world: sets the stage, then waits for the run while it reaps whoever lost its parent.
const STAGE: &str = r#"ip link set lo up && mkdir -p /run/containerd && mount -t tmpfs tmpfs /run/containerd || exit 70
"$@" & wait $!"#;
/// Container processes are accounted for under this name, for cleaning up.
const CGROUPS: &str = "/sys/fs/cgroup";

/// Runs this very command again inside, and cleans up after it.
pub(crate) fn enter(place: &Place) -> anyhow::Result<ExitCode> {
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|metadata| metadata.uid() == 0);
    if !is_root {
        bail!("this needs root: it makes namespaces and runs a Docker Engine in them");
    }
    let folder = own_folder(place);
    remove_abandoned(&place.folder);
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("{} cannot be made", folder.display()))?;
    let mut arguments = std::env::args_os().skip(1);
    let verb = arguments.next().context("a command is missing")?;
    // This process gone, `unshare` is killed, and with it the world.
    let status = Command::new("setpriv")
        .args([
            "--pdeathsig",
            "KILL",
            "unshare",
            "--net",
            "--mount",
            "--pid",
        ])
        .args([
            "--fork",
            "--mount-proc",
            "--kill-child",
            "sh",
            "-c",
            STAGE,
            "sh",
        ])
        .arg(std::env::current_exe()?)
        .arg(verb)
        .args(arguments)
        .arg("--inside")
        .arg("--folder")
        .arg(&folder)
        .status()
        .context("setpriv and unshare (package util-linux) are needed")?;
    if place.keep {
        remove_cgroups(&folder);
        crate::tell::say(&format!("kept: {}", folder.display()));
    } else {
        remove(&folder);
    }
    Ok(ExitCode::from(
        u8::try_from(status.code().unwrap_or(1)).unwrap_or(1),
    ))
}

/// The name that cgroups of a run's containers are below.
pub(crate) fn cgroup_of(folder: &Path) -> String {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    format!("/synapse-{name}")
}

fn own_folder(place: &Place) -> PathBuf {
    place.folder.join(format!("chaos-{}", std::process::id()))
}

/// What runs left behind that were killed themselves.
fn remove_abandoned(parent: &Path) {
    let Ok(entries) = std::fs::read_dir(parent) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let owner = name.to_str().and_then(|name| name.strip_prefix("chaos-"));
        if owner.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
            remove(&entry.path());
        }
    }
}

fn remove(folder: &Path) {
    if let Err(error) = std::fs::remove_dir_all(folder) {
        crate::tell::say(&format!("{} is left behind: {error}", folder.display()));
    }
    remove_cgroups(folder);
}

fn remove_cgroups(folder: &Path) {
    let name = cgroup_of(folder);
    for controller in std::fs::read_dir(CGROUPS).into_iter().flatten().flatten() {
        remove_cgroup(&controller.path().join(name.trim_start_matches('/')));
    }
}

/// From the leaves up: a cgroup has no files that could be removed, only children.
fn remove_cgroup(path: &Path) {
    for child in std::fs::read_dir(path).into_iter().flatten().flatten() {
        if child.path().is_dir() {
            remove_cgroup(&child.path());
        }
    }
    // Not there, or still in use by a process that is just ending: nothing depends on it.
    drop(std::fs::remove_dir(path));
}
