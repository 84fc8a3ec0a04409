//! Who may call: whoever sends a token in `Authorization`, or the page, which logs in once and then sends both halves of its
//! session.
//!
//! ```text
//!  Authorization ─▶ token ──────────────────┐
//!  cookie + X-Synapse-Key ─▶ session ─▶ its token ─▶ login ─▶ handlers
//! ```

mod cookies;
mod ending;
mod secret;
mod session;
mod token;

use axum::extract::{Request, State};
use axum::http::header::SET_COOKIE;
use axum::middleware::Next;
use axum::response::Response;
use playground_control::ControlError;
use playground_types::Timestamp;

use crate::http::AppState;
use crate::http::error::ApiError;

pub(crate) use cookies::cookies;
pub(crate) use ending::Endings;
pub(crate) use session::{Scheme, Sessions};
pub(crate) use token::Checked;
pub use token::{TOKEN_FILE, Tokens};

/// As whom a request was let in.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Login {
    /// The token that was sent, or that opened the session; none where nobody needs one.
    pub(crate) token: Option<i64>,
    /// The page's session.
    pub(crate) session: Option<i64>,
    /// Until when that lasts if nobody uses it.
    pub(crate) expires_at: Option<Timestamp>,
}

/// Lets a request through that carries a valid token, or both halves of a session.
pub(crate) async fn require_login(
    State(state): State<AppState>,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let headers = request.headers();
    let token = state.tokens.check(headers).await;
    let (login, renewed) = match token.map_err(ControlError::from)? {
        Checked::Valid(token) => (
            Login {
                token,
                ..Login::default()
            },
            None,
        ),
        Checked::Wrong => return Err(ApiError::unauthorized("this token is not valid")),
        Checked::Missing => {
            let found = state.sessions.check(headers).await;
            let Some((login, renewed)) = found.map_err(ControlError::from)? else {
                return Err(ApiError::unauthorized(
                    "this request carries no token and belongs to no session",
                ));
            };
            (login, renewed)
        }
    };
    request.extensions_mut().insert(login);
    let response = next.run(request).await;
    let mut response = ending::ending_with(login, &state.endings, response);
    // An answer that ends the session has said so already.
    if let Some(cookie) = renewed
        && !response.headers().contains_key(SET_COOKIE)
    {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(response)
}
