//! Which versions there are: for whoever is asked for help.

use playground_engine::{EngineError, EngineVersion};

use super::line::{Line, typed, words};

const NAME: &str = "versions";

/// All of them in one line. Nothing is judged here.
pub(super) fn judge(ours: &str, engine: &Result<EngineVersion, EngineError>) -> Line {
    let Ok(engine) = engine else {
        return Line::ok(
            NAME,
            words(
                format!("playground {ours}; those of the engine are not known"),
                format!("playground {ours}, 엔진 버전은 알 수 없음"),
            ),
        );
    };
    let runc = engine.runc.as_deref().unwrap_or("?");
    let cgroup = engine.cgroup_version.as_deref().unwrap_or("?");
    // Every engine with an API that we speak has BuildKit inside, without a version of its own.
    Line::ok(
        NAME,
        typed(format!(
            "playground {ours}; Docker {} (API {}, BuildKit inside, runc {runc}); {}, Linux {}, cgroup {cgroup}",
            engine.version, engine.api_version, engine.os, engine.kernel
        )),
    )
}
