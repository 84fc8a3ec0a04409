//! What can go wrong, by who has to act.

use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

use reqwest::{Response, StatusCode};
use serde_json::Value;

/// The error below a [`ClientError`].
pub type Cause = Box<dyn Error + Send + Sync>;

/// Why a call has no result. The text never repeats its source.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// Nobody answers at the address, or the connection broke before there was an answer.
    #[error("the Agent at {url} cannot be reached")]
    Unreachable {
        /// The Agent's address.
        url: String,
        /// Why not.
        #[source]
        source: Cause,
    },
    /// The Agent wants a token, or another one.
    #[error("the Agent does not let us in: {detail}")]
    Unauthorized {
        /// The Agent's own words.
        detail: String,
    },
    /// The Agent refused, or failed, and says why.
    #[error("{detail}")]
    Api {
        /// The HTTP status.
        status: u16,
        /// A stable word for what is wrong; `http_502` and the like where the answer was not the Agent's.
        code: String,
        /// What is wrong, in a sentence a person can act on.
        detail: String,
        /// What to do about it.
        hint: Option<String>,
        /// The request's id in the Agent's log.
        request_id: Option<String>,
    },
    /// There was no answer, or no end, in time. What was asked for may still happen.
    #[error("{what} took longer than {} s", .after.as_secs())]
    Timeout {
        /// What was waited for.
        what: String,
        /// How long.
        after: Duration,
    },
    /// The answer makes no sense: something else than an Agent may listen there, or an Agent of another generation.
    #[error("the answer from {url} makes no sense: {reason}")]
    Protocol {
        /// The address that answered.
        url: String,
        /// What is wrong with the answer.
        reason: String,
    },
    /// The text is no address of an Agent.
    #[error("{url:?} is not an address of an Agent: {reason}")]
    InvalidUrl {
        /// The text.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The token has characters that no header can carry.
    #[error("the token has characters that a token cannot have")]
    InvalidToken,
    /// The archive to upload cannot be read.
    #[error("{path} cannot be read", path = .path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

impl ClientError {
    /// What to do about it, where that is known.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Api { hint, .. } => hint.as_deref(),
            Self::Unauthorized { .. } => Some("Send the Agent's token."),
            Self::Unreachable { .. } => Some("Is the Agent running, and is this its address?"),
            _ => None,
        }
    }

    /// What a failed request means. `base` is the Agent's address; `after` the deadline the request had.
    pub(crate) fn of_transport(error: reqwest::Error, base: &str, after: Duration) -> Self {
        if error.is_timeout() && !error.is_connect() {
            return Self::Timeout {
                what: "the Agent's answer".to_owned(),
                after,
            };
        }
        Self::Unreachable {
            url: base.to_owned(),
            source: Box::new(error.without_url()),
        }
    }

    /// What an answer that is no success means.
    pub(crate) async fn of_answer(answer: Response, base: &str) -> Self {
        let status = answer.status();
        if status.is_redirection() {
            let target = answer
                .headers()
                .get(reqwest::header::LOCATION)
                .and_then(|value| value.to_str().ok())
                .unwrap_or("another address");
            return Self::Protocol {
                url: base.to_owned(),
                reason: format!("it points to {target}: use the Agent's own address"),
            };
        }
        let request_id = answer
            .headers()
            .get("x-request-id")
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned);
        let body: Value = answer.json().await.unwrap_or(Value::Null);
        let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
        let detail = text("detail").unwrap_or_else(|| reason_phrase(status));
        if status == StatusCode::UNAUTHORIZED {
            return Self::Unauthorized { detail };
        }
        Self::Api {
            status: status.as_u16(),
            code: text("code").unwrap_or_else(|| format!("http_{}", status.as_u16())),
            detail,
            hint: text("hint"),
            request_id: text("request_id").or(request_id),
        }
    }
}

fn reason_phrase(status: StatusCode) -> String {
    format!(
        "the answer was HTTP {} {}",
        status.as_u16(),
        status.canonical_reason().unwrap_or_default()
    )
    .trim_end()
    .to_owned()
}

/// The words of the error at the bottom, which name what really happened.
pub(crate) fn innermost(error: &dyn Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}
