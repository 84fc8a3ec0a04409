"""Launches, awaited. What a method takes, returns and raises is told in `build.py`."""

from __future__ import annotations

from typing import Any, AsyncIterator, Dict, Literal, Optional, Tuple, Union, overload

from synapse_sdk.clients.agent._core.async_io import AsyncCaller
from synapse_sdk.clients.agent._core.containers import remove, show
from synapse_sdk.clients.agent._core.launch import POLL_INTERVAL, OnProgress, finished, status_request
from synapse_sdk.clients.agent._core.pages import one_page, page

__all__ = ["AsyncBuildClientMixin"]


class AsyncBuildClientMixin(AsyncCaller):
    """As `BuildClientMixin`, awaited."""

    @overload
    async def list_builds(
        self, params: Optional[Dict[str, Any]] = None, *, list_all: Literal[False] = False
    ) -> Dict[str, Any]: ...

    @overload
    async def list_builds(
        self, params: Optional[Dict[str, Any]] = None, *, list_all: Literal[True]
    ) -> Tuple[AsyncIterator[Dict[str, Any]], int]: ...

    @overload
    async def list_builds(
        self, params: Optional[Dict[str, Any]] = None, *, list_all: bool
    ) -> Union[Dict[str, Any], Tuple[AsyncIterator[Dict[str, Any]], int]]: ...

    async def list_builds(
        self, params: Optional[Dict[str, Any]] = None, *, list_all: bool = False
    ) -> Union[Dict[str, Any], Tuple[AsyncIterator[Dict[str, Any]], int]]:
        """As `BuildClientMixin.list_builds`."""
        if list_all:
            return await self._all("builds/", params)
        return await self._run(page(one_page("builds/", params)))

    async def get_build_status(self, build_id: str) -> Dict[str, Any]:
        """As `BuildClientMixin.get_build_status`."""
        return await self._run(show(status_request(build_id).path))

    async def wait_for_build(
        self,
        build_id: str,
        *,
        timeout: float = 300,
        poll_interval: float = POLL_INTERVAL,
        on_progress: Optional[OnProgress] = None,
    ) -> Dict[str, Any]:
        """As `BuildClientMixin.wait_for_build`."""
        return await self._run(finished(build_id, timeout, poll_interval, on_progress))

    async def cancel_build(self, build_id: str) -> None:
        """As `BuildClientMixin.cancel_build`."""
        await self._run(remove(status_request(build_id).path, once=True))
