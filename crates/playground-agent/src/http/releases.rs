//! `plugin_releases/`: what this Agent keeps, so that a later create needs only `code@version`.

use axum::Json;
use axum::extract::{RawQuery, Request, State};
use axum::http::StatusCode;
use playground_control::{Control, ControlError};
use playground_store::ReleaseRow;
use playground_types::PluginRelease;
use playground_types::wire::{ErrorBody, Page, Release};

use super::body::CreateBody;
use super::containers::query_pairs;
use super::create;
use super::error::ApiError;
use super::extract::{Caller, Path};
use super::page::PageQuery;

/// The releases, newest first.
#[utoipa::path(get, path = "/plugin_releases", tag = "plugin releases",
    params(("page" = Option<u64>, Query, minimum = 1), ("page_size" = Option<u64>, Query, minimum = 1)),
    responses((status = 200, body = Page<Release>), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody)))]
pub(crate) async fn list(
    State(control): State<Control>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Page<Release>>, ApiError> {
    let pairs = query_pairs(query.as_deref());
    let page = PageQuery::of(&pairs)?;
    let (rows, count) = control
        .store()
        .releases(page.offset(), page.limit())
        .await
        .map_err(ControlError::from)?;
    let results = rows
        .iter()
        .map(|row| control.view_release(row))
        .collect::<Result<_, _>>()?;
    Ok(Json(page.page(
        results,
        count,
        &caller,
        "plugin_releases/",
        &pairs,
    )?))
}

/// Stores a release: from the uploaded `file`, or, by `plugin` and `version`, from the Synapse backend.
#[utoipa::path(post, path = "/plugin_releases", tag = "plugin releases",
    request_body(content((CreateBody = "application/json"), (CreateBody = "multipart/form-data"))),
    responses((status = 201, body = Release), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 408, body = ErrorBody), (status = 413, body = ErrorBody)))]
pub(crate) async fn create(
    State(control): State<Control>,
    request: Request,
) -> Result<(StatusCode, Json<Release>), ApiError> {
    let mut body = create::read(&control, request).await?;
    let facts = create::facts(&control, &mut body).await?;
    let row = find(&control, &facts.release.to_string()).await?;
    Ok((StatusCode::CREATED, Json(control.view_release(&row)?)))
}

/// One release, by integer key or `code@version`.
#[utoipa::path(get, path = "/plugin_releases/{lookup}", tag = "plugin releases", params(("lookup" = String, Path,)),
    responses((status = 200, body = Release), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(crate) async fn show(
    State(control): State<Control>,
    Path(lookup): Path<String>,
) -> Result<Json<Release>, ApiError> {
    let row = find(&control, &lookup).await?;
    Ok(Json(control.view_release(&row)?))
}

/// Forgets a release that no container uses.
#[utoipa::path(delete, path = "/plugin_releases/{lookup}", tag = "plugin releases", params(("lookup" = String, Path,)),
    responses((status = 204), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(crate) async fn delete(
    State(control): State<Control>,
    Path(lookup): Path<String>,
) -> Result<StatusCode, ApiError> {
    let row = find(&control, &lookup).await?;
    let containers = control
        .store()
        .containers_of_release(&row.release)
        .await
        .map_err(ControlError::from)?;
    if containers > 0 {
        return Err(ControlError::ReleaseInUse {
            release: row.release.to_string(),
            containers,
        }
        .into());
    }
    control.forget_release(&row.release).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Runs an action of a release as a job. Not here: this Agent runs apps.
#[utoipa::path(post, path = "/plugin_releases/{lookup}/run", tag = "plugin releases", params(("lookup" = String, Path,)),
    responses((status = 501, body = ErrorBody), (status = 401, body = ErrorBody)))]
pub(crate) async fn run(Path(_lookup): Path<String>) -> ApiError {
    no_jobs()
}

/// Runs an action of a plugin under development as a job. Not here: this Agent runs apps.
#[utoipa::path(post, path = "/plugin_releases/run_debug", tag = "plugin releases",
    responses((status = 501, body = ErrorBody), (status = 401, body = ErrorBody)))]
pub(crate) async fn run_debug() -> ApiError {
    no_jobs()
}

fn no_jobs() -> ApiError {
    ApiError::not_implemented(
        "jobs_not_supported",
        "this Agent runs Gradio apps of plugins, not their jobs",
    )
    .with_hint("Create a container for the release with POST containers/.")
}

async fn find(control: &Control, lookup: &str) -> Result<ReleaseRow, ApiError> {
    let unknown = || ControlError::UnknownRelease(lookup.to_owned());
    let row = if let Ok(id) = lookup.parse::<i64>() {
        control.store().release_by_id(id).await
    } else {
        let release: PluginRelease = lookup.parse().map_err(|_| unknown())?;
        control.store().release(&release).await
    };
    Ok(row.map_err(ControlError::from)?.ok_or_else(unknown)?)
}
