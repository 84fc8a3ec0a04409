//! The client itself: an address, a token, and how a request becomes an answer.

use std::time::Duration;

use playground_types::wire::Health;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url, redirect};
use serde::de::DeserializeOwned;

use crate::ClientError;
use crate::error::innermost;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(5);
/// How long an answer may take. An Agent holds some requests open for seconds, until there is something to say.
const ANSWER: Duration = Duration::from_secs(60);

/// A client of one Agent. Cheap to clone; clones share their connections.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
    timeout: Duration,
}

impl Client {
    /// A client of the Agent at `url`, which may carry a path prefix. Nothing is sent yet.
    ///
    /// An Agent that was started with `no_auth` needs no token.
    ///
    /// # Errors
    /// [`ClientError::InvalidUrl`] and [`ClientError::InvalidToken`] for what cannot be meant.
    pub fn new(url: &str, token: Option<&str>) -> Result<Self, ClientError> {
        let base = parse(url)?;
        let mut headers = HeaderMap::new();
        if let Some(token) = token {
            let mut value =
                HeaderValue::from_str(token.trim()).map_err(|_| ClientError::InvalidToken)?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        let mut builder = reqwest::Client::builder()
            .connect_timeout(CONNECT)
            // The token must not travel to where somebody points us.
            .redirect(redirect::Policy::none())
            .default_headers(headers)
            .user_agent(concat!("playground-client/", env!("CARGO_PKG_VERSION")));
        if base.scheme() == "http" {
            // Reading the machine's certificates takes longer than a call to a local Agent, and may fail.
            builder = builder.tls_certs_only([]);
        }
        if leads_to_loopback(&base) {
            builder = builder.no_proxy();
        }
        let http = builder.build().map_err(|error| ClientError::InvalidUrl {
            url: url.to_owned(),
            reason: innermost(&error),
        })?;
        Ok(Self {
            http,
            base,
            timeout: ANSWER,
        })
    }

    /// The same client with another deadline for answers (60 s at first). For an upload it is the longest standstill.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The Agent's address, without a slash at its end.
    pub fn url(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    /// The deadline for answers.
    pub(crate) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Whether the Agent can do its work, and what the operator should know.
    ///
    /// # Errors
    /// As every call: see [`ClientError`]. An Agent with problems is no error: its status is `degraded`.
    pub async fn health(&self) -> Result<Health, ClientError> {
        self.get(&["health"], &[]).await
    }

    /// An address of the Agent. Segments are escaped, so no id can reach another route.
    pub(crate) fn address(&self, segments: &[&str]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments).push("");
        }
        url
    }

    /// A request with the deadline for answers.
    pub(crate) fn request(&self, method: Method, url: Url) -> RequestBuilder {
        self.http.request(method, url).timeout(self.timeout)
    }

    /// A request whose answer has no end of its own.
    pub(crate) fn endless(&self, method: Method, url: Url) -> RequestBuilder {
        self.http.request(method, url)
    }

    /// Sends, and takes anything but a success for an error.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Result<Response, ClientError> {
        let answer = request.send().await.map_err(|error| self.broken(error))?;
        self.success(answer).await
    }

    pub(crate) async fn success(&self, answer: Response) -> Result<Response, ClientError> {
        if answer.status().is_success() {
            Ok(answer)
        } else {
            Err(ClientError::of_answer(answer, self.url()).await)
        }
    }

    pub(crate) async fn get<T: DeserializeOwned>(
        &self,
        segments: &[&str],
        query: &[(String, String)],
    ) -> Result<T, ClientError> {
        let request = self
            .request(Method::GET, self.address(segments))
            .query(query);
        self.read(self.send(request).await?).await
    }

    /// Asks for something that has no result but that it is done, or that it is on its way.
    pub(crate) async fn send_away(
        &self,
        request: RequestBuilder,
    ) -> Result<StatusCode, ClientError> {
        let answer = self.send(request).await?;
        match answer.status() {
            done @ (StatusCode::ACCEPTED | StatusCode::NO_CONTENT) => Ok(done),
            other => Err(ClientError::Protocol {
                url: answer.url().to_string(),
                reason: format!(
                    "it says neither that it is done nor that it will be: HTTP {other}"
                ),
            }),
        }
    }

    /// An answer of this kind, and not a page of whatever else listens there.
    pub(crate) fn of_kind(&self, answer: Response, kind: &str) -> Result<Response, ClientError> {
        let content_type = answer.headers().get(CONTENT_TYPE);
        let said = content_type
            .and_then(|value| value.to_str().ok())
            .unwrap_or("nothing that it names");
        if said.starts_with(kind) {
            return Ok(answer);
        }
        Err(ClientError::Protocol {
            url: answer.url().to_string(),
            reason: format!("it is {said} and not {kind}"),
        })
    }

    /// The body of an answer in our words.
    pub(crate) async fn read<T: DeserializeOwned>(
        &self,
        answer: Response,
    ) -> Result<T, ClientError> {
        let answer = self.of_kind(answer, "application/json")?;
        let url = answer.url().to_string();
        let bytes = answer.bytes().await.map_err(|error| self.broken(error))?;
        serde_json::from_slice(&bytes).map_err(|error| ClientError::Protocol {
            url,
            reason: error.to_string(),
        })
    }

    pub(crate) fn broken(&self, error: reqwest::Error) -> ClientError {
        ClientError::of_transport(error, self.url(), self.timeout)
    }
}

fn parse(text: &str) -> Result<Url, ClientError> {
    let invalid = |reason: String| ClientError::InvalidUrl {
        url: text.to_owned(),
        reason,
    };
    let form = || invalid("write it as http://host:port or https://host".to_owned());
    let url = Url::parse(text.trim()).map_err(|_| form())?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(form());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(invalid("it must not have a query".to_owned()));
    }
    Ok(url)
}

/// Whether an Agent's address leads to this very machine, by its loopback.
///
/// A proxy of the environment cannot reach that, and a secret sent there stays here.
pub fn is_loopback(url: &str) -> bool {
    parse(url).is_ok_and(|url| leads_to_loopback(&url))
}

fn leads_to_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    host == "localhost"
        || host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_never_reaches_another_route() {
        let client = Client::new("http://agent.local/prefix/", None).unwrap();
        assert_eq!(client.url(), "http://agent.local/prefix");
        let address = |id| client.address(&["containers", id]).to_string();
        assert_eq!(
            address("a@1.0"),
            "http://agent.local/prefix/containers/a@1.0/"
        );
        assert_eq!(
            address("../builds?x#y"),
            "http://agent.local/prefix/containers/..%2Fbuilds%3Fx%23y/"
        );
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "127.0.0.1:8000",
            "ftp://x/",
            "http://x/?a=1",
            "unix:///x",
        ] {
            assert!(
                matches!(Client::new(text, None), Err(ClientError::InvalidUrl { .. })),
                "{text}"
            );
        }
        assert!(matches!(
            Client::new("http://x", Some("a\nb")),
            Err(ClientError::InvalidToken)
        ));
    }

    #[test]
    fn loopback_has_many_names() {
        for (url, expected) in [
            ("http://127.0.0.1:8000", true),
            ("http://localhost", true),
            ("http://[::1]:8000", true),
            ("http://10.0.0.1", false),
            ("http://agent.local", false),
            ("http://127.0.0.1.evil.example", false),
            ("http://localhost@evil.example", false),
            ("localhost", false),
        ] {
            assert_eq!(is_loopback(url), expected, "{url}");
        }
    }
}
