//! A create, from its body to its answer. Both ways in (`containers/` and `containers/docker/`) are this one.

use std::time::Duration;

use axum::extract::{FromRequest as _, Multipart, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use futures_util::StreamExt as _;
use playground_control::{Control, ControlError, CreateRequest};
use playground_plugin::{PluginFacts, Requested};
use playground_store::{Accepted, LaunchRow, Outcome};
use playground_types::wire::Created;
use playground_types::{FailureKind, PluginCode, PluginRelease};
use serde_json::Value;
use tokio::time::Instant;

use super::AppState;
use super::body::{CreateBody, TEXT_BYTES, json_bytes};
use super::error::ApiError;
use super::extract::Caller;

/// Room for a form's boundaries and headers beside its archive.
const FORM_OVERHEAD: u64 = 64 * 1024;

/// An archive that is refused is taken off the line for no longer than this.
const DRAIN: Duration = Duration::from_secs(30);

/// Reads, accepts, waits a little, answers.
pub(super) async fn create(
    state: &AppState,
    caller: &Caller,
    request: Request,
) -> Result<(StatusCode, axum::Json<Created>), ApiError> {
    let hold = hold_of(request.headers(), state.hold.0);
    let mut body = read(&state.control, request).await?;
    // A client's patience begins with its last byte: unpacking a large archive takes from the same seconds.
    let begun = Instant::now();
    // Cheap checks first: a bad variable name should not wait for a large archive to be unpacked.
    let (params, envs) = (body.params()?, body.envs()?);
    let facts = facts(&state.control, &mut body).await?;
    let request = CreateRequest {
        facts,
        model: body.model(),
        params,
        envs,
        limits: body.limits,
        labels: body.labels.unwrap_or_default(),
        metadata: Value::Object(body.metadata.unwrap_or_default()),
        kind: body.kind.unwrap_or_else(|| "plugin_runtime".to_owned()),
        backend_container_id: body.backend_container_id,
        on_existing: body.on_existing.unwrap_or_default(),
        live: body.live.unwrap_or_default(),
    };
    let accepted = state.control.create_container(request).await?;
    let launch = state
        .control
        .await_launch(accepted.launch.id, hold.saturating_sub(begun.elapsed()))
        .await?;
    answer(&state.control, caller, &accepted, &launch).await
}

/// How long this caller waits for a result: as long as we hold requests, or less, by `Prefer: respond-async` and
/// `Prefer: wait=SECONDS` (RFC 7240). Who follows the launch by its events has no use for a held request.
fn hold_of(headers: &HeaderMap, hold: Duration) -> Duration {
    let preferences = headers
        .get_all("prefer")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split([',', ';']))
        .map(str::trim);
    let wanted = preferences.filter_map(|preference| match preference.split_once('=') {
        None if preference.eq_ignore_ascii_case("respond-async") => Some(Duration::ZERO),
        Some((name, seconds)) if name.trim().eq_ignore_ascii_case("wait") => {
            seconds.trim().parse().ok().map(Duration::from_secs)
        }
        _ => None,
    });
    wanted.min().map_or(hold, |wanted| wanted.min(hold))
}

/// The archive of a release without a container: `plugin_releases/`.
pub(super) async fn read(control: &Control, request: Request) -> Result<CreateBody, ApiError> {
    let content_type = request
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if content_type.starts_with("multipart/form-data") {
        let config = control.config();
        let limit = config.archive_limits.upload_bytes;
        if let Err(full) = control.ensure_room().await {
            drain(request, limit).await;
            return Err(full.into());
        }
        let request = limited(request, limit + TEXT_BYTES as u64 + FORM_OVERHEAD);
        let form = Multipart::from_request(request, &())
            .await
            .map_err(|error| ApiError::bad_request("form_invalid", error.body_text()))?;
        return CreateBody::from_form(form, &config.spool_dir(), limit).await;
    }
    CreateBody::from_json(&json_bytes(request.into_body()).await?)
}

/// Takes what is sent and keeps nothing: a client that is cut off while it sends sees a broken connection, and no reason.
async fn drain(request: Request, limit: u64) {
    let mut parts = request.into_body().into_data_stream();
    let mut left = limit;
    let drained = async {
        while let Some(Ok(part)) = parts.next().await {
            let Some(less) = left.checked_sub(part.len() as u64) else {
                break;
            };
            left = less;
        }
    };
    drop(tokio::time::timeout(DRAIN, drained).await);
}

/// Lifts axum's small default; the parts are counted as they come.
fn limited(mut request: Request, bytes: u64) -> Request {
    use axum::extract::DefaultBodyLimit;
    DefaultBodyLimit::max(usize::try_from(bytes).unwrap_or(usize::MAX)).apply(&mut request);
    request
}

