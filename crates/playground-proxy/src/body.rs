//! Bodies on their way, neither held nor changed.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use http_body_util::Full;
use hyper::Response;
use hyper::body::Incoming;
use hyper::header::CONTENT_TYPE;

use crate::traffic::{Received, Viewer, Visit};

/// What an answer is that goes on for as long as somebody looks.
const EVENTS: &[u8] = b"text/event-stream";

/// The body of an answer.
#[derive(Debug)]
pub enum Body {
    /// One that the gateway wrote.
    Own(Full<Bytes>),
    /// One that comes from an app.
    Apps(AppsBody),
}

/// An app's body. The visit lasts as long as it does.
#[derive(Debug)]
pub struct AppsBody {
    inner: Incoming,
    visit: Visit,
    /// Of a stream of events.
    _viewer: Option<Viewer>,
}

impl Body {
    pub(crate) fn own(text: impl Into<Bytes>) -> Self {
        Self::Own(Full::new(text.into()))
    }

    /// An app's answer to a page, of which nothing but the body is kept here.
    pub(crate) fn of_app(
        answer: Response<Incoming>,
        visit: Visit,
        page: Option<String>,
    ) -> Response<Self> {
        let kind = answer.headers().get(CONTENT_TYPE);
        let is_stream = kind.is_some_and(|kind| kind.as_bytes().starts_with(EVENTS));
        let _viewer = is_stream.then(|| visit.stream(page));
        answer.map(|inner| {
            Self::Apps(AppsBody {
                inner,
                visit,
                _viewer,
            })
        })
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        match self.get_mut() {
            Self::Own(full) => Pin::new(full)
                .poll_frame(context)
                .map_err(|never| match never {}),
            Self::Apps(body) => {
                let polled = Pin::new(&mut body.inner).poll_frame(context);
                match &polled {
                    // Headers after the body would pass unseen: HTTP/1 drops them, HTTP/2 would not.
                    Poll::Ready(Some(Ok(frame))) if frame.is_trailers() => Poll::Ready(None),
                    Poll::Ready(Some(Ok(frame))) => {
                        body.visit.note_sent(frame.data_ref().map_or(0, Bytes::len));
                        polled
                    }
                    _ => polled,
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Own(full) => full.is_end_stream(),
            Self::Apps(body) => body.inner.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Own(full) => full.size_hint(),
            Self::Apps(body) => body.inner.size_hint(),
        }
    }
}

/// The body of a request, counted on its way to the app.
#[derive(Debug)]
pub(crate) struct Upload {
    /// None where there is no body to send.
    inner: Option<Incoming>,
    received: Received,
}

impl Upload {
    pub(crate) fn new(inner: Incoming, received: Received) -> Self {
        let inner = Some(inner).filter(|inner| !http_body::Body::is_end_stream(inner));
        Self { inner, received }
    }

    /// The same once more, where there is no body that could only be read once.
    pub(crate) fn again(&self) -> Option<Self> {
        self.inner.is_none().then(|| Self {
            inner: None,
            received: self.received.clone(),
        })
    }
}

impl http_body::Body for Upload {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let Some(inner) = &mut self.inner else {
            return Poll::Ready(None);
        };
        let polled = Pin::new(inner).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &polled {
            self.received.note(frame.data_ref().map_or(0, Bytes::len));
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner
            .as_ref()
            .is_none_or(http_body::Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let none = || SizeHint::with_exact(0);
        self.inner
            .as_ref()
            .map_or_else(none, http_body::Body::size_hint)
    }
}
