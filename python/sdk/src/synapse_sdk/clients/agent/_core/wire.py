"""The words between a call and whoever carries it out."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Dict, Generator, List, Mapping, Optional, TypeVar, Union
from urllib.parse import quote

from synapse_sdk.clients.agent._core import patience
from synapse_sdk.clients.agent._core.errors import refusal
from synapse_sdk.exceptions import ClientConnectionError, ClientError, ClientTimeoutError

if TYPE_CHECKING:
    from synapse_sdk.clients.agent._core.follow import Follower

JSON = Dict[str, Any]
"""A JSON object."""
Query = Mapping[str, Any]
"""Query parameters; a list is a parameter that repeats."""

# Only what may arrive twice is sent again.
REPEATABLE = ("GET", "DELETE")


@dataclass(frozen=True)
class Request:
    """One HTTP request. `path` has no slash in front: the Agent may live below a prefix."""

    method: str
    path: str
    query: Query = field(default_factory=dict)
    json: Optional[JSON] = None
    form: Optional[Dict[str, Union[str, List[str]]]] = None
    file: Optional[Path] = None
    """Sent as the form's last part, read as it is sent."""
    headers: Mapping[str, str] = field(default_factory=dict)
    silence: Optional[float] = None
    """Seconds without a byte before the answer is given up; the client's own when None."""
    deadline: Optional[float] = None
    """When silence ends the waiting, however short it was, as `time.monotonic()` tells time."""
    once: bool = False
    """Whether the same again would be refused once it was done."""

    @property
    def is_repeatable(self) -> bool:
        """Whether it may arrive twice."""
        return self.method in REPEATABLE and not self.once


@dataclass(frozen=True)
class Answer:
    """What came back, whatever its status."""

    status: int
    body: bytes

    def value(self) -> Any:
        """The parsed body; its text when it is no JSON, None when there is none."""
        if self.status == 204:
            return None
        text = self.body.decode("utf-8", errors="replace")
        try:
            return json.loads(text)
        except ValueError:
            return text

    def object(self) -> JSON:
        """The body, which must be a JSON object.

        Raises:
            ClientConnectionError: It is none, so no Agent answered.
        """
        value = self.value()
        if not isinstance(value, dict):
            raise ClientConnectionError(f"the answer ({self.status}) is no JSON object: is this an Agent's address?")
        return value


@dataclass(frozen=True)
class Pause:
    """Wait so many seconds."""

    seconds: float


@dataclass(frozen=True)
class Listen:
    """Read a stream to its end, and tell each of its frames."""

    follower: Follower
    tell: Callable[[Any], Any]


Step = Union[Request, Pause, Listen]
T = TypeVar("T")
Flow = Generator[Step, Optional[Answer], T]
"""A call: yields steps, is sent the answer to each request, and returns what the caller gets."""


def ask(request: Request, deadline: Optional[float] = None) -> Flow[Answer]:
    """Sends a request, again after a pause when the Agent is away and it may arrive twice.

    `deadline` is that of whoever waits for an Agent that answered before: silence is no reason to give it up, and a restart
    of it is waited for (`patience.pauses`).

    Raises:
        ClientConnectionError, ClientTimeoutError: There is no answer.
        HTTPError: The answer is a refusal.
    """
    pauses = patience.pauses(deadline) if request.is_repeatable else iter(())
    while True:
        try:
            answer = yield request
            if answer is None:
                raise AssertionError("a request was carried out without an answer")
            check(answer)
            return answer
        except ClientError as error:
            is_final = not patience.is_away(error) or (deadline is None and isinstance(error, ClientTimeoutError))
            pause = None if is_final else next(pauses, None)
            if pause is None:
                raise
        yield Pause(pause)


def check(answer: Answer) -> None:
    """Raises the HTTPError of an answer that is a refusal."""
    if not 200 <= answer.status < 300:
        raise refusal(answer.status, answer.value())


def mapping(what: str, value: object) -> JSON:
    """A mapping that a caller gave; an empty one where nothing is given.

    Raises:
        TypeError: It is something else.
    """
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise TypeError(f"{what} is a {type(value).__name__}: give a mapping")
    return dict(value)


def segment(what: str, value: object) -> str:
    """A value as one segment of a path.

    Raises:
        ValueError: It is empty, or would name another path.
    """
    text = str(value)
    if text in ("", ".", ".."):
        raise ValueError(f"{what} is {text!r}: give the id of one")
    return quote(text, safe="@")
