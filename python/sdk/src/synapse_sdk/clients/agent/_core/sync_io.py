"""Carries calls out, one after the other."""

from __future__ import annotations

import inspect
import time
from contextlib import ExitStack, contextmanager
from typing import Any, Dict, Iterator, Optional, Tuple, TypeVar, cast

import httpx
from synapse_sdk.clients.agent._core.errors import broken
from synapse_sdk.clients.agent._core.follow import Follower, Frame
from synapse_sdk.clients.agent._core.frames import Lines
from synapse_sdk.clients.agent._core.pages import first_of_all, following, items, page
from synapse_sdk.clients.agent._core.settings import Settings
from synapse_sdk.clients.agent._core.wire import JSON, Answer, Flow, Pause, Query, Request, Step, check
from synapse_sdk.exceptions import ClientError

T = TypeVar("T")


class SyncCaller:
    """One connection pool to one Agent. A caller may be used by several threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        # No redirect is followed: a POST would become a GET, and the token would go to whoever is named.
        self._http = httpx.Client(headers=settings.headers, timeout=settings.timeout, follow_redirects=False)

    def close(self) -> None:
        """Closes the connections. The client cannot be used any more."""
        self._http.close()

    def _run(self, flow: Flow[T]) -> T:
        """Carries out a call, step by step."""
        answer: Optional[Answer] = None
        error: Optional[ClientError] = None
        while True:
            try:
                step = flow.send(answer) if error is None else flow.throw(error)
            except StopIteration as end:
                return cast(T, end.value)
            answer, error = None, None
            try:
                answer = self._do(step)
            except ClientError as raised:
                error = raised

    def _do(self, step: Step) -> Optional[Answer]:
        if isinstance(step, Request):
            return self._send(step)
        if isinstance(step, Pause):
            time.sleep(step.seconds)
            return None
        for frame in self._follow(step.follower):
            told = step.tell(frame)
            if inspect.isawaitable(told):
                if inspect.iscoroutine(told):
                    told.close()
                raise TypeError("the callback is a coroutine function: give a plain one, or use AsyncAgentClient")
        return None

    def _send(self, request: Request) -> Answer:
        with self._open(request) as response:
            return Answer(response.status_code, response.read())

    @contextmanager
    def _open(self, request: Request) -> Iterator[httpx.Response]:
        """The answer's head; its body is read by whoever asked."""
        url = self._settings.url(request.path)
        with ExitStack() as stack:
            try:
                yield stack.enter_context(
                    self._http.stream(
                        request.method,
                        url,
                        params=dict(request.query) or None,
                        json=request.json,
                        data=request.form,
                        files=_files(request, stack),
                        headers=dict(request.headers),
                        timeout=self._settings.silence(request.silence, request.deadline),
                    )
                )
            except (httpx.TransportError, httpx.DecodingError) as error:
                raise broken(error, self._settings.base_url, not request.is_repeatable) from error

    def _follow(self, follower: Follower) -> Iterator[Frame]:
        """The frames of a stream, resumed where it was cut off, until it ends."""
        while True:
            error: Optional[ClientError] = None
            try:
                with self._stream(follower.request()) as response:
                    follower.opened(response.headers.get("Content-Type", ""))
                    for chunk in response.iter_bytes():
                        yield from follower.feed(chunk)
                        if follower.has_ended:
                            return
            except ClientError as raised:
                error = raised
            pause = follower.cut_off(error)
            if pause is None:
                return
            time.sleep(pause)

    @contextmanager
    def _stream(self, request: Request) -> Iterator[httpx.Response]:
        """The answer, whose body is read as it comes; a refusal is raised."""
        with self._open(request) as response:
            if not response.is_success:
                check(Answer(response.status_code, response.read()))
            yield response

    def _lines(self, request: Request) -> Iterator[str]:
        """The lines of a text, as they come."""
        lines = Lines()
        with self._stream(request) as response:
            for chunk in response.iter_bytes():
                yield from lines.feed(chunk)
        yield from lines.end()

    def _all(self, path: str, params: Optional[Query]) -> Tuple[Iterator[JSON], int]:
        """Every item of a list, each page when it is needed, and how many there are."""
        request = first_of_all(path, params)
        first = self._run(page(request))
        return self._items(request, first), int(first.get("count") or 0)

    def _items(self, request: Request, told: JSON) -> Iterator[JSON]:
        while True:
            yield from items(told)
            after = following(request, told)
            if after is None:
                return
            request, told = after, self._run(page(after))


def _files(request: Request, stack: ExitStack) -> Optional[Dict[str, Any]]:
    """The file of a form, open: it is read part by part while it is sent."""
    if request.file is None:
        return None
    return {"file": (request.file.name, stack.enter_context(request.file.open("rb")))}
