"""Logs, awaited. What a method takes, returns and raises is told in `log.py`."""

from __future__ import annotations

from typing import AsyncGenerator, Optional

from synapse_sdk.clients.agent._core.async_io import AsyncCaller
from synapse_sdk.clients.agent._core.containers import ContainerId, container_path, given, text
from synapse_sdk.clients.agent._core.follow import Follower, LogLine
from synapse_sdk.clients.agent._core.launch import status_request
from synapse_sdk.clients.agent._core.wire import Request
from synapse_sdk.clients.agent.log import Tail

__all__ = ["AsyncLogClientMixin"]


class AsyncLogClientMixin(AsyncCaller):
    """As `LogClientMixin`, awaited."""

    async def get_container_logs(self, container_id: ContainerId, *, tail: Tail = None, since: Optional[str] = None) -> str:
        """As `LogClientMixin.get_container_logs`."""
        return await self._run(text(container_path(container_id, "logs"), given(tail=tail, since=since)))

    def stream_container_logs(
        self, container_id: ContainerId, *, follow: bool = True, tail: Tail = None, since: Optional[str] = None
    ) -> AsyncGenerator[LogLine, None]:
        """As `LogClientMixin.stream_container_logs`."""
        query = given(tail=tail, since=since)
        if not follow:
            return self._log_so_far(Request("GET", container_path(container_id, "logs"), query=query))
        return self._log_of(Follower(container_path(container_id, "logs", "stream"), query))

    async def get_build_logs(self, build_id: str) -> str:
        """As `LogClientMixin.get_build_logs`."""
        return await self._run(text(f"{status_request(build_id).path}logs/", {}))

    def stream_build_logs(self, build_id: str) -> AsyncGenerator[LogLine, None]:
        """As `LogClientMixin.stream_build_logs`."""
        return self._log_of(Follower(f"{status_request(build_id).path}logs/stream/"))

    async def _log_of(self, follower: Follower) -> AsyncGenerator[LogLine, None]:
        frames = self._follow(follower)
        try:
            async for frame in frames:
                if frame.type == "log":
                    yield LogLine(frame.message, frame.stream, frame.at)
        finally:
            await frames.aclose()

    async def _log_so_far(self, request: Request) -> AsyncGenerator[LogLine, None]:
        lines = self._lines(request)
        try:
            async for line in lines:
                yield LogLine(line)
        finally:
            await lines.aclose()
