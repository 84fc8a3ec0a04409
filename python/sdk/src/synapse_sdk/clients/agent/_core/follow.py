"""A log that is followed: read, cut off, resumed, without a line lost or told twice."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any, Dict, Iterator, Optional

from synapse_sdk.clients.agent._core import patience
from synapse_sdk.clients.agent._core.frames import Events
from synapse_sdk.clients.agent._core.wire import Query, Request
from synapse_sdk.exceptions import ClientConnectionError, ClientError

# A quiet stream says that it lives every 15 seconds.
SILENCE = 40.0
EVENTS = "text/event-stream"
LAST_FRAMES = ("complete", "error")


@dataclass(frozen=True)
class Frame:
    """One thing that a stream says.

    Attributes:
        type: `log` (a line), `status` (`queued`, `building`, `starting`, ...), `waiting` (for what), and as the last one
            `complete` or `error`.
        message: The line, the word, or the reason.
        stream: `stdout` or `stderr` of a container's line, else None.
        at: When a container's line was printed, RFC 3339, else None.
        failure: With `error`, all that is known of it: `kind`, `message`, `hint`, `log_tail`.
    """

    type: str
    message: str
    stream: Optional[str] = None
    at: Optional[str] = None
    failure: Optional[Dict[str, Any]] = None

    def __str__(self) -> str:
        return self.message if self.type == "log" else f"{self.type}: {self.message}"


class LogLine(str):
    """A line of a log: text that also knows where it came from."""

    stream: Optional[str]
    """`stdout` or `stderr`; None where that is not known, as in builds."""
    at: Optional[str]
    """When it was printed, RFC 3339; None where that is not known."""

    def __new__(cls, text: str, stream: Optional[str] = None, at: Optional[str] = None) -> LogLine:
        line = super().__new__(cls, text)
        line.stream, line.at = stream, at
        return line


class Follower:
    """Where a reader of one stream is. Whoever has the connection asks it what to send, and feeds it what comes.

    Args:
        path: The stream's path.
        query: Until something was told that has an id: who comes back with one says where it was.
        deadline: When to stop, as `time.monotonic()` tells time. It is looked at whenever something comes, and the Agent
            says something every 15 seconds at least.
        is_known: Whether this Agent answered before.
    """

    def __init__(
        self, path: str, query: Optional[Query] = None, deadline: Optional[float] = None, is_known: bool = False
    ) -> None:
        self.has_ended = False
        self._is_known, self._is_foreign = is_known, False
        self._path, self._query, self._deadline = path, dict(query or {}), deadline
        self._last: Optional[str] = None
        self._retry: Optional[float] = None
        self._misses = 0
        self._events = Events()

    def request(self) -> Request:
        """The request that opens the stream where it was left."""
        self._events = Events()
        # Unpacked: a packed line may be held back until more comes.
        query, headers = self._query, {"Accept": EVENTS, "Accept-Encoding": "identity"}
        if self._last is not None:
            query, headers["Last-Event-ID"] = {}, self._last
        return Request("GET", self._path, query=query, headers=headers, silence=SILENCE, deadline=self._deadline)

    def opened(self, content_type: str) -> None:
        """The Agent began to answer: once it is away, a restart of it is waited for.

        Raises:
            ClientConnectionError: It is no Agent that answers. `cut_off` does not ask it again.
        """
        self._is_foreign = not content_type.lower().startswith(EVENTS)
        if self._is_foreign:
            raise ClientConnectionError("the answer is no stream of events: is this an Agent's address?")
        self._is_known = True

    def feed(self, chunk: bytes) -> Iterator[Frame]:
        """What these bytes say."""
        self._misses = 0
        for event in self._events.feed(chunk):
            self._last = self._last if event.id is None else event.id
            self._retry = self._retry if event.retry is None else event.retry
            frame = _frame(event.data)
            if frame is not None:
                self.has_ended = frame.type in LAST_FRAMES
                yield frame
                if self.has_ended:
                    # What comes behind it, such as the Agent's farewell, is no part of the stream.
                    return
        self._look_at_the_clock()

    def cut_off(self, error: Optional[ClientError]) -> Optional[float]:
        """Seconds to wait before the next request; None when no more is to come.

        `error` is None where the stream ended before its last frame.

        Raises:
            ClientConnectionError, ClientTimeoutError, ServerError: Nobody was there for too long, or somebody else was.
            HTTPError: The Agent refused.
        """
        if error is not None and (self._is_foreign or not patience.is_away(error)):
            raise error
        self._look_at_the_clock()
        if self.has_ended:
            return None
        pauses = patience.RESTART if self._is_known else patience.AGAIN
        if self._misses >= len(pauses):
            raise error or ClientConnectionError(f"the stream {self._path} ends again and again before its end")
        pause = max(pauses[self._misses], self._retry or 0.0)
        self._misses += 1
        return pause if self._deadline is None else min(pause, max(self._deadline - time.monotonic(), 0.0))

    def _look_at_the_clock(self) -> None:
        if self._deadline is not None and time.monotonic() >= self._deadline:
            self.has_ended = True


def _frame(data: str) -> Optional[Frame]:
    try:
        told = json.loads(data)
        return Frame(told["type"], told["message"], told.get("stream"), told.get("at"), told.get("failure"))
    except (ValueError, KeyError, TypeError):
        # A newer Agent may say what this client does not know.
        return None
