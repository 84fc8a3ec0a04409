//! One request: to the app it is meant for, and the answer back.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use hyper::body::{Body as _, Incoming};
use hyper::header::{ACCEPT, HOST, HeaderValue, TRANSFER_ENCODING};
use hyper::http::request::Parts;
use hyper::http::uri::{Authority, PathAndQuery, Scheme};
use hyper::{Method, Request, Response, StatusCode, Uri, Version};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::address::{Destination, Domains, Mount};
use crate::apps::{App, Apps, Stage};
use crate::body::{Body, Upload};
use crate::cross_site;
use crate::entrance::{Asked, Entrance};
use crate::hold::{Hold, Wake};
use crate::homeward::{self, Way};
use crate::hop_by_hop;
use crate::outward::{self, Visitor};
use crate::pages::Pages;
use crate::refusal::{self, Refusal};
use crate::session;
use crate::traffic::{Received, Visit};
use crate::tunnel::Tunnels;
use crate::waiting::STAGE;

/// uvicorn, which serves Gradio, closes connections that were idle for five seconds: ours are given up before.
const IDLE: Duration = Duration::from_secs(4);
/// An app that runs on this machine and does not take a connection within this time takes none.
const CONNECT: Duration = Duration::from_secs(5);

/// How the gateway works.
#[derive(Debug, Clone)]
pub struct GatewayConfig {
    /// Where apps are found.
    pub domains: Domains,
    /// Origins of pages that may show apps in a frame, as in `frame-ancestors`.
    pub framed_by: HeaderValue,
    /// Whether apps' pages get nothing from other hosts.
    pub offline_pages: bool,
    /// WebSockets open at the same time, all apps together.
    pub tunnels: usize,
    /// The same of one app.
    pub app_tunnels: usize,
    /// Requests, streams and WebSockets open at one app at the same time, those that are held included.
    pub app_requests: usize,
    /// How long the request of a program is held for an app that is on its way.
    pub hold: Duration,
}

impl Default for GatewayConfig {
    fn default() -> Self {
        Self {
            domains: Domains::default(),
            framed_by: HeaderValue::from_static("frame-ancestors 'self'"),
            offline_pages: false,
            tunnels: 4096,
            app_tunnels: 1000,
            app_requests: 2000,
            hold: Duration::from_secs(60),
        }
    }
}

/// The gateway. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Gateway {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    apps: Arc<Apps>,
    waker: OnceLock<Arc<dyn Wake>>,
    hold: Duration,
    domains: Domains,
    pages: Pages,
    client: Client<HttpConnector, Upload>,
    tunnels: Tunnels,
    app_requests: usize,
}

/// A request that was understood, of an app that is ready.
struct Wish {
    app: Arc<App>,
    target: SocketAddr,
    host: HeaderValue,
    prefix: String,
    entrance: Entrance,
}

