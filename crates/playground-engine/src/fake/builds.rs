//! Scripted builds: each takes its time on tokio's clock, says what it does, and makes an image or fails.

use std::time::Duration;

use tokio::sync::mpsc;

use super::images::drain;
use super::{FakeEngine, Op};
use crate::build::TarStream;
use crate::{BuildEvent, BuildFailed, BuildRequest, Builder, Result, StepState};

/// How one build goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildScript {
    /// How long it takes, spread over its steps.
    pub takes: Duration,
    /// The names of its steps.
    pub steps: Vec<String>,
    /// What each step prints.
    pub log: Vec<String>,
    /// The builder's words when it fails, after its last step.
    pub fails: Option<String>,
    /// It goes silent after its steps and never ends.
    pub hangs: bool,
}

impl Default for BuildScript {
    /// Two seconds, two steps, success.
    fn default() -> Self {
        Self {
            takes: Duration::from_secs(2),
            steps: vec!["[1/2] FROM base".into(), "[2/2] COPY . .".into()],
            log: Vec::new(),
            fails: None,
            hangs: false,
        }
    }
}

impl BuildScript {
    /// Fails with these words after having printed `log`.
    pub fn failing(message: &str, log: &[&str]) -> Self {
        Self {
            log: log.iter().map(|&line| line.to_owned()).collect(),
            fails: Some(message.to_owned()),
            ..Self::default()
        }
    }
}

impl FakeEngine {
    /// How builds go from now on.
    pub fn build_by_default(&self, script: BuildScript) {
        self.state().default_build = script;
    }

    /// How the next build goes. Several queue up.
    pub fn build_next(&self, script: BuildScript) {
        self.state().build_scripts.push_back(script);
    }

    /// An engine without `BuildKit`: only the classic builder works.
    pub fn without_buildkit(&self) {
        self.state().has_buildkit = false;
    }

    /// How many builds run now.
    pub fn builds_running(&self) -> usize {
        self.state().builds_running
    }

    /// How many builds were dropped before their end.
    pub fn builds_cancelled(&self) -> usize {
        self.state().builds_cancelled
    }

    pub(crate) async fn build(
        &self,
        request: &BuildRequest,
        context: TarStream,
        events: mpsc::Sender<BuildEvent>,
    ) -> Result<(), BuildFailed> {
        let pass = self.enter(Op::Build).await?;
        let outcome = self.run_build(request, context, &events).await;
        // A build that failed is an answer like one that did not: either can be lost.
        self.leave(pass, Ok(())).await?;
        outcome
    }

    async fn run_build(
        &self,
        request: &BuildRequest,
        context: TarStream,
        events: &mpsc::Sender<BuildEvent>,
    ) -> Result<(), BuildFailed> {
        if request.builder == Builder::BuildKit && !self.state().has_buildkit {
            return Err(BuildFailed {
                not_supported: true,
                ..BuildFailed::because("buildkit is not supported by this engine")
            });
        }
        let script = {
            let mut state = self.state();
            let next = state.build_scripts.pop_front();
            next.unwrap_or_else(|| state.default_build.clone())
        };
        let mut running = Running::new(self);
        let bytes = drain(context)
            .await
            .map_err(|error| BuildFailed::because(format!("the build context broke: {error}")))?;
        tracing::debug!(context.bytes = bytes, "scripted build has its context");
        let count = u32::try_from(script.steps.len().max(1)).unwrap_or(1);
        for (index, name) in script.steps.iter().enumerate() {
            let last = index + 1 == script.steps.len();
            let error = script.fails.clone().filter(|_| last);
            self.run_step(index, name, &script, error, script.takes / count, events)
                .await;
        }
        if script.hangs {
            std::future::pending::<()>().await;
        }
        running.ended = true;
        match script.fails {
            Some(message) => Err(BuildFailed::because(message)),
            None => {
                self.change(|state| state.add_image(&request.tags, request.labels.clone()));
                Ok(())
            }
        }
    }

    async fn run_step(
        &self,
        index: usize,
        name: &str,
        script: &BuildScript,
        error: Option<String>,
        takes: Duration,
        events: &mpsc::Sender<BuildEvent>,
    ) {
        let id = format!("step-{index}");
        let step = |state| BuildEvent::Step {
            id: id.clone(),
            name: name.to_owned(),
            state,
            at: self.now(),
        };
        // Whether anybody listens makes no difference to a build.
        drop(events.send(step(StepState::Started)).await);
        for line in &script.log {
            let line = BuildEvent::Log {
                step: Some(id.clone()),
                line: line.clone(),
            };
            drop(events.send(line).await);
        }
        tokio::time::sleep(takes).await;
        let finished = StepState::Finished {
            cached: false,
            error,
        };
        drop(events.send(step(finished)).await);
    }
}

/// Counts a build while it runs, and as cancelled when it is dropped before its end.
struct Running<'a> {
    engine: &'a FakeEngine,
    ended: bool,
}

impl<'a> Running<'a> {
    fn new(engine: &'a FakeEngine) -> Self {
        engine.change(|state| state.builds_running += 1);
        Self {
            engine,
            ended: false,
        }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let cancelled = usize::from(!self.ended);
        self.engine.change(|state| {
            state.builds_running -= 1;
            state.builds_cancelled += cancelled;
        });
    }
}
