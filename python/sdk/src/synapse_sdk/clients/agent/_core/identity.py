"""How a release is named on the wire, whichever way the caller named it."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Protocol, Union


class ReleaseLike(Protocol):
    """Anything that knows its code and its version: our PluginRelease, and the config classes of the platform's SDK."""

    @property
    def code(self) -> str: ...

    @property
    def version(self) -> Any: ...


def identity(plugin_release: Union[str, ReleaseLike]) -> Dict[str, str]:
    """The fields that name a release.

    Raises:
        TypeError: It is neither text nor an object with `code` and `version`, or its actions have no names.
    """
    if isinstance(plugin_release, str):
        plugin, _, version = plugin_release.rpartition("@")
        parts = {"plugin": plugin, "version": version} if plugin else {}
        return {"plugin_release": plugin_release, **parts}
    if not (hasattr(plugin_release, "code") and hasattr(plugin_release, "version")):
        kind = type(plugin_release).__name__
        raise TypeError(f'plugin_release is a {kind}: give "code@version" or a PluginRelease')
    fields = {"plugin_release": str(plugin_release.code), "version": str(plugin_release.version)}
    named = getattr(plugin_release, "plugin", None)
    if named:
        fields["plugin"] = str(named)
    config = getattr(plugin_release, "config", None)
    return {**fields, **_app(config if isinstance(config, Mapping) else {})}


def _app(config: Mapping[str, Any]) -> Dict[str, str]:
    """The action that is an app, and its entrypoint. `gradio` wherever it stands, else the first."""
    actions = config.get("actions") or {}
    if not isinstance(actions, Mapping):
        raise TypeError(f"actions is a {type(actions).__name__}: give a mapping from the name of each to what it is")
    name = "gradio" if "gradio" in actions else next(iter(actions), None)
    if name is None:
        return {}
    action = actions[name]
    entrypoint = action.get("entrypoint") if isinstance(action, Mapping) else None
    return {"action": str(name), **({"entrypoint": _file(str(entrypoint))} if entrypoint else {})}


def _file(entrypoint: str) -> str:
    """The file, where one is named, as older clients send it. Where a name in dots is cut is seen by the plugin's files only."""
    file, _, _ = entrypoint.partition(":")
    return file if "/" in file or file.endswith(".py") else entrypoint
