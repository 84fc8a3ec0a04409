"""Waiting for a launch: by asking how it stands, and by listening where the caller wants to see it."""

from __future__ import annotations

import time
from typing import Any, Callable, Optional

from synapse_sdk.clients.agent._core.follow import Follower, Frame
from synapse_sdk.clients.agent._core.wire import JSON, Answer, Flow, Listen, Pause, Request, ask, segment
from synapse_sdk.exceptions import BuildFailedError, BuildTimeoutError, ClientTimeoutError

OnProgress = Callable[[Frame], Any]
"""Called with each line and each change of a launch while it is waited for."""

POLL_INTERVAL = 0.5
"""Seconds between two looks. The Agent answers them from its database."""


def status_request(build_id: str, deadline: Optional[float] = None) -> Request:
    """How a launch stands. `deadline`: see `Request`."""
    return Request("GET", f"builds/{segment('build_id', build_id)}/", deadline=deadline)


def created(request: Request, wait: bool, timeout: float, on_progress: Optional[OnProgress]) -> Flow[JSON]:
    """Creates, and waits unless told not to. See `ContainerClientMixin.create_container`."""
    answer = yield from ask(request)
    told = answer.object()
    if not wait or not told.get("build_id") or _is_ready(answer, told):
        return told
    return (yield from finished(told["build_id"], timeout, POLL_INTERVAL, on_progress, is_known=True))


def _is_ready(answer: Answer, told: JSON) -> bool:
    # With 202 a container that runs is the old one, which serves on while its successor is built.
    return answer.status != 202 and told.get("status") == "running"


def finished(
    build_id: str, timeout: float, poll_interval: float, on_progress: Optional[OnProgress], is_known: bool = False
) -> Flow[JSON]:
    """The container of a launch, once it is ready. See `ContainerClientMixin.wait_for_build`.

    `is_known` says that this Agent answered before: then a restart of it ends no waiting.
    """
    deadline = time.monotonic() + timeout
    if on_progress is not None:
        path = f"{status_request(build_id).path}logs/stream/"
        yield Listen(Follower(path, deadline=deadline, is_known=is_known), on_progress)
        is_known = True
    while True:
        try:
            launch = (yield from ask(status_request(build_id, deadline), deadline if is_known else None)).object()
        except ClientTimeoutError as silence:
            if time.monotonic() < deadline:
                raise
            raise BuildTimeoutError(build_id, timeout) from silence
        is_known = True
        if launch.get("status") == "completed":
            return launch.get("result") or {}
        if launch.get("status") in ("failed", "cancelled"):
            raise BuildFailedError(launch)
        left = deadline - time.monotonic()
        if left <= 0:
            raise BuildTimeoutError(build_id, timeout)
        yield Pause(min(poll_interval, left))
