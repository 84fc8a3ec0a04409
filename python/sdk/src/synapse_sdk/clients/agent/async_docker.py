"""The Docker view, awaited. What a method takes, returns and raises is told in `docker.py`."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from synapse_sdk.clients.agent._core.async_io import AsyncCaller
from synapse_sdk.clients.agent._core.containers import act, docker_containers, docker_path, given, remove, show
from synapse_sdk.clients.agent._core.create import listed

__all__ = ["AsyncDockerClientMixin"]


class AsyncDockerClientMixin(AsyncCaller):
    """As `DockerClientMixin`, awaited."""

    async def list_docker_containers(self) -> List[Dict[str, Any]]:
        """As `DockerClientMixin.list_docker_containers`."""
        return await self._run(docker_containers())

    async def get_docker_container(self, container_id: str) -> Dict[str, Any]:
        """As `DockerClientMixin.get_docker_container`."""
        return await self._run(show(docker_path(container_id)))

    async def create_docker_container(
        self,
        plugin_release: str,
        *,
        params: Optional[Dict[str, Any]] = None,
        envs: Optional[Dict[str, str]] = None,
        metadata: Optional[Dict[str, Any]] = None,
        labels: Optional[List[str]] = None,
    ) -> Dict[str, Any]:
        """As `DockerClientMixin.create_docker_container`."""
        fields = given(params=params, envs=envs, metadata=metadata, labels=listed(labels))
        return await self._run(act("containers/docker/", {"plugin_release": plugin_release, **fields}))

    async def stop_docker_container(self, container_id: str) -> Dict[str, Any]:
        """As `DockerClientMixin.stop_docker_container`."""
        return await self._run(act(docker_path(container_id, "stop")))

    async def start_docker_container(self, container_id: str) -> Dict[str, Any]:
        """As `DockerClientMixin.start_docker_container`."""
        return await self._run(act(docker_path(container_id, "start")))

    async def delete_docker_container(self, container_id: str) -> None:
        """As `DockerClientMixin.delete_docker_container`."""
        await self._run(remove(docker_path(container_id)))
