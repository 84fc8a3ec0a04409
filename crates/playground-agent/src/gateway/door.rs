//! The one door: every request comes in here, and goes to the API or to an app.

use std::convert::Infallible;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body as ApiBody;
use axum::http::header::{CACHE_CONTROL, LOCATION, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Request, Response, StatusCode};
use axum::response::IntoResponse as _;
use http_body_util::Either;
use hyper::body::Incoming;
use playground_proxy::{App, Body as AppBody, Destination, Gateway, Visitor};
use tower::{Service, ServiceExt as _};

use super::access::{Access, Admission};
use super::visitor::visitor;
use super::way::Way;
use crate::http;
use crate::http::error::ApiError;

/// What a visitor gets: from an app, or from the API.
pub(crate) type Answer = Response<Either<AppBody, ApiBody>>;

/// The door. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Door {
    pub(crate) gateway: Gateway,
    pub(crate) access: Access,
    pub(crate) api: http::Service,
    /// Servers in front of this one that say who asked.
    pub(crate) trusted: Arc<[IpAddr]>,
}

impl Service<(Request<Incoming>, SocketAddr)> for Door {
    type Response = Answer;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Answer, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, (request, peer): (Request<Incoming>, SocketAddr)) -> Self::Future {
        let door = self.clone();
        Box::pin(async move { Ok(door.open(request, peer).await) })
    }
}

impl Door {
    async fn open(self, request: Request<Incoming>, peer: SocketAddr) -> Answer {
        let (mut parts, body) = request.into_parts();
        let visitor = visitor(&parts.headers, peer, &self.trusted);
        let way = match self.gateway.destination(&parts) {
            Destination::Elsewhere if self.gateway.is_cross_site(&parts) => {
                return self.gateway.refuse_cross_site(&parts).map(Either::Left);
            }
            // Where nobody is asked for a token, the name is all that tells a page of ours from one that was led here.
            Destination::Elsewhere if self.access.is_open() && !self.gateway.is_at_home(&parts) => {
                return self.gateway.refuse_unknown_host(&parts).map(Either::Left);
            }
            Destination::Elsewhere => {
                let request = Request::from_parts(parts, ApiBody::new(body));
                return self.ask_api(request).await;
            }
            Destination::App { label, mount } => Some(Way::new(label, mount)),
            Destination::LacksSlash | Destination::UnknownHost => None,
        };
        // What leads to no app is refused by the gateway, in its own words.
        if let Some(way) = way
            && let Some(app) = self.gateway.apps().find(way.label())
            && let Some(refused) = self.stop(&mut parts, &app, &way, &visitor).await
        {
            return refused;
        }
        let request = Request::from_parts(parts, body);
        let answer = self.gateway.handle(request, &visitor).await;
        answer.map(Either::Left)
    }

    /// The answer to whoever does not get through to the app; none to whoever does.
    async fn stop(
        &self,
        parts: &mut Parts,
        app: &App,
        way: &Way,
        visitor: &Visitor,
    ) -> Option<Answer> {
        match self.access.admit(parts, app, way, visitor).await {
            Ok(Admission::Admitted) => None,
            Ok(Admission::Enters { location, cookies }) => Some(enter(&location, &cookies)),
            Ok(Admission::Refused) => Some(self.gateway.keep_private(parts, app).map(Either::Left)),
            Err(error) => {
                let error = ApiError::from(playground_control::ControlError::from(error));
                Some(error.into_response().map(Either::Right))
            }
        }
    }

    async fn ask_api(self, request: Request<ApiBody>) -> Answer {
        match self.api.oneshot(request).await {
            Ok(response) => response.map(Either::Right),
            Err(never) => match never {},
        }
    }
}

/// Puts the link into a cookie, and the visitor where the app's page can live.
fn enter(location: &str, cookies: &[String]) -> Answer {
    let mut response = StatusCode::SEE_OTHER.into_response();
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let cookies = cookies.iter().map(|cookie| (SET_COOKIE, cookie.as_str()));
    for (name, value) in [(LOCATION, location)].into_iter().chain(cookies) {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.append(name, value);
        }
    }
    response.map(Either::Right)
}
