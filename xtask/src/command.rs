//! Other programs, run with what they say in view.

use std::ffi::OsStr;
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};

/// Whether a program is on the path.
pub(crate) fn exists(program: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|path| {
        std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
    })
}

/// A command in the repository's root.
pub(crate) fn command(program: impl AsRef<OsStr>, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(crate::repo::root())
        .stdin(Stdio::null());
    command
}

/// Runs to success, or fails with what was run.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<()> {
    let status = command
        .status()
        .with_context(|| format!("{command:?} could not be started"))?;
    if !status.success() {
        bail!("{command:?} ended with {status}");
    }
    Ok(())
}

/// Runs to success and returns what it printed.
pub(crate) fn output(command: &mut Command) -> anyhow::Result<String> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("{command:?} could not be started"))?;
    if !output.status.success() {
        bail!("{command:?} ended with {}", output.status);
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Installs Debian packages, which needs root.
pub(crate) fn apt_install(packages: &[&str]) -> anyhow::Result<()> {
    if !exists("apt-get") {
        bail!(
            "install {} by hand: this machine has no apt-get",
            packages.join(" ")
        );
    }
    let apt = |arguments: &[&str]| {
        let mut apt = as_root("apt-get", arguments);
        apt.env("DEBIAN_FRONTEND", "noninteractive");
        run(apt.stdout(Stdio::null()))
    };
    let mut install = vec!["install", "--yes", "--no-install-recommends"];
    install.extend_from_slice(packages);
    // The package lists may be there already; they are fetched only when they are not enough.
    apt(&install).or_else(|_| apt(&["update"]).and_then(|()| apt(&install)))
}

/// A command that needs root: through sudo, where we are not.
pub(crate) fn as_root(program: &str, arguments: &[&str]) -> Command {
    if is_root() {
        return command(program, arguments);
    }
    let mut sudo = command("sudo", &["--non-interactive", program]);
    sudo.args(arguments);
    sudo
}

/// Whether we may do as we like on this machine.
pub(crate) fn is_root() -> bool {
    std::fs::metadata("/proc/self")
        .is_ok_and(|metadata| std::os::unix::fs::MetadataExt::uid(&metadata) == 0)
}
