//! The door: who gets to an app, and what an app gets to see of it.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::{Method, StatusCode, header};
use playground_types::wire::Event;
use playground_types::{ContainerPk, PortRange, Timestamp};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep};

use crate::agent::{TOKEN, TestAgent};
use crate::reader::Reader;

const PATIENT: Duration = Duration::from_secs(600);
/// The gateway follows its records this soon.
const SOON: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(10);

/// An Agent with one ready app, which answers with the headers and the path that it got.
struct Place {
    agent: TestAgent,
    address: SocketAddr,
    client: Client,
    container: Value,
}

impl Place {
    async fn set() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let app = Router::new().fallback(async |request: Request| {
            let mut seen: Vec<String> = request
                .headers()
                .iter()
                .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
                .collect();
            seen.push(request.uri().to_string());
            seen.join("\n")
        });
        tokio::spawn(async move { axum::serve(listener, app).await });
        let range: PortRange = format!("{port}-{port}").parse().unwrap();
        let agent = TestAgent::with(|config| config.port_range = range).await;
        let container = agent.created(&[]).await;
        assert_eq!(container["host_port"], port, "{container:#}");
        let address = agent.listen(PATIENT).await;
        let client = Client::builder().no_proxy().redirect(Policy::none());
        Self {
            agent,
            address,
            client: client.build().unwrap(),
            container,
        }
    }

    fn label(&self) -> String {
        playground_proxy::label(self.container["name"].as_str().unwrap())
    }

    /// A request for the app by its path.
    fn ask(&self, method: Method, rest: &str) -> RequestBuilder {
        let url = format!("http://{}/play/{}{rest}", self.address, self.label());
        self.client.request(method, url)
    }

    /// The same by its host.
    fn ask_host(&self, rest: &str) -> RequestBuilder {
        let host = format!("{}.localhost:{}", self.label(), self.address.port());
        let url = format!("http://{}{rest}", self.address);
        self.client.get(url).header(header::HOST, host)
    }

    async fn patch(&self, change: Value) {
        let path = format!("/containers/{}", self.container["pk"]);
        let answer = self.agent.call(Method::PATCH, &path, Some(change)).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    }

    /// The table follows the records, and not in the same moment.
    async fn answers(&self, status: StatusCode, ask: impl Fn() -> RequestBuilder) -> Response {
        let deadline = Instant::now() + SOON;
        loop {
            let response = ask().send().await.unwrap();
            if response.status() == status {
                return response;
            }
            assert!(Instant::now() < deadline, "still {}", response.status());
            sleep(LOOK).await;
        }
    }
}

