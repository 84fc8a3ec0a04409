"""Refusals and broken connections, as the errors that callers catch."""

from __future__ import annotations

from typing import Any, Dict, Type

import httpx
from synapse_sdk.exceptions import (
    AuthenticationError,
    AuthorizationError,
    ClientConnectionError,
    ClientError,
    ClientResponseIncompleteError,
    ClientTimeoutError,
    HTTPError,
    NotFoundError,
    RateLimitError,
    ServerError,
    ValidationError,
)

BY_STATUS: Dict[int, Type[HTTPError]] = {
    400: ValidationError,
    401: AuthenticationError,
    403: AuthorizationError,
    404: NotFoundError,
    422: ValidationError,
    429: RateLimitError,
}


def refusal(status: int, detail: Any) -> HTTPError:
    """The error for an answer that is no success. Redirects are refusals: a POST that follows one becomes a GET."""
    if 300 <= status < 400:
        return HTTPError(status, "this address leads to another one, which is not followed: give that one to the client")
    kind = BY_STATUS.get(status, ServerError if status >= 500 else HTTPError)
    return kind(status, detail)


def broken(error: httpx.RequestError, url: str, may_be_done: bool) -> ClientError:
    """The error for a request without an answer. `may_be_done`: it was sent, and is not to be sent again unseen."""
    if isinstance(error, (httpx.ConnectTimeout, httpx.PoolTimeout)):
        return ClientTimeoutError(f"no connection to {url} within the time given")
    if isinstance(error, (httpx.ConnectError, httpx.UnsupportedProtocol)):
        return ClientConnectionError(f"nobody answers at {url}: {error}")
    if isinstance(error, httpx.LocalProtocolError):
        # Its own words may hold the header that cannot be sent, and with it the token.
        return ClientConnectionError(f"what was to be sent to {url} is no HTTP, and was not sent")
    if may_be_done:
        return ClientResponseIncompleteError(f"{url} never answered, and may have done what was asked: {error or 'silence'}")
    if isinstance(error, httpx.TimeoutException):
        return ClientTimeoutError(f"{url} is silent for longer than the time given")
    return ClientConnectionError(f"the connection to {url} broke: {error}")
