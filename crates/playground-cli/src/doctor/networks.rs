//! Ranges of addresses that Docker has left for networks: it gives out about thirty, and then no more.

use playground_engine::{Engine, EngineError, Reach};
use playground_types::{Cause, Failure};
use uuid::Uuid;

use super::limit::{ask, unanswered};
use super::line::{Line, typed, words};

const NAME: &str = "networks";

/// What was found.
#[derive(Debug)]
pub(super) struct Networks {
    /// Whether the Agent's own is there already.
    pub(super) has_ours: Result<bool, EngineError>,
    /// What came of making one more, which is removed at once.
    pub(super) one_more: Result<(), EngineError>,
}

/// Not cut short: a network that was made has to be removed. Each call has a limit inside the engine's client.
pub(super) async fn find(engine: &Engine, network: &str, reach: Reach) -> Networks {
    let has_ours = ask("inspect network", engine.has_network(network, reach)).await;
    let one_more = match &has_ours {
        Err(EngineError::Unreachable { .. } | EngineError::TimedOut(_)) => Ok(()),
        _ => {
            let name = format!("playground-doctor-{}", Uuid::now_v7().simple());
            engine.try_network(&name).await
        }
    };
    Networks { has_ours, one_more }
}

pub(super) fn judge(network: &str, found: &Networks) -> Line {
    let is_there = match &found.has_ours {
        Ok(is_there) => *is_there,
        Err(EngineError::ForeignNetwork(_) | EngineError::Conflict { .. }) => {
            return Line::bad(
                NAME,
                words(
                    format!(
                        "the network {network} is there and is not one that the Agent would make"
                    ),
                    format!("{network} 네트워크가 있지만 Agent가 만드는 것과 다릅니다"),
                ),
                typed(format!("docker network rm {network}")),
            );
        }
        Err(error) => return unanswered(NAME, error),
    };
    match &found.one_more {
        Ok(()) if is_there => Line::ok(
            NAME,
            words(
                format!("{network} is there, and one more can be made"),
                format!("{network}: 이미 있으며 하나 더 만들 수 있습니다"),
            ),
        ),
        Ok(()) => Line::ok(NAME, words("one can be made", "하나 더 만들 수 있습니다")),
        Err(error) => cannot_be_made(is_there, error),
    }
}

/// The Agent needs one network: where it is there, no other is missing.
fn cannot_be_made(is_there: bool, error: &EngineError) -> Line {
    let said = match error {
        EngineError::Refused { message, .. } => message.clone(),
        other => other.to_string(),
    };
    let cause = Cause::of_refusal(&said);
    let fix = match cause {
        Cause::NoAddresses => typed("docker network prune"),
        _ => typed("sudo journalctl -u docker -n 50"),
    };
    let failure = Failure::of(&cause);
    let message = words(failure.message, failure.ko.message);
    if is_there {
        Line::warning(NAME, message, fix)
    } else {
        Line::bad(NAME, message, fix)
    }
}
