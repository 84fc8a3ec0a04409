"""Logs: whole, or line by line as they grow.

The platform's document has no section on them, and its SDK no such calls.
"""

from __future__ import annotations

from typing import Generator, Optional, Union

from synapse_sdk.clients.agent._core.containers import ContainerId, container_path, given, text
from synapse_sdk.clients.agent._core.follow import Follower, LogLine
from synapse_sdk.clients.agent._core.launch import status_request
from synapse_sdk.clients.agent._core.sync_io import SyncCaller
from synapse_sdk.clients.agent._core.wire import Request

__all__ = ["LogClientMixin"]

Tail = Union[int, str, None]
"""How many of the last lines: a number, or `all`; 500 when nothing is said."""


class LogClientMixin(SyncCaller):
    """Logs of containers and of builds."""

    def get_container_logs(self, container_id: ContainerId, *, tail: Tail = None, since: Optional[str] = None) -> str:
        """The last lines of a container's log.

        Args:
            container_id: Which one.
            tail: How many lines, at most 10,000, or `all`.
            since: Nothing older than this, RFC 3339.

        Returns:
            The lines, as text.

        Raises:
            NotFoundError: There is no such container.
            ValidationError: `tail` or `since` cannot be meant.
        """
        return self._run(text(container_path(container_id, "logs"), given(tail=tail, since=since)))

    def stream_container_logs(
        self, container_id: ContainerId, *, follow: bool = True, tail: Tail = None, since: Optional[str] = None
    ) -> Generator[LogLine, None, None]:
        """The lines of a container's log, as they come; each is text that also has `stream` and `at`.

        Args:
            container_id: Which one.
            follow: Go on until the container ends, through lost connections and a restart of the Agent, without a line lost
                or told twice. False ends with what is there; its lines know no `stream` and no `at`.
            tail: How many of the last lines come first, or `all`.
            since: Nothing older than this, RFC 3339.

        Returns:
            Lines, as they come. `close()` leaves before the end, and gives the connection back.

        Raises:
            NotFoundError: There is no such container.
            ClientConnectionError, ClientTimeoutError, ServerError: The Agent is away for longer than a restart takes, or
                there never was one.
        """
        query = given(tail=tail, since=since)
        if not follow:
            return self._log_so_far(Request("GET", container_path(container_id, "logs"), query=query))
        return self._log_of(Follower(container_path(container_id, "logs", "stream"), query))

    def get_build_logs(self, build_id: str) -> str:
        """The log of a launch's build.

        Args:
            build_id: As a create returned it.

        Returns:
            What it printed so far, as text. Empty where its image was there already.

        Raises:
            NotFoundError: There is no such launch.
        """
        return self._run(text(f"{status_request(build_id).path}logs/", {}))

    def stream_build_logs(self, build_id: str) -> Generator[LogLine, None, None]:
        """The lines of a launch's build until the launch has ended, however it ended: `wait_for_build` says how.

        Args:
            build_id: As a create returned it.

        Returns:
            Lines, as they come, through lost connections. They know no `stream` and no `at`. `close()` leaves before the end.

        Raises:
            NotFoundError: There is no such launch.
            ClientConnectionError, ClientTimeoutError, ServerError: The Agent is away for longer than a restart takes.
        """
        return self._log_of(Follower(f"{status_request(build_id).path}logs/stream/"))

    def _log_of(self, follower: Follower) -> Generator[LogLine, None, None]:
        for frame in self._follow(follower):
            if frame.type == "log":
                yield LogLine(frame.message, frame.stream, frame.at)

    def _log_so_far(self, request: Request) -> Generator[LogLine, None, None]:
        for line in self._lines(request):
            yield LogLine(line)
