//! The page's files: for everybody, and no more than themselves.

use std::path::Path;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use playground_agent::Page;

use crate::agent::{Answer, TestAgent};

const SCRIPT: &str = "/assets/index-B7x9.js";

/// A page as its build leaves it.
fn made(folder: &Path) -> Page {
    std::fs::create_dir(folder.join("assets")).unwrap();
    for (name, text) in [
        (
            "index.html",
            "<!doctype html><script src=/assets/index-B7x9.js></script>",
        ),
        ("favicon.svg", "<svg/>"),
        ("assets/index-B7x9.js", "plain"),
        ("assets/index-B7x9.js.br", "with brotli"),
        ("assets/index-B7x9.js.gz", "with gzip"),
        ("assets/index-C1.css", "a{}"),
    ] {
        std::fs::write(folder.join(name), text).unwrap();
    }
    Page::read(folder).unwrap()
}

async fn agent() -> TestAgent {
    let folder = tempfile::tempdir().unwrap();
    TestAgent::start().await.showing(made(folder.path()))
}

async fn get(agent: &TestAgent, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::get(path).header(header::HOST, "localhost:8000");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    agent.send(request.body(Body::empty()).unwrap()).await
}

fn header_of<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers
        .get(name)
        .map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn the_page_needs_no_login_and_may_do_little() {
    let agent = agent().await;
    let page = get(&agent, "/", &[]).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.starts_with("<!doctype html>"), "{page:?}");
    let shown = [
        "content-type",
        "cache-control",
        "content-security-policy",
        "x-content-type-options",
        "referrer-policy",
        "cross-origin-opener-policy",
        "cross-origin-resource-policy",
    ]
    .map(|name| header_of(&page.headers, name));
    insta::assert_snapshot!(shown.join("\n"), @"
    text/html; charset=utf-8
    no-cache
    default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; frame-src 'self' http://*.localhost:8000; base-uri 'none'; form-action 'none'; frame-ancestors 'none'
    nosniff
    no-referrer
    same-origin
    same-origin
    ");
}

#[tokio::test]
async fn apps_are_framed_from_where_the_visitor_finds_them() {
    let agent = agent().await;
    for (headers, apps) in [
        (&[("host", "localhost")][..], "http://*.localhost;"),
        (
            &[("x-forwarded-proto", "https")],
            "https://*.localhost:8000;",
        ),
        // Nothing that a caller claims gets into the policy.
        (&[("host", "a;script-src:*")], "http://*.localhost;"),
    ] {
        let mut request = Request::get("/");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if !headers.iter().any(|(name, _)| *name == "host") {
            request = request.header(header::HOST, "localhost:8000");
        }
        let page = agent.send(request.body(Body::empty()).unwrap()).await;
        let policy = header_of(&page.headers, "content-security-policy");
        let wanted = format!("frame-src 'self' {apps} base-uri");
        assert!(policy.contains(&wanted), "{headers:?}: {policy}");
    }
}

#[tokio::test]
async fn what_a_browser_has_is_not_sent_again() {
    let agent = agent().await;
    let page = get(&agent, "/", &[]).await;
    let etag = header_of(&page.headers, "etag").to_owned();
    for known in [etag.clone(), format!("\"x\", W/{etag}")] {
        let again = get(&agent, "/", &[("if-none-match", &known)]).await;
        assert_eq!(again.status, StatusCode::NOT_MODIFIED);
        assert!(again.text.is_empty() && header_of(&again.headers, "etag") == etag);
        assert!(again.headers.contains_key("content-security-policy"));
    }
    let other = get(&agent, "/", &[("if-none-match", "\"x\"")]).await;
    assert_eq!(other.status, StatusCode::OK);
}

#[tokio::test]
async fn assets_are_kept_for_ever_and_packed_as_the_browser_likes() {
    let agent = agent().await;
    let mut etags = Vec::new();
    for (takes, coding, text) in [
        ("gzip, deflate, br", "br", "with brotli"),
        ("gzip", "gzip", "with gzip"),
        ("br;q=0, gzip;q=0.5", "gzip", "with gzip"),
        ("identity", "", "plain"),
        ("", "", "plain"),
    ] {
        let asset = get(&agent, SCRIPT, &[("accept-encoding", takes)]).await;
        let seen = (header_of(&asset.headers, "content-encoding"), &*asset.text);
        assert_eq!(seen, (coding, text), "{takes}");
        assert_eq!(
            ["content-type", "cache-control", "vary"].map(|name| header_of(&asset.headers, name)),
            [
                "text/javascript; charset=utf-8",
                "public, max-age=31536000, immutable",
                "accept-encoding"
            ]
        );
        etags.push(header_of(&asset.headers, "etag").to_owned());
    }
    etags.dedup();
    assert_eq!(etags.len(), 3, "each form has its own: {etags:?}");
    let style = get(&agent, "/assets/index-C1.css", &[("accept-encoding", "br")]).await;
    assert_eq!(
        header_of(&style.headers, "content-type"),
        "text/css; charset=utf-8"
    );
    assert_eq!(style.text, "a{}", "it is not there packed");
    let icon = get(&agent, "/favicon.svg", &[]).await;
    assert_eq!(header_of(&icon.headers, "content-type"), "image/svg+xml");
}

#[tokio::test]
async fn nothing_but_the_page_is_to_be_had_without_a_login() {
    let agent = agent().await;
    for path in [
        "/assets/nowhere.js",
        "/assets/../index.html",
        "/assets/%2e%2e/index.html",
        "/assets//etc/passwd",
    ] {
        let gone = get(&agent, path, &[]).await;
        assert_eq!(gone.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(gone.json()["code"], "route_unknown", "{path}");
    }
    for path in ["/index.html", "/assets", "/containers", "/nowhere"] {
        let refused = get(&agent, path, &[]).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{path}");
    }
    let wrong = agent.call(Method::POST, "/", None).await;
    assert_eq!(wrong.json()["code"], "method_not_allowed");
    assert_eq!(agent.get("/nowhere").await.json()["code"], "route_unknown");
}

#[tokio::test]
async fn an_agent_without_its_page_says_how_it_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let nothing = Page::read(folder.path()).unwrap();
    let agent = TestAgent::start().await.showing(nothing);
    let page = get(&agent, "/", &[]).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("cargo xtask web"), "{page:?}");
    let icon = get(&agent, "/favicon.svg", &[]).await;
    assert_eq!(icon.status, StatusCode::NOT_FOUND);
}

/// Whatever this binary was built with.
#[tokio::test]
async fn a_browser_gets_a_page_through_the_door() {
    let agent = TestAgent::start().await;
    let address = agent.listen(Duration::from_secs(600)).await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client
        .get(format!("http://{address}/"))
        .header("sec-fetch-site", "cross-site")
        .header("sec-fetch-mode", "navigate");
    let page = request.send().await.unwrap();
    assert_eq!(page.status(), StatusCode::OK);
    assert!(page.text().await.unwrap().contains("<title>"));
}
