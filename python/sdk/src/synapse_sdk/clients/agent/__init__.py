"""Clients of an Agent: `AgentClient`, its asynchronous twin, and the parts they are made of."""

from synapse_sdk.clients.agent._core.follow import Frame, LogLine
from synapse_sdk.clients.agent.async_build import AsyncBuildClientMixin
from synapse_sdk.clients.agent.async_client import AsyncAgentClient
from synapse_sdk.clients.agent.async_container import AsyncContainerClientMixin
from synapse_sdk.clients.agent.async_docker import AsyncDockerClientMixin
from synapse_sdk.clients.agent.async_log import AsyncLogClientMixin
from synapse_sdk.clients.agent.async_plugin import AsyncPluginClientMixin
from synapse_sdk.clients.agent.build import BuildClientMixin
from synapse_sdk.clients.agent.client import AgentClient
from synapse_sdk.clients.agent.container import ContainerClientMixin
from synapse_sdk.clients.agent.docker import DockerClientMixin
from synapse_sdk.clients.agent.log import LogClientMixin
from synapse_sdk.clients.agent.plugin import PluginClientMixin

__all__ = [
    "AgentClient",
    "AsyncAgentClient",
    "AsyncBuildClientMixin",
    "AsyncContainerClientMixin",
    "AsyncDockerClientMixin",
    "AsyncLogClientMixin",
    "AsyncPluginClientMixin",
    "BuildClientMixin",
    "ContainerClientMixin",
    "DockerClientMixin",
    "Frame",
    "LogClientMixin",
    "LogLine",
    "PluginClientMixin",
]
