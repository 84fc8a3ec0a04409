"""The clients."""

from synapse_sdk.clients.agent import AgentClient, AsyncAgentClient
from synapse_sdk.exceptions import ClientError

__all__ = ["AgentClient", "AsyncAgentClient", "ClientError"]
