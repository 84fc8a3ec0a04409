"""Does the module start its app under ``if __name__ == "__main__":``?

If so it must run as ``__main__``. Taking the bare object instead would drop what the author gave to ``launch``, a
password above all.
"""

from __future__ import annotations

import ast
from typing import Dict, Iterable, Set

_STARTERS = {"launch", "serve", "run_app"}
_SERVER_MODULES = {"uvicorn", "hypercorn"}


def launches_under_guard(source: bytes) -> bool:
    """True when the guard launches, directly or through functions of the same file. False for text that is no Python."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return False
    functions = {node.name: node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}
    return any(_launches(node.body, functions, set()) for node in tree.body if isinstance(node, ast.If) and _is_guard(node.test))


def _is_guard(test: ast.expr) -> bool:
    if isinstance(test, ast.BoolOp):
        return any(_is_guard(value) for value in test.values)
    if not isinstance(test, ast.Compare) or len(test.ops) != 1 or not isinstance(test.ops[0], ast.Eq):
        return False
    sides = [test.left, test.comparators[0]]
    has_name = any(isinstance(side, ast.Name) and side.id == "__name__" for side in sides)
    return has_name and any(getattr(side, "value", getattr(side, "s", None)) == "__main__" for side in sides)


def _launches(body: Iterable[ast.AST], functions: Dict[str, ast.AST], seen: Set[str]) -> bool:
    for statement in body:
        for node in ast.walk(statement):
            if not isinstance(node, ast.Call):
                continue
            if _is_start(node.func):
                return True
            name = _called_name(node.func)
            if name in functions and name not in seen:
                seen.add(name)
                if _launches(getattr(functions[name], "body"), functions, seen):
                    return True
    return False


def _is_start(function: ast.expr) -> bool:
    if isinstance(function, ast.Attribute):
        owner = function.value
        of_server = isinstance(owner, ast.Name) and owner.id in _SERVER_MODULES and function.attr == "run"
        return function.attr in _STARTERS or of_server
    return False


def _called_name(function: ast.expr) -> str:
    if isinstance(function, ast.Name):
        return function.id
    # A method of a class of this file: Studio().start()
    return function.attr if isinstance(function, ast.Attribute) else ""
