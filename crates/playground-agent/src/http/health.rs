//! `health/`: whether the Agent can do its work.

use axum::Json;
use axum::extract::State;
use playground_control::Control;
use playground_types::wire::{ErrorBody, Health};

use super::error::ApiError;

/// Whether Docker answers, the base image is there and ports are left. Always 200 for a valid token: a `degraded` status
/// names the problems, since clients would hide the body of anything else.
#[utoipa::path(get, path = "/health", tag = "health", responses(
    (status = 200, body = Health), (status = 401, body = ErrorBody, description = "No valid token")))]
pub(crate) async fn health(State(control): State<Control>) -> Result<Json<Health>, ApiError> {
    Ok(Json(control.health().await?))
}
