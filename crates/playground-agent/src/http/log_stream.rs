//! What a launch has to say while it is on its way: its build's log, and where it stands.

use async_stream::try_stream;
use futures_util::Stream;
use playground_control::Control;
use playground_store::StoreError;
use playground_types::{BuildId, Failure, LaunchId, LaunchStatus};
use serde::Serialize;

use super::builds::Found;

/// One thing that is said. The framing is that of the platform's own job logs: `complete` and `error` end a stream.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Frame {
    /// `log`, `status`, `waiting`, `error` or `complete`.
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    /// The line, the status word, or the reason.
    pub(crate) message: String,
    /// With the reason of a launch: all that is known of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) failure: Option<Failure>,
    /// Where in the build's log the next line begins: a reader that comes back goes on from there.
    #[serde(skip)]
    pub(crate) next: u64,
}

impl Frame {
    pub(crate) fn new(kind: &'static str, message: String, next: u64) -> Self {
        Self {
            kind,
            message,
            failure: None,
            next,
        }
    }
}

/// Frames from an offset of the log on, until the end. `follow` waits for what is not there yet.
pub(crate) fn frames(
    control: Control,
    found: Found,
    offset: u64,
    follow: bool,
) -> impl Stream<Item = Result<Frame, StoreError>> + Send {
    try_stream! {
        let mut changes = control.changes();
        let mut printed = control.build_log_changes();
        let mut next = offset;
        let mut told = None;
        let mut told_waiting = None;
        loop {
            changes.borrow_and_update();
            printed.borrow_and_update();
            // The status first: a log that is read after its build ended is whole.
            let status = status(&control, &found).await?;
            if let Some(build) = build_of(&control, &found).await? {
                let mut reader = control.build_log(build, next);
                for line in reader.read().await.unwrap_or_default() {
                    next = line.next;
                    yield Frame::new("log", line.text, next);
                }
            }
            if told != Some(status) {
                told = Some(status);
                yield Frame::new("status", status.to_string(), next);
            }
            let waiting = waiting(&control, &found).await?;
            if told_waiting != waiting {
                told_waiting.clone_from(&waiting);
                if let Some(message) = waiting {
                    yield Frame::new("waiting", message, next);
                }
            }
            if status.is_final() || !follow {
                break;
            }
            // Cancel-safe: both mark a value as seen only when they return.
            tokio::select! {
                _ = changes.changed() => {}
                _ = printed.changed() => {}
            }
        }
        if let Some(status) = told.filter(|status| status.is_final()) {
            yield last_frame(&control, &found, status, next).await?;
        }
    }
}

async fn last_frame(
    control: &Control,
    found: &Found,
    status: LaunchStatus,
    next: u64,
) -> Result<Frame, StoreError> {
    let failure = match found {
        Found::Launch(launch) => control
            .store()
            .launch(launch.id)
            .await?
            .and_then(|launch| launch.failure),
        Found::Build(build) => control
            .store()
            .build(build.id)
            .await?
            .and_then(|build| build.failure),
    };
    Ok(match (status, failure) {
        (LaunchStatus::Failed, Some(failure)) => Frame {
            failure: Some(failure.clone()),
            ..Frame::new("error", failure.message, next)
        },
        _ => Frame::new("complete", status.to_string(), next),
    })
}

async fn status(control: &Control, found: &Found) -> Result<LaunchStatus, StoreError> {
    let gone = LaunchStatus::Cancelled;
    match found {
        Found::Launch(launch) => match control.store().launch(LaunchId(launch.id.0)).await? {
            Some(launch) => Ok(control.launch_status(&launch).await.unwrap_or(gone)),
            None => Ok(gone),
        },
        Found::Build(build) => Ok(match control.store().build(build.id).await? {
            Some(build) if build.status.is_final() => build.status.as_str().parse().unwrap_or(gone),
            Some(_) => LaunchStatus::Building,
            None => gone,
        }),
    }
}

/// What a launch waits for that is not its own doing, in a sentence. A place in a queue is left out: it moves all the time.
async fn waiting(control: &Control, found: &Found) -> Result<Option<String>, StoreError> {
    let Found::Launch(launch) = found else {
        return Ok(None);
    };
    let container = control.store().container(launch.container).await?;
    let waiting = container.and_then(|row| control.waiting(row.pk));
    Ok(waiting
        .filter(|waiting| waiting.code == "engine_unavailable")
        .map(|waiting| waiting.detail))
}

async fn build_of(control: &Control, found: &Found) -> Result<Option<BuildId>, StoreError> {
    match found {
        Found::Launch(launch) => Ok(control
            .store()
            .launch(launch.id)
            .await?
            .and_then(|launch| launch.build)),
        Found::Build(build) => Ok(Some(build.id)),
    }
}
