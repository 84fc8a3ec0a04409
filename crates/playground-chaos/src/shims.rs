//! Processes of containers that an engine forgot.
//!
//! An engine that is killed while it starts a container may come back without knowing of its process: Docker 20.10 then logs
//! "Container not cleaned up from containerd from previous run". The process lives on with its network address, which the
//! engine gives to another container. No client of the engine can see or end such a process; a person would, and so does
//! the run.

use std::path::PathBuf;

use rustix::process::{Pid, Signal, kill_process};

/// The supervisor of one container's processes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shim {
    pub(crate) pid: u32,
    /// The engine's id of its container.
    pub(crate) container: String,
}

/// Every supervisor in this world.
pub(crate) fn all() -> Vec<Shim> {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    processes
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter_map(of)
        .collect()
}

fn of(pid: u32) -> Option<Shim> {
    let line = std::fs::read(proc(pid).join("cmdline")).ok()?;
    let words: Vec<&str> = line
        .split(|byte| *byte == 0)
        .filter_map(|word| std::str::from_utf8(word).ok())
        .collect();
    if !words.first()?.contains("containerd-shim") {
        return None;
    }
    let id = words.iter().position(|word| *word == "-id")?;
    Some(Shim {
        pid,
        container: (*words.get(id + 1)?).to_owned(),
    })
}

impl Shim {
    /// Whether it is still there, and still the same.
    pub(crate) fn is_alive(&self) -> bool {
        of(self.pid).as_ref() == Some(self)
    }

    /// Ends it and the processes that it started, by id. Some of them may be gone by then, which is as good.
    pub(crate) fn end(&self) {
        let path = proc(self.pid).join(format!("task/{}/children", self.pid));
        let children = std::fs::read_to_string(path).unwrap_or_default();
        let children = children
            .split_whitespace()
            .filter_map(|pid| pid.parse().ok());
        let pids = children.chain([self.pid.cast_signed()]);
        for pid in pids.filter_map(Pid::from_raw) {
            kill_process(pid, Signal::KILL).unwrap_or_default();
        }
    }
}

fn proc(pid: u32) -> PathBuf {
    PathBuf::from("/proc").join(pid.to_string())
}
