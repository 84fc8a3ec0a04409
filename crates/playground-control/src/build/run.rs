//! One build, from its row to its image.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Write};
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use playground_engine::labels::{
    LABEL_AGENT, LABEL_CONTEXT, LABEL_MANAGED_BY, LABEL_RELEASE, MANAGED_BY,
};
use playground_engine::{
    self as engine, BuildEvent, BuildFailed, BuildRequest, EngineError, ImageView, TarStream,
};
use playground_plugin::recipe::{Builder, Install, Recipe};
use playground_plugin::{PluginFacts, write_context};
use playground_store::BuildRow;
use playground_types::{BuildStatus, Cause, Failure, FailureKind, ImageName};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;

use super::classify::classify;
use super::log::BuildLog;
use super::steps::Steps;
use crate::{Control, StepError, diagnose};

/// The context travels to the engine in parts of this size.
const PART_BYTES: usize = 64 * 1024;
/// Parts and events in flight.
const IN_FLIGHT: usize = 16;

/// A build that the engine broke off is begun so often. Times at which no engine answered do not count.
const ATTEMPTS: i64 = 10;
/// Wait before a build is begun again.
const PAUSE: Duration = Duration::from_secs(2);

/// How one try ended.
enum Ended {
    Built,
    NotSupported,
    Failed(Failure),
}

impl Control {
    /// Runs a build to its end and writes down what came of it.
    pub(super) async fn run_build(&self, build: &BuildRow, cancel: CancellationToken) {
        let (folder, bytes) = (self.config.builds_dir(), self.config.build.log_bytes);
        let mut log = BuildLog::create(&folder, build.id, bytes);
        // Cancel-safe: dropping a build cancels it in the engine, and its log was written line by line.
        let ended = tokio::select! {
            ended = self.try_build(build, &mut log) => ended,
            () = cancel.cancelled() => Ok(Err(super::cancelled())),
            // Left as it is: the next start queues it again.
            () = self.shutdown.cancelled() => return,
        };
        let ended = match ended {
            Ok(ended) => ended,
            Err(error) if is_unreachable(&error) || build.attempt < ATTEMPTS => {
                return self.put_back(build, &error).await;
            }
            Err(error) => {
                let why = crate::error_chain(&error);
                Err(Failure::of(&Cause::BuildNotRun { why }))
            }
        };
        let (status, failure) = match ended {
            Ok(()) => (BuildStatus::Completed, None),
            Err(failure) if failure.kind == FailureKind::Cancelled => {
                (BuildStatus::Cancelled, Some(failure))
            }
            Err(failure) => (BuildStatus::Failed, Some(failure)),
        };
        tracing::info!(
            failure.kind = failure.as_ref().map(|failure| failure.kind.as_str()),
            "build of {} {status}",
            build.release
        );
        loop {
            // Whole before the build has ended: that is when its readers stop.
            log.finish();
            let now = self.clock.now();
            let (id, failure) = (build.id, failure.as_ref());
            match self.store.finish_build(id, status, failure, now).await {
                Err(error) if self.may_write_again(&error).await => {}
                Ok(()) | Err(_) => return,
            }
        }
    }

