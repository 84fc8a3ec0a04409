//! How the engine keeps images.

use playground_engine::{EngineError, EngineVersion};

use super::limit::unanswered;
use super::line::{Line, typed, words};

const NAME: &str = "storage";
/// Those that share what images have in common without copying it.
const GOOD: [&str; 5] = ["overlay2", "overlayfs", "fuse-overlayfs", "btrfs", "zfs"];

/// Whether a layer costs only what it adds.
pub(super) fn judge(engine: &Result<EngineVersion, EngineError>) -> Line {
    let driver = match engine {
        Ok(engine) => engine.storage_driver.as_str(),
        Err(error) => return unanswered(NAME, error),
    };
    if GOOD.contains(&driver) {
        return Line::ok(NAME, typed(driver));
    }
    Line::warning(
        NAME,
        words(
            format!(
                "the engine keeps images with {driver}: builds are slower and images take more room than with overlay2"
            ),
            format!(
                "엔진의 이미지 저장 방식이 {driver}입니다. overlay2보다 빌드가 느리고 디스크를 더 씁니다"
            ),
        ),
        words(
            "put {\"storage-driver\": \"overlay2\"} into /etc/docker/daemon.json, then: sudo systemctl restart docker",
            "/etc/docker/daemon.json에 {\"storage-driver\": \"overlay2\"}를 넣은 뒤: sudo systemctl restart docker",
        ),
    )
}
