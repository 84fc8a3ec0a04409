"""What callers write, for mypy: never run."""

from contextlib import closing
from typing import Any

from synapse_sdk.clients.agent import AgentClient, AsyncAgentClient


def lists(client: AgentClient, list_all: bool) -> Any:
    """A word that is known only when it runs."""
    return (
        client.list_containers(list_all=list_all),
        client.list_builds(list_all=list_all),
        client.list_plugin_releases(list_all=list_all),
        client.list_builds()["results"],
        next(client.list_builds(list_all=True)[0])["id"],
    )


async def lists_awaited(client: AsyncAgentClient, list_all: bool) -> Any:
    """The same of the twin."""
    return (
        await client.list_containers(list_all=list_all),
        await client.list_builds(list_all=list_all),
        await client.list_plugin_releases(list_all=list_all),
        (await client.list_builds())["results"],
        (await client.list_builds(list_all=True))[1] + 1,
    )


def leaves_early(client: AgentClient) -> None:
    """A log of which the beginning is enough."""
    with closing(client.stream_container_logs("abc")) as lines:
        next(lines).upper()
    client.stream_container_logs("abc", follow=False).close()
    client.stream_build_logs("b1").close()


async def leaves_early_awaited(client: AsyncAgentClient) -> None:
    """The same of the twin, as `aclosing` does it."""
    lines = client.stream_container_logs("abc")
    (await lines.__anext__()).upper()
    await lines.aclose()
    await client.stream_build_logs("b1").aclose()


class Named(AgentClient):
    """A client of the caller's own."""

    name = "mine"


class NamedAwaited(AsyncAgentClient):
    """The same of the twin."""

    name = "mine"


async def a_client_of_ones_own() -> str:
    """What `with` gives is what it was given."""
    with Named() as client:
        name = client.name
    async with NamedAwaited() as awaited:
        return name + awaited.name
