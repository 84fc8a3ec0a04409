"""The errors, where the platform's SDK has them too."""

from synapse_sdk.exceptions import (
    AuthenticationError,
    AuthorizationError,
    BuildFailedError,
    BuildTimeoutError,
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

__all__ = [
    "AuthenticationError",
    "AuthorizationError",
    "BuildFailedError",
    "BuildTimeoutError",
    "ClientConnectionError",
    "ClientError",
    "ClientResponseIncompleteError",
    "ClientTimeoutError",
    "HTTPError",
    "NotFoundError",
    "RateLimitError",
    "ServerError",
    "ValidationError",
]
