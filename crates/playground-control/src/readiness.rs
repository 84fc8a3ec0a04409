//! Ready means that an HTTP answer from the app was seen.
//!
//! A TCP connection proves nothing: on a published port the engine's own proxy accepts from the first moment on and
//! resets until the app listens.

use std::net::SocketAddr;
use std::time::Duration;

#[cfg(feature = "testing")]
use playground_engine::FakeEngine;
use playground_types::HostPort;
use reqwest::{Client, StatusCode, redirect};

/// An app that takes longer than this for one answer is asked again.
const TIMEOUT: Duration = Duration::from_secs(5);
/// The same just after its start.
const SOON: Duration = Duration::from_secs(1);

/// Asks apps whether they answer.
#[derive(Debug, Clone)]
pub enum Probe {
    /// Over HTTP, with a client that knows neither proxies nor redirects.
    Http(Client),
    /// A scripted engine knows what its apps would answer.
    #[cfg(feature = "testing")]
    Fake(FakeEngine),
}

impl Probe {
    /// A probe of real apps.
    ///
    /// # Errors
    /// When no TLS back end is there; the probe itself uses none.
    pub fn http() -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .timeout(TIMEOUT)
            // uvicorn closes idle connections after five seconds; a fresh one each time cannot be half dead.
            .pool_max_idle_per_host(0)
            .build()?;
        Ok(Self::Http(client))
    }

    /// Whether the app at this place answers now, so long after its start.
    ///
    /// What is sent while its network comes up can be lost, and nobody hears of that: an app that will answer the next
    /// question in milliseconds must not be waited for until this one is given up. An app that is slow gets its time later.
    pub(crate) async fn answers(&self, place: Place, since_start: Duration) -> bool {
        let patience = since_start.clamp(SOON, TIMEOUT);
        self.ask(place, patience).await.is_ok()
    }

    /// Asks the app at this place, and says what was wrong with its answer.
    pub(crate) async fn ask(&self, place: Place, timeout: Duration) -> Result<(), Miss> {
        let status = match self {
            Self::Http(client) => {
                let url = format!("http://{}/", place.socket);
                let answer = client.get(url).timeout(timeout).send().await;
                answer.map_err(|error| Miss::of(&error, timeout))?.status()
            }
            #[cfg(feature = "testing")]
            Self::Fake(fake) => {
                if fake.hangs(place.port) {
                    tokio::time::sleep(timeout).await;
                    return Err(Miss::Silent(timeout));
                }
                let status = fake.answers(place.port).ok_or(Miss::Refused)?;
                StatusCode::from_u16(status).map_err(|_| Miss::Broken)?
            }
        };
        if is_ready(status) {
            Ok(())
        } else {
            Err(Miss::Status(status))
        }
    }
}

/// Where the Agent reaches an app.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// The host port that leads to it. A scripted engine knows its apps by these.
    #[cfg_attr(
        not(feature = "testing"),
        expect(dead_code, reason = "for scripted engines")
    )]
    pub(crate) port: HostPort,
    /// The socket.
    pub(crate) socket: SocketAddr,
}

/// What was wrong with an answer. Fixed words: whatever the app said stays out of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Miss {
    #[error("no answer within {} s", .0.as_secs_f64())]
    Silent(Duration),
    #[error("the connection was refused")]
    Refused,
    #[error("the connection was closed without an answer")]
    Broken,
    #[error("the answer was {0}")]
    Status(StatusCode),
}

impl Miss {
    fn of(error: &reqwest::Error, timeout: Duration) -> Self {
        if error.is_timeout() {
            Self::Silent(timeout)
        } else if error.is_connect() {
            Self::Refused
        } else {
            Self::Broken
        }
    }
}

/// A login page (401) counts, and a 404 of an app that is mounted elsewhere. An error of the server does not: a Gradio
/// that cannot render its page answers 500 for a moment and then gives up.
fn is_ready(status: StatusCode) -> bool {
    !status.is_server_error()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_page_is_ready_and_a_server_error_is_not() {
        for status in [200, 302, 401, 404] {
            assert!(is_ready(StatusCode::from_u16(status).unwrap()), "{status}");
        }
        for status in [
            StatusCode::SERVICE_UNAVAILABLE,
            StatusCode::INTERNAL_SERVER_ERROR,
        ] {
            assert!(!is_ready(status), "{status}");
        }
    }

    #[tokio::test]
    async fn a_port_that_accepts_and_hangs_up_is_not_ready() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let socket = listener.local_addr().unwrap();
        let port = HostPort(socket.port());
        let hang_up = tokio::spawn(async move {
            drop(listener.accept().await.unwrap());
        });
        let probe = Probe::http().unwrap();
        let place = Place { port, socket };
        assert_eq!(probe.ask(place, TIMEOUT).await, Err(Miss::Broken));
        hang_up.await.unwrap();
    }
}
