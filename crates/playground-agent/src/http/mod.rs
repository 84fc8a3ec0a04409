//! The REST API: what the SDK and the seed's client call, and what the page and the command line need beside it.
//!
//! Real clients mix both forms of a path, and a redirect would turn their POST into a GET. So one trailing slash is
//! taken off before routing, and there is one route for both forms.

pub mod app_api;
pub(crate) mod body;
pub mod builds;
pub mod cleanup;
pub mod containers;
mod create;
pub mod docker;
pub mod error;
pub mod events;
pub mod examples;
pub(crate) mod extract;
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
pub(crate) mod session;
pub mod stats;
pub mod tokens;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{FromRef, Request};
use axum::http::header::X_CONTENT_TYPE_OPTIONS;
use axum::http::{HeaderValue, Uri};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use playground_control::Control;
use playground_proxy::Gateway;
use tower::ServiceExt as _;
use tower::util::MapRequest;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::RequestBodyTimeoutLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use openapi::openapi_json;

use crate::auth::{Endings, Sessions, require_login};
use crate::events::{Feed, HealthWatch};
use crate::page::{self as files, Page};
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
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) endings: Endings,
    pub(crate) links: Arc<Links>,
    pub(crate) page: Arc<Page>,
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
        let sessions = Sessions::new(control.store().clone(), control.agent_id());
        let endings = Endings::new(control.store().clone());
        Self {
            control,
            tokens: Arc::new(tokens),
            sessions: Arc::new(sessions),
            endings,
            links: Arc::new(links),
            page: Arc::new(Page::built_in()),
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

    /// Shows another page than the one that this binary carries.
    #[must_use]
    pub fn with_page(self, page: Page) -> Self {
        Self {
            page: Arc::new(page),
            ..self
        }
    }
}

impl FromRef<AppState> for Control {
    fn from_ref(state: &AppState) -> Self {
        state.control.clone()
    }
}

impl FromRef<AppState> for Endings {
    fn from_ref(state: &AppState) -> Self {
        state.endings.clone()
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

/// Every route that asks who calls, with its part of the OpenAPI document. They cannot drift: both come from one annotation.
fn guarded() -> OpenApiRouter<AppState> {
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
        .routes(routes!(app_api::show))
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
        .routes(routes!(session::show, session::end))
        .routes(routes!(session::invite))
        .routes(routes!(examples::list))
        .routes(routes!(examples::archive))
        .routes(routes!(tokens::list, tokens::create))
        .routes(routes!(tokens::revoke))
        .routes(routes!(events::events))
        .routes(routes!(openapi::document))
}

/// What anybody may ask: the way in.
fn open() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(session::open))
}

/// The page itself, which has nothing to hide.
fn page_files() -> Router<AppState> {
    Router::new()
        .route("/", get(files::index))
        .route("/assets/{*name}", get(files::asset))
        .route("/favicon.svg", get(files::favicon))
        .method_not_allowed_fallback(wrong_method)
}

/// The whole API, and the page.
pub fn router(state: AppState) -> Router {
    let (guarded, _) = guarded().split_for_parts();
    let (open, _) = open().split_for_parts();
    guarded
        .fallback(unknown_route)
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn_with_state(state.clone(), require_login))
        // Behind that layer: what follows asks nobody who calls.
        .merge(open)
        .merge(page_files())
        .layer(from_fn(read_first::read_first))
        // What a stranger's log holds is never more than text to a browser.
        .layer(SetResponseHeaderLayer::if_not_present(
            X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ))
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
