//! The machine's GPUs, asked through `nvidia-smi` where it is installed. Docker counts nothing of them.
//!
//! Which process of which container uses how much of a GPU is not told here: a container that was given any is shown all
//! of them, each as a whole.

use std::process::Stdio;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use playground_types::EngineId;
use playground_types::wire::GpuSample;
use serde_json::Value;
use tokio::process::Command;
use tokio::sync::OnceCell;
use tokio::time::timeout;

use crate::Control;

/// The program, found by `PATH`.
const PROGRAM: &str = "nvidia-smi";
const QUESTION: [&str; 2] = [
    "--query-gpu=name,utilization.gpu,memory.used",
    "--format=csv,noheader,nounits",
];
/// A driver in trouble answers late or never.
const PATIENCE: Duration = Duration::from_secs(2);
const MIB: u64 = 1 << 20;

/// What the GPUs did when they were looked at last.
#[derive(Debug, Default)]
pub(super) struct Gpus {
    is_there: OnceCell<bool>,
    seen: Mutex<Vec<GpuSample>>,
}

impl Gpus {
    /// Looks, where the program answered the first time.
    pub(super) async fn look(&self) {
        let is_there = self.is_there.get_or_init(async || ask().await.is_some());
        if *is_there.await {
            let seen = ask().await.unwrap_or_default();
            *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = seen;
        }
    }

    fn seen(&self) -> Vec<GpuSample> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.clone()
    }
}

impl Control {
    /// The GPUs, where this container was given any. The engine is asked only where there are some.
    pub(super) async fn gpus_of(&self, id: &EngineId) -> Vec<GpuSample> {
        let gpus = self.stats.0.gpus.seen();
        if gpus.is_empty() {
            return gpus;
        }
        match self.engine.inspect_raw(id).await {
            Ok(Some(container)) if has_gpus(&container) => gpus,
            _ => Vec::new(),
        }
    }
}

/// Given by a request for devices, or by a runtime that gives them out.
fn has_gpus(container: &Value) -> bool {
    let host = &container["HostConfig"];
    let requests = host["DeviceRequests"].as_array();
    let runtime = host["Runtime"].as_str();
    requests.is_some_and(|requests| !requests.is_empty()) || runtime == Some("nvidia")
}

async fn ask() -> Option<Vec<GpuSample>> {
    let mut command = Command::new(PROGRAM);
    command
        .args(QUESTION)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let printed = timeout(PATIENCE, command.output()).await.ok()?.ok()?;
    let text = String::from_utf8_lossy(&printed.stdout);
    printed
        .status
        .success()
        .then(|| text.lines().filter_map(read).collect())
}

/// `NVIDIA A100-SXM4-40GB, 37, 1024`. What a card does not tell reads `[N/A]` and is nothing.
fn read(line: &str) -> Option<GpuSample> {
    let mut parts = line.rsplitn(3, ',').map(str::trim);
    let (memory, busy, name) = (parts.next()?, parts.next()?, parts.next()?);
    Some(GpuSample {
        name: name.to_owned(),
        utilization_percent: busy.parse().unwrap_or(0.0),
        memory_bytes: memory.parse::<u64>().unwrap_or(0) * MIB,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_the_program_prints_is_read() {
        let gpu = read("NVIDIA A100-SXM4-40GB, 37, 1024").unwrap();
        assert_eq!(
            (gpu.name.as_str(), gpu.utilization_percent, gpu.memory_bytes),
            ("NVIDIA A100-SXM4-40GB", 37.0, 1 << 30)
        );
        assert_eq!(read("A, B, [N/A], [N/A]").unwrap().name, "A, B");
        assert_eq!(read("NVIDIA-SMI has failed"), None);
    }

    #[test]
    fn who_was_given_none_has_none() {
        let given = json!({"HostConfig": {"DeviceRequests": [{"Count": -1}]}});
        assert!(has_gpus(&given));
        assert!(has_gpus(&json!({"HostConfig": {"Runtime": "nvidia"}})));
        assert!(!has_gpus(
            &json!({"HostConfig": {"Runtime": "runc", "DeviceRequests": []}})
        ));
    }
}
