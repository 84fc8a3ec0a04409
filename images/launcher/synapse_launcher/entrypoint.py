"""The entrypoint's text, parsed: ``pkg.mod.attr``, ``pkg.mod:attr``, ``pkg.mod``, ``dir/file.py`` or ``dir/file.py:attr``."""

from __future__ import annotations

import re
from typing import NamedTuple, Optional, Tuple

from .events import EXIT_BAD_ENTRYPOINT, Failure

DEFAULT = "plugin.gradio_interface"

_DOTTED = re.compile(r"^[^\W\d]\w*(\.[^\W\d]\w*)*$")
_EXAMPLE = "plugin.gradio_interface.app"


class Entrypoint(NamedTuple):
    """Either ``file`` (a path below the plugin's root) or ``segments`` (names between dots) is set."""

    text: str
    file: Optional[str]
    segments: Tuple[str, ...]
    attribute: Optional[str]


def parse(text: str) -> Entrypoint:
    """Parses the text, or fails with exit code 64 and a sentence that says what was expected."""
    text = text.strip()
    target, colon, attribute = text.partition(":")
    # "app()" is how some servers spell a factory; factories are recognised by themselves.
    attribute = attribute[:-2] if attribute.endswith("()") else attribute
    if colon and not _DOTTED.match(attribute):
        raise _bad(text, "what follows the colon is not a name")
    if "/" in target or target.endswith(".py"):
        return _parse_file(text, target, attribute or None)
    if not _DOTTED.match(target):
        raise _bad(text, "it is not a dotted name")
    return Entrypoint(text, None, tuple(target.split(".")), attribute or None)


def _parse_file(text: str, target: str, attribute: Optional[str]) -> Entrypoint:
    parts = [part for part in target.split("/") if part not in ("", ".")]
    if target.startswith("/") or ".." in parts or "\0" in target or "\\" in target:
        raise _bad(text, "the path must stay inside the plugin")
    if not parts or not parts[-1].endswith(".py"):
        raise _bad(text, "a path must end with .py")
    return Entrypoint(text, "/".join(parts), (), attribute)


def _bad(text: str, why: str) -> Failure:
    return Failure(
        EXIT_BAD_ENTRYPOINT,
        "bad_entrypoint",
        "The entrypoint {!r} cannot be read: {}.".format(text[:200], why),
        entrypoint=text[:200],
        hint="Write it like {} or plugin/gradio_interface.py:app in config.yaml.".format(_EXAMPLE),
    )
