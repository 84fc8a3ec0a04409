"""A plugin release by its config (the document's "PluginRelease 객체 사용")."""

from __future__ import annotations

from typing import Any, Dict, Mapping

__all__ = ["PluginRelease"]


class PluginRelease:
    """One version of a plugin, named by what its config.yaml says.

    Args:
        config: What config.yaml holds, as a mapping; `code` and `version` are looked at, and `actions` where it has them.

    Raises:
        TypeError: `config` is no mapping, or its `actions` are none.
        ValueError: `config` has no `code` or no `version`.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        if not isinstance(config, Mapping):
            raise TypeError(f"config is a {type(config).__name__}: give what config.yaml holds, as a dict")
        for key in ("code", "version"):
            if config.get(key) in (None, ""):
                raise ValueError(f"config has no {key!r}: a release is named by its code and its version")
        actions = config.get("actions") or {}
        if not isinstance(actions, Mapping):
            kind = type(actions).__name__
            raise TypeError(f"config's actions is a {kind}: give a mapping from the name of each to what it is")
        self.config: Dict[str, Any] = dict(config)

    @property
    def plugin(self) -> str:
        """The plugin's code."""
        return str(self.config["code"])

    @property
    def version(self) -> str:
        """The version. YAML reads `1.0` as a number; here it is text again."""
        return str(self.config["version"])

    @property
    def code(self) -> str:
        """`code@version`, which is how the Agent names the release."""
        return f"{self.plugin}@{self.version}"

    @property
    def actions(self) -> Dict[str, Any]:
        """The actions by name; none where the config has none."""
        return dict(self.config.get("actions") or {})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PluginRelease) and self.config == other.config

    def __hash__(self) -> int:
        return hash(self.code)

    def __str__(self) -> str:
        return self.code

    def __repr__(self) -> str:
        return f"PluginRelease({self.code!r})"
