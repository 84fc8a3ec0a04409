//! `containers/`: the seed's main resource.

use std::time::Duration;

use axum::extract::{RawQuery, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use playground_control::{Control, ControlError, Handle};
use playground_proxy::{Gateway, Visits};
use playground_store::{ContainerFilter, ContainerRow};
use playground_types::wire::{Container, Created, ErrorBody, Page, Traffic};
use playground_types::{ContainerStatus, IdleTimes, ModelId, Timestamp, Visibility};
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::{CreateBody, json_bytes};
use super::error::ApiError;
use super::extract::{Caller, Path};
use super::page::PageQuery;
use super::{AppState, Hold, create};
use crate::gateway::last_visit;

/// What a PATCH wants.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct UpdateBody {
    /// `running` or `stopped`; anything else is refused, nothing changes nothing.
    status: Option<String>,
    /// Who may use the app through the gateway.
    visibility: Option<Visibility>,
    /// When the app falls asleep while nobody looks at it; these times replace all that were set before.
    idle: Option<IdleTimes>,
}

/// The records, newest first.
#[utoipa::path(get, path = "/containers", tag = "containers",
    params(
        ("page" = Option<u64>, Query, description = "From 1 on", minimum = 1),
        ("page_size" = Option<u64>, Query, description = "At most 500", minimum = 1),
        ("status" = Option<Vec<String>>, Query, description = "Our words or Docker's; repeat for any of several"),
        ("plugin_release" = Option<String>, Query, description = "code@version, or a bare code"),
        ("model" = Option<i64>, Query, description = "The model"),
        ("label" = Option<Vec<String>>, Query, description = "Repeat for all of several"),
        ("search" = Option<String>, Query, description = "Part of the name or release")),
    responses((status = 200, body = Page<Container>), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody, description = "There is no such page")))]
pub(crate) async fn list(
    State(control): State<Control>,
    State(gateway): State<Gateway>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<axum::Json<Page<Container>>, ApiError> {
    let pairs = query_pairs(query.as_deref());
    let page = PageQuery::of(&pairs)?;
    let filter = ContainerFilter {
        offset: page.offset(),
        limit: page.limit(),
        ..filter(&pairs)?
    };
    let (rows, count) = control
        .store()
        .containers(&filter)
        .await
        .map_err(ControlError::from)?;
    let results = rows
        .iter()
        .map(|row| with_traffic(control.view(row, caller.host()), &gateway))
        .collect();
    Ok(axum::Json(page.page(
        results,
        count,
        &caller,
        "containers/",
        &pairs,
    )?))
}

/// Builds, starts and waits for a plugin's app; or, for a (plugin release, model) that is there, restarts it.
///
/// Answers within a few seconds: with the ready container, or with the launch that is on its way.
#[utoipa::path(post, path = "/containers", tag = "containers",
    params(("Prefer" = Option<String>, Header, description = "`respond-async` or `wait=SECONDS`: answer sooner than when it is ready (RFC 7240)")),
    request_body(content((CreateBody = "application/json"), (CreateBody = "multipart/form-data"))),
    responses(
        (status = 201, body = Created, description = "The container is ready, or has failed"),
        (status = 200, body = Created, description = "An existing container was used"),
        (status = 202, body = Created, description = "On its way: poll status_url"),
        (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 408, body = ErrorBody), (status = 413, body = ErrorBody), (status = 507, body = ErrorBody)))]
pub(crate) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    request: Request,
) -> Result<(StatusCode, axum::Json<Created>), ApiError> {
    create::create(&state, &caller, request).await
}

/// One record with Docker's attributes, by integer key, name, Docker id or the beginning of one.
#[utoipa::path(get, path = "/containers/{id}", tag = "containers", params(("id" = String, Path,)),
    responses((status = 200, body = Container), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody)))]
