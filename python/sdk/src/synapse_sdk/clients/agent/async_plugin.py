"""Releases, awaited. What a method takes, returns and raises is told in `plugin.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, AsyncIterator, Dict, Literal, Optional, Tuple, Union, overload

from synapse_sdk.clients.agent._core.async_io import AsyncCaller
from synapse_sdk.clients.agent._core.containers import act, remove, show
from synapse_sdk.clients.agent._core.pages import one_page, page
from synapse_sdk.clients.agent._core.releases import release_path, uploaded

__all__ = ["AsyncPluginClientMixin"]


class AsyncPluginClientMixin(AsyncCaller):
    """As `PluginClientMixin`, awaited."""

    @overload
    async def list_plugin_releases(
        self, params: Optional[Dict[str, Any]] = None, *, list_all: Literal[False] = False
    ) -> Dict[str, Any]: ...

    @overload
    async def list_plugin_releases(
        self, params: Optional[Dict[str, Any]] = None, *, list_all: Literal[True]
    ) -> Tuple[AsyncIterator[Dict[str, Any]], int]: ...

    @overload
    async def list_plugin_releases(
        self, params: Optional[Dict[str, Any]] = None, *, list_all: bool
    ) -> Union[Dict[str, Any], Tuple[AsyncIterator[Dict[str, Any]], int]]: ...

    async def list_plugin_releases(
        self, params: Optional[Dict[str, Any]] = None, *, list_all: bool = False
    ) -> Union[Dict[str, Any], Tuple[AsyncIterator[Dict[str, Any]], int]]:
        """As `PluginClientMixin.list_plugin_releases`."""
        if list_all:
            return await self._all("plugin_releases/", params)
        return await self._run(page(one_page("plugin_releases/", params)))

    async def get_plugin_release(self, lookup: Union[int, str]) -> Dict[str, Any]:
        """As `PluginClientMixin.get_plugin_release`."""
        return await self._run(show(release_path(lookup)))

    async def create_plugin_release(self, plugin: str, version: str) -> Dict[str, Any]:
        """As `PluginClientMixin.create_plugin_release`."""
        return await self._run(act("plugin_releases/", {"plugin": plugin, "version": version}))

    async def upload_plugin_release(self, plugin_file: Union[str, Path]) -> Dict[str, Any]:
        """As `PluginClientMixin.upload_plugin_release`."""
        return await self._run(uploaded(plugin_file))

    async def delete_plugin_release(self, lookup: Union[int, str]) -> None:
        """As `PluginClientMixin.delete_plugin_release`."""
        await self._run(remove(release_path(lookup), once=True))
