"""Signatures as a document shows them, compared with those of the code."""

import inspect
import re
import typing
from pathlib import Path

from synapse_sdk.plugins.models import PluginRelease


def signature_of(block):
    """A function with the shown signature, whose body is `...`."""
    known = {**vars(typing), "PluginRelease": PluginRelease, "Path": Path}
    exec(f"{block}:\n    ...", known)
    return known[re.match(r"def (\w+)", block)[1]]


def members(hint):
    """The types of a union, or the one type; `Dict[str, Any]` is a `dict`."""
    parts = typing.get_args(hint) if typing.get_origin(hint) is typing.Union else [hint]
    return {typing.get_origin(part) or part for part in parts}


def assert_same_signature(block, mixin):
    shown = signature_of(block)
    ours = getattr(mixin, shown.__name__)
    own = dict(inspect.signature(ours).parameters)
    own.pop("self")
    for name, parameter in inspect.signature(shown).parameters.items():
        assert (own[name].kind, own[name].default) == (parameter.kind, parameter.default), name
    further = [own[name] for name in own if name not in inspect.signature(shown).parameters]
    assert all(parameter.kind is parameter.KEYWORD_ONLY and parameter.default is not parameter.empty for parameter in further)
    hints, own_hints = typing.get_type_hints(shown), typing.get_type_hints(ours)
    assert members(own_hints.pop("return")) == members(hints.pop("return"))
    for name, hint in hints.items():
        assert members(hint) <= members(own_hints[name]), name
