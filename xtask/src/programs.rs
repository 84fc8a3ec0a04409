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

pub(crate) const CHROMIUM: Program = Program {
    name: "chromium",
    package: "chromium",
    is_service: false,
};
pub(crate) const HAPROXY: Program = Program {
    name: "haproxy",
    package: "haproxy",
    is_service: true,
};
pub(crate) const NGINX: Program = Program {
    name: "nginx",
    package: "nginx-light",
    is_service: true,
};
pub(crate) const WRK: Program = Program {
    name: "wrk",
    package: "wrk",
    is_service: false,
};

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
    fn is_there(self) -> bool {
        exists(self.name) || Path::new("/usr/sbin").join(self.name).exists()
    }
}
