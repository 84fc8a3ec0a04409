//! Builds images.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bollard::errors::Error;
use bollard::query_parameters::{BuildImageOptions, BuilderVersion};
use futures_util::StreamExt;
use tokio::sync::mpsc;
use uuid::Uuid;

use super::DockerEngine;
use super::classify::classify;
use super::progress::Progress;
use crate::build::TarStream;
use crate::{BuildEvent, BuildFailed, BuildRequest, Builder, EngineError};

/// The period that a CPU quota counts in, in microseconds.
const CPU_PERIOD: i32 = 100_000;

impl DockerEngine {
    /// Has no deadline of its own: how long a build may take, and be silent, is its caller's policy.
    pub(crate) async fn build(
        &self,
        request: &BuildRequest,
        context: TarStream,
        events: mpsc::Sender<BuildEvent>,
    ) -> Result<(), BuildFailed> {
        let client = self.client().await?;
        let (context, broken) = watched(context);
        let body = bollard::body_try_stream(context);
        let mut stream = client.build_image(options(request), None, Some(body));
        let mut progress = Progress::default();
        let mut failure = None;
        while let Some(message) = stream.next().await {
            match message {
                Ok(message) => send(&events, progress.take(message)).await,
                Err(error) => {
                    failure = Some(failed(error));
                    break;
                }
            }
        }
        drop(stream);
        if let Some(reason) = broken.lock().unwrap_or_else(PoisonError::into_inner).take() {
            failure = Some(BuildFailed::because(format!(
                "the build context broke: {reason}"
            )));
        }
        let message = failure.as_ref().map(|failure| failure.message.as_str());
        send(&events, progress.finish(message)).await;
        match failure {
            Some(failure) => Err(failure),
            None if !progress.made => {
                Err(EngineError::stream("it ended before there was an image").into())
            }
            None => self.tag_all(request).await,
        }
    }

    /// Docker's builders take one tag through this interface; the others follow.
    async fn tag_all(&self, request: &BuildRequest) -> Result<(), BuildFailed> {
        let Some((first, others)) = request.tags.split_first() else {
            return Ok(());
        };
        for tag in others {
            self.tag_image(first, tag).await?;
        }
        Ok(())
    }
}

fn options(request: &BuildRequest) -> BuildImageOptions {
    let is_buildkit = request.builder == Builder::BuildKit;
    let map = |pairs: &std::collections::BTreeMap<String, String>| -> HashMap<String, String> {
        pairs.clone().into_iter().collect()
    };
    let memory = request.memory_bytes.map(memory_limit);
    BuildImageOptions {
        dockerfile: request.dockerfile.clone(),
        t: request.tags.first().cloned(),
        labels: Some(map(&request.labels)),
        buildargs: Some(map(&request.build_args)),
        networkmode: request.network.clone(),
        memory,
        memswap: memory,
        cpuperiod: request.cpus.map(|_| CPU_PERIOD),
        cpuquota: request.cpus.map(cpu_quota),
        // The classic builder leaves a container for each step, and one for a failed step, unless told not to.
        rm: true,
        forcerm: true,
        version: if is_buildkit {
            BuilderVersion::BuilderBuildKit
        } else {
            BuilderVersion::BuilderV1
        },
        // Two builds that share a session would share credentials and confuse their progress.
        session: is_buildkit.then(|| Uuid::now_v7().to_string()),
        ..BuildImageOptions::default()
    }
}

/// The client's field ends below 2 GiB; more than that is cut down, never wrapped around.
fn memory_limit(bytes: u64) -> i32 {
    i32::try_from(bytes).unwrap_or(i32::MAX)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a cast from float saturates"
)]
fn cpu_quota(cpus: f64) -> i32 {
    (cpus * f64::from(CPU_PERIOD)) as i32
}

/// What ended a build. Inside its stream the builder speaks; around it the engine does.
fn failed(error: Error) -> BuildFailed {
    match error {
        Error::DockerStreamError { error } => BuildFailed {
            not_supported: is_not_supported(&error),
            ..BuildFailed::because(error)
        },
        // A bad Dockerfile is refused before the stream begins.
        Error::DockerResponseServerError {
            status_code: 400..=499,
            message,
        } => BuildFailed {
            not_supported: is_not_supported(&message),
            ..BuildFailed::because(message)
        },
        Error::DockerResponseServerError {
            status_code,
            message,
        } if is_not_supported(&message) || status_code == 501 => BuildFailed {
            not_supported: true,
            ..BuildFailed::because(message)
        },
        other => classify("build image", other).into(),
    }
}

/// The texts of engines that have no `BuildKit` or no way to a session: older Docker, Podman, proxies in between.
fn is_not_supported(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    message.contains("buildkit") && message.contains("support")
        || message.contains("no active session")
        || message.contains("page not found")
        || message.contains("invalid builder version")
}

/// The context, and a place where the reason is kept if reading it fails: the client only sees a broken request.
fn watched(context: TarStream) -> (TarStream, Arc<Mutex<Option<String>>>) {
    let broken = Arc::new(Mutex::new(None));
    let place = Arc::clone(&broken);
    let context = context
        .inspect(move |part| {
            if let Err(error) = part {
                *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.to_string());
            }
        })
        .boxed();
    (context, broken)
}

/// Whether anybody listens makes no difference to a build.
async fn send(events: &mpsc::Sender<BuildEvent>, batch: Vec<BuildEvent>) {
    for event in batch {
        drop(events.send(event).await);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status_code: u16, message: &str) -> BuildFailed {
        failed(Error::DockerResponseServerError {
            status_code,
            message: message.to_owned(),
        })
    }

    #[test]
    fn an_engine_without_buildkit_is_told_from_a_failed_build() {
        assert!(refused(400, "buildkit is not supported on this platform").not_supported);
        let bad = refused(
            400,
            "dockerfile parse error line 1: unknown instruction: FORM",
        );
        assert!(!bad.not_supported && bad.engine.is_none());
        assert!(refused(500, "boom").engine.is_some());
    }

    #[test]
    fn a_large_memory_limit_is_cut_and_not_wrapped() {
        assert_eq!(memory_limit(8 << 30), i32::MAX);
        assert_eq!(memory_limit(1 << 30), 1 << 30);
        assert_eq!(cpu_quota(1.5), 150_000);
    }
}