impl Gateway {
    /// A gateway that knows no app yet.
    pub fn new(config: GatewayConfig) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(CONNECT));
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            // An app's own spelling is kept: some clients of HTTP/1 look for it.
            .http1_preserve_header_case(true)
            .build(connector);
        Self {
            inner: Arc::new(Inner {
                apps: Arc::default(),
                waker: OnceLock::new(),
                hold: config.hold,
                domains: config.domains,
                pages: Pages::new(&config.framed_by, config.offline_pages),
                client,
                tunnels: Tunnels::new(config.tunnels, config.app_tunnels),
                app_requests: config.app_requests,
            }),
        }
    }

    /// Where apps are found.
    pub fn domains(&self) -> &Domains {
        &self.inner.domains
    }

    /// The apps there are.
    pub fn apps(&self) -> &Arc<Apps> {
        &self.inner.apps
    }

    /// Says who wakes apps that sleep. Only the first to be named does.
    pub fn woken_by(&self, waker: Arc<dyn Wake>) {
        drop(self.inner.waker.set(waker));
    }

    /// Where a request goes.
    pub fn destination<'a>(&self, request: &'a Parts) -> Destination<'a> {
        self.inner
            .domains
            .destination(host_of(request), request.uri.path())
    }

    /// Ends the WebSockets that are open, and waits until they have ended.
    pub async fn close(&self) {
        self.inner.tunnels.close().await;
    }

    /// Whether a page of another site asks, and not just for a page to show.
    pub fn is_cross_site(&self, request: &Parts) -> bool {
        cross_site::is_foreign(request, host_of(request).unwrap_or_default())
    }

    /// The answer to a page of another site.
    pub fn refuse_cross_site(&self, asked: &Parts) -> Response<Body> {
        Refusal::CrossSite.answer(asked.headers.get(ACCEPT))
    }

    /// Whether a request names a host that is ours. A foreign name can be led here by whoever owns it, and to a browser its
    /// page is then of the same site as everything here.
    pub fn is_at_home(&self, request: &Parts) -> bool {
        host_of(request).is_none_or(|host| self.inner.domains.is_at_home(host))
    }

    /// The answer to whoever came by a foreign name.
    pub fn refuse_unknown_host(&self, asked: &Parts) -> Response<Body> {
        Refusal::UnknownHost.answer(asked.headers.get(ACCEPT))
    }

    /// The answer to a visitor who may not see this app.
    pub fn keep_private(&self, asked: &Parts, app: &App) -> Response<Body> {
        Refusal::Private(app.name.clone()).answer(asked.headers.get(ACCEPT))
    }

    /// Passes a request to its app and the answer back. Refusals are answers, too.
    pub async fn handle(&self, request: Request<Incoming>, visitor: &Visitor) -> Response<Body> {
        self.answer(request, visitor, None).await
    }

    /// The same for a request that came in by the own port of this app: whatever host it names, its path is the app's.
    /// Who asks from which site is the app's own matter there.
    pub async fn handle_for(
        &self,
        name: &str,
        request: Request<Incoming>,
        visitor: &Visitor,
    ) -> Response<Body> {
        self.answer(request, visitor, Some(name)).await
    }

    async fn answer(
        &self,
        request: Request<Incoming>,
        visitor: &Visitor,
        owner: Option<&str>,
    ) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let accept = parts.headers.get(ACCEPT).cloned();
        match self.pass(parts, body, visitor, owner).await {
            Ok(response) => response,
            Err(refusal) => {
                tracing::debug!(?refusal, "a request did not reach an app");
                refusal.answer(accept.as_ref())
            }
        }
    }

    async fn pass(
        &self,
        parts: Parts,
        body: Incoming,
        visitor: &Visitor,
        owner: Option<&str>,
    ) -> Result<Response<Body>, Refusal> {
        check_unambiguous(&parts)?;
        let asked = self.understand(&parts, owner)?;
        asked.check_site(&parts)?;
        let has_ticket = asked.entrance == Entrance::Ticket;
        if let Some(answer) = cross_site::preflight(&parts).filter(|_| has_ticket) {
            return Ok(answer);
        }
        let visit = Visit::begin(&asked.app.traffic, self.inner.app_requests)
            .ok_or_else(|| Refusal::TooManyVisits(asked.app.name.clone()))?;
        if let Some(known) = parts.headers.get(STAGE) {
            return Ok(self.tell_stage(asked, &visit, known).await);
        }
        let is_page = refusal::is_for_page(&parts);
        let hold = self.hold();
        let (app, target) = hold.until_ready(asked.app, &visit, is_page).await?;
        let wish = Wish {
            app,
            target,
            host: asked.host,
            prefix: asked.prefix,
            entrance: asked.entrance,
        };
        let path = parts.uri.path()[wish.prefix.len()..].to_owned();
        if hop_by_hop::wants_websocket(&parts.headers) {
            return self
                .open_tunnel(parts, body, visitor, &wish, visit, &path)
                .await;
        }
        let received = Received::by(&visit);
        let page = session::of(&parts.uri);
        let mut request =
            Request::from_parts(outward(parts, visitor, &wish), Upload::new(body, received));
        frame_unknown_length(&mut request);
        let begun = Instant::now();
        let response = self.ask(request, &wish).await?;
        visit.note_answer(begun.elapsed());
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            return Err(Refusal::AppFailed(
                "it changed to a protocol that nobody asked for".to_owned(),
            ));
        }
        Ok(self.clean(Body::of_app(response, visit, page), &wish, &path))
    }

    /// What a waiting page asks for: how far its app is, once that is news.
    async fn tell_stage(&self, asked: Asked, visit: &Visit, known: &HeaderValue) -> Response<Body> {
        let known = known.to_str().unwrap_or_default();
        let name = asked.app.name.clone();
        let stage = self.hold().until_changed(asked.app, visit, known).await;
        Refusal::NotReady { name, stage }.answer(None)
    }

    /// Sends a request to its app. A connection that was kept may be closed at the other end in the same moment: what changes
    /// nothing and carries nothing is then asked once more (RFC 9110, section 9.2.2).
    async fn ask(
        &self,
        request: Request<Upload>,
        wish: &Wish,
    ) -> Result<Response<Incoming>, Refusal> {
        let again = again(&request);
        let client = &self.inner.client;
        let answered = match (client.request(request).await, again) {
            (Err(error), Some(request)) if is_lost(&error) => client.request(request).await,
            (answered, _) => answered,
        };
        answered.map_err(|error| broke(&error, wish))
    }

    async fn open_tunnel(
        &self,
        mut parts: Parts,
        body: Incoming,
        visitor: &Visitor,
        wish: &Wish,
        visit: Visit,
        path: &str,
    ) -> Result<Response<Body>, Refusal> {
        let place = self.inner.tunnels.place(&visit);
        let place = place.ok_or(Refusal::TooManyTunnels)?;
        let visitors_end = parts.extensions.remove::<hyper::upgrade::OnUpgrade>();
        let mut parts = outward(parts, visitor, wish);
        hop_by_hop::ask_for_websocket(&mut parts.headers);
        let received = Received::by(&visit);
        let request = Request::from_parts(parts, Upload::new(body, received));
        let response = self.inner.client.request(request).await;
        let mut response = response.map_err(|error| broke(&error, wish))?;
        let is_agreed = response.status() == StatusCode::SWITCHING_PROTOCOLS
            && hop_by_hop::wants_websocket(response.headers());
        let Some(visitors_end) = visitors_end.filter(|_| is_agreed) else {
            if response.status() == StatusCode::SWITCHING_PROTOCOLS {
                return Err(Refusal::AppFailed("it agreed to no WebSocket".to_owned()));
            }
            return Ok(self.clean(Body::of_app(response, visit, None), wish, path));
        };
        let apps_end = hyper::upgrade::on(&mut response);
        let mut response = self.clean(response.map(|_| Body::own("")), wish, path);
        hop_by_hop::ask_for_websocket(response.headers_mut());
        self.inner
            .tunnels
            .carry(place, visitors_end, apps_end, visit);
        Ok(response)
    }

    fn hold(&self) -> Hold<'_> {
        Hold {
            apps: &self.inner.apps,
            waker: self.inner.waker.get().map(Arc::as_ref),
            programs: self.inner.hold,
        }
    }

    /// The app that a request is for: the owner of the port by which it came in, else the one that it names.
    fn understand(&self, parts: &Parts, owner: Option<&str>) -> Result<Asked, Refusal> {
        let destination = match owner {
            Some(label) => Destination::App {
                label,
                mount: Mount::Host,
            },
            None => self.destination(parts),
        };
        let (label, mount) = match destination {
            Destination::App { label, mount } => (label, mount),
            Destination::LacksSlash => {
                let query = parts.uri.query().map(|query| format!("?{query}"));
                let path = parts.uri.path();
                let query = query.unwrap_or_default();
                return Err(Refusal::LacksSlash(format!("{path}/{query}")));
            }
            Destination::UnknownHost => return Err(Refusal::UnknownHost),
            Destination::Elsewhere => return Err(Refusal::NoSuchApp(String::new())),
        };
        let app = self.inner.apps.find(label);
        let app = app.ok_or_else(|| Refusal::NoSuchApp(label.to_owned()))?;
        Ok(Asked {
            host: host_of(parts)
                .map(str::to_owned)
                // HTTP/1.0 names none, and an app's own port never asked for one.
                .or_else(|| owner.map(|_| "localhost".to_owned()))
                .and_then(|host| HeaderValue::from_str(&host).ok())
                .ok_or(Refusal::UnknownHost)?,
            // As the visitor wrote it: what the app links to begins with the same.
            prefix: mount.prefix(label),
            entrance: owner.map_or(Entrance::at_gateway(mount), |_| Entrance::OwnPort),
            app,
        })
    }

    fn clean(&self, mut response: Response<Body>, wish: &Wish, path: &str) -> Response<Body> {
        // The connection to the visitor has a version of its own.
        *response.version_mut() = Version::HTTP_11;
        let is_success = response.status().is_success();
        let way = Way {
            host: wish.host.to_str().unwrap_or_default(),
            target: wish.target,
            prefix: &wish.prefix,
            path,
            policy: self.inner.pages.policy(wish.entrance),
            has_ticket: wish.entrance == Entrance::Ticket,
        };
        homeward::clean(response.headers_mut(), is_success, &way);
        response
    }
}

