//! `containers/{id}/api/`: how programs use a container's app.

use axum::extract::State;
use playground_control::{Control, Handle};
use playground_types::wire::{AppApi, ErrorBody};

use super::error::ApiError;
use super::extract::Path;

/// What programs can call of a container's app, as the app itself tells it.
///
/// Every text in it is the app's own: show it, and trust none of it.
#[utoipa::path(get, path = "/containers/{id}/api", tag = "containers", params(("id" = String, Path,)),
    responses((status = 200, body = AppApi), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody, description = "The app does not run, or does not say")))]
pub(crate) async fn show(
    State(control): State<Control>,
    Path(id): Path<String>,
) -> Result<axum::Json<AppApi>, ApiError> {
    let row = control.find(&Handle(id)).await?;
    Ok(axum::Json(control.app_api(&row).await?))
}
