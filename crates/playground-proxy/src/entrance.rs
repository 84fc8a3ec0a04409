//! By which way a request came in: what its visitor may be, and what the answer lets a browser do, hang on it.

use std::sync::Arc;

use hyper::header::HeaderValue;
use hyper::http::request::Parts;

use crate::address::Mount;
use crate::apps::App;
use crate::cross_site;
use crate::refusal::Refusal;

/// By which way a request came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entrance {
    /// A port that leads to one app and no other, as open as one that Docker publishes.
    OwnPort,
    /// A host of the app's own at the gateway.
    OwnHost,
    /// A path that the app has at a host of others.
    Path,
    /// The same with a ticket: a page of the app asks, which has no origin.
    Ticket,
}

/// A request that was understood: which app, and how it was addressed.
pub(crate) struct Asked {
    pub(crate) app: Arc<App>,
    pub(crate) host: HeaderValue,
    /// What the app's paths begin with, as the visitor wrote it: what the app links to begins with the same.
    pub(crate) prefix: String,
    pub(crate) entrance: Entrance,
}

impl Entrance {
    pub(crate) fn at_gateway(mount: Mount<'_>) -> Self {
        match mount {
            Mount::Host => Self::OwnHost,
            Mount::Path { ticket: None } => Self::Path,
            Mount::Path { ticket: Some(_) } => Self::Ticket,
        }
    }
}

impl Asked {
    /// Refuses what somebody else's page asks. On an app's own port that is for the app to say.
    pub(crate) fn check_site(&self, parts: &Parts) -> Result<(), Refusal> {
        let host = self.host.to_str().unwrap_or_default();
        let is_foreign = match self.entrance {
            Entrance::OwnPort => false,
            Entrance::OwnHost | Entrance::Path => cross_site::is_foreign(parts, host),
            Entrance::Ticket => cross_site::is_foreign_with_ticket(parts, host),
        };
        if is_foreign {
            return Err(Refusal::CrossSite);
        }
        Ok(())
    }
}
