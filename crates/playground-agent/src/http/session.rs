//! `session/`: the page's login.

use axum::Json;
use axum::extract::{Extension, Request, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use playground_control::ControlError;
use playground_types::Timestamp;
use playground_types::wire::{ErrorBody, LoginLink, OpenedSession, Session};
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use utoipa::ToSchema;

use super::AppState;
use super::body::json_object;
use super::error::ApiError;
use super::extract::Caller;
use crate::auth::Login;

/// A login link works for 10 minutes.
const CODE_MILLIS: i64 = 10 * 60 * 1000;
/// The part of the page that a login link opens.
pub(crate) const LOGIN: &str = "#/login/";

/// What opens a session: one of the two.
#[derive(Default, Deserialize, ToSchema)]
pub(crate) struct LoginBody {
    /// A token of this Agent
    #[serde(default)]
    token: Option<String>,
    /// What a login link ends with
    #[serde(default)]
    code: Option<String>,
}

/// Opens a session for the page, with a token or with the code of a login link, which is spent by that.
///
/// The answer has one half of a secret, the cookie that it sets the other. A request that carries both, the first in the
/// header `X-Synapse-Key`, needs no token. The session ends seven days after its last use, and with the token behind it.
#[utoipa::path(post, path = "/session", tag = "session", security(()), request_body = LoginBody,
    responses((status = 201, body = OpenedSession, headers(("set-cookie" = String, description = "The other half"))),
        (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 408, body = ErrorBody),
        (status = 409, body = ErrorBody), (status = 413, body = ErrorBody)))]
pub(crate) async fn open(
    State(state): State<AppState>,
    caller: Caller,
    request: Request,
) -> Result<(StatusCode, HeaderMap, Json<OpenedSession>), ApiError> {
    let body: LoginBody = json_object(request.into_body()).await?;
    check_required(&state)?;
    let token = token_behind(&state, body).await?;
    let opened = state.sessions.open(token, caller.scheme()).await;
    let opened = opened.map_err(ControlError::from)?;
    let session = OpenedSession {
        key: opened.key.expose_secret().to_owned(),
        expires_at: opened.expires_at.to_string(),
    };
    let cookie = HeaderMap::from_iter([(SET_COOKIE, opened.cookie)]);
    Ok((StatusCode::CREATED, cookie, Json(session)))
}

/// As whom this request was let in, and until when that lasts.
#[utoipa::path(get, path = "/session", tag = "session",
    responses((status = 200, body = Session), (status = 401, body = ErrorBody)))]
pub(crate) async fn show(
    State(state): State<AppState>,
    Extension(login): Extension<Login>,
) -> Json<Session> {
    Json(Session {
        expires_at: login.expires_at.map(|at| at.to_string()),
        login_required: state.tokens.are_required(),
    })
}

/// Ends the session that this request belongs to. Neither half is worth anything from then on.
#[utoipa::path(delete, path = "/session", tag = "session",
    responses((status = 204), (status = 401, body = ErrorBody)))]
pub(crate) async fn end(
    State(state): State<AppState>,
    Extension(login): Extension<Login>,
    caller: Caller,
) -> Result<(StatusCode, HeaderMap), ApiError> {
    let mut headers = HeaderMap::new();
    if let Some(id) = login.session {
        let forget = state.sessions.end(id, caller.scheme()).await;
        headers.insert(SET_COOKIE, forget.map_err(ControlError::from)?);
        state.endings.note();
    }
    Ok((StatusCode::NO_CONTENT, headers))
}

/// A link that opens the page logged in: once, within ten minutes, as whoever asked for it.
#[utoipa::path(post, path = "/session/codes", tag = "session",
    responses((status = 201, body = LoginLink), (status = 401, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(crate) async fn invite(
    State(state): State<AppState>,
    Extension(login): Extension<Login>,
    caller: Caller,
) -> Result<(StatusCode, Json<LoginLink>), ApiError> {
    check_required(&state)?;
    let token = login
        .token
        .ok_or_else(|| ApiError::unauthorized("this request carries no token"))?;
    let until = Timestamp::now().plus_millis(CODE_MILLIS);
    let code = state.sessions.invite(token, until).await;
    let code = code.map_err(ControlError::from)?;
    let link = LoginLink {
        url: caller
            .by_name()
            .url(&format!("{LOGIN}{}", code.expose_secret())),
        expires_at: until.to_string(),
    };
    Ok((StatusCode::CREATED, Json(link)))
}

fn check_required(state: &AppState) -> Result<(), ApiError> {
    if state.tokens.are_required() {
        return Ok(());
    }
    let detail = "nobody needs to log in here: this Agent was started without authentication";
    Err(ApiError::conflict("login_not_required", detail).with_hint("Open the page as it is."))
}

async fn token_behind(state: &AppState, body: LoginBody) -> Result<i64, ApiError> {
    match (body.token, body.code) {
        (Some(token), None) => {
            let found = state.tokens.find(token.trim()).await;
            let found = found.map_err(ControlError::from)?;
            found.map(|row| row.id).ok_or_else(|| {
                ApiError::login_refused("token_invalid", "this is no token of this Agent")
                    .with_hint("The Agent's own is in the file `token` of its data directory.")
            })
        }
        (None, Some(code)) => {
            let found = state.sessions.spend(&code).await;
            found.map_err(ControlError::from)?.ok_or_else(|| {
                let detail = "this link was used already, or has expired";
                ApiError::login_refused("login_code_invalid", detail)
                    .with_hint("`playground open` makes a new one; a token works too.")
            })
        }
        _ => Err(ApiError::bad_request(
            "login_invalid",
            "give either a token or a code",
        )),
    }
}
