//! The REST API: contract.md sections 3.1 and 3.2, plus logs and the OpenAPI document.
//!
//! Real clients mix both forms of a path, and a redirect would turn their POST into a GET. So one trailing slash is
//! taken off before routing, and there is one route for both forms.

pub(crate) mod body;
pub mod builds;
pub mod cleanup;
pub mod containers;
mod create;
pub mod docker;
pub mod error;
pub mod events;
mod extract;
pub mod health;
pub mod links;
pub(crate) mod log_stream;
pub mod logs;
mod openapi;
pub mod orphans;
mod page;
pub(crate) mod place;
mod read_first;
pub mod releases;
mod request_log;
pub mod stats;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{FromRef, Request};
use axum::http::Uri;
use axum::middleware::{from_fn, from_fn_with_state};
use playground_control::Control;
use playground_proxy::Gateway;
use tower::ServiceExt as _;
use tower::util::MapRequest;
use tower_http::timeout::RequestBodyTimeoutLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use openapi::openapi_json;

use crate::auth::require_token;
use crate::events::{Feed, HealthWatch};
use crate::{Links, Tokens};
use error::ApiError;

/// How long a request's body may send nothing, where nobody says otherwise. An upload that still moves takes as long as
/// it takes; one that stands still keeps a file on our disk.
pub(crate) const BODY_SILENCE: Duration = Duration::from_secs(60);

/// How long a request that brings something up is held open for its result.
#[derive(Debug, Clone, Copy)]
pub struct Hold(pub Duration);

/// What handlers work with.
#[derive(Debug, Clone)]
pub struct AppState {
    pub(crate) control: Control,
    pub(crate) tokens: Arc<Tokens>,
    pub(crate) links: Arc<Links>,
    pub(crate) hold: Hold,
    pub(crate) gateway: Gateway,
    pub(crate) feed: Feed,
    pub(crate) health: HealthWatch,
    body_silence: Duration,
}

impl AppState {
    /// Puts the parts together.
    pub fn new(
        control: Control,
        tokens: Tokens,
        links: Links,
        gateway: Gateway,
        hold: Hold,
    ) -> Self {
        Self {
            control,
            tokens: Arc::new(tokens),
            links: Arc::new(links),
            hold,
            gateway,
            feed: Feed::new(),
            health: HealthWatch::new(),
            body_silence: BODY_SILENCE,
        }
    }

    /// Gives a request's body up once it sent nothing for so long.
    #[must_use]
    pub fn with_body_silence(self, body_silence: Duration) -> Self {
        Self {
            body_silence,
            ..self
        }
    }
}

impl FromRef<AppState> for Control {
    fn from_ref(state: &AppState) -> Self {
        state.control.clone()
    }
}

impl FromRef<AppState> for Gateway {
    fn from_ref(state: &AppState) -> Self {
        state.gateway.clone()
    }
}

impl FromRef<AppState> for Hold {
    fn from_ref(state: &AppState) -> Self {
        state.hold
    }
}

/// Every route with its part of the OpenAPI document. They cannot drift: both come from one annotation.
fn api() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(health::health))
        .routes(routes!(containers::list, containers::create))
        .routes(routes!(
            containers::show,
            containers::update,
            containers::delete
        ))
        .routes(routes!(containers::restart))
        .routes(routes!(links::create))
        .routes(routes!(stats::stats))
        .routes(routes!(logs::container_log))
        .routes(routes!(logs::container_log_stream))
        .routes(routes!(docker::list, docker::create))
        .routes(routes!(docker::show, docker::delete))
        .routes(routes!(docker::stop))
        .routes(routes!(docker::start))
        .routes(routes!(builds::list))
        .routes(routes!(builds::show, builds::cancel))
        .routes(routes!(logs::build_log))
        .routes(routes!(logs::build_log_stream))
        .routes(routes!(releases::list, releases::create))
        .routes(routes!(releases::show, releases::delete))
        .routes(routes!(releases::run))
        .routes(routes!(releases::run_debug))
        .routes(routes!(cleanup::clean))
        .routes(routes!(orphans::list))
        .routes(routes!(orphans::adopt))
        .routes(routes!(orphans::remove))
        .routes(routes!(events::events))
        .routes(routes!(openapi::document))
}

/// The whole API.
pub fn router(state: AppState) -> Router {
    let (router, _) = api().split_for_parts();
    router
        .fallback(unknown_route)
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn_with_state(state.clone(), require_token))
        .layer(from_fn(read_first::read_first))
        .layer(RequestBodyTimeoutLayer::new(state.body_silence))
        .layer(tower_http::catch_panic::CatchPanicLayer::custom(
            error::panicked,
        ))
        .layer(from_fn(request_log::log))
        .with_state(state)
}

/// The router behind the step that makes both forms of a path one.
pub type Service = MapRequest<Router, fn(Request) -> Request>;

/// Puts that step in front of the router, for serving.
pub fn into_service(router: Router) -> Service {
    router.map_request(without_trailing_slash)
}

/// Takes one trailing slash off the path. Nothing else about the address changes.
pub fn without_trailing_slash(mut request: Request) -> Request {
    let uri = request.uri();
    let Some(path) = uri.path().strip_suffix('/').filter(|path| !path.is_empty()) else {
        return request;
    };
    let shortened = match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    let mut parts = uri.clone().into_parts();
    if let Ok(shortened) = shortened.parse() {
        parts.path_and_query = Some(shortened);
        if let Ok(uri) = Uri::from_parts(parts) {
            *request.uri_mut() = uri;
        }
    }
    request
}

async fn unknown_route(uri: Uri) -> ApiError {
    ApiError::not_found(
        "route_unknown",
        format!("there is nothing at {}", uri.path()),
    )
}

async fn wrong_method(uri: Uri) -> ApiError {
    ApiError::wrong_method(format!("{} cannot be called with this method", uri.path()))
}
