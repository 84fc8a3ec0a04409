//! `containers/{id}/stats/`: what a container used lately.

use axum::Json;
use axum::extract::State;
use playground_control::{Control, Handle};
use playground_types::wire::{ContainerStats, ErrorBody};

use super::error::ApiError;
use super::extract::Path;

/// What a container used in the last ten minutes: empty until it was looked at twice. `events?stats={pk}` tells it live,
/// and has it looked at more often.
#[utoipa::path(get, path = "/containers/{id}/stats", tag = "containers", params(("id" = String, Path,)),
    responses((status = 200, body = ContainerStats), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody)))]
pub(crate) async fn stats(
    State(control): State<Control>,
    Path(id): Path<String>,
) -> Result<Json<ContainerStats>, ApiError> {
    let row = control.find(&Handle(id)).await?;
    Ok(Json(control.stats(row.pk)))
}
