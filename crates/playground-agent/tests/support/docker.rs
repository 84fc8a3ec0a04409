//! Docker's own command line: a second pair of eyes on what the Agent did.

use std::process::Command;

use serde_json::Value;

/// Runs `docker` with these arguments; its output where it succeeds.
pub(crate) fn docker(arguments: &[&str]) -> Result<String, String> {
    let output = Command::new("docker")
        .args(arguments)
        .output()
        .map_err(|error| format!("the docker command is not there: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
    }
}

/// Docker's JSON about a container, image or network.
pub(crate) fn inspect(id: &str) -> Value {
    let text = docker(&["inspect", id]).unwrap_or_else(|error| panic!("{id}: {error}"));
    let all: Value = serde_json::from_str(&text).expect("JSON");
    all[0].clone()
}

/// What a shell inside a container prints, run as the app is.
pub(crate) fn shell(id: &str, script: &str) -> String {
    docker(&["exec", id, "sh", "-c", script]).unwrap_or_else(|error| panic!("{script}: {error}"))
}

/// What `/proc` says of each process in a container, of this look's own included.
pub(crate) fn statuses(id: &str) -> Vec<String> {
    let all = shell(
        id,
        "for status in /proc/[0-9]*/status; do cat $status 2>/dev/null && echo --; done",
    );
    let all: Vec<String> = all
        .split("--")
        .map(str::to_owned)
        .filter(|text| text.contains("Uid:"))
        .collect();
    assert!(all.len() >= 3, "init, the app and this look: {all:?}");
    all
}

/// A line of that.
pub(crate) fn field(status: &str, name: &str) -> String {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.unwrap_or("not there")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

/// The ids of this Agent's containers.
pub(crate) fn containers(agent_id: &str) -> Vec<String> {
    let filter = format!("label=synapse.agent={agent_id}");
    lines(docker(&[
        "ps",
        "--all",
        "--quiet",
        "--no-trunc",
        "--filter",
        &filter,
    ]))
}

/// The ids of this Agent's images, those without a name included.
pub(crate) fn images(agent_id: &str) -> Vec<String> {
    let filter = format!("label=synapse.agent={agent_id}");
    let mut ids = lines(docker(&[
        "images",
        "--quiet",
        "--no-trunc",
        "--filter",
        &filter,
    ]));
    ids.sort();
    ids.dedup();
    ids
}

fn lines(output: Result<String, String>) -> Vec<String> {
    output
        .unwrap_or_else(|error| panic!("{error}"))
        .lines()
        .map(str::to_owned)
        .collect()
}

/// Everything that a test's Agent leaves on the engine, taken away when this is dropped, whatever became of the test.
#[derive(Debug)]
pub(crate) struct Leftovers {
    pub(crate) agent_id: String,
    pub(crate) network: String,
}

impl Drop for Leftovers {
    fn drop(&mut self) {
        let mut problems = Vec::new();
        for id in containers(&self.agent_id) {
            problems.extend(docker(&["rm", "--force", "--volumes", &id]).err());
        }
        for id in images(&self.agent_id) {
            problems.extend(docker(&["rmi", "--force", &id]).err());
        }
        for network in [&self.network, &format!("{}-internal", self.network)] {
            problems.extend(docker(&["network", "rm", network]).err());
        }
        // Another Agent of the same test may have had the same network.
        problems.retain(|problem| !problem.contains("No such") && !problem.contains("not found"));
        if !problems.is_empty() {
            let text = format!("left on the engine: {problems:?}");
            // A second panic would hide the first.
            if std::thread::panicking() {
                eprintln!("{text}");
            } else {
                panic!("{text}");
            }
        }
    }
}
