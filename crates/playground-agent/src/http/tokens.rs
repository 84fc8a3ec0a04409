//! `tokens/`: who may call this Agent, beside the token that it has by itself.

use std::time::Duration;

use axum::Json;
use axum::extract::{RawQuery, Request, State};
use axum::http::StatusCode;
use playground_control::ControlError;
use playground_store::{Revoked, TokenRow};
use playground_types::Timestamp;
use playground_types::wire::{ErrorBody, NewToken, Page, Token};
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use utoipa::ToSchema;

use super::AppState;
use super::body::json_object;
use super::containers::query_pairs;
use super::error::ApiError;
use super::extract::{Caller, Path};
use super::page::PageQuery;

/// Longest label, in letters.
const LABEL_LETTERS: usize = 100;
/// A token that is to last longer is to last for ever.
const LONGEST: Duration = Duration::from_secs(3650 * 24 * 3600);

/// What a token is to be.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct TokenBody {
    /// What it is for, up to 100 letters
    #[serde(default)]
    label: String,
    /// Seconds until it expires; it does not when nothing is said
    #[serde(default)]
    expires_in: Option<u64>,
}

/// The tokens that work, oldest first. None of them can be read again.
#[utoipa::path(get, path = "/tokens", tag = "tokens",
    params(("page" = Option<u64>, Query, minimum = 1), ("page_size" = Option<u64>, Query, minimum = 1)),
    responses((status = 200, body = Page<Token>), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody)))]
pub(crate) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Page<Token>>, ApiError> {
    let pairs = query_pairs(query.as_deref());
    let page = PageQuery::of(&pairs)?;
    let rows = state.tokens.list().await.map_err(ControlError::from)?;
    let shown = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let results = rows
        .iter()
        .skip(shown(page.offset()))
        .take(shown(page.limit()))
        .map(view)
        .collect();
    let count = rows.len() as u64;
    Ok(Json(page.page(results, count, &caller, "tokens/", &pairs)?))
}

/// A new token. It is shown this once.
#[utoipa::path(post, path = "/tokens", tag = "tokens", request_body = TokenBody,
    responses((status = 201, body = NewToken), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 408, body = ErrorBody), (status = 413, body = ErrorBody)))]
pub(crate) async fn create(
    State(state): State<AppState>,
    request: Request,
) -> Result<(StatusCode, Json<NewToken>), ApiError> {
    let body: TokenBody = json_object(request.into_body()).await?;
    let label = checked_label(&body.label)?;
    let expires_at = expires_at(body.expires_in)?;
    let made = state.tokens.make(label, expires_at).await;
    let (row, token) = made.map_err(ControlError::from)?;
    let token = NewToken {
        known: view(&row),
        token: token.expose_secret().to_owned(),
    };
    Ok((StatusCode::CREATED, Json(token)))
}

/// Revokes a token, and ends the sessions that it opened.
#[utoipa::path(delete, path = "/tokens/{id}", tag = "tokens", params(("id" = i64, Path,)),
    responses((status = 204), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(crate) async fn revoke(
    State(state): State<AppState>,
    Path(id): Path<i64>,
) -> Result<StatusCode, ApiError> {
    match state.tokens.revoke(id).await.map_err(ControlError::from)? {
        Revoked::Done => {
            state.endings.note();
            Ok(StatusCode::NO_CONTENT)
        }
        Revoked::Own => Err(ApiError::conflict(
            "token_own",
            "this is the Agent's own token: it is changed where the Agent runs",
        )
        .with_hint("Set another one (PLAYGROUND_TOKEN), and start the Agent again.")),
        Revoked::Unknown => Err(ApiError::not_found(
            "token_unknown",
            format!("there is no token {id}"),
        )),
    }
}

fn view(row: &TokenRow) -> Token {
    let text = |at: Option<Timestamp>| at.map(|at| at.to_string());
    Token {
        id: row.id,
        label: row.label.clone(),
        is_own: row.is_own,
        created_at: row.created_at.to_string(),
        last_used_at: text(row.last_used_at),
        expires_at: text(row.expires_at),
    }
}

fn checked_label(label: &str) -> Result<&str, ApiError> {
    let label = label.trim();
    let letters = label.chars().count();
    if letters == 0 || letters > LABEL_LETTERS || label.chars().any(char::is_control) {
        let detail = format!("label must have 1 to {LABEL_LETTERS} letters");
        return Err(ApiError::bad_request("label_invalid", detail)
            .with_hint("Say who or what the token is for."));
    }
    Ok(label)
}

fn expires_at(seconds: Option<u64>) -> Result<Option<Timestamp>, ApiError> {
    let Some(seconds) = seconds else {
        return Ok(None);
    };
    let lasts = Duration::from_secs(seconds);
    if lasts.is_zero() || lasts > LONGEST {
        let message = format!("expires_in is {seconds} seconds");
        return Err(ApiError::bad_request("expires_in_invalid", message)
            .with_hint("Give between 1 second and ten years (315360000), or nothing."));
    }
    let millis = i64::try_from(lasts.as_millis()).unwrap_or(i64::MAX);
    Ok(Some(Timestamp::now().plus_millis(millis)))
}
