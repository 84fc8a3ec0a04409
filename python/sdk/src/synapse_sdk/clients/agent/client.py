"""The client."""

from __future__ import annotations

from types import TracebackType
from typing import Optional, Type, TypeVar

from synapse_sdk.clients.agent._core.settings import Timeout, settings
from synapse_sdk.clients.agent.container import ContainerClientMixin
from synapse_sdk.clients.agent.log import LogClientMixin
from synapse_sdk.clients.agent.plugin import PluginClientMixin

__all__ = ["AgentClient"]

C = TypeVar("C", bound="AgentClient")


class AgentClient(ContainerClientMixin, PluginClientMixin, LogClientMixin):
    """A client of one Agent ("SDK 사용법")::

        client = AgentClient(host="http://agent-url:8000", token="your-token")
        client = AgentClient("http://agent-url:8000", "your-token")
        client = AgentClient()  # PLAYGROUND_URL and PLAYGROUND_TOKEN stand for what is not given

    It may be used by several threads, and as a context manager, which closes it.

    Args:
        base_url: The Agent's address; it may have a path below which the Agent is.
        agent_token: The token. It is sent as it is, to this address and no other.
        host: Another name for `base_url`.
        token: Another name for `agent_token`.
        user_token: The platform's token of the user for whom this is done.
        tenant: The platform's tenant.
        timeout: Seconds: `{"connect": 3, "read": 30}` is what holds when nothing is said. `read` is a silence.

    Raises:
        TypeError: The address or the token is given under both names, or `timeout` has a limit that there is not.
        ValueError: There is no address, or the token cannot be one.
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

    def __enter__(self: C) -> C:
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        # Without the token: this is what logs and tracebacks show.
        return f"AgentClient({self._settings.base_url!r})"