pub(crate) async fn show(
    State(control): State<Control>,
    State(gateway): State<Gateway>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<axum::Json<Container>, ApiError> {
    let row = control.find(&Handle(id)).await?;
    let container = with_attrs(&control, &row, &caller).await;
    Ok(axum::Json(with_traffic(container, &gateway)))
}

/// Stops or starts a container, or says who may use its app. Its port stays reserved.
#[utoipa::path(patch, path = "/containers/{id}", tag = "containers", params(("id" = String, Path,)),
    request_body = UpdateBody,
    responses((status = 200, body = Container), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 408, body = ErrorBody), (status = 409, body = ErrorBody),
        (status = 413, body = ErrorBody)))]
pub(crate) async fn update(
    State(control): State<Control>,
    State(hold): State<Hold>,
    caller: Caller,
    Path(id): Path<String>,
    request: Request,
) -> Result<axum::Json<Container>, ApiError> {
    let row = control.find(&Handle(id)).await?;
    let body = update_body(&json_bytes(request.into_body()).await?)?;
    let row = match body.visibility {
        Some(visibility) => control.set_visibility(row.pk, visibility).await?,
        None => row,
    };
    let row = match body.idle {
        Some(times) => control.set_idle_times(row.pk, times).await?,
        None => row,
    };
    let row = match body.status.as_deref() {
        None => row,
        Some("stopped" | "stop" | "exited") => stop(&control, hold, &row).await?,
        Some("running" | "start" | "started") => start(&control, hold, &row).await?,
        Some(other) => {
            return Err(ApiError::bad_request(
                "status_invalid",
                format!("status {other:?} cannot be set"),
            )
            .with_hint("Set running or stopped."));
        }
    };
    Ok(axum::Json(with_attrs(&control, &row, &caller).await))
}

