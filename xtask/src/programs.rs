//! Programs of other people that suites and benchmarks drive, from Debian's packages.

use std::path::Path;
use std::process::Stdio;

use crate::command::{apt_install, command, exists};

/// A program, and the package it is in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Program {
    name: &'static str,
    package: &'static str,
    /// Whether Debian starts it as a service.
    is_service: bool,
}

pub(crate) const CHROMIUM: Program = Program::tool("chromium", "chromium");
/// The page shows how to call an app with it, and what it shows is run.
pub(crate) const CURL: Program = Program::tool("curl", "curl");
/// Letters for Korean: without them a browser shows boxes. Known by a file, since it is no program.
pub(crate) const KOREAN: Program = Program::tool("/usr/share/fonts/truetype/nanum", "fonts-nanum");
/// What a page is looked at with.
pub(crate) const BROWSER: [Program; 3] = [CHROMIUM, KOREAN, CURL];
/// Brings up the Agent's container as its compose file says; Docker's own plugin does it as well, and is no Debian package.
pub(crate) const COMPOSE: Program = Program::tool("docker-compose", "docker-compose");
pub(crate) const HAPROXY: Program = Program {
    name: "haproxy",
    package: "haproxy",
    is_service: true,
};
pub(crate) const IP: Program = Program::tool("ip", "iproute2");
pub(crate) const MOUNT: Program = Program::tool("mount", "mount");
pub(crate) const NGINX: Program = Program {
    name: "nginx",
    package: "nginx-light",
    is_service: true,
};
pub(crate) const SETPRIV: Program = Program::tool("setpriv", "util-linux");
pub(crate) const UNSHARE: Program = Program::tool("unshare", "util-linux");
pub(crate) const WRK: Program = Program::tool("wrk", "wrk");

/// Installs those that are missing; says what was done.
pub(crate) fn ensure(programs: &[Program]) -> anyhow::Result<&'static str> {
    let missing: Vec<&Program> = programs.iter().filter(|it| !it.is_there()).collect();
    if missing.is_empty() {
        return Ok("there");
    }
    let packages: Vec<&str> = missing.iter().map(|it| it.package).collect();
    apt_install(&packages)?;
    // Debian starts what it installs; ours are started by whoever needs them.
    for program in missing.iter().filter(|it| it.is_service) {
        let mut stop = command("service", &[program.name, "stop"]);
        drop(stop.stdout(Stdio::null()).stderr(Stdio::null()).status());
    }
    Ok("installed")
}

impl Program {
    const fn tool(name: &'static str, package: &'static str) -> Self {
        Self {
            name,
            package,
            is_service: false,
        }
    }

    fn is_there(self) -> bool {
        // An absolute path replaces the folder before it.
        exists(self.name) || Path::new("/usr/sbin").join(self.name).exists()
    }
}
