"""What callers write, for mypy: never run."""

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
