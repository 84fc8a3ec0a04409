//! Ready means that an HTTP answer from the app was seen.
//!
//! A TCP connection proves nothing: on a published port the engine's own proxy accepts from the first moment on and
//! resets until the app listens.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

#[cfg(feature = "testing")]
use playground_engine::FakeEngine;
use playground_types::HostPort;
use reqwest::{Client, StatusCode, redirect};

/// An app that takes longer than this for one answer is asked again.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Asks apps whether they answer.
#[derive(Debug, Clone)]
pub enum Probe {
    /// Over HTTP, at this address of the host.
    Http {
        /// The client, without a proxy and without redirects.
        client: Client,
        /// Where published ports are reached.
        address: IpAddr,
    },
    /// A scripted engine knows what its apps would answer.
    #[cfg(feature = "testing")]
    Fake(FakeEngine),
}

impl Probe {
    /// A probe of published ports at this address.
    ///
    /// # Errors
    /// When no TLS back end is there; the probe itself uses none.
    pub fn http(address: IpAddr) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .timeout(TIMEOUT)
            // uvicorn closes idle connections after five seconds; a fresh one each time cannot be half dead.
            .pool_max_idle_per_host(0)
            .build()?;
        Ok(Self::Http { client, address })
    }

    /// Whether the app on this host port answers now.
    pub async fn answers(&self, port: HostPort) -> bool {
        match self {
            Self::Http { client, address } => {
                let url = format!("http://{}/", SocketAddr::new(*address, port.0));
                match client.get(url).send().await {
                    Ok(answer) => is_ready(answer.status()),
                    Err(_) => false,
                }
            }
            #[cfg(feature = "testing")]
            Self::Fake(fake) => {
                if fake.hangs(port) {
                    tokio::time::sleep(TIMEOUT).await;
                    return false;
                }
                fake.answers(port)
                    .and_then(|status| StatusCode::from_u16(status).ok())
                    .is_some_and(is_ready)
            }
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
        let port = HostPort(listener.local_addr().unwrap().port());
        let hang_up = tokio::spawn(async move {
            drop(listener.accept().await.unwrap());
        });
        let probe = Probe::http(IpAddr::from([127, 0, 0, 1])).unwrap();
        assert!(!probe.answers(port).await);
        hang_up.await.unwrap();
    }
}
