"""What goes wrong, by name.

    ClientError                          everything below
    ├── ClientConnectionError            nobody answers at that address      (also a ConnectionError)
    │   └── ClientResponseIncompleteError    sent, but the answer never came: it may have been done
    ├── ClientTimeoutError               the Agent is silent for too long    (also a TimeoutError)
    ├── HTTPError                        the Agent refused
    │   ├── ValidationError              400, 422: what was asked cannot be meant
    │   ├── AuthenticationError          401: the token
    │   ├── AuthorizationError           403
    │   ├── NotFoundError                404
    │   ├── RateLimitError               429: the queue is full
    │   └── ServerError                  5xx: 507 for no room or no port, 500 for a fault of the Agent
    ├── BuildFailedError                 a launch that failed or was cancelled    (also a RuntimeError)
    └── BuildTimeoutError                a launch that takes longer than was waited    (also a TimeoutError)

The names that the platform's SDK has too are found where it has them; README.md says which. All of them survive pickle.
Wrong arguments are ValueError, TypeError and FileNotFoundError, as the platform's document says ("예외").
"""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Tuple, Type

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


class ClientError(Exception):
    """Anything that a client raises once its arguments are right."""

    status_code: Optional[int] = None
    """The HTTP status, where the Agent answered."""
    detail: Any = None
    """The body of the answer as it was parsed, or a sentence."""
    code: Optional[str] = None
    """A stable word for what is wrong; None where nobody gave one."""
    hint: Optional[str] = None
    """What can be done about it."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message)
        self.detail = message

    def __reduce__(self) -> Tuple[Any, ...]:
        # Its arguments are the sentence, which is not what a constructor takes.
        return _again, (type(self), self.args, self.__dict__)


def _again(kind: Type[ClientError], args: Tuple[Any, ...], facts: Dict[str, Any]) -> ClientError:
    """An error as it was, in another process."""
    error = kind.__new__(kind, *args)
    # Those that are an OSError as well keep none that come before their constructor.
    error.args = args
    error.__dict__.update(facts)
    return error


class ClientConnectionError(ClientError, ConnectionError):
    """Nobody answers at that address, or the connection broke."""


class ClientResponseIncompleteError(ClientConnectionError):
    """The request was sent and its answer never came: what it asked for may have been done. Look before asking again."""


class ClientTimeoutError(ClientError, TimeoutError):
    """The Agent took no connection, or was silent, for longer than `timeout` allows."""


class HTTPError(ClientError):
    """The Agent refused: `detail` is its answer, `code` its stable word, `hint` what to do."""

    def __init__(self, status_code: int, detail: Any = None) -> None:
        told: Dict[str, Any] = detail if isinstance(detail, dict) else {}
        # Somebody else's answer may be a whole page.
        sentence = str(told.get("detail", detail) or "the answer has no body")[:500]
        hint = told.get("hint")
        super().__init__(f"{status_code}: {sentence}" + (f" ({hint})" if hint else ""))
        self.status_code = status_code
        self.detail = detail
        self.code = told.get("code")
        self.hint = hint
        self.request_id: Optional[str] = told.get("request_id")
        """What the Agent's log calls this request."""


class ValidationError(HTTPError):
    """400 or 422: what was asked cannot be meant."""


class AuthenticationError(HTTPError):
    """401: the token is missing or wrong."""


class AuthorizationError(HTTPError):
    """403: known, and not allowed."""


class NotFoundError(HTTPError):
    """404: there is no such container, launch or release."""


class RateLimitError(HTTPError):
    """429: as many builds wait as may."""


class ServerError(HTTPError):
    """5xx: no room (507), not done here (501), or a fault of the Agent (500)."""


class BuildFailedError(ClientError, RuntimeError):
    """A launch failed or was cancelled. Its text has the reason, the hint and the last lines of the log."""

    def __init__(self, launch: Dict[str, Any]) -> None:
        failure: Dict[str, Any] = launch.get("failure") or {}
        self.build_id: str = str(launch.get("build_id") or launch.get("id"))
        """The launch, as `get_build_status` takes it."""
        self.status: str = launch["status"]
        """`failed` or `cancelled`."""
        self.kind: str = failure.get("kind") or self.status
        """A stable word for what happened: `no_such_package`, `import_error`, `out_of_memory`, ..."""
        self.log_tail: List[str] = list(failure.get("log_tail") or [])
        """The last lines of the log that matter."""
        self.exit_code: Optional[int] = failure.get("exit_code")
        """How the process ended, where one did."""
        message = failure.get("message") or launch.get("error") or f"it was {self.status}"
        hint = failure.get("hint")
        lines = [f"Build {self.build_id} {self.status}: {message}", *([hint] if hint else []), *self.log_tail]
        super().__init__("\n".join(lines))
        self.detail = launch
        self.code = self.kind
        self.hint = hint


class BuildTimeoutError(ClientError, TimeoutError):
    """A launch takes longer than was waited for it. It goes on: `wait_for_build` waits again."""

    def __init__(self, build_id: str, seconds: float) -> None:
        super().__init__(f"build {build_id} is still on its way after {seconds:g} s; it goes on, and can be waited for again")
        self.build_id = build_id
        """The launch, as `wait_for_build` takes it."""
