//! The one place where errors become answers: `{"detail": sentence, "code": word, "hint": what to do}`.
//!
//! Codes by who acts: 400, 404, 408, 409, 413 and 422 for the caller; 429 when too many wait; 507 when the machine is out
//! of something; 500 when it is our fault or the engine's. Never 502, 503 or 504: real clients re-send those and lose the
//! body.

use std::any::Any;
use std::error::Error;
use std::time::Duration;

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use playground_control::{ControlError, StepError, error_chain};
use playground_engine::EngineError;
use playground_plugin::PluginError;
use playground_types::env::EnvError;
use playground_types::failure::Translation;
use playground_types::wire::ErrorBody;
use tower_http::timeout::TimeoutError;

/// An answer that says what is wrong.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    code: &'static str,
    detail: String,
    hint: Option<String>,
    ko: Option<Box<Translation>>,
    /// When the same request may do better.
    retry_after: Option<Duration>,
    /// For the request's log line only.
    cause: Option<String>,
}

/// The cause of an error answer, on its way to the request log.
#[derive(Debug, Clone)]
pub(crate) struct Cause(pub(crate) String);

impl ApiError {
    fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            hint: None,
            ko: None,
            retry_after: None,
            cause: None,
        }
    }

    /// 400.
    pub(crate) fn bad_request(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    /// 404.
    pub(crate) fn not_found(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, detail)
    }

    /// 405.
    pub(crate) fn wrong_method(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
    }

    /// 408, if a body could not be read because nothing of it came for too long.
    pub(crate) fn stalled(error: &(dyn Error + 'static)) -> Option<Self> {
        let mut causes = std::iter::successors(Some(error), |error| (*error).source());
        let is_stalled = causes.any(|cause| cause.is::<TimeoutError>());
        is_stalled.then(|| {
            Self::new(
                StatusCode::REQUEST_TIMEOUT,
                "body_stalled",
                "the request body stopped coming before it was complete",
            )
            .with_hint("Send the request again, and all of it.")
        })
    }

    /// 413.
    pub(crate) fn too_large(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, code, detail)
    }

    /// 501.
    pub(crate) fn not_implemented(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_IMPLEMENTED, code, detail)
    }

    /// 401, the same for every reason but its sentence.
    pub(crate) fn unauthorized(detail: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", detail)
            .with_hint("Send the Agent's token in the Authorization header.")
    }

    /// 401, for what was to open a session.
    pub(crate) fn login_refused(code: &'static str, detail: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, code, detail)
    }

    /// 409.
    pub(crate) fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, detail)
    }

    /// 507.
    pub(crate) fn insufficient(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::INSUFFICIENT_STORAGE, code, detail)
    }

    /// 429 with the time after which to try again; real clients do by themselves.
    fn too_many(code: &'static str, detail: impl Into<String>, retry_after: Duration) -> Self {
        let mut error = Self::new(StatusCode::TOO_MANY_REQUESTS, code, detail);
        error.retry_after = Some(retry_after);
        error
    }

    /// 500 with a fixed text; the cause goes to the log.
    fn internal(cause: String) -> Self {
        let mut error = Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "something went wrong inside the Agent",
        );
        error.cause = Some(cause);
        error.with_hint("The Agent's log has the cause under this request's id.")
    }

    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The Agent's own disk: whatever was asked for was not begun.
    fn disk_full(cause: String) -> Self {
        let mut error = Self::insufficient("insufficient_storage", "the Agent's disk is full");
        error.cause = Some(cause);
        error.with_hint(
            "Free space where the Agent keeps its data (data_dir), then send this again; nothing was changed.",
        )
    }

    fn of_engine(error: &EngineError) -> Self {
        let mut answer = match error {
            EngineError::NoSuchContainer => {
                Self::not_found("container_gone", "Docker has no such container")
            }
            EngineError::Unreachable { .. } | EngineError::TimedOut(_) => Self::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "engine_unavailable",
                "Docker does not answer",
            )
            .with_hint(
                "Records are kept and work goes on once it answers again; GET health/ says more.",
            ),
            EngineError::DiskFull { .. } => {
                Self::insufficient("insufficient_storage", "Docker's disk is full")
            }
            EngineError::Conflict { message } => {
                Self::new(StatusCode::CONFLICT, "engine_conflict", message.clone())
            }
            _ => Self::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "engine_failed",
                "Docker refused or failed",
            ),
        };
        answer.cause = Some(error_chain(error));
        answer
    }
}

impl From<EngineError> for ApiError {
    fn from(error: EngineError) -> Self {
        Self::of_engine(&error)
    }
}

impl From<StepError> for ApiError {
    fn from(error: StepError) -> Self {
        match error {
            StepError::Engine(engine) => Self::of_engine(&engine),
            StepError::Own(own) => (*own).into(),
        }
    }
}

impl From<EnvError> for ApiError {
    fn from(error: EnvError) -> Self {
        let status = match error {
            EnvError::ParamsTooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            _ => StatusCode::BAD_REQUEST,
        };
        let mut answer = Self::new(status, error.code(), error.to_string());
        if let EnvError::Masked(_) = error {
            answer.hint = Some("Give the value itself, or leave it out.".to_owned());
        }
        answer
    }
}

