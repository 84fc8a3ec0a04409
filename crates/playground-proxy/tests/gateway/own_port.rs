//! A port that leads to one app: whatever a visitor names, it is that app's, and so are its manners towards other sites.

use playground_proxy::Stage;

use crate::support::Stand;
use crate::support::apps::saying;
use crate::support::visitors::ask;

const OPEN_HEARTED: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nServer: uvicorn\r\n\
     Access-Control-Allow-Origin: https://other.example\r\nStrict-Transport-Security: max-age=9\r\n\
     Set-Cookie: a=1; Domain=example\r\nSet-Cookie: synapse-session=stolen\r\n\r\nok";

#[tokio::test]
async fn any_host_and_path_is_the_apps() {
    for (host, path) in [
        ("any.example:81", "/"),
        ("other.localhost", "/play/other/x?y=1"),
        ("127.0.0.1", "/play/app"),
    ] {
        let (app, log) = saying(OPEN_HEARTED).await;
        let stand = Stand::own_port(Stage::Ready(app)).await;
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nCookie: synapse-app-1=x; b=2\r\n\r\n");
        let got = ask(stand.address, request).await.unwrap();
        assert_eq!((got.status, got.text().as_str()), (200, "ok"), "{host}");
        let heard = log.text().to_ascii_lowercase();
        assert!(
            heard.starts_with(&format!("get {path} http/1.1\r\n")),
            "{heard}"
        );
        assert!(
            heard.contains(&format!("x-forwarded-host: {host}\r\n")),
            "{heard}"
        );
        assert!(!heard.contains("x-forwarded-prefix"), "{heard}");
        assert!(heard.contains("cookie: b=2\r\n"), "{heard}");
        assert_eq!(stand.left().await.requests, 1);
    }
}

#[tokio::test]
async fn a_visitor_that_names_no_host_is_served() {
    let (app, _) = saying(OPEN_HEARTED).await;
    let stand = Stand::own_port(Stage::Ready(app)).await;
    let got = ask(stand.address, "GET / HTTP/1.0\r\n\r\n").await.unwrap();
    assert_eq!((got.status, got.text().as_str()), (200, "ok"));
}

#[tokio::test]
async fn other_sites_are_the_apps_matter_and_what_reaches_beyond_it_is_not() {
    let (app, _) = saying(OPEN_HEARTED).await;
    let stand = Stand::own_port(Stage::Ready(app)).await;
    let request = "POST /x HTTP/1.1\r\nHost: h\r\nOrigin: https://other.example\r\nSec-Fetch-Site: cross-site\r\n\
                   Content-Length: 0\r\n\r\n";
    let got = ask(stand.address, request).await.unwrap();
    assert_eq!(got.status, 200, "{got:?}");
    assert_eq!(
        got.all("access-control-allow-origin"),
        ["https://other.example"]
    );
    assert_eq!(got.all("x-content-type-options"), ["nosniff"]);
    assert_eq!(got.all("referrer-policy"), ["same-origin"]);
    assert_eq!(got.all("set-cookie"), ["a=1; path=/"]);
    for absent in [
        "content-security-policy",
        "strict-transport-security",
        "server",
    ] {
        assert!(got.all(absent).is_empty(), "{got:?}");
    }
}

#[tokio::test]
async fn what_can_be_read_in_two_ways_is_refused_and_an_app_that_is_away_is_told() {
    let (app, log) = saying(OPEN_HEARTED).await;
    let stand = Stand::own_port(Stage::Ready(app)).await;
    let twice = "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n";
    let status = ask(stand.address, twice).await.map(|got| got.status);
    assert!(matches!(status, None | Some(400)), "{status:?}");
    assert_eq!(log.text(), "");
    stand.put(&[("app", Stage::Starting)]);
    let got = ask(stand.address, "GET /play/app/ HTTP/1.1\r\nHost: a\r\n\r\n").await;
    let got = got.unwrap();
    assert_eq!(got.status, 503);
    assert!(got.text().contains("app_not_ready"), "{got:?}");
    stand.put(&[]);
    let got = ask(stand.address, "GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!(got.unwrap().status, 404);
}
