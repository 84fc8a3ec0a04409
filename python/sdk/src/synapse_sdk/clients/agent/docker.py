"""The Docker view of the Agent's containers: by Docker ids, with Docker's words."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from synapse_sdk.clients.agent._core.containers import act, docker_containers, docker_path, given, remove, show
from synapse_sdk.clients.agent._core.sync_io import SyncCaller

__all__ = ["DockerClientMixin"]


class DockerClientMixin(SyncCaller):
    """The Docker view. It shows the containers of this Agent, and no others on the engine."""

    def list_docker_containers(self) -> List[Dict[str, Any]]:
        """The Docker containers: `id`, `name`, `status` (`running`, `exited`, ...), `image`, and more."""
        return self._run(docker_containers())

    def get_docker_container(self, container_id: str) -> Dict[str, Any]:
        """One container by its Docker id or the beginning of one.

        Raises:
            NotFoundError: There is none.
        """
        return self._run(show(docker_path(container_id)))

    def create_docker_container(
        self,
        plugin_release: str,
        *,
        params: Optional[Dict[str, Any]] = None,
        envs: Optional[Dict[str, str]] = None,
        metadata: Optional[Dict[str, Any]] = None,
        labels: Optional[List[str]] = None,
    ) -> Dict[str, Any]:
        """Runs the app of a release that the Agent has, and does not wait: `wait_for_build` takes the answer's `build_id`.

        Raises:
            NotFoundError: The Agent has no such release.
        """
        fields = given(params=params, envs=envs, metadata=metadata, labels=labels)
        return self._run(act("containers/docker/", {"plugin_release": plugin_release, **fields}))

    def stop_docker_container(self, container_id: str) -> Dict[str, Any]:
        """Stops a container; `start_docker_container` starts it again, at the same address."""
        return self._run(act(docker_path(container_id, "stop")))

    def start_docker_container(self, container_id: str) -> Dict[str, Any]:
        """Starts a stopped container, and returns it as it is then; an app that takes longer than eight seconds is `starting`."""
        return self._run(act(docker_path(container_id, "start")))

    def delete_docker_container(self, container_id: str) -> None:
        """Stops and removes a container. Deleting it again is no error."""
        self._run(remove(docker_path(container_id)))
