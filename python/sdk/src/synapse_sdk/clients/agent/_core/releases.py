"""Calls about releases."""

from __future__ import annotations

from pathlib import Path
from typing import Union

from synapse_sdk.clients.agent._core.create import archive
from synapse_sdk.clients.agent._core.wire import JSON, Flow, Request, ask, segment


def release_path(lookup: Union[int, str]) -> str:
    """The path of one release."""
    return f"plugin_releases/{segment('lookup', lookup)}/"


def uploaded(plugin_file: Union[str, Path]) -> Flow[JSON]:
    """Stores an archive."""
    return (yield from ask(Request("POST", "plugin_releases/", form={}, file=archive(plugin_file)))).object()
