//! A Docker Engine that answers. One that does is never touched; where none does, Debian's is installed and started.

use std::fs::File;
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use crate::command::{apt_install, as_root, command, exists, is_root, output, run};
use crate::repo;

/// Where an engine answers that nobody moved.
const SOCKET: &str = "/var/run/docker.sock";
/// How long a started engine may take until it answers.
const START: Duration = Duration::from_secs(60);
/// The engine is asked again this often.
const INTERVAL: Duration = Duration::from_millis(200);

/// Makes sure of an engine; says what was done.
pub(crate) fn ensure() -> anyhow::Result<String> {
    if answers() {
        return Ok("answers already".to_owned());
    }
    if std::env::var_os("DOCKER_HOST").is_some() {
        bail!(
            "DOCKER_HOST is set and nothing answers there; unset it to use an engine on this machine"
        );
    }
    let installed = exists("dockerd");
    if !installed {
        apt_install(&["docker.io", "iptables", "ca-certificates"])
            .context("Docker Engine could not be installed: install it by hand (Debian and Ubuntu: docker.io)")?;
    }
    if !answers() {
        if is_locked() {
            bail!(
                "this user may not open Docker's socket: sudo usermod -aG docker \"$USER\" && newgrp docker"
            );
        }
        start()?;
    }
    Ok(if installed {
        "started"
    } else {
        "installed and started"
    }
    .to_owned())
}

/// Whether an engine answers at the usual place.
fn answers() -> bool {
    match std::env::var("DOCKER_HOST") {
        Ok(host) if !host.starts_with("unix://") => command("docker", &["version"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success()),
        Ok(host) => pings(Path::new(host.trim_start_matches("unix://"))),
        Err(_) => pings(Path::new(SOCKET)),
    }
}

/// Whether an engine is there that this user may not speak to.
fn is_locked() -> bool {
    UnixStream::connect(SOCKET).is_err_and(|error| error.kind() == ErrorKind::PermissionDenied)
}

fn pings(socket: &Path) -> bool {
    first_line(socket).is_some_and(|line| line.contains(" 200 "))
}

fn first_line(socket: &Path) -> Option<String> {
    let mut stream = UnixStream::connect(socket).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    stream
        .write_all(b"GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n")
        .ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    answer.lines().next().map(|line| format!("{line} "))
}

/// Through systemd where that runs this machine, else by hand, in the background, with its log in the cache.
fn start() -> anyhow::Result<()> {
    if Path::new("/run/systemd/system").is_dir() {
        run(&mut as_root("systemctl", &["start", "docker"]))?;
        return wait_until_it_answers("journalctl -u docker");
    }
    if !is_root() {
        bail!("a Docker Engine must be started by root: sudo dockerd");
    }
    let log = repo::cache().join("dockerd.log");
    std::fs::create_dir_all(repo::cache())?;
    // A pid file of an engine that died without removing it keeps the next one from starting.
    drop(std::fs::remove_file("/var/run/docker.pid"));
    let out = File::create(&log)?;
    command("dockerd", &[])
        .stdout(out.try_clone()?)
        .stderr(out)
        // A group of its own: it must outlive the terminal that this command runs in.
        .process_group(0)
        .spawn()
        .context("dockerd could not be started")?;
    wait_until_it_answers(&log.to_string_lossy())
}

fn wait_until_it_answers(log: &str) -> anyhow::Result<()> {
    let deadline = Instant::now() + START;
    while Instant::now() < deadline {
        if answers() {
            return Ok(());
        }
        pause(INTERVAL);
    }
    bail!(
        "the Docker Engine did not answer within {} s: see {log}",
        START.as_secs()
    )
}

/// Removes the networks of tests and benchmarks that were killed, with the containers in them: their names tell the
/// process that made them. An engine has some thirty ranges of addresses for networks, and each takes one for ever.
pub(crate) fn sweep() -> anyhow::Result<String> {
    let networks = output(&mut command(
        "docker",
        &["network", "ls", "--format", "{{.Name}}"],
    ))?;
    let dead: Vec<&str> = networks
        .lines()
        .filter(|network| maker(network).is_some_and(|process| !is_alive(process)))
        .collect();
    for network in &dead {
        let filter = format!("network={network}");
        let list = ["ps", "--all", "--quiet", "--filter", &filter];
        let containers = output(&mut command("docker", &list))?;
        for container in containers.lines() {
            let remove = ["rm", "--force", "--volumes", container];
            output(&mut command("docker", &remove))?;
        }
        output(&mut command("docker", &["network", "rm", network]))?;
    }
    Ok(match dead.len() {
        0 => "nothing".to_owned(),
        many => format!("{many} networks of processes that are gone"),
    })
}

/// The process that made a network, where that is one of our tests or benchmarks.
fn maker(network: &str) -> Option<u32> {
    const OURS: [&str; 4] = [
        "agent-test-",
        "engine-test-",
        "playground-bench-",
        "playground-contract-",
    ];
    let rest = OURS.iter().find_map(|name| network.strip_prefix(name))?;
    rest.split('-').next()?.parse().ok()
}

fn is_alive(process: u32) -> bool {
    Path::new("/proc").join(process.to_string()).exists()
}

/// Waits between two looks at something that cannot tell us when it changes.
#[expect(
    clippy::disallowed_methods,
    reason = "polls another process, in a program that does nothing else"
)]
pub(crate) fn pause(interval: Duration) {
    std::thread::sleep(interval);
}

#[cfg(test)]
mod tests {
    use super::maker;

    #[test]
    fn a_network_of_a_test_tells_the_process_that_made_it() {
        assert_eq!(maker("agent-test-26978-pair"), Some(26_978));
        assert_eq!(maker("agent-test-26978-pair-internal"), Some(26_978));
        assert_eq!(maker("playground-contract-4317-agent0"), Some(4317));
        assert_eq!(maker("playground-bench-2286"), Some(2286));
        assert_eq!(maker("synapse-playground"), None);
        assert_eq!(maker("agent-test-of-somebody"), None);
    }
}