/// The release that a body means, stored by now.
pub(super) async fn facts(
    control: &Control,
    body: &mut CreateBody,
) -> Result<PluginFacts, ApiError> {
    let requested = requested(body)?;
    if let Some(file) = body.file.take() {
        return Ok(control.take_in(file, requested).await?);
    }
    let code = requested.code.ok_or(ControlError::NothingToCreate)?;
    match requested.version {
        Some(version) => Ok(control
            .release_facts(&PluginRelease::new(code, version))
            .await?),
        None => newest(control, &code).await,
    }
}

/// A bare code means its newest release here.
async fn newest(control: &Control, code: &PluginCode) -> Result<PluginFacts, ApiError> {
    let found = control
        .store()
        .newest_release(code.as_str())
        .await
        .map_err(ControlError::from)?;
    match found {
        Some(row) => Ok(control.release_facts(&row.release).await?),
        None => Err(ControlError::UnknownRelease(code.to_string()).into()),
    }
}

/// The identity in the four shapes that clients send.
fn requested(body: &CreateBody) -> Result<Requested, ApiError> {
    let given = body
        .plugin_release
        .as_deref()
        .or(body.plugin.as_deref())
        .filter(|text| !text.is_empty());
    let version = body.version.as_deref().filter(|text| !text.is_empty());
    let (code, version) = match given.and_then(|text| text.rsplit_once('@')) {
        Some((code, of_release)) => (Some(code), Some(of_release)),
        None => (given, version),
    };
    // Clients send the file of whatever action comes first in their config: only gradio's is meant for us.
    let is_gradio = body
        .action
        .as_deref()
        .is_none_or(|action| action == "gradio");
    Ok(Requested {
        code: code
            .map(str::parse)
            .transpose()
            .map_err(ControlError::Release)?,
        version: version
            .map(str::parse)
            .transpose()
            .map_err(ControlError::Release)?,
        entrypoint: body.entrypoint.clone().filter(|_| is_gradio),
    })
}

async fn answer(
    control: &Control,
    caller: &Caller,
    accepted: &Accepted,
    launch: &LaunchRow,
) -> Result<(StatusCode, axum::Json<Created>), ApiError> {
    if let Some(failure) = launch
        .failure
        .as_ref()
        .filter(|failure| failure.kind == FailureKind::PortsExhausted)
    {
        return Err(
            ApiError::insufficient("ports_exhausted", failure.message.clone())
                .with_hint(failure.hint.clone().unwrap_or_default()),
        );
    }
    let row = control
        .store()
        .container(accepted.container.pk)
        .await
        .map_err(ControlError::from)?;
    let row = row.as_ref().unwrap_or(&accepted.container);
    let status = match launch.outcome {
        None => StatusCode::ACCEPTED,
        Some(Outcome::Completed) if accepted.restarted || launch.id != accepted.launch.id => {
            StatusCode::OK
        }
        Some(Outcome::Completed | Outcome::Failed | Outcome::Cancelled) => StatusCode::CREATED,
    };
    let container = control.view(row, caller.host());
    let mut answer = created(
        caller,
        container,
        launch,
        accepted.restarted,
        accepted.recreated,
    );
    if let Some(place) = control.place_of_launch(launch).await? {
        answer.position = Some(place.position);
        answer.estimate_seconds = place.estimate_seconds;
    }
    Ok((status, axum::Json(answer)))
}

/// A container with the addresses of its launch.
pub(super) fn created(
    caller: &Caller,
    container: playground_types::wire::Container,
    launch: &LaunchRow,
    restarted: bool,
    recreated: bool,
) -> Created {
    let id = launch.id;
    Created {
        container,
        restarted,
        recreated,
        build_id: id.to_string(),
        ws_url: caller.ws_url(&format!("builds/{id}/logs/")),
        sse_url: caller.url(&format!("builds/{id}/logs/stream/")),
        status_url: caller.url(&format!("builds/{id}/")),
        position: None,
        estimate_seconds: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_may_wait_for_less_and_never_for_more() {
        let hold = Duration::from_secs(8);
        for (prefer, held) in [
            ("respond-async", 0),
            ("Respond-Async, wait=3", 0),
            ("wait=3", 3),
            ("wait=60", 8),
            ("return=minimal", 8),
            ("wait=soon", 8),
        ] {
            let headers = [("prefer", prefer)].map(|(name, value)| {
                (
                    axum::http::HeaderName::from_static(name),
                    axum::http::HeaderValue::from_static(value),
                )
            });
            let headers = HeaderMap::from_iter(headers);
            assert_eq!(
                hold_of(&headers, hold),
                Duration::from_secs(held),
                "{prefer}"
            );
        }
        assert_eq!(hold_of(&HeaderMap::new(), hold), hold);
    }
}