    /// Not the build's fault: it is queued again, and begun when the engine had a moment to come back.
    async fn put_back(&self, build: &BuildRow, error: &StepError) {
        tracing::warn!(
            error = &crate::error_chain(error),
            attempt = build.attempt,
            "a build is begun again"
        );
        // Cancel-safe: both only wait.
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => {}
            () = self.shutdown.cancelled() => return,
        }
        while let Err(error) = self.store.requeue_build(build.id).await {
            if !self.may_write_again(&error).await {
                return;
            }
        }
        self.changes.note();
        self.builder.wake();
    }

    /// Wheels only first, with the shared package cache; then, where that needs a source build and the operator allows
    /// it, once more with a cache of its own. The classic builder steps in where the engine has no BuildKit.
    async fn try_build(
        &self,
        build: &BuildRow,
        log: &mut BuildLog,
    ) -> Result<Result<(), Failure>, StepError> {
        let facts = self.facts(&build.source).await?;
        let Some(base) = self.engine.image(&self.config.base_image).await? else {
            let image = self.config.base_image.clone();
            return Ok(Err(Failure::of(&Cause::BaseImageMissing { image })));
        };
        let mut install = Install::Wheels;
        let mut builder = self.first_builder();
        // What was planned tells whether for a live container: those images have no code.
        let planned = self.recipe(&facts, &base, install, builder, true).await?;
        let live = planned.digest == build.context;
        loop {
            let recipe = self.recipe(&facts, &base, install, builder, live).await?;
            match self
                .build_once(build, &facts, &base, recipe, builder, log)
                .await?
            {
                Ended::Built => {
                    let current = ImageName::for_release(&build.release).current();
                    self.engine.tag_image(&build.image, &current).await?;
                    return Ok(Ok(()));
                }
                Ended::NotSupported if builder == Builder::BuildKit => {
                    log.line("BuildKit is not available on this engine: building with the classic builder");
                    builder = Builder::Classic;
                }
                Ended::NotSupported => {
                    return Ok(Err(Failure::of(&Cause::NoBuilder)));
                }
                Ended::Failed(failure)
                    if failure.kind == FailureKind::NeedsSourceBuild
                        && install == Install::Wheels
                        && self.config.build.allow_source =>
                {
                    log.line("A requirement has no wheel: trying again with source builds, in a package cache of its own");
                    install = Install::Source;
                }
                Ended::Failed(failure) => {
                    log.line(&format!("failed: {}", failure.message));
                    return Ok(Err(failure.with_log_tail(diagnose::tail(&log.last_lines()))));
                }
            }
        }
    }

    async fn build_once(
        &self,
        build: &BuildRow,
        facts: &PluginFacts,
        base: &ImageView,
        recipe: Recipe,
        builder: Builder,
        log: &mut BuildLog,
    ) -> Result<Ended, StepError> {
        let request = self.build_request(build, builder);
        let context = self.context(facts, recipe)?;
        let (events, receiver) = mpsc::channel(IN_FLIGHT);
        let ended = {
            let work = self.engine.build(&request, context, events);
            let deadline = Instant::now() + self.config.build.timeout;
            self.follow_build(build, work, receiver, deadline, log)
                .await
        };
        Ok(match ended {
            Ok(Ok(())) => Ended::Built,
            Ok(Err(failed)) if failed.not_supported => Ended::NotSupported,
            Ok(Err(BuildFailed {
                engine: Some(error @ (EngineError::Unreachable { .. } | EngineError::Stream { .. })),
                ..
            })) => {
                return Err(StepError::Engine(error));
            }
            Ok(Err(failed)) => Ended::Failed(classify(&failed, &log.last_lines(), &base.id)),
            Err(failure) => Ended::Failed(failure),
        })
    }

    /// Drives the build and its events side by side, under both time-outs.
    async fn follow_build(
        &self,
        build: &BuildRow,
        work: impl Future<Output = Result<(), BuildFailed>>,
        mut events: mpsc::Receiver<BuildEvent>,
        deadline: Instant,
        log: &mut BuildLog,
    ) -> Result<Result<(), BuildFailed>, Failure> {
        tokio::pin!(work);
        let mut steps = Steps::default();
        let mut heard = Instant::now();
        let silence = self.config.build.silence;
        let result = loop {
            // Cancel-safe: `recv` loses no event, `work` is polled on across turns.
            tokio::select! {
                biased;
                Some(event) = events.recv() => {
                    heard = Instant::now();
                    self.note(build, event, &mut steps, log).await;
                }
                result = &mut work => break result,
                () = tokio::time::sleep_until(heard + silence) => return Err(silent(silence)),
                () = tokio::time::sleep_until(deadline) => return Err(too_long(self.config.build.timeout)),
            }
        };
        while let Ok(event) = events.try_recv() {
            self.note(build, event, &mut steps, log).await;
        }
        Ok(result)
    }

    async fn note(
        &self,
        build: &BuildRow,
        event: BuildEvent,
        steps: &mut Steps,
        log: &mut BuildLog,
    ) {
        match event {
            BuildEvent::Log { line, .. } => {
                log.line(&line);
                self.changes.note_build_log();
            }
            BuildEvent::Step {
                id,
                name,
                state,
                at,
            } => {
                if let Some(line) = steps.note(&id, &name, &state, at) {
                    log.line(&line);
                }
                if let Err(error) = self.store.set_build_steps(build.id, &steps.list()).await {
                    tracing::warn!(
                        error = &crate::error_chain(&error),
                        "build steps could not be written"
                    );
                }
                self.changes.note();
            }
        }
    }

    fn build_request(&self, build: &BuildRow, builder: Builder) -> BuildRequest {
        let config = &self.config.build;
        BuildRequest {
            tags: vec![build.image.clone()],
            labels: [
                (LABEL_MANAGED_BY, MANAGED_BY.to_owned()),
                (LABEL_AGENT, self.agent_id.clone()),
                (LABEL_RELEASE, build.release.to_string()),
                (LABEL_CONTEXT, build.context.hex().to_owned()),
            ]
            .map(|(name, value)| (name.to_owned(), value))
            .into(),
            dockerfile: playground_plugin::recipe::DOCKERFILE_PATH.to_owned(),
            builder: match builder {
                Builder::BuildKit => engine::Builder::BuildKit,
                Builder::Classic => engine::Builder::Classic,
            },
            memory_bytes: config.memory_bytes,
            cpus: config.cpus,
            network: config.network.clone(),
            build_args: match builder {
                Builder::BuildKit => BTreeMap::new(),
                // For the labels of the images without a name that it leaves behind.
                Builder::Classic => {
                    BTreeMap::from([("SYNAPSE_AGENT".to_owned(), self.agent_id.clone())])
                }
            },
        }
    }

    /// The build context as a stream, made on a thread of its own while the engine takes it.
    fn context(&self, facts: &PluginFacts, recipe: Recipe) -> Result<TarStream, StepError> {
        let path = self.config.source_file(&facts.content);
        let source =
            File::open(&path).map_err(|source| crate::ControlError::Disk { path, source })?;
        let (sender, receiver) = mpsc::channel(IN_FLIGHT);
        tokio::task::spawn_blocking(move || {
            let mut out = PartWriter {
                part: Vec::with_capacity(PART_BYTES),
                sender: sender.clone(),
            };
            let written =
                write_context(BufReader::new(source), &recipe, &mut out).and_then(|()| out.flush());
            if let Err(error) = written {
                // Nobody listens any more when the build ended first.
                drop(sender.blocking_send(Err(error)));
            }
        });
        Ok(ReceiverStream::new(receiver).boxed())
    }
}

fn is_unreachable(error: &StepError) -> bool {
    matches!(error, StepError::Engine(EngineError::Unreachable { .. }))
}

fn silent(after: Duration) -> Failure {
    Failure::of(&Cause::BuildSilent {
        seconds: after.as_secs(),
    })
}

fn too_long(after: Duration) -> Failure {
    Failure::of(&Cause::BuildTooLong {
        seconds: after.as_secs(),
    })
}

/// Turns writes into parts on a channel.
struct PartWriter {
    part: Vec<u8>,
    sender: mpsc::Sender<io::Result<Bytes>>,
}

impl Write for PartWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.part.extend_from_slice(bytes);
        if self.part.len() >= PART_BYTES {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.part.is_empty() {
            return Ok(());
        }
        let part = std::mem::replace(&mut self.part, Vec::with_capacity(PART_BYTES));
        self.sender
            .blocking_send(Ok(part.into()))
            .map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}
