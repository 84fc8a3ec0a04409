//! `containers/docker/`: the same containers by Docker's ids only, in Docker's words.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use playground_control::{Control, ControlError};
use playground_engine::{ContainerView, RunState};
use playground_store::ContainerRow;
use playground_types::EngineId;
use playground_types::wire::{Container, Created, ErrorBody};
use serde::Serialize;
use utoipa::ToSchema;

use super::body::CreateBody;
use super::containers::{remove, start as start_record, stop as stop_record, with_attrs};
use super::error::ApiError;
use super::extract::{Caller, Path};
use super::{AppState, Hold, create};

/// A container of ours as Docker lists it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DockerContainer {
    /// Docker's id.
    id: String,
    /// Docker's name.
    name: String,
    /// Docker's word for its state.
    status: &'static str,
    /// Docker's id of its image.
    image: String,
    /// `code@version`.
    plugin_release: Option<String>,
    /// Its host port.
    host_port: Option<u16>,
    /// Its labels.
    labels: std::collections::BTreeMap<String, String>,
}

/// Docker's containers that this Agent made; those of others are none of its business.
#[utoipa::path(get, path = "/containers/docker", tag = "docker",
    responses((status = 200, body = Vec<DockerContainer>), (status = 401, body = ErrorBody), (status = 500, body = ErrorBody)))]
pub(crate) async fn list(
    State(control): State<Control>,
) -> Result<Json<Vec<DockerContainer>>, ApiError> {
    let views = control.engine().list(control.agent_id()).await?;
    Ok(Json(views.into_iter().map(docker_container).collect()))
}

/// Creates a container; the same as POST `containers/`.
#[utoipa::path(post, path = "/containers/docker", tag = "docker",
    request_body(content((CreateBody = "application/json"), (CreateBody = "multipart/form-data"))),
    responses((status = 201, body = Created), (status = 200, body = Created), (status = 202, body = Created),
        (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 408, body = ErrorBody), (status = 413, body = ErrorBody), (status = 507, body = ErrorBody)))]
pub(crate) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    request: Request,
) -> Result<(StatusCode, Json<Created>), ApiError> {
    create::create(&state, &caller, request).await
}

/// One container by Docker's id or the beginning of one.
#[utoipa::path(get, path = "/containers/docker/{id}", tag = "docker", params(("id" = String, Path,)),
    responses((status = 200, body = Container), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody)))]
pub(crate) async fn show(
    State(control): State<Control>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Container>, ApiError> {
    let row = by_docker_id(&control, &id).await?;
    Ok(Json(with_attrs(&control, &row, &caller).await))
}

/// Stops and removes a container and its record. Repeating it is no error.
#[utoipa::path(delete, path = "/containers/docker/{id}", tag = "docker", params(("id" = String, Path,)),
    responses((status = 204), (status = 202, description = "On its way"), (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody)))]
pub(crate) async fn delete(
    State(control): State<Control>,
    State(hold): State<Hold>,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let found = by_docker_id(&control, &id).await;
    remove(&control, hold, &id, found).await
}

/// Stops a container without removing it. Its port stays reserved.
#[utoipa::path(post, path = "/containers/docker/{id}/stop", tag = "docker", params(("id" = String, Path,)),
    responses((status = 200, body = Container), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(crate) async fn stop(
    State(control): State<Control>,
    State(hold): State<Hold>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Container>, ApiError> {
    let row = by_docker_id(&control, &id).await?;
    let row = stop_record(&control, hold, &row).await?;
    Ok(Json(with_attrs(&control, &row, &caller).await))
}

/// Starts a stopped container and waits for its app.
#[utoipa::path(post, path = "/containers/docker/{id}/start", tag = "docker", params(("id" = String, Path,)),
    responses((status = 200, body = Container), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(crate) async fn start(
    State(control): State<Control>,
    State(hold): State<Hold>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Container>, ApiError> {
    let row = by_docker_id(&control, &id).await?;
    let row = start_record(&control, hold, &row).await?;
    Ok(Json(with_attrs(&control, &row, &caller).await))
}

async fn by_docker_id(control: &Control, id: &str) -> Result<ContainerRow, ApiError> {
    let mut rows = control
        .store()
        .containers_by_handle(id)
        .await
        .map_err(ControlError::from)?;
    rows.retain(|row| {
        row.engine_id
            .as_ref()
            .is_some_and(|engine_id| engine_id.as_str().starts_with(id))
    });
    match rows.len() {
        0 => Err(ControlError::UnknownContainer(id.to_owned()).into()),
        1 => Ok(rows.remove(0)),
        _ => Err(ControlError::AmbiguousHandle(id.to_owned()).into()),
    }
}

fn docker_container(view: ContainerView) -> DockerContainer {
    let EngineId(id) = view.id;
    DockerContainer {
        id,
        name: view.name,
        status: match view.state {
            RunState::Created => "created",
            RunState::Running => "running",
            RunState::Paused => "paused",
            RunState::Restarting => "restarting",
            RunState::Exited { .. } => "exited",
            RunState::Removing => "removing",
            RunState::Dead => "dead",
        },
        image: view.image_id,
        plugin_release: view
            .labels
            .get(playground_engine::labels::LABEL_RELEASE)
            .cloned(),
        host_port: view.host_port.map(|port| port.0),
        labels: view.labels,
    }
}
