"""Chooses what to serve among the things that a module has defined without launching any of them."""

from __future__ import annotations

import inspect
from typing import Any, Callable, Dict, List, NamedTuple, Optional

from .launches import gradio_mounts, is_gradio_app

OBJECT_NAMES = ("app", "demo", "iface", "interface", "blocks", "block", "ui", "io", "chat", "gui", "page", "server", "application")
FACTORY_NAMES = (
    "create_app", "build_app", "make_app", "get_app", "create_demo", "build_demo", "make_demo", "get_demo",
    "create_interface", "build_interface", "make_interface", "get_interface", "create_ui", "build_ui", "make_ui",
    "create_blocks", "build_blocks", "create", "build", "main", "run", "launch", "serve",
)  # fmt: skip


class Choice(NamedTuple):
    """``kind``: blocks (or anything with ``launch``), asgi, or factory (to be called, its result chosen from again)."""

    kind: str
    name: str
    value: Any


def choose(names: Dict[str, Any], wanted: Optional[str], module: str) -> Optional[Choice]:
    """The attribute that the entrypoint names, else the best of the rest; ``None`` if nothing can be served."""
    if wanted:
        value = _attribute(names, wanted)
        choice = classify(wanted, value) if value is not None else None
        if choice is not None:
            return choice
    public = [(name, value) for name, value in names.items() if not name.startswith("__")]
    objects = [choice for choice in (_object(name, value) for name, value in public) if choice is not None]
    return (
        _mounting(objects)
        or _best_blocks(objects)
        or _by_name(objects, OBJECT_NAMES)
        or (objects[-1] if objects else None)
        or _factory(names, module)
    )


def classify(name: str, value: Any) -> Optional[Choice]:
    """What a value is, taking functions and classes as factories whatever their name."""
    return _object(name, value) or (Choice("factory", name, value) if _is_factory(value) else None)


def _attribute(names: Dict[str, Any], dotted: str) -> Any:
    first, _, rest = dotted.partition(".")
    value = names.get(first)
    for part in rest.split(".") if rest else []:
        value = getattr(value, part, None)
    return value


def _object(name: str, value: Any) -> Optional[Choice]:
    if inspect.isclass(value) or inspect.ismodule(value) or inspect.isroutine(value):
        return None
    if is_blocks(value):
        return Choice("blocks", name, value)
    # gr.Server is a FastAPI app that has launch(), so this comes before the test for ASGI.
    if _type_is_from(value, "gradio") and callable(getattr(value, "launch", None)):
        return Choice("blocks", name, value)
    if is_asgi(value):
        return Choice("asgi", name, value)
    if callable(getattr(type(value), "launch", None)) and _needs_no_arguments(value.launch):
        return Choice("blocks", name, value)
    return None


def is_blocks(value: Any) -> bool:
    return any(base.__module__ == "gradio.blocks" and base.__name__ == "Blocks" for base in type(value).__mro__)


def is_asgi(value: Any) -> bool:
    return is_gradio_app(value) or any(
        base.__name__ in ("FastAPI", "Starlette") and base.__module__.split(".")[0] in ("fastapi", "starlette")
        for base in type(value).__mro__
    )


def _type_is_from(value: Any, package: str) -> bool:
    return type(value).__module__.split(".")[0] == package


def _mounting(objects: List[Choice]) -> Optional[Choice]:
    mounting = [choice for choice in objects if choice.kind == "asgi" and gradio_mounts(choice.value)]
    return mounting[-1] if mounting else None


def _best_blocks(objects: List[Choice]) -> Optional[Choice]:
    blocks = [choice for choice in objects if is_blocks(choice.value)]
    outer = [choice for choice in blocks if not any(_is_inside(choice.value, other.value) for other in blocks)]
    return _by_name(outer, OBJECT_NAMES) or (outer[-1] if outer else None)


def _is_inside(inner: Any, outer: Any) -> bool:
    """Whether one interface was rendered within another one (tabs, for example)."""
    if inner is outer:
        return False
    inner_ids = set(getattr(inner, "blocks", None) or ())
    outer_ids = set(getattr(outer, "blocks", None) or ())
    return getattr(inner, "_id", None) in outer_ids or (bool(inner_ids) and inner_ids < outer_ids)


def _by_name(choices: List[Choice], names: Any) -> Optional[Choice]:
    for name in names:
        for choice in choices:
            if choice.name == name:
                return choice
    return None


def _factory(names: Dict[str, Any], module: str) -> Optional[Choice]:
    own = {name: value for name, value in names.items() if getattr(value, "__module__", None) in (module, "__main__")}
    for name in FACTORY_NAMES + OBJECT_NAMES:
        value = own.get(name)
        if value is None:
            value = names.get(name)  # imported from another file of the plugin
        if inspect.isroutine(value) and _is_factory(value):
            return Choice("factory", name, value)
    for name, value in reversed(list(own.items())):
        if inspect.isclass(value) and callable(getattr(value, "launch", None)) and _is_factory(value):
            return Choice("factory", name, value)
    return None


def _is_factory(value: Any) -> bool:
    if not (inspect.isfunction(value) or inspect.ismethod(value) or inspect.isclass(value)):
        return False
    return _needs_no_arguments(value)


def _needs_no_arguments(function: Callable[..., Any]) -> bool:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return False
    return all(p.default is not p.empty or p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in parameters)
