"""Launches: how a container comes up, polled, waited for, cancelled.

The platform's document has no section on these calls; its SDK has `get_build_status` and `wait_for_build`.
"""

from __future__ import annotations

from typing import Any, Dict, Iterator, Literal, Optional, Tuple, Union, overload

from synapse_sdk.clients.agent._core.containers import remove, show
from synapse_sdk.clients.agent._core.launch import POLL_INTERVAL, OnProgress, finished, status_request
from synapse_sdk.clients.agent._core.pages import one_page, page
from synapse_sdk.clients.agent._core.sync_io import SyncCaller

__all__ = ["BuildClientMixin"]


class BuildClientMixin(SyncCaller):
    """Launches. Each create begins one, or joins the one on its way; `build_id` in its answer names it."""

    @overload
    def list_builds(self, params: Optional[Dict[str, Any]] = None, *, list_all: Literal[False] = False) -> Dict[str, Any]: ...

    @overload
    def list_builds(
        self, params: Optional[Dict[str, Any]] = None, *, list_all: Literal[True]
    ) -> Tuple[Iterator[Dict[str, Any]], int]: ...

    @overload
    def list_builds(
        self, params: Optional[Dict[str, Any]] = None, *, list_all: bool
    ) -> Union[Dict[str, Any], Tuple[Iterator[Dict[str, Any]], int]]: ...

    def list_builds(
        self, params: Optional[Dict[str, Any]] = None, *, list_all: bool = False
    ) -> Union[Dict[str, Any], Tuple[Iterator[Dict[str, Any]], int]]:
        """The launches, newest first.

        Args:
            params: `page` and `page_size`.
            list_all: Every page, each fetched when it is needed.

        Returns:
            A page: `results`, `count`, `next`, `previous`. With `list_all` an iterator over all launches, and their count.
            Each is what `get_build_status` returns.

        Raises:
            TypeError: `params` is no mapping.
            ValidationError: `page` or `page_size` cannot be meant. NotFoundError: there is no such page.
        """
        if list_all:
            return self._all("builds/", params)
        return self._run(page(one_page("builds/", params)))

    def get_build_status(self, build_id: str) -> Dict[str, Any]:
        """How a launch stands.

        Args:
            build_id: As a create returned it.

        Returns:
            `status` (`queued`, `building`, `starting`, then `completed`, `failed` or `cancelled`), `result` (the container,
            once it is ready), `error` (a sentence) and `failure`, `position` while it waits for its turn, `image_build`.

        Raises:
            NotFoundError: There is no such launch. One is kept for a week after its end.
        """
        return self._run(show(status_request(build_id).path))

    def wait_for_build(
        self,
        build_id: str,
        *,
        timeout: float = 300,
        poll_interval: float = POLL_INTERVAL,
        on_progress: Optional[OnProgress] = None,
    ) -> Dict[str, Any]:
        """Waits for a launch, and returns its container.

        Args:
            build_id: As a create returned it.
            timeout: Seconds to wait. A silent Agent is waited for no longer, but for a second in any case.
            poll_interval: Seconds between two looks.
            on_progress: As that of `create_container`.

        Returns:
            The container, as `create_container` returns it.

        Raises:
            BuildFailedError: It failed or was cancelled.
            BuildTimeoutError: It takes longer than `timeout`; it goes on.
            TypeError: on_progress is a coroutine function, which `AsyncAgentClient` takes; it goes on.
            NotFoundError: There is no such launch.
            ClientConnectionError, ClientTimeoutError, ServerError: The Agent is away for longer than a restart takes.
        """
        return self._run(finished(build_id, timeout, poll_interval, on_progress))

    def cancel_build(self, build_id: str) -> None:
        """Cancels a launch that is on its way.

        It is sent once: the same again would say that the launch has ended.

        Args:
            build_id: As a create returned it.

        Raises:
            NotFoundError: There is no such launch.
            HTTPError: It has ended already (409, `build_ended`).
            ClientResponseIncompleteError: The answer was lost. `get_build_status` says whether it is cancelled.
        """
        self._run(remove(status_request(build_id).path, once=True))