/// Stops and removes a container and its record. Repeating it is no error.
#[utoipa::path(delete, path = "/containers/{id}", tag = "containers", params(("id" = String, Path,)),
    responses((status = 204), (status = 202, description = "On its way"), (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(crate) async fn delete(
    State(control): State<Control>,
    State(hold): State<Hold>,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let found = control
        .find(&Handle(id.clone()))
        .await
        .map_err(ApiError::from);
    remove(&control, hold, &id, found).await
}

/// Restarts a container.
#[utoipa::path(post, path = "/containers/{id}/restart", tag = "containers", params(("id" = String, Path,)),
    responses((status = 200, body = Container), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(crate) async fn restart(
    State(control): State<Control>,
    State(hold): State<Hold>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<axum::Json<Container>, ApiError> {
    let row = control.find(&Handle(id)).await?;
    let wanted = control.want_restart(row.pk).await?;
    let is_done = |row: &ContainerRow| row.restart_done >= wanted.restart_wanted && is_at_rest(row);
    let row = control
        .await_container(row.pk, hold.0, is_done)
        .await?
        .unwrap_or(wanted);
    Ok(axum::Json(with_attrs(&control, &row, &caller).await))
}

/// A record with what Docker says of it. Docker being away is no reason to hide the record.
pub(crate) async fn with_attrs(
    control: &Control,
    row: &ContainerRow,
    caller: &Caller,
) -> Container {
    let attrs = control.attrs(row).await.unwrap_or(serde_json::Value::Null);
    Container {
        attrs: Some(attrs),
        ..control.view(row, caller.host())
    }
}

/// A record with what passed through to its app.
pub(crate) fn with_traffic(container: Container, gateway: &Gateway) -> Container {
    let Some(app) = gateway.apps().find(&container.name) else {
        return container;
    };
    let visits = app.traffic.visits();
    // What the record says was written down from this, and not in the same moment.
    let seen = last_visit(&visits, Timestamp::now()).map(|time| time.to_string());
    Container {
        traffic: Some(traffic(&visits)),
        last_visit_at: seen.or(container.last_visit_at),
        ..container
    }
}

/// What passed through, as the API shows it.
pub(crate) fn traffic(visits: &Visits) -> Traffic {
    Traffic {
        requests: visits.requests,
        received_bytes: visits.received,
        sent_bytes: visits.sent,
        open: visits.open as u64,
        viewers: visits.viewers as u64,
        idle_seconds: visits.idle().map(|idle| idle.as_secs()),
        latency_p50_ms: visits.latency_p50.map(millis),
        latency_p95_ms: visits.latency_p95.map(millis),
    }
}

/// Whole ones, begun ones included.
fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_micros().div_ceil(1000)).unwrap_or(u64::MAX)
}

pub(crate) async fn stop(
    control: &Control,
    hold: Hold,
    row: &ContainerRow,
) -> Result<ContainerRow, ApiError> {
    let wanted = control.want_stopped(row.pk).await?;
    let stopped = |row: &ContainerRow| row.status == ContainerStatus::Stopped;
    Ok(control
        .await_container(row.pk, hold.0, stopped)
        .await?
        .unwrap_or(wanted))
}

pub(crate) async fn start(
    control: &Control,
    hold: Hold,
    row: &ContainerRow,
) -> Result<ContainerRow, ApiError> {
    let wanted = control.want_running(row.pk).await?;
    let generation = wanted.generation;
    let settled = move |row: &ContainerRow| {
        row.generation > generation || is_at_rest(row) && is_of(row, generation)
    };
    Ok(control
        .await_container(row.pk, hold.0, settled)
        .await?
        .unwrap_or(wanted))
}

/// Removes what was found. Who was removed not long ago is no error: transports repeat a DELETE that worked.
pub(crate) async fn remove(
    control: &Control,
    hold: Hold,
    handle: &str,
    found: Result<ContainerRow, ApiError>,
) -> Result<Response, ApiError> {
    if found.is_err()
        && control
            .store()
            .is_forgotten(handle)
            .await
            .map_err(ControlError::from)?
    {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let row = found?;
    control.want_absent(row.pk).await?;
    let left = control.await_container(row.pk, hold.0, |_| false).await?;
    let status = if left.is_none() {
        StatusCode::NO_CONTENT
    } else {
        StatusCode::ACCEPTED
    };
    Ok(status.into_response())
}

fn is_at_rest(row: &ContainerRow) -> bool {
    row.is_published() || row.current_failure().is_some()
}

/// Whether what is published, or failed, belongs to this generation.
fn is_of(row: &ContainerRow, generation: i64) -> bool {
    row.ready_generation
        .max(row.failed_generation)
        .is_some_and(|seen| seen >= generation)
}

fn update_body(bytes: &[u8]) -> Result<UpdateBody, ApiError> {
    // An empty body and the four bytes `null` are what real clients send when they want nothing.
    if bytes.is_empty() || bytes == b"null" {
        return Ok(UpdateBody::default());
    }
    serde_json::from_slice(bytes).map_err(|error| {
        ApiError::bad_request(
            "json_invalid",
            format!("the request body is no JSON object: {error}"),
        )
    })
}

pub(crate) fn query_pairs(query: Option<&str>) -> Vec<(String, String)> {
    serde_urlencoded::from_str(query.unwrap_or_default()).unwrap_or_default()
}

fn filter(pairs: &[(String, String)]) -> Result<ContainerFilter, ApiError> {
    let mut filter = ContainerFilter::default();
    for (key, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
        match key.as_str() {
            "status" => {
                for word in value.split(',') {
                    let matching = ContainerStatus::matching(word).map_err(|error| {
                        ApiError::bad_request("status_invalid", error.to_string())
                    })?;
                    filter.statuses.extend(matching);
                }
            }
            "plugin_release" | "plugin" => filter.release = Some(value.clone()),
            "model" => {
                let model = value.parse().map_err(|_| {
                    ApiError::bad_request(
                        "model_invalid",
                        format!("model is {value:?}: give a number"),
                    )
                })?;
                filter.model = Some(ModelId(model));
            }
            "label" | "labels" => filter.labels.extend(value.split(',').map(str::to_owned)),
            "search" => filter.search = Some(value.clone()),
            // Unknown filters are ignored, as the platform's own API does.
            _ => {}
        }
    }
    Ok(filter)
}
