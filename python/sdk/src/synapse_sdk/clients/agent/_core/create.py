"""The body of a create: JSON, or a form where there is a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, Iterable, List, Mapping, Optional, Union

from synapse_sdk.clients.agent._core.identity import ReleaseLike, identity
from synapse_sdk.clients.agent._core.wire import JSON, Request


def create_request(
    plugin_release: Optional[Union[str, ReleaseLike]],
    plugin_file: Optional[Union[str, Path]],
    fields: Mapping[str, Any],
    labels: Optional[Iterable[str]],
    at_once: bool,
) -> Request:
    """The request that creates a container. `at_once`: whoever asks follows the launch, so nothing is held for them.

    Raises:
        ValueError: There is neither a release nor a file.
        TypeError: The release is neither text nor an object with `code` and `version`, or the labels are one text.
        FileNotFoundError: There is no such file. IsADirectoryError: it is a folder.
    """
    release = None if plugin_release == "" else plugin_release
    if release is None and not plugin_file:
        raise ValueError("plugin_release and plugin_file are both missing: give one of them")
    body: JSON = {} if release is None else dict(identity(release))
    body.update({name: value for name, value in fields.items() if value is not None})
    marks = listed(labels)
    if marks:
        body["labels"] = marks
    headers = {"Prefer": "respond-async"} if at_once else {}
    if not plugin_file:
        return Request("POST", "containers/", json=body, headers=headers)
    return Request("POST", "containers/", form=form(body), file=archive(plugin_file), headers=headers)


def listed(labels: Optional[Iterable[str]]) -> Optional[List[str]]:
    """Labels as a list; None where none are given.

    Raises:
        TypeError: They are one text, which would be a label for each letter of it.
    """
    if isinstance(labels, (str, bytes)):
        raise TypeError(f"labels is a {type(labels).__name__}: give a list of them")
    return None if labels is None else list(labels)


def archive(plugin_file: Union[str, Path]) -> Path:
    """The file of an archive, once it is seen.

    Raises:
        FileNotFoundError: There is none. IsADirectoryError: it is a folder.
    """
    file = Path(plugin_file)
    if file.is_dir():
        raise IsADirectoryError(f"{file} is a folder: zip it with `playground pack` and give the archive")
    if not file.exists():
        raise FileNotFoundError(f"there is no plugin archive at {file}")
    return file


def form(body: JSON) -> Dict[str, Union[str, List[str]]]:
    """The same as the text of a form: objects are JSON, a list is a field that repeats."""
    return {name: [_text(item) for item in value] if isinstance(value, list) else _text(value) for name, value in body.items()}


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
