"""The container part of Synapse's Python SDK, for a Synapse Playground Agent.

    from synapse_sdk.clients.agent import AgentClient

The import path is the platform's own; README.md says how this distribution and the platform's relate.
"""

__version__ = "0.1.0"

__all__ = ["__version__"]