/// The request as the app gets it. Its path keeps every byte that it had.
fn outward(mut parts: Parts, visitor: &Visitor, wish: &Wish) -> Parts {
    outward::tell(&mut parts.headers, visitor, &wish.host, &wish.prefix);
    let path = parts.uri.path_and_query().map_or("/", PathAndQuery::as_str);
    let path = path.get(wish.prefix.len()..).unwrap_or("/").to_owned();
    let mut uri = hyper::http::uri::Parts::default();
    uri.scheme = Some(Scheme::HTTP);
    uri.authority = Authority::from_maybe_shared(wish.target.to_string()).ok();
    uri.path_and_query = PathAndQuery::from_maybe_shared(path).ok();
    parts.uri = Uri::from_parts(uri).unwrap_or_default();
    parts.version = Version::HTTP_11;
    parts.extensions.clear();
    parts
}

/// The client sends no body of unknown length with a GET unless it is told how.
fn frame_unknown_length(request: &mut Request<Upload>) {
    let body = request.body();
    if !body.is_end_stream() && body.size_hint().exact().is_none() {
        let chunked = HeaderValue::from_static("chunked");
        request.headers_mut().insert(TRANSFER_ENCODING, chunked);
    }
}

/// The same request, where it may be made twice.
fn again(request: &Request<Upload>) -> Option<Request<Upload>> {
    let changes_nothing = matches!(*request.method(), Method::GET | Method::HEAD);
    let body = request.body().again().filter(|_| changes_nothing)?;
    let mut again = Request::new(body);
    again.method_mut().clone_from(request.method());
    again.uri_mut().clone_from(request.uri());
    again.headers_mut().clone_from(request.headers());
    Some(again)
}

