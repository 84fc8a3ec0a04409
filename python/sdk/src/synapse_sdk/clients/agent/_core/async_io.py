"""Carries calls out on an event loop."""

from __future__ import annotations

import asyncio
import inspect
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, AsyncGenerator, AsyncIterator, Dict, Optional, Tuple, TypeVar, cast

import httpx
from synapse_sdk.clients.agent._core.errors import broken
from synapse_sdk.clients.agent._core.follow import Follower, Frame
from synapse_sdk.clients.agent._core.frames import Lines
from synapse_sdk.clients.agent._core.pages import first_of_all, following, items, page
from synapse_sdk.clients.agent._core.settings import Settings
from synapse_sdk.clients.agent._core.wire import JSON, Answer, Flow, Pause, Query, Request, Step, check
from synapse_sdk.exceptions import ClientError

T = TypeVar("T")


class AsyncCaller:
    """One connection pool to one Agent, for one event loop."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        # No redirect is followed: a POST would become a GET, and the token would go to whoever is named.
        self._http = httpx.AsyncClient(headers=settings.headers, timeout=settings.timeout, follow_redirects=False)

    async def close(self) -> None:
        """Closes the connections. The client cannot be used any more."""
        await self._http.aclose()

    async def _run(self, flow: Flow[T]) -> T:
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
                answer = await self._do(step)
            except ClientError as raised:
                error = raised

    async def _do(self, step: Step) -> Optional[Answer]:
        if isinstance(step, Request):
            return await self._send(step)
        if isinstance(step, Pause):
            await asyncio.sleep(step.seconds)
            return None
        frames = self._follow(step.follower)
        try:
            async for frame in frames:
                told = step.tell(frame)
                if inspect.isawaitable(told):
                    await told
        finally:
            await frames.aclose()
        return None

    async def _send(self, request: Request) -> Answer:
        async with self._open(request) as response:
            return Answer(response.status_code, await response.aread())

    @asynccontextmanager
    async def _open(self, request: Request) -> AsyncIterator[httpx.Response]:
        """The answer's head; its body is read by whoever asked."""
        url = self._settings.url(request.path)
        async with AsyncExitStack() as stack:
            try:
                yield await stack.enter_async_context(
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

    async def _follow(self, follower: Follower) -> AsyncGenerator[Frame, None]:
        """The frames of a stream, resumed where it was cut off, until it ends.

        Whoever leaves early closes it: what Python finds left over keeps its connection until the loop comes to it.
        """
        while True:
            error: Optional[ClientError] = None
            try:
                async with self._stream(follower.request()) as response:
                    follower.opened(response.headers.get("Content-Type", ""))
                    async for chunk in response.aiter_bytes():
                        for frame in follower.feed(chunk):
                            yield frame
                        if follower.has_ended:
                            return
            except ClientError as raised:
                error = raised
            pause = follower.cut_off(error)
            if pause is None:
                return
            await asyncio.sleep(pause)

    @asynccontextmanager
    async def _stream(self, request: Request) -> AsyncIterator[httpx.Response]:
        """The answer, whose body is read as it comes; a refusal is raised."""
        async with self._open(request) as response:
            if not response.is_success:
                check(Answer(response.status_code, await response.aread()))
            yield response

    async def _lines(self, request: Request) -> AsyncGenerator[str, None]:
        """The lines of a text, as they come."""
        lines = Lines()
        async with self._stream(request) as response:
            async for chunk in response.aiter_bytes():
                for line in lines.feed(chunk):
                    yield line
        for line in lines.end():
            yield line

    async def _all(self, path: str, params: Optional[Query]) -> Tuple[AsyncIterator[JSON], int]:
        """Every item of a list, each page when it is needed, and how many there are."""
        request = first_of_all(path, params)
        first = await self._run(page(request))
        return self._items(request, first), int(first.get("count") or 0)

    async def _items(self, request: Request, told: JSON) -> AsyncIterator[JSON]:
        while True:
            for item in items(told):
                yield item
            after = following(request, told)
            if after is None:
                return
            request, told = after, await self._run(page(after))


def _files(request: Request, stack: AsyncExitStack) -> Optional[Dict[str, Any]]:
    """The file of a form, open: it is read part by part while it is sent."""
    if request.file is None:
        return None
    return {"file": (request.file.name, stack.enter_context(request.file.open("rb")))}
