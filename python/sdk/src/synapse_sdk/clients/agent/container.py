"""Containers: create, look, change, delete (the document's "ContainerClientMixin" and "API 레퍼런스")."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, Literal, Mapping, Optional, Tuple, Union, overload

from synapse_sdk.clients.agent._core.containers import ContainerId, act, container_path, given, remove, show
from synapse_sdk.clients.agent._core.create import create_request
from synapse_sdk.clients.agent._core.identity import ReleaseLike
from synapse_sdk.clients.agent._core.launch import OnProgress, created
from synapse_sdk.clients.agent._core.pages import one_page, page
from synapse_sdk.clients.agent._core.wire import mapping
from synapse_sdk.clients.agent.build import BuildClientMixin
from synapse_sdk.clients.agent.docker import DockerClientMixin
from synapse_sdk.plugins.models import PluginRelease

__all__ = ["ContainerClientMixin"]


class ContainerClientMixin(BuildClientMixin, DockerClientMixin):
    """Everything about containers. A container is looked up by its Docker id or the beginning of one, its integer key
    (`pk`), or its name.

    Every method raises the errors of `synapse_sdk.exceptions`: `AuthenticationError` for a wrong token, `NotFoundError` for
    what is not there, `ClientConnectionError` and `ClientTimeoutError` when there is no answer.
    """

    def create_container(
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
        """Runs a plugin's app, and returns once the app answers ("컨테이너 생성", "create_container()").

        There is one container for a release and a model. Where it is there already, it is restarted ("컨테이너 재시작
        동작"), or made anew if its code, params, envs or limits changed.

        Args:
            plugin_release: "code@version" or a PluginRelease. May be left out with `plugin_file`, which says it itself.
            model: The model that the container belongs to. No model is a value of its own.
            params: Reach the app as JSON in `PLUGIN_PARAMS`.
            envs: Further environment variables of the app.
            metadata: Kept with the record.
            labels: To find the container by.
            plugin_file: An archive (zip) of the plugin, which is uploaded.
            kind: `plugin_runtime`, the one kind that there is.
            backend_container_id: The platform's key of this container.
            limits: `memory_bytes`, `cpus`, `pids`, `disk_bytes`, `shm_bytes`, `open_files`.
            on_existing: What becomes of one that is there and unchanged: `restart` (what the Agent does unless told), `reuse`
                (it is left alone) or `recreate`.
            wait: False returns at once, with `build_id` to wait for later.
            timeout: Seconds to wait. The launch goes on after them.
            on_progress: Called with every `Frame` of the launch: log lines, states, what it waits for. With it the time is
                looked at whenever the Agent says something, which is every 15 seconds at least.

        Returns:
            The container: `id` (Docker's), `status`, `name`, `image`, `endpoint` (where the app answers), `restarted` where
            it was there already, `pk`, `build_id`, and more.

        Raises:
            ValueError: Neither plugin_release nor plugin_file is given.
            TypeError: plugin_release is neither text nor a PluginRelease, labels is one text, or limits is no mapping. Once
                called, while the launch goes on: on_progress is a coroutine function, which `AsyncAgentClient` takes.
            FileNotFoundError: There is no plugin_file. IsADirectoryError: it is a folder.
            BuildFailedError: The build failed, the app did not start, or somebody cancelled it.
            BuildTimeoutError: It takes longer than `timeout`.
            ValidationError, NotFoundError, RateLimitError, ServerError: The Agent refused; `code` and `hint` say why.
            ClientResponseIncompleteError: The answer was lost. The same call again joins the launch, if there is one.
            ClientConnectionError, ClientTimeoutError: There is no Agent, or it is away for longer than a restart takes.
        """
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
        return self._run(created(request, wait, timeout, on_progress))

    @overload
    def list_containers(self, params: Optional[Dict[str, Any]] = None, *, list_all: Literal[False] = False) -> Dict[str, Any]: ...

    @overload
    def list_containers(
        self, params: Optional[Dict[str, Any]] = None, *, list_all: Literal[True]
    ) -> Tuple[Iterator[Dict[str, Any]], int]: ...

    @overload
    def list_containers(
        self, params: Optional[Dict[str, Any]] = None, *, list_all: bool
    ) -> Union[Dict[str, Any], Tuple[Iterator[Dict[str, Any]], int]]: ...

    def list_containers(
        self, params: Optional[Dict[str, Any]] = None, *, list_all: bool = False
    ) -> Union[Dict[str, Any], Tuple[Iterator[Dict[str, Any]], int]]:
        """The containers, newest first ("컨테이너 목록 조회", "list_containers()").

        Args:
            params: Filters: `status`, `model`, `plugin_release`, `label`, `search`; `page` and `page_size`. A list is any of
                several statuses, or all of several labels.
            list_all: Every page, each fetched when it is needed.

        Returns:
            A page: `results`, `count`, `next`, `previous`. With `list_all` an iterator over all containers, and their count.

        Raises:
            TypeError: `params` is no mapping.
            ValidationError: A filter cannot be meant.
            NotFoundError: There is no such page.
        """
        if list_all:
            return self._all("containers/", params)
        return self._run(page(one_page("containers/", params)))

    def get_container(self, container_id: ContainerId) -> Dict[str, Any]:
        """One container, with `attrs`, which is Docker's own view ("컨테이너 상세 정보 조회", "get_container()").

        Args:
            container_id: Which one.

        Returns:
            The container: `pk`, `id` (Docker's), `status`, `name`, `image`, `endpoint` (None until the app answers), `attrs`,
            and more.

        Raises:
            NotFoundError: There is none.
            HTTPError: More than one begins with this id (409).
        """
        return self._run(show(container_path(container_id)))

    def update_container(
        self,
        container_id: ContainerId,
        *,
        status: Optional[str] = None,
        visibility: Optional[Literal["private", "public"]] = None,
        idle: Optional[Mapping[str, int]] = None,
    ) -> Dict[str, Any]:
        """Stops or starts a container, or says who may use its app through the gateway and when it sleeps.

        Args:
            container_id: Which one.
            status: `stopped` or `running`. A stopped one keeps its port, and with it its address.
            visibility: `public` for everybody, `private` for those with a link.
            idle: Seconds without a visitor until it sleeps: `pause_after`, `stop_after`, `remove_after`. 0 is never, and what is
                left out is as for all apps. They replace all that were set before.

        Returns:
            The container as it is then; an app that takes longer than eight seconds to start is `starting`.

        Raises:
            TypeError: `idle` is no mapping.
            ValidationError: `status` or `visibility` is another word, or `idle` cannot be meant.
            NotFoundError: There is none.
        """
        times = None if idle is None else mapping("idle", idle)
        fields = given(status=status, visibility=visibility, idle=times)
        return self._run(act(container_path(container_id), fields, "PATCH"))

    def restart_container(self, container_id: ContainerId) -> Dict[str, Any]:
        """Restarts a container, or starts one that is stopped ("컨테이너 재시작 동작"). Docker's id and the address stay.

        Args:
            container_id: Which one.

        Returns:
            The container as it is then; an app that takes longer than eight seconds to start is `starting`.

        Raises:
            NotFoundError: There is none.
            HTTPError: It is being deleted, or more than one begins with this id (409).
            ClientResponseIncompleteError: The answer was lost; the same again restarts it once more.
        """
        return self._run(act(container_path(container_id, "restart")))

    def delete_container(self, container_id: ContainerId) -> None:
        """Stops and removes a container ("컨테이너 삭제", "delete_container()"). Deleting it again is no error.

        Args:
            container_id: Which one.

        Raises:
            NotFoundError: There never was one.
            HTTPError: More than one begins with this id (409).
        """
        self._run(remove(container_path(container_id)))

    def create_container_link(self, container_id: ContainerId, *, expires_in: Optional[int] = None) -> Dict[str, Any]:
        """A link that opens a container's app for whoever has it.

        Args:
            container_id: Which one.
            expires_in: Seconds; a day when nothing is said, 90 days at most.

        Returns:
            `url` and `expires_at` (RFC 3339).

        Raises:
            NotFoundError: There is no such container.
            ValidationError: `expires_in` is less than a second or more than 90 days (`expires_in_invalid`).
        """
        return self._run(act(container_path(container_id, "links"), given(expires_in=expires_in)))

    def health_check(self) -> Dict[str, Any]:
        """Whether the Agent reaches its Docker Engine, and what else it needs ("헬스 체크", "health_check()").

        Returns:
            `status` (`ok`, `degraded`, `starting`), `problems` (sentences), `docker`, `base_image`, `ports`, and more.

        Raises:
            AuthenticationError: The token is wrong.
        """
        return self._run(show("health/"))