/// Whether the connection ended before any answer came.
fn is_lost(error: &hyper_util::client::legacy::Error) -> bool {
    let cause = std::error::Error::source(error);
    cause
        .and_then(|cause| cause.downcast_ref::<hyper::Error>())
        .is_some_and(|cause| cause.is_incomplete_message() || cause.is_canceled())
}

/// What can be read in two ways is refused: the app might read it in the other.
fn check_unambiguous(parts: &Parts) -> Result<(), Refusal> {
    if parts.method == Method::CONNECT {
        return Err(Refusal::Ambiguous("it asks for a tunnel"));
    }
    if parts.headers.get_all(HOST).iter().count() > 1 {
        return Err(Refusal::Ambiguous("it names its host twice"));
    }
    if parts.version < Version::HTTP_2 && parts.uri.authority().is_some() {
        return Err(Refusal::Ambiguous("its address names a host of its own"));
    }
    Ok(())
}

/// The host that a request names, as its version of HTTP does it.
fn host_of(parts: &Parts) -> Option<&str> {
    match parts.uri.authority() {
        Some(authority) if parts.version >= Version::HTTP_2 => Some(authority.as_str()),
        _ => parts.headers.get(HOST)?.to_str().ok(),
    }
}

/// An app that takes no connection is one that just ended: the record will say so in a moment.
fn broke(error: &hyper_util::client::legacy::Error, wish: &Wish) -> Refusal {
    if error.is_connect() {
        return Refusal::NotReady {
            name: wish.app.name.clone(),
            stage: Stage::Starting,
        };
    }
    let mut words = error.to_string();
    let mut is_visitors = false;
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        words = format!("{words}: {cause}");
        // What the client calls its user's body is what the visitor sends.
        is_visitors |= cause
            .downcast_ref::<hyper::Error>()
            .is_some_and(hyper::Error::is_user);
        source = cause.source();
    }
    if is_visitors {
        Refusal::VisitorFailed(words)
    } else {
        Refusal::AppFailed(words)
    }
}
