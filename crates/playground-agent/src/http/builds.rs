//! `builds/`: what creates started. The id that clients poll is the launch's; an image build's own id works too.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use playground_control::{Control, ControlError};
use playground_store::{BuildRow, LaunchRow};
use playground_types::wire::{ErrorBody, Launch, Page};
use playground_types::{BuildId, BuildStatus, LaunchId, LaunchStatus};

use super::containers::query_pairs;
use super::create::created;
use super::error::ApiError;
use super::extract::{Caller, Path};
use super::page::PageQuery;

/// Launches, newest first.
#[utoipa::path(get, path = "/builds", tag = "builds",
    params(("page" = Option<u64>, Query, minimum = 1), ("page_size" = Option<u64>, Query, minimum = 1)),
    responses((status = 200, body = Page<Launch>), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody)))]
pub(crate) async fn list(
    State(control): State<Control>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Page<Launch>>, ApiError> {
    let pairs = query_pairs(query.as_deref());
    let page = PageQuery::of(&pairs)?;
    let (rows, count) = control
        .store()
        .launches(page.offset(), page.limit())
        .await
        .map_err(ControlError::from)?;
    let mut results = Vec::with_capacity(rows.len());
    for row in &rows {
        results.push(view(&control, &caller, row).await?);
    }
    Ok(Json(page.page(results, count, &caller, "builds/", &pairs)?))
}

/// Where a launch stands: `completed` with the container in `result`, `failed` or `cancelled` with `error`, or on its way.
#[utoipa::path(get, path = "/builds/{id}", tag = "builds", params(("id" = String, Path,)),
    responses((status = 200, body = Launch), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(crate) async fn show(
    State(control): State<Control>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Launch>, ApiError> {
    match find(&control, &id).await? {
        Found::Launch(launch) => Ok(Json(view(&control, &caller, &launch).await?)),
        Found::Build(build) => Ok(Json(view_build(&control, &build).await?)),
    }
}

/// Cancels a launch, or an image build with everything that waits for it.
#[utoipa::path(delete, path = "/builds/{id}", tag = "builds", params(("id" = String, Path,)),
    responses((status = 202, description = "It ends"), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody, description = "It has ended already")))]
pub(crate) async fn cancel(
    State(control): State<Control>,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    control.cancel(&id).await?;
    Ok(StatusCode::ACCEPTED)
}

/// What a build id names.
#[derive(Debug)]
pub(crate) enum Found {
    /// A launch.
    Launch(LaunchRow),
    /// An image build.
    Build(BuildRow),
}

/// What this id names.
pub(crate) async fn find(control: &Control, id: &str) -> Result<Found, ApiError> {
    let unknown = || ControlError::UnknownBuild(id.to_owned());
    let key: LaunchId = id.parse().map_err(|_| unknown())?;
    if let Some(launch) = control
        .store()
        .launch(key)
        .await
        .map_err(ControlError::from)?
    {
        return Ok(Found::Launch(launch));
    }
    let build = control
        .store()
        .build(BuildId(key.0))
        .await
        .map_err(ControlError::from)?;
    Ok(Found::Build(build.ok_or_else(unknown)?))
}

async fn view(control: &Control, caller: &Caller, launch: &LaunchRow) -> Result<Launch, ApiError> {
    let (view, row) = control.view_launch(launch).await?;
    let result = control
        .launch_result(launch, row.as_ref(), caller.host())
        .map(|container| {
            Box::new(created(
                caller,
                container,
                launch,
                launch.restarted,
                launch.recreated,
            ))
        });
    Ok(Launch { result, ..view })
}

/// An image build in a launch's clothes, so that one address answers for both.
async fn view_build(control: &Control, build: &BuildRow) -> Result<Launch, ApiError> {
    let status = match build.status {
        BuildStatus::Queued => LaunchStatus::Queued,
        BuildStatus::Building => LaunchStatus::Building,
        BuildStatus::Completed => LaunchStatus::Completed,
        BuildStatus::Failed => LaunchStatus::Failed,
        BuildStatus::Cancelled => LaunchStatus::Cancelled,
    };
    let image_build = control.view_build(build).await?;
    let waiting = control
        .store()
        .containers_of_build(build.id)
        .await
        .map_err(ControlError::from)?;
    Ok(Launch {
        build_id: build.id.to_string(),
        id: build.id.to_string(),
        status,
        plugin_release: build.release.to_string(),
        container_pk: waiting.first().map_or(0, |pk| pk.0),
        result: None,
        error: build
            .failure
            .as_ref()
            .map(|failure| failure.message.clone()),
        failure: build.failure.clone(),
        position: image_build.position,
        estimate_seconds: image_build.estimate_seconds,
        image_build: Some(image_build),
        waiting: None,
        created_at: build.queued_at.to_string(),
        finished_at: build.finished_at.map(|time| time.to_string()),
    })
}
