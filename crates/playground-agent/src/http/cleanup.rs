//! `cleanup/`: what is ours on disk and not needed any more.

use axum::Json;
use axum::extract::State;
use playground_control::{Control, Mode};
use playground_types::wire::{Cleanup, ErrorBody};
use serde::Deserialize;

use super::error::ApiError;
use super::extract::Query;

/// Whether anything is removed.
#[derive(Debug, Deserialize)]
pub(crate) struct CleanupQuery {
    #[serde(default)]
    dry_run: bool,
}

/// Removes images, ended builds with their logs, and contents that the policy lets go, at once instead of in its hours.
/// With `dry_run=true` it only tells what would go, why, and how much it takes.
#[utoipa::path(post, path = "/cleanup", tag = "health",
    params(("dry_run" = Option<bool>, Query, description = "Remove nothing")),
    responses((status = 200, body = Cleanup), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody)))]
pub(crate) async fn clean(
    State(control): State<Control>,
    Query(query): Query<CleanupQuery>,
) -> Result<Json<Cleanup>, ApiError> {
    let mode = if query.dry_run {
        Mode::DryRun
    } else {
        Mode::Remove
    };
    Ok(Json(control.clean(mode).await?))
}