async fn code_of(response: Response) -> String {
    let body: Value = response.json().await.unwrap();
    body["code"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_private_app_is_for_whoever_has_a_token_and_never_sees_it() {
    let place = Place::set().await;
    for ask in [place.ask(Method::GET, "/"), place.ask_host("/")] {
        let refused = ask.send().await.unwrap();
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(code_of(refused).await, "app_private");
    }
    for value in [TOKEN.to_owned(), format!("Bearer {TOKEN}")] {
        let ask = place.ask(Method::GET, "/a//b?c=1");
        let response = ask
            .header(header::AUTHORIZATION, value)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let seen = response.text().await.unwrap();
        assert!(seen.ends_with("\n/a//b?c=1"), "{seen}");
        assert!(
            !seen.contains(TOKEN) && !seen.contains("authorization"),
            "{seen}"
        );
        let prefix = format!("x-forwarded-prefix: /play/{}", place.label());
        assert!(seen.contains(&prefix), "{seen}");
    }
    let wrong = place
        .ask(Method::GET, "/")
        .bearer_auth("wrong")
        .send()
        .await;
    assert_eq!(wrong.unwrap().status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_pages_session_opens_no_app_and_no_app_sees_it() {
    let place = Place::set().await;
    let opened = place.agent.post("/session", json!({"token": TOKEN})).await;
    let key = opened.json()["key"].as_str().unwrap().to_owned();
    let cookie = opened.headers[header::SET_COOKIE].to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let cookies = format!("theirs=1; {cookie}; __Host-{cookie}");
    for ask in [place.ask(Method::GET, "/"), place.ask_host("/")] {
        let ask = ask.header(header::COOKIE, &cookies);
        let ask = ask.header("x-synapse-key", &key);
        let with_token = ask.try_clone().unwrap();
        let refused = ask.send().await.unwrap();
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
        let response = with_token.bearer_auth(TOKEN).send().await.unwrap();
        let seen = response.text().await.unwrap();
        assert!(seen.contains("cookie: theirs=1\n"), "{seen}");
        assert!(!seen.contains("synapse-session-"), "{seen}");
        assert!(
            !seen.contains(&key) && !seen.contains("x-synapse"),
            "{seen}"
        );
    }
}

/// docs/security.md, item 44.
#[tokio::test]
async fn item_44_a_link_opens_one_app_with_a_cookie_that_the_app_never_sees() {
    let place = Place::set().await;
    let path = format!("/containers/{}/links/", place.container["pk"]);
    let made = place.agent.post(&path, json!({"expires_in": 60})).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let link = made.json()["url"].as_str().unwrap().to_owned();
    let (_, query) = link.split_once('?').unwrap();

    let entered = place.ask(Method::GET, &format!("/x?a=1&{query}"));
    let entered = entered.send().await.unwrap();
    assert_eq!(entered.status(), StatusCode::SEE_OTHER);
    let location = entered.headers()[header::LOCATION].to_str().unwrap();
    let (_, ticket) = query.split_once('=').unwrap();
    assert_eq!(location, format!("/play/{}/~{ticket}/x?a=1", place.label()));
    let cookie = entered.headers()[header::SET_COOKIE].to_str().unwrap();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"),
        "{cookie}"
    );
    let cookie = cookie.split(';').next().unwrap();

    let ask = place
        .ask(Method::GET, "/")
        .header(header::COOKIE, format!("theirs=1; {cookie}"));
    let seen = ask.send().await.unwrap().text().await.unwrap();
    assert!(seen.contains("cookie: theirs=1\n"), "{seen}");

    let (_, value) = cookie.split_once('=').unwrap();
    let other = place
        .ask(Method::GET, "/")
        .header(header::COOKIE, format!("synapse-app-999={value}"));
    assert_eq!(
        other.send().await.unwrap().status(),
        StatusCode::UNAUTHORIZED
    );
    let longer = query.replacen('=', "=9", 1);
    let longer = place.ask(Method::GET, &format!("/?{longer}")).send().await;
    assert_eq!(longer.unwrap().status(), StatusCode::UNAUTHORIZED);
}

/// Below `/play/` a page has no cookies, so what it asks for says by its path that it may.
#[tokio::test]
async fn a_page_at_a_path_has_a_ticket_and_others_have_none() {
    let place = Place::set().await;
    place.patch(json!({"visibility": "public"})).await;
    let page = |rest: &str| {
        place
            .ask(Method::GET, rest)
            .header(header::ACCEPT, "text/html,*/*")
    };
    let entered = place
        .answers(StatusCode::SEE_OTHER, || page("/x?a=1"))
        .await;
    assert!(entered.headers().get(header::SET_COOKIE).is_none());
    let location = entered.headers()[header::LOCATION].to_str().unwrap();
    let path = format!("/play/{}", place.label());
    let rest = location.strip_prefix(&path).unwrap().to_owned();
    assert!(rest.starts_with("/~") && rest.ends_with("/x?a=1"), "{rest}");

    // A page of the app: no origin, and cross-site to its own server.
    let own = |method| {
        let ask = place.ask(method, &rest).header(header::ORIGIN, "null");
        ask.header("sec-fetch-site", "cross-site")
    };
    let seen = own(Method::POST).send().await.unwrap();
    assert_eq!(seen.status(), StatusCode::OK);
    assert_eq!(seen.headers()["access-control-allow-origin"], "null");
    let seen = seen.text().await.unwrap();
    assert!(seen.ends_with("\n/x?a=1"), "{seen}");
    let asked = own(Method::OPTIONS)
        .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST")
        .header(header::ACCESS_CONTROL_REQUEST_HEADERS, "content-type")
        .send()
        .await
        .unwrap();
    assert_eq!(asked.status(), StatusCode::NO_CONTENT);
    assert_eq!(
        asked.headers()["access-control-allow-headers"],
        "content-type"
    );
    // Any other page without an origin has no ticket, and a page with one has no business here.
    let stranger = place
        .ask(Method::POST, "/x")
        .header(header::ORIGIN, "null")
        .send()
        .await
        .unwrap();
    assert_eq!(stranger.status(), StatusCode::FORBIDDEN);
    assert!(
        stranger
            .headers()
            .get("access-control-allow-origin")
            .is_none()
    );
    let evil = place
        .ask(Method::GET, &rest)
        .header(header::ORIGIN, "https://evil.example");
    assert_eq!(evil.send().await.unwrap().status(), StatusCode::FORBIDDEN);

    // The ticket of an open app opens no closed one.
    place.patch(json!({"visibility": "private"})).await;
    place
        .answers(StatusCode::UNAUTHORIZED, || own(Method::GET))
        .await;
    let ended = page(&rest).send().await.unwrap();
    assert_eq!(
        ended.headers()[header::LOCATION].to_str().unwrap(),
        format!("{path}/x?a=1"),
        "a page whose ticket has ended is asked for without one"
    );
}

#[tokio::test]
async fn item_43_another_sites_page_may_not_ask_the_api_either() {
    let place = Place::set().await;
    let url = format!("http://{}/containers/", place.address);
    let ask = |header: (&str, &str)| {
        let ask = place
            .client
            .get(&url)
            .header(header::AUTHORIZATION, TOKEN)
            .header(header.0, header.1);
        ask.send()
    };
    for header in [
        ("origin", "null"),
        ("origin", "https://evil.example"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        let refused = ask(header).await.unwrap();
        assert_eq!(refused.status(), StatusCode::FORBIDDEN, "{header:?}");
        assert_eq!(code_of(refused).await, "cross_site");
    }
    let own = format!("http://{}", place.address);
    for header in [
        ("origin", own.as_str()),
        ("sec-fetch-site", "same-origin"),
        ("accept", "*/*"),
    ] {
        assert_eq!(ask(header).await.unwrap().status(), StatusCode::OK);
    }
}

/// A name that leads to this machine for a moment makes its owner's page one of the same site.
#[tokio::test]
async fn item_43_where_nobody_needs_a_token_a_foreign_name_is_led_to_nothing() {
    let open = TestAgent::without_login().await;
    let address = open.listen(PATIENT).await;
    let client = Client::builder().no_proxy().build().unwrap();
    let ask = |path: &str, host: &str| {
        let url = format!("http://{address}{path}");
        client.get(url).header(header::HOST, host).send()
    };
    for path in ["/", "/containers/", "/health"] {
        for host in ["evil.example:8000", "localhost.evil.example"] {
            let refused = ask(path, host).await.unwrap();
            assert_eq!(refused.status(), StatusCode::MISDIRECTED_REQUEST, "{host}");
            assert_eq!(code_of(refused).await, "host_unknown");
        }
        for host in ["localhost:8000", "127.0.0.1", "[::1]:8000"] {
            assert_eq!(ask(path, host).await.unwrap().status(), StatusCode::OK);
        }
    }
}

#[tokio::test]
async fn a_later_link_makes_the_visit_longer_and_is_not_shown_to_the_app() {
    let place = Place::set().await;
    let path = format!("/containers/{}/links", place.container["pk"]);
    let query = async |seconds: i64| {
        let made = place
            .agent
            .post(&path, json!({"expires_in": seconds}))
            .await;
        let url = made.json()["url"].as_str().unwrap().to_owned();
        url.split_once('?').unwrap().1.to_owned()
    };
    let (first, second) = (query(60).await, query(600).await);
    let cookie_of = |entered: &Response| {
        let cookie = entered.headers()[header::SET_COOKIE].to_str().unwrap();
        cookie.to_owned()
    };
    let entered = place.ask_host(&format!("/?{first}")).send().await.unwrap();
    let cookie = cookie_of(&entered);
    assert!(
        cookie.contains("Max-Age=5") || cookie.contains("Max-Age=60"),
        "{cookie}"
    );
    let known = cookie.split(';').next().unwrap();
    let again = place.ask_host(&format!("//x?{second}&a=1"));
    let again = again.header(header::COOKIE, known).send().await.unwrap();
    assert_eq!(again.status(), StatusCode::SEE_OTHER);
    assert_eq!(again.headers()[header::LOCATION], "/.//x?a=1");
    let cookie = cookie_of(&again);
    assert!(
        cookie.contains("Max-Age=59") || cookie.contains("Max-Age=600"),
        "{cookie}"
    );
}

#[tokio::test]
async fn a_link_ends_and_none_lasts_for_ever() {
    let place = Place::set().await;
    let path = format!("/containers/{}/links", place.container["pk"]);
    for (body, code) in [
        (json!({"expires_in": 0}), "expires_in_invalid"),
        (json!({"expires_in": 7_776_001}), "expires_in_invalid"),
        (json!({"expires_in": "soon"}), "json_invalid"),
    ] {
        let refused = place.agent.post(&path, body).await;
        assert_eq!(refused.json()["code"], code, "{refused:?}");
    }
    let made = place
        .agent
        .post(&path, json!({"expires_in": 1}))
        .await
        .json();
    let (_, query) = made["url"].as_str().unwrap().split_once('?').unwrap();
    let rest = format!("/?{query}");
    place
        .answers(StatusCode::UNAUTHORIZED, || place.ask(Method::GET, &rest))
        .await;
}

#[tokio::test]
async fn a_public_app_is_for_everybody_until_it_is_private_again() {
    let place = Place::set().await;
    place.patch(json!({"visibility": "public"})).await;
    let response = place.answers(StatusCode::OK, || place.ask_host("/")).await;
    let seen = response.text().await.unwrap();
    assert!(!seen.contains("x-forwarded-prefix"), "{seen}");
    // What the app's own visitors send to it is theirs, ours is not.
    let ask = place.ask_host("/").bearer_auth("the-apps-own");
    let seen = ask.send().await.unwrap().text().await.unwrap();
    assert!(
        seen.contains("authorization: Bearer the-apps-own"),
        "{seen}"
    );
    let seen = place.ask_host("/").bearer_auth(TOKEN).send().await.unwrap();
    assert!(!seen.text().await.unwrap().contains(TOKEN));
    place.patch(json!({"visibility": "private"})).await;
    place
        .answers(StatusCode::UNAUTHORIZED, || place.ask_host("/"))
        .await;
    let path = format!("/containers/{}", place.container["pk"]);
    let odd = json!({"visibility": "hidden"});
    let odd = place.agent.call(Method::PATCH, &path, Some(odd)).await;
    assert_eq!(odd.status, StatusCode::BAD_REQUEST, "{odd:?}");
}

/// docs/security.md, items 43 and 48.
#[tokio::test]
async fn item_48_an_app_that_is_away_is_told_from_one_that_never_was() {
    let place = Place::set().await;
    let ask = |host: &str, path: &str| {
        let url = format!("http://{}{path}", place.address);
        place
            .client
            .get(url)
            .header(header::HOST, host)
            .bearer_auth(TOKEN)
    };
    let unknown = ask("localhost", "/play/nobody/").send().await.unwrap();
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
    assert_eq!(code_of(unknown).await, "app_unknown");
    let path = format!("/play/{}/", place.label());
    let foreign = ask("evil.example", &path).send().await.unwrap();
    assert_eq!(foreign.status(), StatusCode::MISDIRECTED_REQUEST);
    let bare = ask("localhost", path.trim_end_matches('/'))
        .send()
        .await
        .unwrap();
    assert_eq!(bare.headers()[header::LOCATION], path.as_str());
    // The API is the API under any name: it takes nothing from a browser that a foreign page could send.
    let api = ask("evil.example", "/containers/").send().await.unwrap();
    assert_eq!(api.status(), StatusCode::OK);

    place.patch(json!({"status": "stopped"})).await;
    let asked = || place.ask(Method::GET, "/").bearer_auth(TOKEN);
    let stopped = place.answers(StatusCode::SERVICE_UNAVAILABLE, asked).await;
    assert_eq!(code_of(stopped).await, "app_stopped");
    let page = asked()
        .header(header::ACCEPT, "text/html")
        .send()
        .await
        .unwrap();
    let page = page.text().await.unwrap();
    assert!(page.contains("중지되어"), "{page}");
    place.patch(json!({"status": "running"})).await;
    place.answers(StatusCode::OK, asked).await;
}

#[tokio::test]
async fn what_passed_through_is_part_of_the_record() {
    let place = Place::set().await;
    let path = format!("/containers/{}", place.container["pk"]);
    let traffic = async || place.agent.get(&path).await.json()["traffic"].clone();
    let nothing = json!({"requests": 0, "received_bytes": 0, "sent_bytes": 0, "open": 0, "viewers": 0,
        "idle_seconds": null, "latency_p50_ms": null, "latency_p95_ms": null});
    assert_eq!(traffic().await, nothing);
    let ask = place
        .ask(Method::POST, "/")
        .bearer_auth(TOKEN)
        .body("12345");
    let answered = ask.send().await.unwrap().text().await.unwrap();
    // Whoever has an answer may be there for a moment more.
    let deadline = Instant::now() + SOON;
    let seen = loop {
        let seen = traffic().await;
        if seen["open"] == 0 {
            break seen;
        }
        assert!(Instant::now() < deadline, "{seen}");
        sleep(LOOK).await;
    };
    assert_eq!(
        (&seen["requests"], &seen["received_bytes"]),
        (&json!(1), &json!(5)),
        "{seen}"
    );
    assert_eq!(seen["sent_bytes"], answered.len(), "{seen}");
    assert!(seen["idle_seconds"].is_u64(), "{seen}");
    assert!(seen["latency_p50_ms"].as_u64() > Some(0), "{seen}");
    let listed = place.agent.get("/containers/").await.json();
    assert_eq!(listed["results"][0]["traffic"]["requests"], 1);
}

#[tokio::test]
async fn what_passes_through_is_told_to_whoever_reads_events() {
    let place = Place::set().await;
    let mut reader = Reader::open(place.address, "").await;
    reader.snapshot().await;
    let answered = place.ask(Method::GET, "/").bearer_auth(TOKEN).send().await;
    assert_eq!(answered.unwrap().status(), StatusCode::OK);
    let told = reader
        .until(|event| match event {
            Event::Traffic(told) if told.traffic.open == 0 => Some(told.clone()),
            _ => None,
        })
        .await;
    assert_eq!(place.container["pk"], told.pk);
    assert_eq!(told.traffic.requests, 1);
    assert!(told.last_visit_at.is_some(), "{told:?}");
}

#[tokio::test]
async fn the_last_visit_is_told_at_once_and_outlives_the_agent() {
    let place = Place::set().await;
    let path = format!("/containers/{}", place.container["pk"]);
    let told = async || place.agent.get(&path).await.json()["last_visit_at"].clone();
    assert_eq!(told().await, Value::Null);
    let before = Timestamp::now();
    let answered = place.ask(Method::GET, "/").bearer_auth(TOKEN).send().await;
    assert_eq!(answered.unwrap().status(), StatusCode::OK);
    let live = Timestamp::parse(told().await.as_str().unwrap()).unwrap();
    assert!(before <= live && live <= Timestamp::now(), "{live}");

    let pk = ContainerPk(place.container["pk"].as_i64().unwrap());
    let control = &place.agent.control;
    let written = async || {
        let row = control.store().container(pk).await.unwrap().unwrap();
        row.last_visit_at
    };
    assert_eq!(written().await, None, "it is written down now and then");
    assert!(control.stop().await);
    let deadline = Instant::now() + SOON;
    let written = loop {
        if let Some(written) = written().await {
            break written;
        }
        assert!(Instant::now() < deadline, "it is not written down");
        sleep(LOOK).await;
    };
    // The answer ended a moment after it came.
    assert!(
        before <= written && written <= Timestamp::now(),
        "{written}"
    );
}
