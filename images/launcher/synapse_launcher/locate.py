"""From an entrypoint to a file, without importing anything.

``importlib.util.find_spec("a.b.c")`` imports ``a.b``: the plugin, and the model it loads, would run twice. So the
folders are walked here, with the precedence that Python itself has (package, module, namespace folder).
"""

from __future__ import annotations

import ast
import importlib.machinery
import importlib.util
import os
import sys
from typing import List, NamedTuple, Optional, Sequence, Tuple

from .entrypoint import Entrypoint
from .events import EXIT_MODULE_NOT_FOUND, Failure, emit

FALLBACK_FILE = "plugin/gradio_interface.py"


class Target(NamedTuple):
    """A module to run: its dotted name, its file, and the attribute wanted from it."""

    module: str
    file: str
    attribute: Optional[str]
    is_package: bool
    importable: bool
    """False for a file whose path is no dotted name (``my-app/main.py``): it is loaded from its path."""


def locate(entrypoint: Entrypoint, root: str) -> Target:
    """The module that the entrypoint means, else the seed's own file, else exit code 66."""
    target = _by_file(entrypoint, root) if entrypoint.file else _by_name(entrypoint, root)
    if target is not None:
        return target
    if entrypoint.file != FALLBACK_FILE and os.path.isfile(os.path.join(root, FALLBACK_FILE)):
        emit("fallback", entrypoint=entrypoint.text, used=FALLBACK_FILE)
        return _file_target(FALLBACK_FILE, root, entrypoint.attribute or _last(entrypoint))
    wanted = entrypoint.file or ".".join(entrypoint.segments)
    raise Failure(
        EXIT_MODULE_NOT_FOUND,
        "entrypoint_not_found",
        "The entrypoint {!r} names no module of this plugin.".format(entrypoint.text),
        module=wanted,
        entrypoint=entrypoint.text[:200],
        found=_listing(root),
        hint="Check actions.gradio.entrypoint in config.yaml; the plugin's root has: {}.".format(_listing(root)),
    )


def _last(entrypoint: Entrypoint) -> Optional[str]:
    return entrypoint.segments[-1] if len(entrypoint.segments) > 1 else None


def _by_file(entrypoint: Entrypoint, root: str) -> Optional[Target]:
    assert entrypoint.file is not None
    if not os.path.isfile(os.path.join(root, entrypoint.file)):
        return None
    return _file_target(entrypoint.file, root, entrypoint.attribute)


def _file_target(file: str, root: str, attribute: Optional[str]) -> Target:
    path = os.path.join(root, *file.split("/"))
    parts = file[: -len(".py")].split("/")
    importable = all(part.isidentifier() for part in parts)
    is_package = parts[-1] == "__init__" and len(parts) > 1
    if is_package:
        parts = parts[:-1]
    return Target(".".join(parts) if importable else parts[-1], path, attribute, is_package, importable)


def _by_name(entrypoint: Entrypoint, root: str) -> Optional[Target]:
    for folders in ([root], _installed_folders(entrypoint.segments[0], root)):
        target = _walk(entrypoint.segments, folders, entrypoint.attribute)
        if target is not None:
            return target
    return None


def _installed_folders(name: str, root: str) -> List[str]:
    try:
        spec = importlib.util.find_spec(name)  # a top-level name: imports nothing
    except (ImportError, ValueError):
        return []
    if spec is None:
        return []
    locations = list(spec.submodule_search_locations or ())
    files = locations or ([spec.origin] if spec.origin else [])
    return [os.path.dirname(file) for file in files]


def _walk(segments: Sequence[str], folders: Sequence[str], attribute: Optional[str]) -> Optional[Target]:
    """Takes segments as modules for as long as they are modules; at most one is left over, as an attribute."""
    found: Optional[Tuple[str, bool]] = None
    used = 0
    for segment in segments:
        step = _module_in(segment, folders)
        if step is None:
            break
        found, folders = step
        used += 1
    rest = segments[used:]
    if found is None or len(rest) > 1 or (rest and attribute):
        return None
    file, is_package = found
    if rest and is_package and not _binds(file, rest[0]):
        return None
    return Target(".".join(segments[:used]), file, attribute or (rest[0] if rest else None), is_package, True)


def _module_in(name: str, folders: Sequence[str]) -> Optional[Tuple[Tuple[str, bool], List[str]]]:
    namespaces: List[str] = []
    for folder in folders:
        base = os.path.join(folder, name)
        for suffix in importlib.machinery.all_suffixes():
            init = os.path.join(base, "__init__" + suffix)
            if os.path.isfile(init):
                return (init, True), [base]
        for suffix in importlib.machinery.all_suffixes():
            if os.path.isfile(base + suffix):
                return (base + suffix, False), []
        if os.path.isdir(base):
            namespaces.append(base)
    return (("", True), namespaces) if namespaces else None


def _binds(file: str, name: str) -> bool:
    """Whether a package's ``__init__`` gives the name: else ``plugin.missing`` would count as found."""
    try:
        with open(file, "rb") as source:
            tree = ast.parse(source.read())
    except (OSError, SyntaxError, ValueError):
        return bool(file)  # let the import say what is wrong with it
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id == name:
            return True
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and node.name in (name, "__getattr__"):
            return True
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            if any((alias.asname or alias.name) in (name, "*") for alias in node.names):
                return True
    return False


def _listing(root: str) -> str:
    try:
        names = sorted(name for name in os.listdir(root) if not name.startswith("."))
    except OSError:
        return "nothing readable"
    return ", ".join(names[:12]) or "no files"


def put_on_path(target: Target, root: str) -> None:
    """The root first, as the entrypoint is written from it; the file's own folder last, as scripts import siblings."""
    own = os.path.dirname(target.file)
    sys.path[:] = [root] + [entry for entry in sys.path if entry not in ("", root)]
    if own and own != root and not target.is_package:
        sys.path.append(own)
