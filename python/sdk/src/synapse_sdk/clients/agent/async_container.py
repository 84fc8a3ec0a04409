"""Containers, awaited. What a method takes, returns and raises is told in `container.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, AsyncIterator, Dict, Iterable, Literal, Mapping, Optional, Tuple, Union, overload

from synapse_sdk.clients.agent._core.containers import ContainerId, act, container_path, given, remove, show
from synapse_sdk.clients.agent._core.create import create_request
from synapse_sdk.clients.agent._core.identity import ReleaseLike
from synapse_sdk.clients.agent._core.launch import OnProgress, created
from synapse_sdk.clients.agent._core.pages import one_page, page
from synapse_sdk.clients.agent._core.wire import mapping
from synapse_sdk.clients.agent.async_build import AsyncBuildClientMixin
from synapse_sdk.clients.agent.async_docker import AsyncDockerClientMixin
from synapse_sdk.plugins.models import PluginRelease

__all__ = ["AsyncContainerClientMixin"]


class AsyncContainerClientMixin(AsyncBuildClientMixin, AsyncDockerClientMixin):
    """As `ContainerClientMixin`, awaited."""

    async def create_container(
        self,
        plugin_release: Optional[Union[str, PluginRelease, ReleaseLike]] = None,
        *,
        model: Optional[int] = None,
        params: Optional[Dict[str, Any]] = None,
        envs: Optional[Dict[str, str]] = None,
        metadata: Optional[Dict[str, Any]] = None,
        labels: Optional[Iterable[str]] = None,
        plugin_file: Optional[Union[str, Path]] = None,
        kind: Optional[str] = None,
        backend_container_id: Optional[int] = None,
        limits: Optional[Mapping[str, Any]] = None,
        on_existing: Optional[Literal["restart", "reuse", "recreate"]] = None,
        wait: bool = True,
        timeout: float = 300,
        on_progress: Optional[OnProgress] = None,
    ) -> Dict[str, Any]:
        """As `ContainerClientMixin.create_container`."""
        fields = given(
            model=model,
            params=params,
            envs=envs or None,
            metadata=metadata or None,
            kind=kind or None,
            backend_container_id=backend_container_id,
            limits=mapping("limits", limits) or None,
            on_existing=on_existing,
        )
        is_followed = not wait or on_progress is not None
        request = create_request(plugin_release, plugin_file, fields, labels, is_followed)
        return await self._run(created(request, wait, timeout, on_progress))

    @overload
    async def list_containers(
        self, params: Optional[Dict[str, Any]] = None, *, list_all: Literal[False] = False
    ) -> Dict[str, Any]: ...

    @overload
    async def list_containers(
        self, params: Optional[Dict[str, Any]] = None, *, list_all: Literal[True]
    ) -> Tuple[AsyncIterator[Dict[str, Any]], int]: ...

    @overload
    async def list_containers(
        self, params: Optional[Dict[str, Any]] = None, *, list_all: bool
    ) -> Union[Dict[str, Any], Tuple[AsyncIterator[Dict[str, Any]], int]]: ...

    async def list_containers(
        self, params: Optional[Dict[str, Any]] = None, *, list_all: bool = False
    ) -> Union[Dict[str, Any], Tuple[AsyncIterator[Dict[str, Any]], int]]:
        """As `ContainerClientMixin.list_containers`."""
        if list_all:
            return await self._all("containers/", params)
        return await self._run(page(one_page("containers/", params)))

    async def get_container(self, container_id: ContainerId) -> Dict[str, Any]:
        """As `ContainerClientMixin.get_container`."""
        return await self._run(show(container_path(container_id)))

    async def update_container(
        self,
        container_id: ContainerId,
        *,
        status: Optional[str] = None,
        visibility: Optional[Literal["private", "public"]] = None,
        idle: Optional[Mapping[str, int]] = None,
    ) -> Dict[str, Any]:
        """As `ContainerClientMixin.update_container`."""
        times = None if idle is None else mapping("idle", idle)
        fields = given(status=status, visibility=visibility, idle=times)
        return await self._run(act(container_path(container_id), fields, "PATCH"))

    async def restart_container(self, container_id: ContainerId) -> Dict[str, Any]:
        """As `ContainerClientMixin.restart_container`."""
        return await self._run(act(container_path(container_id, "restart")))

    async def delete_container(self, container_id: ContainerId) -> None:
        """As `ContainerClientMixin.delete_container`."""
        await self._run(remove(container_path(container_id)))

    async def create_container_link(self, container_id: ContainerId, *, expires_in: Optional[int] = None) -> Dict[str, Any]:
        """As `ContainerClientMixin.create_container_link`."""
        return await self._run(act(container_path(container_id, "links"), given(expires_in=expires_in)))

    async def health_check(self) -> Dict[str, Any]:
        """As `ContainerClientMixin.health_check`."""
        return await self._run(show("health/"))
