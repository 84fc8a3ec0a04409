//! The steps of a build, as the engine tells of them.

use playground_engine::StepState;
use playground_plugin::recipe::purpose_of;
use playground_types::Timestamp;
use playground_types::wire::BuildStep;

use crate::diagnose::STEP_PREFIX;

/// Steps in the order they began.
#[derive(Debug, Default)]
pub(super) struct Steps(Vec<Step>);

#[derive(Debug)]
struct Step {
    id: String,
    name: String,
    started: Option<Timestamp>,
    ended: Option<Timestamp>,
    cached: bool,
    error: Option<String>,
}

impl Steps {
    /// Takes a change in; what the log should say of it, if anything.
    pub(super) fn note(
        &mut self,
        id: &str,
        name: &str,
        state: &StepState,
        at: Timestamp,
    ) -> Option<String> {
        let known = self.0.iter().position(|step| step.id == id);
        let index = known.unwrap_or_else(|| {
            self.0.push(Step {
                id: id.to_owned(),
                name: name.to_owned(),
                started: None,
                ended: None,
                cached: false,
                error: None,
            });
            self.0.len() - 1
        });
        let step = &mut self.0[index];
        match state {
            StepState::Started if step.started.is_none() => {
                step.started = Some(at);
                Some(format!("{STEP_PREFIX}{name}"))
            }
            StepState::Started => None,
            StepState::Finished { cached, error } => {
                step.ended = Some(at);
                step.cached = *cached;
                step.error.clone_from(error);
                match error {
                    Some(error) => Some(format!("{STEP_PREFIX}{name}: {error}")),
                    None => cached.then(|| format!("{STEP_PREFIX}{name} (cached)")),
                }
            }
        }
    }

    /// The steps as the API shows them.
    pub(super) fn list(&self) -> Vec<BuildStep> {
        self.0
            .iter()
            .map(|step| BuildStep {
                name: step.name.clone(),
                purpose: purpose_of(&step.name),
                cached: step.cached,
                duration_ms: match (step.started, step.ended) {
                    (Some(started), Some(ended)) => {
                        Some(ended.millis_since(started).max(0).unsigned_abs())
                    }
                    _ => None,
                },
                error: step.error.clone(),
            })
            .collect()
    }
}