impl From<ControlError> for ApiError {
    fn from(error: ControlError) -> Self {
        if error.is_disk_full() {
            return Self::disk_full(error_chain(&error));
        }
        let detail = error.to_string();
        match error {
            ControlError::Plugin(plugin) if plugin.is_ours() => Self::internal(error_chain(&plugin)),
            ControlError::Plugin(plugin) => {
                let status = if plugin.is_too_large() { StatusCode::PAYLOAD_TOO_LARGE } else { StatusCode::BAD_REQUEST };
                let mut answer = Self::new(status, plugin.code(), detail);
                answer.hint = plugin.hint().map(str::to_owned);
                answer.ko = Some(Box::new(korean(&plugin)));
                answer
            }
            ControlError::Release(_) => Self::bad_request("plugin_release_invalid", detail),
            ControlError::Limits(_) => Self::bad_request("limits_invalid", detail),
            ControlError::Env(env) => env.into(),
            ControlError::NothingToCreate => Self::bad_request("plugin_release_missing", detail),
            ControlError::UnknownRelease(_) => Self::not_found("plugin_release_unknown", detail)
                .with_hint("Upload its archive once as `file`, with POST containers/ or POST plugin_releases/."),
            ControlError::UnknownContainer(_) => Self::not_found("container_unknown", detail),
            ControlError::AmbiguousHandle(_) => Self::new(StatusCode::CONFLICT, "container_ambiguous", detail),
            ControlError::UnknownBuild(_) => Self::not_found("build_unknown", detail),
            ControlError::BuildEnded(_) => Self::new(StatusCode::CONFLICT, "build_ended", detail),
            ControlError::ReleaseInUse { .. } => Self::new(StatusCode::CONFLICT, "plugin_release_in_use", detail)
                .with_hint("Delete its containers first."),
            ControlError::AppNotReady(_) => Self::new(StatusCode::CONFLICT, "app_not_ready", detail)
                .with_hint("Start the container, and ask again once it is running."),
            ControlError::AppApiUnknown { .. } => Self::new(StatusCode::CONFLICT, "app_api_unknown", detail),
            ControlError::BeingDeleted(_) => Self::new(StatusCode::CONFLICT, "container_being_deleted", detail),
            ControlError::PortsExhausted(_) => Self::insufficient("ports_exhausted", detail)
                .with_hint("Delete containers that are not needed, or widen the port range."),
            ControlError::DiskLow { .. } => Self::insufficient("insufficient_storage", detail)
                .with_hint("Delete containers that are not needed, run `playground clean`, or free disk space."),
            ControlError::QueueFull { retry_after, .. } => Self::too_many("queue_full", detail, retry_after)
                .with_hint("Try again when some of them have ended, or cancel builds that are not needed."),
            ControlError::Backend { .. } => {
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "backend_failed", detail)
                    .with_hint("Check backend_url and backend_token, or upload the archive as `file`.")
            }
            ControlError::UnknownOrphan(_) => Self::not_found("orphan_unknown", detail)
                .with_hint("GET orphans/ lists them; a container with a record is under containers/."),
            ControlError::NotAdoptable { .. } => Self::new(StatusCode::CONFLICT, "orphan_not_adoptable", detail),
            ControlError::OtherAgents { .. } => Self::new(StatusCode::CONFLICT, "orphan_of_other_agent", detail)
                .with_hint("Add all_agents=true (`--all-agents`) when that Agent is gone for good."),
            ControlError::Engine(engine) => Self::of_engine(&engine),
            ControlError::Store(_)
            | ControlError::Disk { .. }
            | ControlError::HttpClient(_)
            | ControlError::AgentIdConflict { .. }
            | ControlError::AgentIdInvalid { .. }
            | ControlError::Facts(_) => Self::internal(error_chain(&error)),
        }
    }
}

/// A mistake in Korean, with its place as the English sentence has it.
fn korean(mistake: &PluginError) -> Translation {
    let korean = mistake.korean();
    match mistake.place() {
        Some(place) => Translation {
            message: format!("{place}: {}", korean.message),
            ..korean
        },
        None => korean,
    }
}

impl From<QueryRejection> for ApiError {
    fn from(rejection: QueryRejection) -> Self {
        Self::bad_request("query_invalid", rejection.body_text())
    }
}

impl From<PathRejection> for ApiError {
    fn from(rejection: PathRejection) -> Self {
        Self::bad_request("path_invalid", rejection.body_text())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = ErrorBody {
            detail: self.detail,
            code: self.code.to_owned(),
            hint: self.hint,
            ko: self.ko.map(|ko| *ko),
            request_id: None,
        };
        let mut response = (self.status, Json(body)).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Token"));
        }
        if let Some(after) = self.retry_after {
            let seconds = HeaderValue::from(after.as_secs().max(1));
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        if let Some(cause) = self.cause {
            response.extensions_mut().insert(Cause(cause));
        }
        response
    }
}

/// A handler that panicked is our bug: the caller gets the fixed text.
pub(crate) fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let message = panic
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or_else(|| "a handler panicked".to_owned());
    ApiError::internal(message).into_response()
}
