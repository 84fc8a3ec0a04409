//! One request to the package index, from which three things can be told.

use std::error::Error;
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use reqwest::{Certificate, Client, ClientBuilder, Url, header};
use rustls::CertificateError;

use crate::doctor::limit::within;

/// pip's own.
const PYPI: &str = "https://pypi.org/simple/";
/// A page that every index has which can serve apps; an index' first page is long.
pub(super) const PACKAGE: &str = "gradio/";
/// The longest wait for an answer's head, below the limit of the whole look: a second request may follow.
const ANSWER: Duration = Duration::from_secs(4);

/// What came of asking.
#[derive(Debug)]
pub(crate) struct Asked {
    /// The index without a password.
    pub(crate) shown: String,
    pub(crate) is_https: bool,
    /// The HTTP status.
    pub(crate) answer: Result<u16, Trouble>,
    /// The time there and here, when the answer came.
    pub(crate) times: Option<Times>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The certificate was made by nobody whom builds trust, or for another name.
    Untrusted(String),
    /// The certificate's time is over or has not come: the certificate is old, or the clock is wrong.
    OutOfDate(String),
    /// The text is no address.
    NoAddress,
    /// Nobody answers, or not in time.
    Silent(String),
}

/// Two clocks at the same moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Times {
    pub(crate) there: SystemTime,
    pub(crate) here: SystemTime,
}

/// The index that was set for builds, else PyPI. What is set for pip on this machine never reaches a build.
pub(crate) fn address(set: Option<&str>) -> &str {
    set.filter(|url| !url.is_empty()).unwrap_or(PYPI)
}

/// Asks for a package's page, with the certificates that builds trust. What is not trusted is asked for its time only,
/// without a password.
pub(crate) async fn ask(address: &str, ca_bundle: Option<&Path>) -> Asked {
    let Ok(mut url) = Url::parse(&format!("{}/", address.trim_end_matches('/'))) else {
        return Asked::without_answer(address, Trouble::NoAddress);
    };
    let shown = without_password(&url);
    let mut asked = Asked::without_answer(&shown, Trouble::NoAddress);
    asked.is_https = url.scheme() == "https";
    if let Ok(page) = url.join(PACKAGE) {
        url = page;
    }
    (asked.answer, asked.times) = match client(ca_bundle) {
        Ok(client) => answer(&client, url.clone()).await,
        Err(why) => (Err(Trouble::Untrusted(why)), None),
    };
    if matches!(
        asked.answer,
        Err(Trouble::Untrusted(_) | Trouble::OutOfDate(_))
    ) {
        asked.times = time_of_a_stranger(&url).await;
    }
    asked
}

impl Asked {
    fn without_answer(shown: &str, trouble: Trouble) -> Self {
        Self {
            shown: shown.to_owned(),
            is_https: false,
            answer: Err(trouble),
            times: None,
        }
    }
}

fn builder() -> ClientBuilder {
    Client::builder()
        .timeout(ANSWER)
        .user_agent(concat!("playground/", env!("CARGO_PKG_VERSION")))
}

fn client(ca_bundle: Option<&Path>) -> Result<Client, String> {
    let mut builder = builder();
    if let Some(file) = ca_bundle {
        let unusable = |why: String| format!("{}: {why}", file.display());
        let pem = std::fs::read(file).map_err(|error| unusable(error.to_string()))?;
        let trusted = Certificate::from_pem_bundle(&pem);
        builder = builder.tls_certs_only(trusted.map_err(|error| unusable(error.to_string()))?);
    }
    builder.build().map_err(|error| error.to_string())
}

async fn answer(client: &Client, url: Url) -> (Result<u16, Trouble>, Option<Times>) {
    match within(client.get(url).send()).await {
        Some(Ok(answer)) => (Ok(answer.status().as_u16()), times(answer.headers())),
        Some(Err(error)) => (Err(trouble(&error)), None),
        None => (
            Err(Trouble::Silent("it does not answer in time".to_owned())),
            None,
        ),
    }
}

async fn time_of_a_stranger(url: &Url) -> Option<Times> {
    let client = builder().tls_danger_accept_invalid_certs(true).build();
    let mut root = url.join("/").ok()?;
    root.set_username("").ok()?;
    root.set_password(None).ok()?;
    let answer = within(client.ok()?.head(root).send()).await?.ok()?;
    times(answer.headers())
}

fn times(headers: &header::HeaderMap) -> Option<Times> {
    let date = headers.get(header::DATE)?.to_str().ok()?;
    Some(Times {
        there: httpdate::parse_http_date(date).ok()?,
        here: SystemTime::now(),
    })
}

fn trouble(error: &reqwest::Error) -> Trouble {
    if let Some(rustls::Error::InvalidCertificate(why)) = tls_error(error) {
        return match why {
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => Trouble::OutOfDate(why.to_string()),
            _ => Trouble::Untrusted(why.to_string()),
        };
    }
    if error.is_timeout() {
        return Trouble::Silent("it does not answer in time".to_owned());
    }
    let mut last: &dyn Error = error;
    while let Some(source) = last.source() {
        last = source;
    }
    Trouble::Silent(last.to_string())
}

/// An IO error that was made of another error does not name it as its source.
fn tls_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        let inner = error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref);
        next = match inner {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    None
}

/// The address without its user, who may be a password.
fn without_password(url: &Url) -> String {
    let mut url = url.clone();
    if url
        .set_username("")
        .and_then(|()| url.set_password(None))
        .is_err()
    {
        return url.host_str().unwrap_or_default().to_owned();
    }
    url.to_string()
}
