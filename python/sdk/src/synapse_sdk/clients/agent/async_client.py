"""The asynchronous client."""

from __future__ import annotations

from types import TracebackType
from typing import Optional, Type, TypeVar

from synapse_sdk.clients.agent._core.settings import Timeout, settings
from synapse_sdk.clients.agent.async_container import AsyncContainerClientMixin
from synapse_sdk.clients.agent.async_log import AsyncLogClientMixin
from synapse_sdk.clients.agent.async_plugin import AsyncPluginClientMixin

__all__ = ["AsyncAgentClient"]

C = TypeVar("C", bound="AsyncAgentClient")


class AsyncAgentClient(AsyncContainerClientMixin, AsyncPluginClientMixin, AsyncLogClientMixin):
    """`AgentClient`, awaited; for one event loop::

        async with AsyncAgentClient(host="http://agent-url:8000", token="your-token") as client:
            async with contextlib.aclosing(client.stream_container_logs("abc123")) as lines:
                async for line in lines:
                    print(line)

    Arguments, answers and errors are those of `AgentClient`; a callback may be a coroutine function. A log that is left by
    `break` keeps its connection until the loop finalises the generator. `aclosing`, which Python has from 3.10 on, closes it
    at once, and so does `await lines.aclose()`.
    """

    def __init__(
        self,
        base_url: Optional[str] = None,
        agent_token: Optional[str] = None,
        *,
        host: Optional[str] = None,
        token: Optional[str] = None,
        user_token: Optional[str] = None,
        tenant: Optional[str] = None,
        timeout: Timeout = None,
    ) -> None:
        super().__init__(settings(base_url, agent_token, host, token, user_token, tenant, timeout))

    async def __aenter__(self: C) -> C:
        return self

    async def __aexit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        # Without the token: this is what logs and tracebacks show.
        return f"AsyncAgentClient({self._settings.base_url!r})"
