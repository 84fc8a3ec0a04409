//! NVIDIA cards, and whether containers may have them. That there is none is no fault.

use playground_engine::{EngineError, EngineVersion};
use tokio::process::Command;

use super::limit::within;
use super::line::{Line, typed, words};

const NAME: &str = "gpu";
/// The name that NVIDIA's toolkit gives its container runtime.
const RUNTIME: &str = "nvidia";

/// The cards' names; none where the driver's tool is missing or fails.
pub(super) async fn cards() -> Vec<String> {
    let mut tool = Command::new("nvidia-smi");
    tool.arg("--query-gpu=name").arg("--format=csv,noheader");
    let output = within(tool.kill_on_drop(true).output()).await;
    let Some(Ok(output)) = output.filter(|ran| ran.as_ref().is_ok_and(|ran| ran.status.success()))
    else {
        return Vec::new();
    };
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().map(|line| line.trim().to_owned()).collect()
}

pub(super) fn judge(cards: &[String], engine: &Result<EngineVersion, EngineError>) -> Line {
    let has_runtime = engine
        .as_ref()
        .is_ok_and(|engine| engine.runtimes.iter().any(|name| name == RUNTIME));
    let named = cards.join(", ");
    match (cards.is_empty(), has_runtime) {
        (true, false) => Line::ok(
            NAME,
            words("none: apps run on the CPU", "없음: 앱은 CPU로 실행됩니다"),
        ),
        (false, true) => Line::ok(NAME, typed(format!("{named} (runtime {RUNTIME})"))),
        (false, false) => Line::warning(
            NAME,
            words(
                format!("{named}, but the engine has no runtime {RUNTIME}: apps cannot use it"),
                format!("{named}: 엔진에 {RUNTIME} 런타임이 없어 앱이 쓸 수 없습니다"),
            ),
            typed(
                "sudo nvidia-ctk runtime configure --runtime=docker && sudo systemctl restart docker",
            ),
        ),
        (true, true) => Line::warning(
            NAME,
            words(
                format!("the engine has the runtime {RUNTIME}, but no card answers"),
                format!("엔진에 {RUNTIME} 런타임이 있지만 응답하는 GPU가 없습니다"),
            ),
            typed("nvidia-smi"),
        ),
    }
}
