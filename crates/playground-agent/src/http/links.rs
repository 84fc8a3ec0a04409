//! `containers/{id}/links/`: an app for whoever has the link, until it expires.

use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use playground_control::Handle;
use playground_types::Timestamp;
use playground_types::wire::{AppLink, ErrorBody};
use serde::Deserialize;
use utoipa::ToSchema;

use super::AppState;
use super::body::json_object;
use super::error::ApiError;
use super::extract::{Caller, Path};
use crate::gateway::LINK;

const A_DAY: Duration = Duration::from_secs(24 * 3600);
/// A link cannot be taken back by itself, so none lasts for ever.
const LONGEST: Duration = Duration::from_secs(90 * 24 * 3600);

/// What a link is to be.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct LinkBody {
    /// Seconds until it expires; a day when nothing is said, 90 days at most
    #[serde(default)]
    expires_in: Option<u64>,
}

/// A link that opens this container's app through the gateway.
///
/// Whoever has it may use the app until it expires, and nothing else of this Agent.
#[utoipa::path(post, path = "/containers/{id}/links", tag = "containers", params(("id" = String, Path,)),
    request_body = LinkBody,
    responses((status = 201, body = AppLink), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 408, body = ErrorBody), (status = 409, body = ErrorBody),
        (status = 413, body = ErrorBody)))]
pub(crate) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    request: Request,
) -> Result<(StatusCode, axum::Json<AppLink>), ApiError> {
    let row = state.control.find(&Handle(id)).await?;
    let lasts = lasts(&json_object(request.into_body()).await?)?;
    let lasts = i64::try_from(lasts.as_millis()).unwrap_or(i64::MAX);
    let until = Timestamp::now().plus_millis(lasts);
    let link = state.links.make(row.pk.0, until);
    let app = caller.app_url(state.gateway.domains(), &row.name);
    let link = AppLink {
        url: format!("{app}?{LINK}={link}"),
        expires_at: until.to_string(),
    };
    Ok((StatusCode::CREATED, axum::Json(link)))
}

fn lasts(body: &LinkBody) -> Result<Duration, ApiError> {
    let lasts = body.expires_in.map_or(A_DAY, Duration::from_secs);
    if lasts.is_zero() || lasts > LONGEST {
        let message = format!("expires_in is {} seconds", lasts.as_secs());
        return Err(ApiError::bad_request("expires_in_invalid", message)
            .with_hint("Give between 1 second and 90 days (7776000)."));
    }
    Ok(lasts)
}
