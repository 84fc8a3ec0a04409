"""The Docker view of the Agent's containers: by Docker ids, with Docker's words.

The platform's document has no section on it; its SDK has the same calls.
"""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from synapse_sdk.clients.agent._core.containers import act, docker_containers, docker_path, given, remove, show
from synapse_sdk.clients.agent._core.create import listed
from synapse_sdk.clients.agent._core.sync_io import SyncCaller

__all__ = ["DockerClientMixin"]


class DockerClientMixin(SyncCaller):
    """The Docker view. It shows the containers of this Agent, and no others on the engine."""

    def list_docker_containers(self) -> List[Dict[str, Any]]:
        """The Docker containers of this Agent.

        Returns:
            A list of all of them: `id`, `name`, `status` (Docker's word: `running`, `exited`, ...), `image` (Docker's id),
            `plugin_release`, `host_port`, `labels` (Docker's, a mapping).

        Raises:
            ServerError: Docker does not answer the Agent (500, `engine_unavailable`).
        """
        return self._run(docker_containers())

    def get_docker_container(self, container_id: str) -> Dict[str, Any]:
        """One container by its Docker id or the beginning of one.

        Args:
            container_id: Docker's id.

        Returns:
            The container, as `get_container` returns it.

        Raises:
            NotFoundError: There is none.
            HTTPError: More than one begins with this id (409).
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

        Args:
            plugin_release: "code@version".
            params: Reach the app as JSON in `PLUGIN_PARAMS`.
            envs: Further environment variables of the app.
            metadata: Kept with the record.
            labels: To find the container by; a list of words.

        Returns:
            The container as the Agent answers, within eight seconds: its `status` may be `building` or `starting`.

        Raises:
            TypeError: labels is one text.
            NotFoundError: The Agent has no such release.
            ValidationError, RateLimitError, ServerError: The Agent refused; `code` and `hint` say why.
            ClientResponseIncompleteError: The answer was lost. The same call again joins the launch, if there is one.
        """
        fields = given(params=params, envs=envs, metadata=metadata, labels=listed(labels))
        return self._run(act("containers/docker/", {"plugin_release": plugin_release, **fields}))

    def stop_docker_container(self, container_id: str) -> Dict[str, Any]:
        """Stops a container; `start_docker_container` starts it again, at the same address.

        Args:
            container_id: Docker's id, or the beginning of one.

        Returns:
            The container as it is then.

        Raises:
            NotFoundError: There is none.
            ClientResponseIncompleteError: The answer was lost; the same again does no harm.
        """
        return self._run(act(docker_path(container_id, "stop")))

    def start_docker_container(self, container_id: str) -> Dict[str, Any]:
        """Starts a stopped container.

        Args:
            container_id: Docker's id, or the beginning of one.

        Returns:
            The container as it is then; an app that takes longer than eight seconds to start is `starting`.

        Raises:
            NotFoundError: There is none.
            ClientResponseIncompleteError: The answer was lost; the same again does no harm.
        """
        return self._run(act(docker_path(container_id, "start")))

    def delete_docker_container(self, container_id: str) -> None:
        """Stops and removes a container, and its record. Deleting it again is no error.

        Args:
            container_id: Docker's id, or the beginning of one.

        Raises:
            NotFoundError: There never was one.
        """
        self._run(remove(docker_path(container_id)))
