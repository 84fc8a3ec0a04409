"""A server that answers as each test says, and both clients of it."""

import asyncio
import inspect

import pytest
from scripted import ScriptedServer
from synapse_sdk.clients.agent import AgentClient, AsyncAgentClient
from synapse_sdk.clients.agent._core import patience

TOKEN = "0123456789abcdef"


@pytest.fixture
def server(monkeypatch):
    # The pauses between tries are no part of what is looked at.
    monkeypatch.setattr(patience, "AGAIN", (0, 0))
    monkeypatch.setattr(patience, "RESTART", (0, 0, 0))
    for name in ("PLAYGROUND_URL", "PLAYGROUND_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    server = ScriptedServer()
    yield server
    server.close()


class Awaited:
    """The asynchronous client, looking like the other one."""

    def __init__(self, *args, **kwargs):
        self._loop = asyncio.new_event_loop()
        self._client = AsyncAgentClient(*args, **kwargs)

    def __getattr__(self, name):
        def call(*args, **kwargs):
            return self._plain(getattr(self._client, name)(*args, **kwargs))

        return call

    def _plain(self, told):
        if inspect.isawaitable(told):
            told = self._loop.run_until_complete(told)
        if isinstance(told, tuple):
            return tuple(self._plain(part) for part in told)
        return self._items(told) if hasattr(told, "__anext__") else told

    def _items(self, stream):
        try:
            while True:
                try:
                    yield self._loop.run_until_complete(stream.__anext__())
                except StopAsyncIteration:
                    return
        finally:
            self._loop.run_until_complete(stream.aclose())

    def end(self):
        self._loop.run_until_complete(self._client.close())
        self._loop.close()


@pytest.fixture(params=["sync", "async"])
def make(request):
    """Makes a client of the kind that the test runs with."""
    made = []

    def make(*args, **kwargs):
        client = (AgentClient if request.param == "sync" else Awaited)(*args, **kwargs)
        made.append(client)
        return client

    yield make
    for client in made:
        client.end() if isinstance(client, Awaited) else client.close()


@pytest.fixture
def client(make, server):
    return make(server.url, TOKEN)
