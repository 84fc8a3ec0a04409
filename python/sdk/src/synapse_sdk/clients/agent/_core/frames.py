"""Bytes to lines, and lines to server-sent events."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import Iterator, List, Optional


class Lines:
    """Cuts text at line feeds only: a log's line may hold every other character that some call an end of line."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._rest: List[str] = []

    def feed(self, chunk: bytes) -> Iterator[str]:
        """The lines that these bytes complete, without their ends."""
        *whole, rest = self._decoder.decode(chunk).split("\n")
        for line in whole:
            yield ("".join(self._rest) + line).rstrip("\r")
            self._rest = []
        self._rest.append(rest)

    def end(self) -> Iterator[str]:
        """The last line, where the text does not end with a line feed."""
        rest = "".join(self._rest) + self._decoder.decode(b"", final=True)
        if rest:
            yield rest


@dataclass(frozen=True)
class Event:
    """One server-sent event."""

    id: Optional[str]
    data: str
    retry: Optional[float]
    """Seconds after which a reader that was cut off may come back, where the event says so."""


class Events:
    """Reads server-sent events out of bytes, however they were cut."""

    def __init__(self) -> None:
        self._lines = Lines()
        self._id: Optional[str] = None
        self._data: List[str] = []
        self._retry: Optional[float] = None

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """The events that these bytes complete. A comment, which a quiet stream sends to show that it lives, is none."""
        for line in self._lines.feed(chunk):
            if line:
                self._field(line)
                continue
            event = Event(self._id, "\n".join(self._data), self._retry)
            told, self._data, self._retry = bool(self._data), [], None
            if told:
                yield event

    def _field(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value[1:] if value.startswith(" ") else value
        if name == "data":
            self._data.append(value)
        elif name == "id":
            self._id = value
        elif name == "retry" and value.isdigit():
            self._retry = int(value) / 1000
