"""Calls about containers, the Docker view of them, and links."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Union

from synapse_sdk.clients.agent._core.wire import JSON, Flow, Request, ask, segment
from synapse_sdk.exceptions import ClientConnectionError

ContainerId = Union[int, str]
"""A container's integer key (`pk`), its Docker id or the beginning of one, or its name."""


def container_path(container_id: ContainerId, *below: str) -> str:
    """The path of one container, or of something below it."""
    return "/".join(["containers", segment("container_id", container_id), *below, ""])


def docker_path(container_id: str, *below: str) -> str:
    """The path of one container in the Docker view."""
    return "/".join(["containers/docker", segment("container_id", container_id), *below, ""])


def show(path: str) -> Flow[JSON]:
    """One thing, as an object."""
    return (yield from ask(Request("GET", path))).object()


def act(path: str, body: Optional[Mapping[str, Any]] = None, method: str = "POST") -> Flow[JSON]:
    """Does something, and returns what came of it as an object."""
    return (yield from ask(Request(method, path, json=dict(body or {})))).object()


def remove(path: str, once: bool = False) -> Flow[None]:
    """Deletes. What is answered is not looked at: the Agent says 202 where it goes on deleting. `once`: see `Request`."""
    yield from ask(Request("DELETE", path, once=once))


def docker_containers() -> Flow[List[JSON]]:
    """The Docker view, which is a bare list."""
    value = (yield from ask(Request("GET", "containers/docker/"))).value()
    if not isinstance(value, list):
        raise ClientConnectionError("the answer is no list: is this an Agent's address?")
    return value


def text(path: str, query: Dict[str, Any]) -> Flow[str]:
    """A log, as text."""
    return (yield from ask(Request("GET", path, query=query))).body.decode("utf-8", errors="replace")


def given(**fields: Any) -> Dict[str, Any]:
    """The fields that were given."""
    return {name: value for name, value in fields.items() if value is not None}
